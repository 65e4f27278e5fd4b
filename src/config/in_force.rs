//! Whether a rule is in force under a configuration.

use super::Config;
use crate::rules::{RuleDetails, RuleKind, Trust};

impl Config {
    /// Why `rule` does nothing under this configuration; `None` if it is in
    /// force.
    pub fn why_off(&self, rule: &RuleDetails) -> Option<String> {
        let category = rule.vendor.category;
        match rule.kind {
            RuleKind::Parameter if !self.choices.parameters.drops(&rule.tells) => {
                Some("links.parameters keeps what it names".to_owned())
            }
            RuleKind::Parameter => None,
            _ if rule.trust == Trust::Low && !self.low_trust => {
                Some("low_trust is not set".to_owned())
            }
            RuleKind::Opaque | RuleKind::Redirect if !self.choices.unwrap.contains(&category) => {
                Some(format!("links.unwrap lacks \"{}\"", category.name()))
            }
            RuleKind::Opaque | RuleKind::Pixel | RuleKind::Redirect => None,
        }
    }
}
