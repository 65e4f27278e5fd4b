//! Whether a rule is in force under the present configuration.

use crate::{
    config::Config,
    rules::{RuleDetails, RuleKind, Trust},
};

/// Why `rule` does nothing under `config`; `None` if it is in force.
pub(super) fn why_off(rule: &RuleDetails, config: &Config) -> Option<String> {
    let category = rule.vendor.category;
    let parameters = config.choices.parameters;
    match rule.kind {
        RuleKind::Parameter if !parameters.drops(&rule.tells) => {
            Some("links.parameters keeps what it names".to_owned())
        }
        RuleKind::Parameter => None,
        _ if rule.trust == Trust::Low && !config.low_trust => {
            Some("low_trust is not set".to_owned())
        }
        RuleKind::Opaque | RuleKind::Redirect if !config.choices.unwrap.contains(&category) => {
            Some(format!("links.unwrap lacks \"{}\"", category.name()))
        }
        RuleKind::Opaque | RuleKind::Pixel | RuleKind::Redirect => None,
    }
}
