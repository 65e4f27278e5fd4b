//! From verdicts to edits of the raw body.

use super::tree::{Content, Leaf};
use crate::{
    edit::{self, Edit},
    html,
    judge::Action,
    limits::Limits,
    message::{charset, transfer},
    sighting::{Change, Context, Sighting},
    skip::Skip,
    text,
};

/// What stands in for a neutral image where that would make a line too long:
/// it loads nothing and is shorter than any http URL.
const SHORTEST_IMAGE: &str = "data:,";

/// A verdict that changes the message.
#[derive(Clone)]
pub(super) struct Wanted<'a> {
    /// Its place in the list of findings.
    pub(super) finding: usize,
    /// What is changed.
    pub(super) sighting: &'a Sighting,
    /// How.
    pub(super) action: Action,
}

impl Wanted<'_> {
    fn edit(&self, text: &[u8]) -> Option<Edit> {
        let change = match &self.action {
            Action::Keep => return None,
            Action::Neutralize => Change::Neutralize,
            Action::Remove => Change::Remove,
            Action::Trim(to) | Action::Unwrap(to) => Change::Replace(&to.text),
        };
        match self.sighting.context {
            Context::Text => text::edit(text, self.sighting, &change),
            _ => html::edit(text, self.sighting, &change),
        }
    }

    /// An edit with the same effect that makes no line longer, if there is
    /// one.
    fn shorter_edit(&self, text: &[u8]) -> Option<Edit> {
        match self.action {
            Action::Neutralize => html::edit(text, self.sighting, &Change::Replace(SHORTEST_IMAGE)),
            _ => self.edit(text),
        }
    }
}

/// What splicing made.
#[derive(Default)]
pub(super) struct Spliced {
    /// Sorted, disjoint edits of the raw body.
    pub(super) edits: Vec<Edit>,
    /// Findings whose edit could not be made exactly, and why.
    pub(super) failed: Vec<(usize, Skip)>,
}

/// Turns the wanted changes of each editable leaf into edits of `body`.
///
/// `wanted` yields one list an editable leaf, in document order.
pub(super) fn splice(
    leaves: &[Leaf],
    body: &[u8],
    limits: &Limits,
    wanted: &mut dyn Iterator<Item = Vec<Wanted<'_>>>,
) -> Spliced {
    let mut out = Spliced::default();
    for leaf in leaves {
        let edits = match &leaf.content {
            Content::Html { .. } | Content::Text { .. } => {
                let wanted = wanted.next().unwrap_or_default();
                splice_leaf(leaf, body, limits, &wanted, &mut out.failed)
            }
            Content::Message {
                raw,
                body: start,
                leaves,
            } => {
                let inner = splice(
                    leaves,
                    raw.get(*start..).unwrap_or_default(),
                    limits,
                    wanted,
                );
                out.failed.extend(inner.failed);
                encode_message(leaf, body, limits, shift(inner.edits, *start))
            }
        };
        out.edits.extend(shift(edits, leaf.part.body.start));
    }
    edit::normalize(&mut out.edits);
    out
}

fn shift(mut edits: Vec<Edit>, by: usize) -> Vec<Edit> {
    for e in &mut edits {
        e.span = e.span.start + by..e.span.end + by;
    }
    edits
}

/// Edits of the leaf's raw bytes.
fn splice_leaf(
    leaf: &Leaf,
    body: &[u8],
    limits: &Limits,
    wanted: &[Wanted<'_>],
    failed: &mut Vec<(usize, Skip)>,
) -> Vec<Edit> {
    if wanted.is_empty() {
        return Vec::new();
    }
    match try_splice_leaf(leaf, body, limits, wanted, failed) {
        Ok(edits) => edits,
        Err(skip) => {
            failed.extend(wanted.iter().map(|w| (w.finding, skip)));
            Vec::new()
        }
    }
}

fn try_splice_leaf(
    leaf: &Leaf,
    body: &[u8],
    limits: &Limits,
    wanted: &[Wanted<'_>],
    failed: &mut Vec<(usize, Skip)>,
) -> Result<Vec<Edit>, Skip> {
    let raw = body.get(leaf.part.body.clone()).ok_or(Skip::Error)?;
    let decoded = transfer::decode(raw, &leaf.part.transfer, limits.decoded_bytes)?;
    let text = charset::open(decoded.bytes(), leaf.part.charset.as_deref())?;
    let edits = collect(wanted, |w| w.edit(text.bytes()), failed);
    let encoded = decoded.encode(&text.restore(edits)?, limits);
    if encoded.refused.is_empty() {
        return Ok(encoded.edits);
    }
    // Some line would become too long: each edit that has a shorter form
    // takes it, and what is still refused stays as it came.
    let edits = collect(wanted, |w| w.shorter_edit(text.bytes()), &mut Vec::new());
    let restored = text.restore(edits)?;
    let encoded = decoded.encode(&restored, limits);
    for refused in encoded.refused {
        let span = restored.get(refused).map(|e| &e.span);
        failed.extend(
            wanted
                .iter()
                .filter(|w| {
                    span.is_some_and(|s| {
                        s.start <= w.sighting.span.start && w.sighting.span.end <= s.end
                    })
                })
                .map(|w| (w.finding, Skip::LineLength)),
        );
    }
    Ok(encoded.edits)
}

/// The edits of all that is wanted, sorted and disjoint.
fn collect(
    wanted: &[Wanted<'_>],
    edit: impl Fn(&Wanted<'_>) -> Option<Edit>,
    failed: &mut Vec<(usize, Skip)>,
) -> Vec<Edit> {
    let mut edits = Vec::with_capacity(wanted.len());
    for w in wanted {
        match edit(w) {
            Some(e) => edits.push(e),
            None => failed.push((w.finding, Skip::Ambiguous)),
        }
    }
    edit::normalize(&mut edits);
    edits
}

/// Edits of a decoded message/rfc822 as edits of its encoded form.
fn encode_message(leaf: &Leaf, body: &[u8], limits: &Limits, edits: Vec<Edit>) -> Vec<Edit> {
    if edits.is_empty() {
        return edits;
    }
    let Some(raw) = body.get(leaf.part.body.clone()) else {
        return Vec::new();
    };
    transfer::decode(raw, &leaf.part.transfer, limits.decoded_bytes)
        .map(|decoded| decoded.encode(&edits, limits).edits)
        .unwrap_or_default()
}
