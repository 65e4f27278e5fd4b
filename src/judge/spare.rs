//! The last word, which the allowlist has.

use super::{Action, Evidence, Verdict};
use crate::{
    allow::{InForce, Subject},
    url::Target,
};

impl Verdict {
    /// Leaves alone what the allowlist spares. Rules, evidence and score stay,
    /// so that the finding still says what it is.
    ///
    /// `target` is the URL that was judged; none for a header field. The host
    /// that an image proxy asks counts as well as the proxy's.
    pub fn spare(&mut self, allowed: &InForce<'_>, target: Option<&Target>) {
        // What is no finding has nothing to be spared.
        if !self.notable || allowed.is_empty() {
            return;
        }
        let proxied = target.and_then(Target::proxied);
        let targets = [target, proxied.as_ref()].into_iter().flatten();
        let subject = Subject {
            rules: self.rules.iter().map(|rule| &*rule.id).collect(),
            hosts: targets.map(Target::host).collect(),
            companies: self.rules.iter().map(|r| &*r.vendor.company).collect(),
        };
        let Some(entry) = allowed.spares(&subject) else {
            return;
        };
        self.action = Action::Keep;
        let detail = format!("{}: {}", entry.id, entry.reason);
        self.spared = Some(entry.id.clone());
        self.evidence.push(Evidence::note("allowed", &detail));
    }
}
