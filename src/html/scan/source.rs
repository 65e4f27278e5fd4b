//! The text of one pass, and where it stands in the part.

use std::borrow::Cow;
use std::ops::Range;

/// Ends whatever a piece of HTML may leave open, so that it cannot swallow
/// the next piece: an attribute value in either quotes, a tag, a comment, the
/// raw text of an element, a `<select>`.
const SEPARATOR: &[u8] = b"\"'-->]]></script></style></title></textarea></xmp></iframe>\
    </noembed></noframes></noscript></template></select></svg></math>";

/// What one pass reads: the part itself, or pieces of it that were passed
/// over as comments or raw text, one behind the other.
///
/// Reading all pieces in one pass costs one parser, however many there are.
pub(super) struct Source<'s> {
    pub(super) bytes: Cow<'s, [u8]>,
    pieces: Vec<Piece>,
}

/// A piece of the part within the text of a pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    /// Where it stands in the text of the pass.
    pub(super) span: Range<usize>,
    /// Where it starts in the part.
    pub(super) origin: usize,
    pub(super) surroundings: Surroundings,
}

/// What is known about the place that a piece was found at.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Surroundings {
    pub(super) after_body: bool,
    pub(super) hidden: bool,
}

impl Piece {
    /// The place in the part of a span within the piece.
    pub(super) fn to_part(&self, span: Range<usize>) -> Range<usize> {
        let to_part = |at: usize| self.origin + at.saturating_sub(self.span.start);
        to_part(span.start)..to_part(span.end)
    }
}

impl<'s> Source<'s> {
    /// The whole part.
    pub(super) fn whole(html: &'s [u8]) -> Self {
        Self {
            bytes: Cow::Borrowed(html),
            pieces: vec![Piece {
                span: 0..html.len(),
                origin: 0,
                surroundings: Surroundings::default(),
            }],
        }
    }

    /// Pieces of `self` at `spans`, in ascending order.
    pub(super) fn pieces(&self, spans: &[(Range<usize>, Surroundings)]) -> Source<'static> {
        let mut bytes = Vec::new();
        let mut pieces = Vec::with_capacity(spans.len());
        for (span, surroundings) in spans {
            let Some(text) = self.bytes.get(span.clone()) else {
                continue;
            };
            let Some(piece) = self.piece_at(span.start) else {
                continue;
            };
            let start = bytes.len();
            bytes.extend_from_slice(text);
            pieces.push(Piece {
                span: start..bytes.len(),
                origin: piece.origin + (span.start - piece.span.start),
                surroundings: *surroundings,
            });
            disarm_plaintext(bytes.get_mut(start..).unwrap_or_default());
            bytes.extend_from_slice(SEPARATOR);
        }
        Source {
            bytes: Cow::Owned(bytes),
            pieces,
        }
    }

    /// The piece that holds offset `at` of the text.
    pub(super) fn piece_at(&self, at: usize) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|p| p.span.start <= at);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        (at <= piece.span.end).then_some(piece)
    }
}

/// `<plaintext>` has no end tag and would swallow all pieces behind it, so
/// the copy gets another name in its place.
fn disarm_plaintext(text: &mut [u8]) {
    const NAME: &[u8] = b"plaintext";
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'<', text.get(from..).unwrap_or_default()) {
        let start = from + at + 1;
        if let Some(name) = text.get_mut(start..start + NAME.len())
            && name.eq_ignore_ascii_case(NAME)
        {
            name.fill(b'x');
        }
        from = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_a_piece_is_found_in_the_part() {
        let whole = Source::whole(b"0123456789");
        let around = Surroundings::default();
        let pieces = whole.pieces(&[(2..4, around), (5..9, around)]);
        let second = pieces.pieces[1].span.clone();
        assert_eq!(&pieces.bytes[second.clone()], b"5678");
        let inner = pieces.pieces(&[(second.start + 1..second.end, around)]);
        assert_eq!(inner.pieces[0].origin, 6);
        assert_eq!(inner.piece_at(1).map(|p| p.origin), Some(6));
        assert_eq!(inner.piece_at(4), None);
    }

    #[test]
    fn plaintext_does_not_swallow_the_next_piece() {
        let mut text = b"a<PlainText>b<plain<plaintex".to_vec();
        disarm_plaintext(&mut text);
        assert_eq!(text, b"a<xxxxxxxxx>b<plain<plaintex");
    }
}
