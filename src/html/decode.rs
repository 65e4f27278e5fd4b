//! From the bytes of a part to text, and from a place in the text back to
//! its bytes.
//!
//! No map is kept: text that a message controls would make it larger than
//! the message. Instead a [`Places`] decodes a second time, up to the place
//! that is asked for.

use super::entity::{self, Place};
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;

/// Longest sequence of bytes for one character in the encodings of the
/// Encoding standard (gb18030).
const LONGEST_SEQUENCE: usize = 4;

/// Decodes `raw`, and its character references if `references` says where
/// they stand.
pub(crate) fn decode<'a>(
    raw: &'a [u8],
    encoding: &'static Encoding,
    references: Option<Place>,
) -> Cow<'a, str> {
    if let Some(text) = as_it_stands(raw, encoding, references) {
        return Cow::Borrowed(text);
    }
    let mut pieces = Pieces::new(raw, encoding, references);
    let first = match pieces.next() {
        None => return Cow::Borrowed(""),
        Some(first) if first.length == raw.len() => return first.text,
        Some(first) => first,
    };
    let mut text = String::with_capacity(raw.len());
    text.push_str(&first.text);
    for piece in pieces {
        text.push_str(&piece.text);
    }
    Cow::Owned(text)
}

/// The text, where nothing has to be decoded: ASCII without references, which
/// most values are.
fn as_it_stands<'a>(
    raw: &'a [u8],
    encoding: &'static Encoding,
    references: Option<Place>,
) -> Option<&'a str> {
    // In others, ASCII bytes may mean something else.
    let keeps_ascii = encoding == UTF_8 || encoding.is_single_byte();
    let has_references = references.is_some() && memchr::memchr(b'&', raw).is_some();
    if !keeps_ascii || has_references || !raw.is_ascii() {
        return None;
    }
    std::str::from_utf8(raw).ok()
}

/// Finds the bytes that a place in decoded text came from.
///
/// The places must be asked for in ascending order.
pub(crate) struct Places<'a> {
    pieces: Pieces<'a>,
    /// The piece that holds the last place, and where it starts in the text
    /// and in the bytes.
    piece: Option<Piece<'a>>,
    text_at: usize,
    raw_at: usize,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        raw: &'a [u8],
        encoding: &'static Encoding,
        references: Option<Place>,
    ) -> Self {
        let mut pieces = Pieces::new(raw, encoding, references);
        let piece = pieces.next();
        Self {
            pieces,
            piece,
            text_at: 0,
            raw_at: 0,
        }
    }

    /// Offset in the bytes of offset `at` in the text.
    pub(crate) fn raw(&mut self, at: usize) -> usize {
        while let Some(piece) = &self.piece {
            let into = at.saturating_sub(self.text_at);
            if into < piece.text.len() {
                // Within a character reference only its start is a place.
                let literal = piece.text.len() == piece.length;
                return self.raw_at + if literal { into } else { 0 };
            }
            self.text_at += piece.text.len();
            self.raw_at += piece.length;
            self.piece = self.pieces.next();
        }
        self.raw_at
    }
}

struct Piece<'a> {
    text: Cow<'a, str>,
    /// How many bytes it was decoded from.
    length: usize,
}

/// Iterates over runs of text that stand as they are, and over single
/// characters that do not.
struct Pieces<'a> {
    raw: &'a [u8],
    at: usize,
    /// End of the bytes that are known to hold no character reference.
    plain_until: usize,
    encoding: &'static Encoding,
    references: Option<Place>,
}

impl<'a> Pieces<'a> {
    fn new(raw: &'a [u8], encoding: &'static Encoding, references: Option<Place>) -> Self {
        Self {
            raw,
            at: 0,
            plain_until: 0,
            encoding,
            references,
        }
    }

    fn piece(&mut self) -> Option<Piece<'a>> {
        let rest = self.raw.get(self.at..).filter(|rest| !rest.is_empty())?;
        if self.at >= self.plain_until {
            if let (Some(place), Some(b'&')) = (self.references, rest.first()) {
                return Some(match entity::read(rest, place) {
                    Some((text, length)) => Piece { text, length },
                    None => literal("&"),
                });
            }
            let length = match self.references {
                Some(_) => memchr::memchr(b'&', rest).unwrap_or(rest.len()),
                None => rest.len(),
            };
            self.plain_until = self.at + length;
        }
        let plain = self.raw.get(self.at..self.plain_until)?;
        Some(if self.encoding == UTF_8 {
            utf8(plain)
        } else {
            legacy(plain, self.encoding)
        })
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let piece = self.piece()?;
        self.at += piece.length;
        Some(piece)
    }
}

