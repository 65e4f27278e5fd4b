//! Which sightings are shown.

use crate::{clean::Finding, sighting::Vector, url::Target};
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};

/// What `--action` takes: the actions, what can only be recognised, and what
/// the allowlist spares.
const ACTIONS: &[&str] = &[
    "allow",
    "keep",
    "neutralize",
    "opaque",
    "remove",
    "trim",
    "unwrap",
];

/// Narrows down what is shown of a message.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// With --message: only this part, such as 1.2, and those below it
    #[arg(long, conflicts_with = "urls", value_name = "PART")]
    pub(super) part: Option<String>,
    /// With --message: only URLs that are reached so
    #[arg(long, conflicts_with = "urls", value_parser = vector(), value_name = "VECTOR")]
    vector: Option<Vector>,
    /// With --message: only URLs that this is done with
    #[arg(
        long,
        conflicts_with = "urls",
        value_parser = PossibleValuesParser::new(ACTIONS),
        value_name = "ACTION"
    )]
    action: Option<String>,
    /// With --message: only URLs with this text in them, in upper or lower
    /// case
    #[arg(long, conflicts_with = "urls", value_name = "TEXT")]
    url: Option<String>,
}

fn vector() -> impl TypedValueParser<Value = Vector> {
    let names = Vector::ALL.iter().map(|vector| vector.name());
    PossibleValuesParser::new(names).try_map(|name| {
        let vector = Vector::ALL.iter().find(|vector| vector.name() == name);
        vector.copied().ok_or("no such vector")
    })
}

impl Selection {
    /// Whether the sighting is shown.
    pub(super) fn takes(&self, finding: &Finding) -> bool {
        let url = finding.url.as_ref().map_or("", Target::as_str);
        let word = match finding.verdict.action.name() {
            "keep" if finding.verdict.spared.is_some() => "allow",
            "keep" if finding.verdict.opaque => "opaque",
            action => action,
        };
        self.takes_part(&finding.part)
            && self.vector.is_none_or(|vector| vector == finding.vector)
            && self.action.as_ref().is_none_or(|action| action == word)
            && self.url.as_ref().is_none_or(|text| {
                let text = text.to_lowercase();
                url.to_lowercase().contains(&text)
            })
    }

    /// Whether what concerns a part is shown; the whole message's always is.
    pub(super) fn takes_part(&self, part: &str) -> bool {
        self.part.as_ref().is_none_or(|wanted| {
            let below = part.strip_prefix(wanted.as_str());
            part.is_empty() || below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}
