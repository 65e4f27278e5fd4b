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

/// The copies of our field that came with a message.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// How many.
    pub(super) count: usize,
    /// Whether they may be from an earlier cleaning. Those of a message that
    /// comes by SMTP are forged, or another gateway's: they go, so that a
    /// reader can trust what is there.
    pub(super) is_trusted: bool,
}

impl Own {
    /// The edits of the header block that concern our field: the copies go,
    /// the true one comes. `deletions` are those of other fields.
    pub(super) fn edits(
        &self,
        policy: HeaderPolicy,
        deletions: &[HeaderEdit],
        outcome: &Outcome,
        rules_version: &str,
    ) -> Vec<HeaderEdit> {
        let is_changed = outcome.body.is_some() || !deletions.is_empty();
        if self.is_trusted && self.count > 0 && !is_changed {
            return Vec::new();
        }
        let copies = (1..=self.count).rev();
        let mut edits: Vec<HeaderEdit> = copies
            .map(|index| HeaderEdit::Delete {
                name: NAME.to_owned(),
                index,
            })
            .collect();
        if policy == HeaderPolicy::Always || policy == HeaderPolicy::Changed && is_changed {
            edits.push(HeaderEdit::Add {
                name: NAME.to_owned(),
                value: value(outcome, is_changed, rules_version),
            });
        }
        edits
    }
}

/// `cleaned; trackers=1 links=2 opaque=0 skipped=0 rules=0123456789ab`, with
/// `receipts=1` before the rules if there is something to count.
fn value(outcome: &Outcome, is_changed: bool, rules_version: &str) -> String {
    let c = outcome.counts();
    let what = if is_changed { "cleaned" } else { "unchanged" };
    let receipts = match c.receipts {
        0 => String::new(),
        n => format!(" receipts={n}"),
    };
    format!(
        "{what}; trackers={} links={} opaque={} skipped={}{receipts} rules={rules_version}",
        c.trackers, c.links, c.opaque, c.skipped
    )
}
