//! What the judge decides, in the words that the block log keeps.

use crate::{rules::RuleRef, url::decode::Destination};

/// What is done with a sighting.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Left as it is.
    Keep,
    /// The URL gives way to an empty image.
    Neutralize,
    /// The element is taken away.
    Remove,
    /// The link leads where it always led, without the wrapper.
    Unwrap(Destination),
}

impl Action {
    /// The permanent name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Neutralize => "neutralize",
            Self::Remove => "remove",
            Self::Unwrap(_) => "unwrap",
        }
    }

    /// Whether the message changes.
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Keep)
    }
}

/// One reason for or against a sighting being a tracker.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The permanent name of the kind of evidence, as in
    /// `rules/heuristics.toml`.
    pub kind: &'static str,
    /// What it adds to the sum; negative speaks against.
    pub weight: i32,
    /// What exactly was seen, never a value out of the URL.
    pub detail: String,
}

/// What is done with a sighting, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is done.
    pub action: Action,
    /// The rules that matched, from the outside in.
    pub rules: Vec<RuleRef>,
    /// All evidence, for and against.
    pub evidence: Vec<Evidence>,
    /// The sum of the weights.
    pub score: i32,
    /// Whether it is a redirect whose destination cannot be read.
    pub opaque: bool,
}
