//! What a sound judgement needs to know about the whole message.

use super::{heuristics::Thresholds, recipient::Recipients, refusal::Refusal};
use crate::{
    html::{Facts, Sighting},
    url::Target,
};
use ahash::AHashMap;
use std::cell::OnceCell;

/// A sighting with what judging it needs.
pub struct Seen<'a> {
    /// The sighting.
    pub sighting: &'a Sighting,
    /// Its URL.
    pub target: Target,
    /// Length of the part's text in bytes, to place the sighting in it.
    pub part_len: usize,
}

/// The facts of one message that all its sightings share.
pub struct Context<'a> {
    hosts: AHashMap<&'a str, Host>,
    repeats: AHashMap<&'a str, usize>,
    unsubscribe: Vec<Target>,
    addresses: &'a [String],
    recipients: OnceCell<Recipients>,
}

/// How a host is used in the message, loads only.
#[derive(Default)]
struct Host {
    loads: usize,
    visible: usize,
}

impl<'a> Context<'a> {
    /// Counts hosts and repetitions over all sightings of a message.
    ///
    /// `list_unsubscribe` holds the values of its List-Unsubscribe fields
    /// (RFC 2369 section 3.2).
    pub(super) fn new(
        seen: &'a [Seen<'a>],
        addresses: &'a [String],
        list_unsubscribe: &[String],
        thresholds: &Thresholds,
    ) -> Self {
        let mut hosts: AHashMap<&str, Host> = AHashMap::new();
        let mut repeats: AHashMap<&str, usize> = AHashMap::new();
        for s in seen.iter().filter(|s| !s.sighting.vector.is_link()) {
            let host = hosts.entry(s.target.host()).or_default();
            host.loads += 1;
            if is_visible(&s.sighting.facts, thresholds) {
                host.visible += 1;
            }
            *repeats.entry(s.target.as_str()).or_default() += 1;
        }
        Self {
            hosts,
            repeats,
            unsubscribe: Refusal::list_unsubscribe_targets(list_unsubscribe),
            addresses,
            recipients: OnceCell::new(),
        }
    }

    /// Whether the host also serves images that a person can see.
    pub(super) fn serves_visible(&self, target: &Target) -> bool {
        self.hosts.get(target.host()).is_some_and(|h| h.visible > 0)
    }

    /// Whether this is all that is loaded from its host.
    pub(super) fn is_alone(&self, target: &Target) -> bool {
        self.hosts.get(target.host()).is_none_or(|h| h.loads <= 1)
    }

    /// How often the message loads this URL.
    pub(super) fn repeats(&self, target: &Target) -> usize {
        self.repeats.get(target.as_str()).copied().unwrap_or(1)
    }

    /// Whether the message's List-Unsubscribe names this URL.
    pub(super) fn is_unsubscribe(&self, target: &Target) -> bool {
        self.unsubscribe.contains(target)
    }

    /// The recipients' spellings, computed when first needed: most mail has
    /// no remote image.
    pub(super) fn recipients(&self) -> &Recipients {
        self.recipients
            .get_or_init(|| Recipients::new(self.addresses))
    }
}

/// Whether the element states dimensions that a person can see. A side that
/// is not stated does not count as visible.
pub(super) fn is_visible(facts: &Facts, thresholds: &Thresholds) -> bool {
    let large = |side: Option<f32>| side.is_some_and(|s| s > thresholds.visible_side);
    facts.hidden.is_none() && large(facts.width) && large(facts.height)
}
