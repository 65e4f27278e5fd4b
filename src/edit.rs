//! An exact change of a byte sequence.

use std::ops::Range;

/// A span of bytes and what takes its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Edit {
    /// The bytes that are replaced; an empty span inserts.
    pub span: Range<usize>,
    /// The bytes that take their place.
    pub bytes: Vec<u8>,
}

impl Edit {
    /// An edit that puts `bytes` in place of `span`.
    pub fn new(span: Range<usize>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            span,
            bytes: bytes.into(),
        }
    }
}

/// Sorts edits by position and drops each that overlaps an earlier one.
///
/// Returns how many were dropped. Two sightings of the same bytes (one
/// reading of a part within another) produce overlapping edits; the first in
/// the document wins.
pub fn normalize(edits: &mut Vec<Edit>) -> usize {
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    let before = edits.len();
    let mut end = 0;
    let mut first = true;
    edits.retain(|e| {
        let keep = first || e.span.start >= end;
        if keep {
            end = e.span.end;
            first = false;
        }
        keep
    });
    before - edits.len()
}

/// Applies sorted, disjoint edits to `source`.
///
/// Bytes outside the spans are copied as they are. Spans beyond the end of
/// `source` are ignored.
pub fn apply(source: &[u8], edits: &[Edit]) -> Vec<u8> {
    let growth: usize = edits.iter().map(|e| e.bytes.len()).sum();
    let mut out = Vec::with_capacity(source.len() + growth);
    let mut at = 0;
    for e in edits {
        let Some(kept) = source.get(at..e.span.start) else {
            continue;
        };
        if e.span.end > source.len() || e.span.end < e.span.start {
            continue;
        }
        out.extend_from_slice(kept);
        out.extend_from_slice(&e.bytes);
        at = e.span.end;
    }
    out.extend_from_slice(source.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_outside_the_spans_are_copied() {
        let edits = [Edit::new(1..3, "XYZ"), Edit::new(5..5, "+")];
        assert_eq!(apply(b"abcdef", &edits), b"aXYZde+f");
    }

    #[test]
    fn the_first_of_two_overlapping_edits_wins() {
        let mut edits = vec![
            Edit::new(4..6, "b"),
            Edit::new(0..5, "a"),
            Edit::new(5..7, "c"),
        ];
        assert_eq!(normalize(&mut edits), 1);
        assert_eq!(edits, [Edit::new(0..5, "a"), Edit::new(5..7, "c")]);
    }

    #[test]
    fn an_edit_beyond_the_end_changes_nothing() {
        assert_eq!(apply(b"abc", &[Edit::new(2..9, "x")]), b"abc");
    }
}
