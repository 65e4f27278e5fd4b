//! What becomes of something that is loaded when the mail is shown.

use super::{
    Action, Class, Context, Evidence, Judge, PixelAction, Remote, Seen, Verdict,
    evidence::{self, Input},
};
use crate::sighting::Kind;

impl Judge {
    /// What becomes of something that is loaded when the mail is shown.
    pub(super) fn load(&self, context: &Context<'_>, seen: &Seen<'_>) -> Verdict {
        let input = Input::new(seen, context, &self.heuristics);
        let mut score = 0;
        let mut classes = Vec::new();
        let mut evidence: Vec<Evidence> = evidence::collect(&input)
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
        let mut rules: Vec<_> = seen.hit.iter().map(|h| h.rule.clone()).collect();
        let action = match (self.choices.remote, self.choices.pixels) {
            _ if is_tracker && self.choices.pixels == PixelAction::Remove => Action::Remove,
            _ if is_tracker => Action::Neutralize,
            (Remote::Block, _) => {
                evidence.push(Evidence::note("blocked", "all remote content is blocked"));
                Action::Neutralize
            }
            // Its URL is a part of something that can only give way as a whole.
            (Remote::Keep, _) if !seen.sighting.is_replaceable() => Action::Keep,
            (Remote::Keep, _) => self.trim_load(seen, &mut evidence, &mut rules),
        };
        // A kept image whose URL is personal is tracking that remains; names of
        // fonts in the URL of a style sheet only look so.
        let is_content = matches!(seen.sighting.vector.kind(), Kind::Frame | Kind::Image);
        let remains = !is_tracker
            && self.choices.remote == Remote::Keep
            && (has(Class::Decisive) || is_content && input.is_personal());
        if remains {
            evidence.push(Evidence::note("remains", "personal, but meant to be seen"));
        }
        Verdict {
            notable: action.changes() || remains,
            rules,
            action,
            evidence,
            score,
            ..Verdict::default()
        }
    }

    /// A request beside a link serves nobody but whoever counts clicks.
    pub(super) fn ping(&self) -> Verdict {
        Verdict {
            action: Action::Neutralize,
            evidence: vec![Evidence::note("ping", "reports a click to somebody else")],
            notable: true,
            ..Verdict::default()
        }
    }
}
