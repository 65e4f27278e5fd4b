//! What a sound judgement needs to know about the whole message.

use super::{Recipients, heuristics::Thresholds, refusal::Refusal};
use crate::{
    rules::PixelHit,
    sighting::{Facts, Sighting, Vector},
    url::Target,
};
use ahash::{AHashMap, AHashSet};

/// A sighting with what is known about it by itself.
pub struct Seen<'a> {
    /// The sighting.
    pub sighting: &'a Sighting,
    /// Its URL.
    pub target: Target,
    /// The pixel rule that it matches; none for links.
    pub(super) hit: Option<PixelHit<'a>>,
    /// In which spelling its URL holds a recipient's address; none for links.
    pub(super) spelling: Option<&'static str>,
    /// Whom the message is for.
    pub(super) recipients: &'a Recipients<'a>,
}

impl Seen<'_> {
    /// In which spelling its URL holds a recipient's address, if it does. For
    /// a link this is computed now: only few are ever asked.
    pub(super) fn address_spelling(&self) -> Option<&'static str> {
        if self.sighting.vector.is_load() {
            return self.spelling;
        }
        self.recipients.spelling_in(self.target.as_str())
    }

    /// Whether nothing makes it a suspect: not its presentation, not a rule,
    /// not a recipient's address. Only such images are company: an image is
    /// no less alone for standing beside a tracker, and a message that was
    /// cleaned must be judged as it was before.
    fn is_ordinary(&self, thresholds: &Thresholds) -> bool {
        let facts = &self.sighting.facts;
        facts.hidden.is_none()
            && facts.event.is_none()
            && !is_tiny(facts, thresholds)
            && !is_thin(facts, thresholds)
            && self.hit.is_none()
            && self.spelling.is_none()
    }
}

/// What all sightings of a message share.
pub struct Context<'a> {
    /// Hosts that serve an ordinary image which a person can see.
    visible_hosts: AHashSet<&'a str>,
    /// The registrable domain of each host that serves an ordinary image.
    registrable: AHashMap<&'a str, &'a str>,
    /// How many ordinary images come from each registrable domain.
    domains: AHashMap<&'a str, usize>,
    /// How often each URL is loaded in the same way: a background stands in
    /// HTML, CSS and VML at once and is still one picture.
    repeats: AHashMap<(Vector, &'a str), usize>,
    unsubscribe: AHashSet<Target>,
    thresholds: &'a Thresholds,
}

impl<'a> Context<'a> {
    /// Counts hosts and repetitions over all sightings of a message.
    ///
    /// `list_unsubscribe` holds the values of its List-Unsubscribe fields
    /// (RFC 2369 section 3.2).
    pub(super) fn new(
        seen: &'a [Seen<'a>],
        list_unsubscribe: &[String],
        thresholds: &'a Thresholds,
    ) -> Self {
        let mut visible_hosts = AHashSet::new();
        let mut registrable = AHashMap::new();
        let mut domains: AHashMap<&str, usize> = AHashMap::new();
        let mut repeats: AHashMap<(Vector, &str), usize> = AHashMap::new();
        for s in seen.iter().filter(|s| s.sighting.vector.is_load()) {
            let way = (s.sighting.vector, s.target.as_str());
            *repeats.entry(way).or_default() += 1;
            // Fonts, style sheets and frames are no company for an image.
            if s.sighting.vector.is_image() && s.is_ordinary(thresholds) {
                let domain = *registrable
                    .entry(s.target.host())
                    .or_insert_with(|| s.target.registrable_domain());
                *domains.entry(domain).or_default() += 1;
                if is_visible(&s.sighting.facts, thresholds) {
                    visible_hosts.insert(s.target.host());
                }
            }
        }
        Self {
            visible_hosts,
            registrable,
            domains,
            repeats,
            unsubscribe: Refusal::list_unsubscribe_targets(list_unsubscribe).collect(),
            thresholds,
        }
    }

    /// Whether the host also serves images that a person can see.
    pub(super) fn serves_visible(&self, target: &Target) -> bool {
        self.visible_hosts.contains(target.host())
    }

    /// Whether no other ordinary image comes from its registrable domain.
    pub(super) fn is_alone(&self, seen: &Seen<'_>) -> bool {
        let known = self.registrable.get(seen.target.host());
        let domain = known.map_or_else(|| seen.target.registrable_domain(), |domain| *domain);
        let of_domain = self.domains.get(domain);
        let itself = usize::from(seen.is_ordinary(self.thresholds));
        of_domain.is_none_or(|&images| images <= itself)
    }

    /// How often the message loads this URL in this way.
    pub(super) fn repeats(&self, seen: &Seen<'_>) -> usize {
        let way = (seen.sighting.vector, seen.target.as_str());
        self.repeats.get(&way).copied().unwrap_or(1)
    }

    /// Whether the message's List-Unsubscribe names this URL.
    pub(super) fn is_unsubscribe(&self, target: &Target) -> bool {
        self.unsubscribe.contains(target)
    }
}

/// Whether the element states dimensions that nobody can see.
pub(super) fn is_tiny(facts: &Facts, thresholds: &Thresholds) -> bool {
    let (Some(w), Some(h)) = (facts.width, facts.height) else {
        return false;
    };
    w <= thresholds.tiny_side && h <= thresholds.tiny_side
        || w * h <= thresholds.tiny_area && w.max(h) <= thresholds.tiny_area
}

/// Whether the element states dimensions of a line that is hardly seen.
pub(super) fn is_thin(facts: &Facts, thresholds: &Thresholds) -> bool {
    let (Some(w), Some(h)) = (facts.width, facts.height) else {
        return false;
    };
    let is_thin = w.min(h) <= thresholds.tiny_side && w.max(h) <= thresholds.thin_side;
    is_thin && !is_tiny(facts, thresholds)
}

/// Whether the element states dimensions that a person can see. A side that
/// is not stated does not count as visible.
pub(super) fn is_visible(facts: &Facts, thresholds: &Thresholds) -> bool {
    let large = |side: Option<f32>| side.is_some_and(|s| s > thresholds.visible_side);
    facts.hidden.is_none() && large(facts.width) && large(facts.height)
}
