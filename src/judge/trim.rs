//! Dropping parameters that identify the recipient or the mailing.

use super::{Action, Evidence, Judge, Seen};
use crate::{
    rules::{Category, RuleRef},
    url::{Target, decode::Destination, query},
};

impl Judge {
    /// The URL `text`, which reads as `target`, without the parameters that
    /// are to be dropped. `None` if there are none, or if none may be
    /// dropped; in the latter case `evidence` says why.
    ///
    /// `label` is the visible text of a link; none for what is loaded.
    pub(super) fn trim(
        &self,
        target: &Target,
        text: &str,
        label: Option<&str>,
        evidence: &mut Vec<Evidence>,
        rules: &mut Vec<RuleRef>,
    ) -> Option<Destination> {
        target.query()?;
        let parameters = self.rules.parameters(target);
        let mut dropped: Vec<&RuleRef> = Vec::new();
        let trimmed = query::without(text, |name| {
            let rule = parameters.rule(name);
            let rule = rule.filter(|rule| self.drops(rule));
            if let Some(rule) = rule
                && !dropped.contains(&rule)
            {
                dropped.push(rule);
            }
            rule.is_some()
        })?;
        let is_plain = |b: u8| matches!(b, b'!'..=b'~');
        let to = Target::parse(&trimmed).filter(|_| trimmed.bytes().all(is_plain))?;
        if let Some(why) = self.must_stay_whole(target, label) {
            evidence.push(Evidence::note("untrimmed", why));
            return None;
        }
        evidence.extend(dropped.iter().map(|r| Evidence::note("parameter", &r.id)));
        rules.extend(dropped.into_iter().cloned());
        Some(Destination {
            target: to,
            text: trimmed,
        })
    }

    /// Whether the parameters of a rule are dropped. Those by which affiliate
    /// networks pay for a click go only if their links are unwrapped.
    fn drops(&self, rule: &RuleRef) -> bool {
        let category = rule.vendor.category;
        self.choices.parameters.drops(&rule.tells)
            && (category != Category::Affiliate || self.choices.unwrap.contains(&category))
    }

    /// The same for something that is loaded and stays.
    pub(super) fn trim_load(
        &self,
        seen: &Seen<'_>,
        evidence: &mut Vec<Evidence>,
        rules: &mut Vec<RuleRef>,
    ) -> Action {
        let trimmed = self.trim(&seen.target, &seen.sighting.url, None, evidence, rules);
        trimmed.map_or(Action::Keep, Action::Trim)
    }

    /// Why a URL must keep all parameters, if it must.
    fn must_stay_whole(&self, target: &Target, label: Option<&str>) -> Option<&'static str> {
        let refusal = &self.refusal;
        if refusal.is_signed(target) {
            Some("the URL is signed or carries a secret")
        } else if refusal.names_login_url(target)
            || label.is_some_and(|label| refusal.names_login_text(label))
        {
            Some("a login, confirmation or one-time link")
        } else if label.is_none() && refusal.makes_picture_by_parameter(target) {
            Some("its server makes the picture by a parameter")
        } else if self.rules.is_redirect(target) {
            Some("a redirect, which may need all of its parameters")
        } else {
            None
        }
    }
}
