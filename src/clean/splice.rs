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
use std::ops::Range;

/// What stands in for a neutral image where that would make a line too long:
/// it loads nothing and is shorter than any http URL.
const SHORTEST_IMAGE: &str = "data:,";

/// How often a part is encoded again because some edits were given up.
const ROUNDS: usize = 4;

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
    /// The edits that carry it out; all are needed.
    fn edits(&self, text: &[u8]) -> Option<Vec<Edit>> {
        let change = match &self.action {
            Action::Keep => return None,
            Action::Neutralize => Change::Neutralize,
            Action::Remove => Change::Remove,
            Action::Trim(to) | Action::Unwrap(to) => Change::Replace(&to.text),
        };
        if self.sighting.context == Context::Text {
            return text::edit(text, self.sighting, &change).map(|edit| vec![edit]);
        }
        let mut edits = vec![html::edit(text, self.sighting, &change)?];
        // A link that shows its URL goes on to show where it leads.
        if let Change::Replace(url) = change
            && self.sighting.facts.shown.is_some()
        {
            edits.push(html::shown_edit(text, self.sighting, url)?);
        }
        Some(edits)
    }

    /// Edits with the same effect that make no line longer, if there are any.
    fn shorter_edits(&self, text: &[u8]) -> Option<Vec<Edit>> {
        match self.action {
            Action::Neutralize => html::edit(text, self.sighting, &Change::Replace(SHORTEST_IMAGE))
                .map(|edit| vec![edit])
                .or_else(|| self.edits(text)),
            _ => self.edits(text),
        }
    }

    /// Whether it needs an edit of `span`.
    fn needs(&self, span: &Range<usize>) -> bool {
        let holds = |own: &Range<usize>| span.start <= own.start && own.end <= span.end;
        holds(&self.sighting.span) || self.sighting.facts.shown.as_ref().is_some_and(holds)
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
    let edits = collect(wanted, |w| w.edits(text.bytes()), failed);
    let encoded = decoded.encode(&text.restore(edits)?, limits);
    if encoded.refused.is_empty() {
        return Ok(encoded.edits);
    }
    // Some line would become too long: each edit that has a shorter form
    // takes it, and what is still refused stays as it came.
    let mut possible = wanted.to_vec();
    for _ in 0..ROUNDS {
        let edits = collect(
            &possible,
            |w| w.shorter_edits(text.bytes()),
            &mut Vec::new(),
        );
        let restored = text.restore(edits)?;
        let encoded = decoded.encode(&restored, limits);
        let refused: Vec<_> = encoded
            .refused
            .iter()
            .filter_map(|index| restored.get(*index).map(|edit| edit.span.clone()))
            .collect();
        let (given_up, left): (Vec<_>, Vec<_>) = possible
            .into_iter()
            .partition(|w| refused.iter().any(|span| w.needs(span)));
        failed.extend(given_up.iter().map(|w| (w.finding, Skip::LineLength)));
        if given_up.iter().all(|w| w.sighting.facts.shown.is_none()) {
            return Ok(encoded.edits);
        }
        // Of two edits that belong together one may have been made.
        possible = left;
    }
    failed.extend(possible.iter().map(|w| (w.finding, Skip::LineLength)));
    Ok(Vec::new())
}

/// The edits of all that is wanted, sorted and disjoint.
fn collect(
    wanted: &[Wanted<'_>],
    edits_of: impl Fn(&Wanted<'_>) -> Option<Vec<Edit>>,
    failed: &mut Vec<(usize, Skip)>,
) -> Vec<Edit> {
    let mut edits = Vec::with_capacity(wanted.len());
    for w in wanted {
        match edits_of(w) {
            Some(of_one) => edits.extend(of_one),
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
