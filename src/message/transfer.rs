//! Transfer encodings (RFC 2045 section 6): undone before a part is scanned,
//! redone around each edit.

use super::{Transfer, base64, identity, quoted_printable};
use crate::{edit::Edit, limits::Limits, skip::Skip};

/// A part's body without its transfer encoding.
#[derive(Debug)]
pub struct Decoded<'a>(Coding<'a>);

#[derive(Debug)]
enum Coding<'a> {
    Base64(base64::Decoded<'a>),
    Identity(&'a [u8]),
    QuotedPrintable(quoted_printable::Decoded<'a>),
}

/// Edits of a part's body as it is in the message.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Encoded {
    /// Sorted and disjoint; the spans are relative to the raw part.
    pub edits: Vec<Edit>,
    /// Which of the edits were refused, by index, because a line would become
    /// longer than `line_bytes`.
    pub refused: Vec<usize>,
}

/// Undoes a transfer encoding, leniently as mail clients do.
///
/// # Errors
///
/// [`Skip::Oversize`] if the result would be larger than `max` bytes;
/// [`Skip::Transfer`] if the encoding is damaged in a way that receivers
/// repair differently; [`Skip::Uuencode`] for uuencode.
///
/// An unknown encoding is read as none: RFC 2045 section 6.4 asks receivers
/// to take such a part for opaque data, and those who show it all the same
/// show it as it stands.
pub fn decode<'a>(raw: &'a [u8], transfer: &Transfer, max: usize) -> Result<Decoded<'a>, Skip> {
    let coding = match transfer {
        Transfer::Base64 => Coding::Base64(base64::decode(raw, max)?),
        Transfer::Identity | Transfer::Unknown if raw.len() > max => return Err(Skip::Oversize),
        Transfer::Identity | Transfer::Unknown => Coding::Identity(raw),
        Transfer::QuotedPrintable => Coding::QuotedPrintable(quoted_printable::decode(raw, max)?),
        Transfer::Uuencode => return Err(Skip::Uuencode),
    };
    Ok(Decoded(coding))
}

impl Decoded<'_> {
    /// The decoded bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Coding::Base64(d) => d.bytes(),
            Coding::Identity(raw) => raw,
            Coding::QuotedPrintable(d) => d.bytes(),
        }
    }

    /// Whether the encoding is damaged in a way that receivers repair
    /// differently, so that some may see other bytes.
    pub fn is_damaged(&self) -> bool {
        match &self.0 {
            // Damaged base64 is not decoded.
            Coding::Base64(_) | Coding::Identity(_) => false,
            Coding::QuotedPrintable(d) => d.is_damaged(),
        }
    }

    /// Turns sorted, disjoint edits of [`bytes`](Self::bytes) into edits of
    /// the raw part, so that decoding the edited part gives the edited bytes.
    ///
    /// Quoted-printable: only encoded lines that hold an edit are encoded
    /// anew. Base64: from the first line that holds an edit to the end. An
    /// edit of any other part that makes a line longer than
    /// `limits.line_bytes` is refused, unless that line already was.
    pub fn encode(&self, edits: &[Edit], limits: &Limits) -> Encoded {
        let len = self.bytes().len();
        // Edits that are no edits of these bytes are refused rather than
        // trusted, so that the codings need not look.
        let mut refused = Vec::new();
        let mut accepted: Vec<(usize, &Edit)> = Vec::with_capacity(edits.len());
        let mut at = 0;
        for (i, e) in edits.iter().enumerate() {
            if e.span.start < at || e.span.end < e.span.start || e.span.end > len {
                refused.push(i);
            } else {
                at = e.span.end;
                accepted.push((i, e));
            }
        }
        if accepted.is_empty() {
            return Encoded {
                edits: Vec::new(),
                refused,
            };
        }
        let edits = match &self.0 {
            Coding::Identity(raw) => {
                identity::encode(raw, &accepted, limits.line_bytes, &mut refused)
            }
            Coding::Base64(d) => d.encode(&only_edits(&accepted)),
            Coding::QuotedPrintable(d) => d.encode(&only_edits(&accepted)),
        };
        refused.sort_unstable();
        Encoded { edits, refused }
    }
}

fn only_edits<'e>(numbered: &[(usize, &'e Edit)]) -> Vec<&'e Edit> {
    numbered.iter().map(|(_, e)| *e).collect()
}

/// The text of `source[start..end]` after those edits that lie within.
pub(super) fn edited(source: &[u8], start: usize, end: usize, edits: &[&Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(end.saturating_sub(start));
    let mut at = start;
    for e in edits {
        out.extend_from_slice(source.get(at..e.span.start).unwrap_or_default());
        out.extend_from_slice(&e.bytes);
        at = e.span.end;
    }
    out.extend_from_slice(source.get(at..end).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_understood_is_named() {
        let of = |t| decode(b"x", &t, 10).map(|_| ()).err();
        assert_eq!(of(Transfer::Unknown), None);
        assert_eq!(of(Transfer::Uuencode), Some(Skip::Uuencode));
        assert_eq!(of(Transfer::Base64), Some(Skip::Transfer));
        assert_eq!(of(Transfer::Identity), None);
    }

    #[test]
    fn more_than_the_limit_is_oversize() {
        for (raw, transfer) in [
            (&b"abcd"[..], Transfer::Identity),
            (b"YWJjZA==", Transfer::Base64),
            (b"a=62cd", Transfer::QuotedPrintable),
        ] {
            assert!(decode(raw, &transfer, 4).is_ok(), "{transfer:?}");
            let error = decode(raw, &transfer, 3).map(|_| ()).err();
            assert_eq!(error, Some(Skip::Oversize), "{transfer:?}");
        }
    }

    #[test]
    fn edits_that_overlap_or_lie_outside_are_refused() {
        let decoded = decode(b"abcd", &Transfer::Identity, 9).ok();
        let edits = [
            Edit::new(0..2, "x"),
            Edit::new(1..3, "y"),
            Edit::new(3..9, "z"),
        ];
        let encoded = decoded.map(|d| d.encode(&edits, &Limits::default()));
        let expected = Encoded {
            edits: vec![Edit::new(0..2, "x")],
            refused: vec![1, 2],
        };
        assert_eq!(encoded, Some(expected));
    }
}
