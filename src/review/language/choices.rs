//! The fixed words of fields: the permanent names that the log stores.

use crate::{
    judge::Disclosure,
    message::Ambiguity,
    sighting::Vector,
    skip::Skip,
    telemetry::{Disposition, Level},
};

pub(super) fn dispositions() -> Vec<&'static str> {
    Disposition::ALL.iter().map(|d| d.name()).collect()
}

pub(super) fn skips() -> Vec<&'static str> {
    Skip::ALL.iter().map(|s| s.name()).collect()
}

pub(super) fn vectors() -> Vec<&'static str> {
    Vector::ALL.iter().map(|v| v.name()).collect()
}

pub(super) fn disclosures() -> Vec<&'static str> {
    Disclosure::ALL.iter().map(|d| d.name()).collect()
}

pub(super) fn levels() -> Vec<&'static str> {
    let kept = Level::ALL.iter().filter(|level| level.keeps_messages());
    kept.map(|level| level.name()).collect()
}

pub(super) fn ambiguities() -> Vec<&'static str> {
    Ambiguity::ALL.iter().map(|a| a.name()).collect()
}

/// The serialised names of [`Category`](crate::rules::Category).
pub(super) fn categories() -> Vec<&'static str> {
    vec![
        "advertising",
        "affiliate",
        "gateway",
        "mail",
        "sales",
        "shim",
        "web",
    ]
}

/// The names of actions, of redirects that cannot be read, and of what the
/// allowlist spared.
pub(super) fn actions() -> Vec<&'static str> {
    vec![
        "allow",
        "keep",
        "neutralize",
        "opaque",
        "remove",
        "trim",
        "unwrap",
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Category;

    #[test]
    fn lists_of_words_are_complete() {
        // A new ambiguity does not compile here before it is in the list.
        for (n, ambiguity) in Ambiguity::ALL.iter().enumerate() {
            let place = match ambiguity {
                Ambiguity::BareCr => 0,
                Ambiguity::Boundary => 1,
                Ambiguity::BoundaryReuse => 2,
                Ambiguity::DuplicateField => 3,
                Ambiguity::HeaderSyntax => 4,
                Ambiguity::MultipartEncoding => 5,
                Ambiguity::Nul => 6,
                Ambiguity::Transfer => 7,
                Ambiguity::Unterminated => 8,
            };
            assert_eq!(n, place);
        }
        let all = [
            Category::Advertising,
            Category::Affiliate,
            Category::Gateway,
            Category::Mail,
            Category::Sales,
            Category::Shim,
            Category::Web,
        ];
        let words: Vec<_> = all
            .iter()
            .map(|category| serde_json::to_value(category).unwrap())
            .collect();
        assert_eq!(words, categories());
    }
}
