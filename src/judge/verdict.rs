//! What the judge decides, in the words that the block log keeps.

use super::Disclosure;
use crate::{rules::RuleRef, url::decode::Destination};
use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

/// What is done with a sighting.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Action {
    /// Left as it is.
    #[default]
    Keep,
    /// The URL gives way to an empty image.
    Neutralize,
    /// The element, or the header field, is taken away.
    Remove,
    /// Parameters that identify the recipient or the mailing are dropped from
    /// the URL.
    Trim(Destination),
    /// The link leads where it always led, without the wrapper, and perhaps
    /// without parameters that identify the recipient.
    Unwrap(Destination),
}

impl Action {
    /// The permanent name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Neutralize => "neutralize",
            Self::Remove => "remove",
            Self::Trim(_) => "trim",
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
    pub detail: Cow<'static, str>,
}

/// What is done with a sighting, and why.
///
/// By default nothing speaks against the sighting, and nothing is done.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// Whether there is anything to say: it is changed, or tracking that
    /// remains. Otherwise it is an ordinary image or link, and no finding.
    pub notable: bool,
    /// What the sender learns, or would have learned: kinds, never values.
    pub discloses: BTreeSet<Disclosure>,
    /// Identifier of the entry of the allowlist that spared it. The action is
    /// then [`Action::Keep`], whatever rules and evidence say.
    pub spared: Option<Arc<str>>,
}

impl Evidence {
    /// What explains a verdict without adding to the sum.
    pub(super) fn note(kind: &'static str, detail: &str) -> Self {
        Self {
            kind,
            weight: 0,
            detail: detail.to_owned().into(),
        }
    }
}
