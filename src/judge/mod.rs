//! Decides what becomes of each sighting, and says why.

mod choices;
mod context;
mod disclosure;
mod evidence;
mod heuristics;
mod link;
mod load;
mod receipt;
mod recipient;
mod refusal;
mod spare;
mod token;
mod trim;
mod verdict;

pub use choices::{Choices, Parameters, PixelAction, Receipts, Remote};
pub use context::{Context, Seen};
pub use disclosure::Disclosure;
pub use heuristics::{Class, Heuristics, HeuristicsError, Thresholds, Weight};
pub use receipt::{RECEIPT_FIELDS, ReceiptField};
pub use recipient::Recipients;
pub use refusal::{Refusal, RefusalError};
pub use verdict::{Action, Evidence, Verdict};

use crate::{
    limits::Limits,
    rules::{PixelHit, RuleSet},
    sighting::{Sighting, Trigger},
    url::Target,
};
use std::sync::Arc;

/// Decides what becomes of each sighting.
pub struct Judge {
    rules: Arc<RuleSet>,
    heuristics: Heuristics,
    refusal: Refusal,
    choices: Choices,
}

impl Judge {
    /// A judge by these rules, weights and choices.
    pub fn new(
        rules: Arc<RuleSet>,
        heuristics: Heuristics,
        refusal: Refusal,
        choices: Choices,
    ) -> Self {
        Self {
            rules,
            heuristics,
            refusal,
            choices,
        }
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The weights and thresholds.
    pub fn heuristics(&self) -> &Heuristics {
        &self.heuristics
    }

    /// What the administrator decided.
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// Looks at one sighting by itself. `None` if its URL leads nowhere.
    pub fn look<'a>(
        &'a self,
        sighting: &'a Sighting,
        recipients: &'a Recipients<'a>,
    ) -> Option<Seen<'a>> {
        let target = Target::parse(&sighting.url)?;
        let is_load = sighting.vector.is_load();
        let hit = is_load.then(|| self.pixel(&target)).flatten();
        let spelling = is_load
            .then(|| recipients.spelling_in(target.as_str()))
            .flatten();
        Some(Seen {
            sighting,
            target,
            hit,
            spelling,
            recipients,
        })
    }

    /// The pixel rule of a URL, or of the one that an image proxy is asked for.
    fn pixel(&self, target: &Target) -> Option<PixelHit<'_>> {
        let of_proxied = || self.rules.pixel(&target.proxied()?);
        self.rules.pixel(target).or_else(of_proxied)
    }

    /// Collects what a message's sightings share.
    pub fn context<'a>(&'a self, seen: &'a [Seen<'a>], list_unsubscribe: &[String]) -> Context<'a> {
        Context::new(seen, list_unsubscribe, &self.heuristics.limits)
    }

    /// What becomes of one sighting.
    pub fn verdict(&self, context: &Context<'_>, seen: &Seen<'_>, limits: &Limits) -> Verdict {
        let mut verdict = match seen.sighting.vector.trigger() {
            Trigger::Click => self.link(context, seen, limits),
            Trigger::Ping => self.ping(),
            Trigger::Show => self.load(context, seen),
            Trigger::Receipt | Trigger::Submit => Verdict::default(),
        };
        if verdict.notable {
            verdict.discloses = self.discloses(seen, &verdict, limits);
        }
        verdict
    }
}
