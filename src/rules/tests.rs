//! Tests of a whole set.

use super::*;

#[test]
fn the_shipped_rules_load_and_pass_their_own_examples() {
    if let Err(e) = RuleSet::shipped(true) {
        panic!("{e}");
    }
}
