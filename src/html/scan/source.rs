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
    /// What lol_html is given in its place, see [`disarm_plaintext`].
    disarmed: Option<Vec<u8>>,
    pieces: Vec<Piece>,
}

/// A piece of the part within the text of a pass.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Piece {
    /// Where it stands in the text of the pass.
    pub(super) span: Range<usize>,
    /// End of what may be changed: the end of a comment is read with it, and
    /// must stay.
    pub(super) editable_end: usize,
    /// Where it starts in the part.
    pub(super) origin: usize,
    pub(super) surroundings: Surroundings,
}

/// What is to be read again, by its place in the text of the pass that found
/// it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Excerpt {
    pub(super) span: Range<usize>,
    /// As in [`Piece`].
    pub(super) editable_end: usize,
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
            disarmed: None,
            pieces: vec![Piece {
                span: 0..html.len(),
                editable_end: html.len(),
                origin: 0,
                surroundings: Surroundings::default(),
            }],
        }
    }

    /// Excerpts of `self`, in ascending order.
    pub(super) fn pieces(&self, excerpts: &[Excerpt]) -> Source<'static> {
        let mut bytes = Vec::new();
        let mut pieces = Vec::with_capacity(excerpts.len());
        for excerpt in excerpts {
            let span = &excerpt.span;
            let Some(text) = self.bytes.get(span.clone()) else {
                continue;
            };
            let Some(piece) = self.piece_at(span.start) else {
                continue;
            };
            let start = bytes.len();
            bytes.extend_from_slice(text);
            let editable_end = excerpt.editable_end.min(piece.editable_end);
            pieces.push(Piece {
                span: start..bytes.len(),
                editable_end: start + editable_end.saturating_sub(span.start),
                origin: piece.origin + (span.start - piece.span.start),
                surroundings: excerpt.surroundings,
            });
            bytes.extend_from_slice(SEPARATOR);
        }
        Source {
            disarmed: disarm_plaintext(&bytes),
            bytes: Cow::Owned(bytes),
            pieces,
        }
    }

    /// Whether this is the part itself and not pieces of it.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.bytes, Cow::Borrowed(_))
    }

    /// The text as lol_html is to read it: as long as `bytes`, and different
    /// only in the names of elements.
    pub(super) fn for_parser(&self) -> &[u8] {
        self.disarmed.as_deref().unwrap_or(&self.bytes)
    }

    /// The piece that holds offset `at` of the text.
    pub(super) fn piece_at(&self, at: usize) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|p| p.span.start <= at);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        (at <= piece.span.end).then_some(piece)
    }
}

/// `<plaintext>` has no end tag and would swallow all pieces behind it, so it
/// gets another name. `None` if there is none.
fn disarm_plaintext(text: &[u8]) -> Option<Vec<u8>> {
    const NAME: &[u8] = b"plaintext";
    let mut disarmed = None;
    for at in memchr::memchr_iter(b'<', text) {
        let name = at + 1..at + 1 + NAME.len();
        let is_plaintext = |text: &[u8]| text.eq_ignore_ascii_case(NAME);
        if text.get(name.clone()).is_some_and(is_plaintext) {
            let copy = disarmed.get_or_insert_with(|| text.to_vec());
            if let Some(name) = copy.get_mut(name) {
                name.fill(b'x');
            }
        }
    }
    disarmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_a_piece_is_found_in_the_part() {
        let whole = Source::whole(b"0123456789");
        let excerpt = |span: Range<usize>| Excerpt {
            editable_end: span.end - 1,
            span,
            surroundings: Surroundings::default(),
        };
        let pieces = whole.pieces(&[excerpt(2..4), excerpt(5..9)]);
        let second = pieces.pieces[1].span.clone();
        assert_eq!(&pieces.bytes[second.clone()], b"5678");
        let inner = pieces.pieces(&[excerpt(second.start + 1..second.end)]);
        assert_eq!(inner.pieces[0].origin, 6);
        assert_eq!(inner.piece_at(1).map(|p| p.origin), Some(6));
        assert_eq!(inner.piece_at(1).map(|p| p.editable_end), Some(2));
        assert_eq!(inner.piece_at(4), None);
    }

    #[test]
    fn plaintext_does_not_swallow_the_next_piece() {
        assert_eq!(
            disarm_plaintext(b"a<PlainText>b<plain<plaintex").as_deref(),
            Some(&b"a<xxxxxxxxx>b<plain<plaintex"[..])
        );
        assert_eq!(disarm_plaintext(b"a plaintext <p>"), None);
    }
}
