//! Our own header field: counts only.

use super::outcome::{HeaderEdit, Outcome};
use serde::{Deserialize, Serialize};

/// Name of our header field.
pub const NAME: &str = "X-Untrackd";

/// When our header field is added to a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderPolicy {
    /// To every message.
    Always,
    /// To changed messages.
    #[default]
    Changed,
    /// To none.
    Never,
}

/// The edits of the header block: `forged` incoming copies of our field go,
/// the true one comes.
pub(super) fn edits(
    policy: HeaderPolicy,
    forged: usize,
    outcome: &Outcome,
    rules_version: &str,
) -> Vec<HeaderEdit> {
    let mut edits: Vec<HeaderEdit> = (1..=forged)
        .rev()
        .map(|index| HeaderEdit::Delete {
            name: NAME.to_owned(),
            index,
        })
        .collect();
    let changed = outcome.body.is_some();
    if policy == HeaderPolicy::Always || policy == HeaderPolicy::Changed && changed {
        edits.push(HeaderEdit::Add {
            name: NAME.to_owned(),
            value: value(outcome, rules_version),
        });
    }
    edits
}

/// `cleaned; trackers=1 links=2 opaque=0 skipped=0 rules=0123456789ab`.
fn value(outcome: &Outcome, rules_version: &str) -> String {
    let c = outcome.counts();
    let what = if outcome.body.is_some() {
        "cleaned"
    } else {
        "unchanged"
    };
    format!(
        "{what}; trackers={} links={} opaque={} skipped={} rules={rules_version}",
        c.trackers, c.links, c.opaque, c.skipped
    )
}
