//! What a sound judgement needs to know about the whole message.

use super::{heuristics::Thresholds, recipient::Recipients, refusal::Refusal};
use crate::{
    html::{Facts, Sighting},
    url::Target,
};
use ahash::{AHashMap, AHashSet};
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
    /// Hosts that serve an image which a person can see.
    visible_hosts: AHashSet<&'a str>,
    /// How much is loaded from each registrable domain.
    domains: AHashMap<&'a str, usize>,
    repeats: AHashMap<&'a str, usize>,
    unsubscribe: Vec<Target>,
    addresses: &'a [String],
    recipients: OnceCell<Recipients>,
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
        let mut visible_hosts = AHashSet::new();
        let mut domains: AHashMap<&str, usize> = AHashMap::new();
        let mut repeats: AHashMap<&str, usize> = AHashMap::new();
        for s in seen.iter().filter(|s| !s.sighting.vector.is_link()) {
            *domains.entry(s.target.registrable_domain()).or_default() += 1;
            if is_visible(&s.sighting.facts, thresholds) {
                visible_hosts.insert(s.target.host());
            }
            *repeats.entry(s.target.as_str()).or_default() += 1;
        }
        Self {
            visible_hosts,
            domains,
            repeats,
            unsubscribe: Refusal::list_unsubscribe_targets(list_unsubscribe),
            addresses,
            recipients: OnceCell::new(),
        }
    }

    /// Whether the host also serves images that a person can see.
    pub(super) fn serves_visible(&self, target: &Target) -> bool {
        self.visible_hosts.contains(target.host())
    }

    /// Whether this is all that is loaded from its registrable domain.
    pub(super) fn is_alone(&self, target: &Target) -> bool {
        self.domains
            .get(target.registrable_domain())
            .is_none_or(|&loads| loads <= 1)
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
