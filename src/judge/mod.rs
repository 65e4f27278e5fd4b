//! Decides what becomes of each sighting, and says why.

mod context;
mod evidence;
mod heuristics;
mod recipient;
mod refusal;
mod token;
mod verdict;

pub use context::{Context, Seen};
pub use heuristics::{Class, Heuristics, HeuristicsError, Thresholds, Weight};
pub use recipient::Recipients;
pub use refusal::{Refusal, RefusalError};
pub use verdict::{Action, Evidence, Verdict};

use crate::{
    html::Sighting,
    limits::Limits,
    rules::{Category, RuleSet, Unwrapped},
    url::{Target, decode::Destination},
};
use evidence::Input;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is done with a tracker.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PixelAction {
    /// Its URL gives way to an empty image, so that the layout stays.
    #[default]
    Neutralize,
    /// The element is taken away where it has a tag of its own.
    Remove,
}

/// What the administrator decided about trackers and links.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choices {
    /// What is done with a tracker.
    pub pixels: PixelAction,
    /// The categories of services whose links are unwrapped.
    pub unwrap: Vec<Category>,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            pixels: PixelAction::default(),
            unwrap: vec![Category::Mail, Category::Sales, Category::Web],
        }
    }
}

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

    /// Looks at one sighting by itself. `None` if its URL leads nowhere.
    pub fn look<'a>(
        &'a self,
        sighting: &'a Sighting,
        recipients: &Recipients<'_>,
    ) -> Option<Seen<'a>> {
        let target = Target::parse(&sighting.url)?;
        let is_load = !sighting.vector.is_link();
        let hit = is_load.then(|| self.rules.pixel(&target)).flatten();
        let spelling = is_load
            .then(|| recipients.spelling_in(target.as_str()))
            .flatten();
        Some(Seen {
            sighting,
            target,
            hit,
            spelling,
        })
    }

    /// Collects what a message's sightings share.
    pub fn context<'a>(&'a self, seen: &'a [Seen<'a>], list_unsubscribe: &[String]) -> Context<'a> {
        Context::new(seen, list_unsubscribe, &self.heuristics.limits)
    }

    /// What becomes of one sighting. `None` if there is nothing to say about
    /// it: an ordinary image or link.
    pub fn verdict(
        &self,
        context: &Context<'_>,
        seen: &Seen<'_>,
        limits: &Limits,
    ) -> Option<Verdict> {
        if seen.sighting.vector.is_link() {
            self.link(context, seen, limits)
        } else {
            self.load(context, seen)
        }
    }

    /// What becomes of something that is loaded when the mail is shown.
    fn load(&self, context: &Context<'_>, seen: &Seen<'_>) -> Option<Verdict> {
        let input = Input::new(seen, context, &self.heuristics);
        let mut score = 0;
        let mut classes = Vec::new();
        let evidence: Vec<Evidence> = evidence::collect(&input)
            .into_iter()
            .map(|(kind, detail)| {
                let worth = self.heuristics.weight(kind);
                score += worth.weight;
                classes.push(worth.class);
                Evidence {
                    kind,
                    weight: worth.weight,
                    detail,
                }
            })
            .collect();
        let has = |class| classes.contains(&class);
        let is_tracker = score >= self.heuristics.threshold
            && (has(Class::Decisive) || has(Class::Identity) && has(Class::Presentation));
        // A kept image whose URL names the recipient is worth a line in the
        // log: it is tracking that remains.
        if !is_tracker && !has(Class::Decisive) {
            return None;
        }
        let action = match self.choices.pixels {
            _ if !is_tracker => Action::Keep,
            PixelAction::Neutralize => Action::Neutralize,
            PixelAction::Remove => Action::Remove,
        };
        Some(Verdict {
            action,
            rules: seen.hit.iter().map(|h| h.rule.clone()).collect(),
            evidence,
            score,
            opaque: false,
        })
    }

    /// What becomes of something that is followed by a click.
    fn link(&self, context: &Context<'_>, seen: &Seen<'_>, limits: &Limits) -> Option<Verdict> {
        let allowed = |category| self.choices.unwrap.contains(&category);
        let (rules, to) = match self.rules.unwrap(&seen.target, limits, &allowed) {
            Unwrapped::Plain => return None,
            Unwrapped::Opaque(rule) => (vec![rule], None),
            Unwrapped::To {
                target,
                text,
                rules,
            } => (rules, Some(Destination { target, text })),
        };
        let mut evidence: Vec<Evidence> = rules
            .iter()
            .map(|r| Evidence {
                kind: "redirect",
                weight: 0,
                detail: r.id.to_string(),
            })
            .collect();
        let opaque = to.is_none();
        let action = match to {
            None => Action::Keep,
            Some(to) => match self.refused(context, seen, &to) {
                None => Action::Unwrap(to),
                Some(why) => {
                    evidence.push(Evidence {
                        kind: "refused",
                        weight: 0,
                        detail: why.to_owned(),
                    });
                    Action::Keep
                }
            },
        };
        Some(Verdict {
            action,
            rules,
            evidence,
            score: 0,
            opaque,
        })
    }

    /// Why a link must keep every byte, if it must.
    fn refused(
        &self,
        context: &Context<'_>,
        seen: &Seen<'_>,
        to: &Destination,
    ) -> Option<&'static str> {
        let either = |is: &dyn Fn(&Target) -> bool| is(&seen.target) || is(&to.target);
        if either(&|t| context.is_unsubscribe(t)) {
            Some("named by List-Unsubscribe")
        } else if either(&|t| self.refusal.names_url(t)) {
            Some("an unsubscribe or preference URL")
        } else if self.refusal.names_text(&seen.sighting.facts.text) {
            Some("the link's text speaks of unsubscribing or preferences")
        } else {
            None
        }
    }
}
