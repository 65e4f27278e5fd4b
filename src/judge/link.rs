//! What becomes of something that is followed by a click.

use super::{Action, Context, Evidence, Judge, Seen, Verdict};
use crate::{
    limits::Limits,
    rules::{RuleRef, Unwrapped},
    url::{Target, decode::Destination},
};

impl Judge {
    /// What becomes of something that is followed by a click.
    pub(super) fn link(&self, context: &Context<'_>, seen: &Seen<'_>, limits: &Limits) -> Verdict {
        let allowed = |category| self.choices.unwrap.contains(&category);
        match self.rules.unwrap(&seen.target, limits, &allowed) {
            Unwrapped::Plain => self.plain(context, seen),
            Unwrapped::Opaque(rule) => Verdict {
                evidence: by_rules(std::slice::from_ref(&rule)),
                rules: vec![rule],
                opaque: true,
                notable: true,
                ..Verdict::default()
            },
            Unwrapped::To {
                target,
                text,
                rules,
            } => self.wrapped(context, seen, Destination { target, text }, rules),
        }
    }

    /// A redirect whose destination can be read.
    fn wrapped(
        &self,
        context: &Context<'_>,
        seen: &Seen<'_>,
        to: Destination,
        mut rules: Vec<RuleRef>,
    ) -> Verdict {
        let mut evidence = by_rules(&rules);
        let action = if let Some(why) = self.refused(context, seen, &[&seen.target, &to.target]) {
            evidence.push(Evidence::note("refused", why));
            Action::Keep
        } else {
            let text = &seen.sighting.facts.text;
            let trimmed = self.trim(&to.target, &to.text, Some(text), &mut evidence, &mut rules);
            Action::Unwrap(trimmed.unwrap_or(to))
        };
        Verdict {
            action,
            rules,
            evidence,
            notable: true,
            ..Verdict::default()
        }
    }

    /// A link that leads where it says.
    fn plain(&self, context: &Context<'_>, seen: &Seen<'_>) -> Verdict {
        let (mut evidence, mut rules) = (Vec::new(), Vec::new());
        let url = &seen.sighting.url;
        let text = &seen.sighting.facts.text;
        let Some(to) = self.trim(&seen.target, url, Some(text), &mut evidence, &mut rules) else {
            // What speaks against trimming matters only if there is
            // something to trim.
            return Verdict {
                notable: !evidence.is_empty(),
                evidence,
                rules,
                ..Verdict::default()
            };
        };
        let action = match self.refused(context, seen, &[&seen.target]) {
            Some(why) => {
                evidence.push(Evidence::note("refused", why));
                Action::Keep
            }
            None => Action::Trim(to),
        };
        Verdict {
            action,
            rules,
            evidence,
            notable: true,
            ..Verdict::default()
        }
    }

    /// Why a link must keep every byte, if it must.
    fn refused(
        &self,
        context: &Context<'_>,
        seen: &Seen<'_>,
        targets: &[&Target],
    ) -> Option<&'static str> {
        if targets.iter().any(|t| context.is_unsubscribe(t)) {
            Some("named by List-Unsubscribe")
        } else if targets.iter().any(|t| self.refusal.names_url(t)) {
            Some("an unsubscribe or preference URL")
        } else if self.refusal.names_text(&seen.sighting.facts.text) {
            Some("the link's text speaks of unsubscribing or preferences")
        } else {
            None
        }
    }
}

fn by_rules(rules: &[RuleRef]) -> Vec<Evidence> {
    let note = |rule: &RuleRef| Evidence::note("redirect", &rule.id);
    rules.iter().map(note).collect()
}