fn literal(text: &str) -> Piece<'_> {
    Piece {
        text: Cow::Borrowed(text),
        length: text.len(),
    }
}

fn replacement<'a>(length: usize) -> Piece<'a> {
    Piece {
        text: Cow::Borrowed("\u{fffd}"),
        length,
    }
}

fn utf8(plain: &[u8]) -> Piece<'_> {
    match std::str::from_utf8(plain) {
        Ok(text) => literal(text),
        Err(error) if error.valid_up_to() > 0 => {
            let valid = plain.get(..error.valid_up_to()).unwrap_or_default();
            literal(std::str::from_utf8(valid).unwrap_or_default())
        }
        Err(error) => replacement(error.error_len().unwrap_or(plain.len())),
    }
}

fn legacy<'a>(plain: &'a [u8], encoding: &'static Encoding) -> Piece<'a> {
    let ascii = Encoding::ascii_valid_up_to(plain);
    if ascii > 0 {
        let text = plain.get(..ascii).unwrap_or_default();
        return literal(std::str::from_utf8(text).unwrap_or_default());
    }
    (1..=LONGEST_SEQUENCE)
        .find_map(|length| {
            let text = encoding
                .decode_without_bom_handling_and_without_replacement(plain.get(..length)?)?;
            Some(Piece { text, length })
        })
        .unwrap_or_else(|| replacement(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, GB18030, SHIFT_JIS, WINDOWS_1252};

    fn attribute<'a>(raw: &'a [u8], encoding: &'static Encoding) -> Cow<'a, str> {
        decode(raw, encoding, Some(Place::Attribute))
    }

    #[test]
    fn text_without_references_is_borrowed() {
        let raw = "https://example.org/ü".as_bytes();
        assert!(matches!(attribute(raw, UTF_8), Cow::Borrowed(t) if t.as_bytes() == raw));
        assert_eq!(attribute(b"", UTF_8), "");
    }

    #[test]
    fn references_are_decoded_and_places_found_again() {
        let raw = b"a&amp;b&#x20;c &x";
        assert_eq!(attribute(raw, UTF_8), "a&b c &x");
        let mut places = Places::new(raw, UTF_8, Some(Place::Attribute));
        let raw_places: Vec<_> = (0..=8).map(|at| places.raw(at)).collect();
        assert_eq!(raw_places, [0, 1, 6, 7, 13, 14, 15, 16, 17]);
    }

    #[test]
    fn bytes_that_are_not_utf_8_become_replacement_characters() {
        let raw = b"a\xFFb\xE2\x82&lt;\xE2";
        assert_eq!(attribute(raw, UTF_8), "a\u{fffd}b\u{fffd}<\u{fffd}");
        let mut places = Places::new(raw, UTF_8, Some(Place::Attribute));
        assert_eq!(
            [1, 4, 5, 8, 9, 12].map(|at| places.raw(at)),
            [1, 2, 3, 5, 9, 10]
        );
    }

    #[test]
    fn the_second_byte_of_a_legacy_character_is_not_ascii() {
        // 0x95 0x5C is one character of Shift_JIS; 0x5C alone is a backslash.
        assert_eq!(attribute(b"\x95\x5C\x5C", SHIFT_JIS), "\u{8868}\\");
        let mut places = Places::new(b"\x95\x5C\x5C", SHIFT_JIS, None);
        assert_eq!([0, 3, 4].map(|at| places.raw(at)), [0, 2, 3]);
    }

    #[test]
    fn encodings_of_one_to_four_bytes_are_read() {
        assert_eq!(attribute(b"\xE9&amp;\x80", WINDOWS_1252), "\u{e9}&\u{20ac}");
        assert_eq!(attribute(b"\x81\x30\x81\x30x", GB18030), "\u{80}x");
        // Two code points from one sequence of Big5.
        assert_eq!(attribute(b"\x88\x62", BIG5), "\u{ca}\u{304}");
        assert_eq!(attribute(b"\x81&amp;", SHIFT_JIS), "\u{fffd}&");
    }
}
