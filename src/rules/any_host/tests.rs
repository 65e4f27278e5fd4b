use super::*;
use proptest::{prelude::*, sample::select, test_runner::RngSeed};
use regex::bytes::RegexBuilder;

/// Patterns of every kind, of which several match the same paths.
const PATTERNS: &[&str] = &[
    r"^/open\?id=[0-9]+",
    r"^/open\?",
    r"^/(tr|mk)/op/[a-z]{2}",
    r"^/(tr/)?op/[a-z]{2}",
    r"^(?i)/TR/OP",
    r"^(/[^?]*)?/(open|opens)\.gif\?",
    r"^/[^?]*\.gif\?mpe=",
    r"^/[a-z]+(-track|_trk)+/",
    r"^?/open",
    r"^/[A-Z0-9]{6,}$",
    r"^/[a-z]/[0-9]",
];

/// What paths are put together of.
const PIECES: &[&str] = &[
    "/", "open", "opens", ".gif", "?", "?id=", "mpe=", "1", "77", "tr/", "mk/", "op/", "OP", "ab",
    "-track", "_trk", "XYZ123", "&",
];

fn any_host() -> AnyHost {
    let paths = PATTERNS.iter().enumerate();
    AnyHost::new(&Vec::from_iter(paths.map(|(number, path)| (*path, number)))).unwrap()
}

#[test]
fn the_patterns_are_of_all_kinds() {
    let any_host = any_host();
    let Some(within) = any_host.within else {
        panic!("landmarks further on")
    };
    let mut starting = any_host.starting.unwrap().numbers;
    starting.dedup();
    assert_eq!(starting, [0, 1, 2, 3, 4]);
    assert_eq!(within.set.numbers, [5, 6, 7, 8]);
    assert_eq!(any_host.others.unwrap().numbers, [9, 10]);
}

#[test]
fn a_rule_is_a_candidate_where_its_landmarks_are_only() {
    let any_host = any_host();
    for (path, expected) in [
        ("/", &[][..]),
        ("/news/spring?open", &[]),
        ("/open?id=7", &[0, 1, 8]),
        // Its beginning is there; that no digit follows is not seen yet.
        ("/open?id=x", &[0, 1, 8]),
        // `^?` ties nothing to the start.
        ("/a/opens.gif?mpe=1", &[5, 6, 8]),
    ] {
        let target = Target::parse(&format!("https://any.example{path}")).unwrap();
        assert_eq!(any_host.candidates(&target), expected, "{path}");
    }
}

#[test]
fn no_rules_are_no_candidates() {
    let none = AnyHost::new(&[]).unwrap();
    let target = Target::parse("https://any.example/open?id=7").unwrap();
    assert!(none.candidates(&target).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Each pattern by itself says what it matches.
    #[test]
    fn no_rule_that_matches_is_left_out(
        pieces in prop::collection::vec(select(PIECES), 0..8),
    ) {
        let target = Target::parse(&format!("https://any.example/{}", pieces.concat())).unwrap();
        let candidates = any_host().candidates(&target);
        for (number, pattern) in PATTERNS.iter().enumerate() {
            let regex = RegexBuilder::new(pattern).unicode(false).build().unwrap();
            if regex.is_match(target.path_and_query().as_bytes()) {
                prop_assert!(candidates.contains(&number), "{pattern} {target}");
            }
        }
        prop_assert!(candidates.is_sorted());
    }
}
