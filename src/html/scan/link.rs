//! The visible text of a link.

use super::markup::{Markup, Token, is_raw_text};
use super::name::{Name, names};
use super::open::{Around, Open};
use crate::html::decode::decode;
use crate::html::entity::Place;
use encoding_rs::{Encoding, UTF_8};
use std::ops::Range;

/// Most bytes of a link's text that are reported.
const REPORTED: usize = 256;

/// Most bytes of it that are kept while it is read, with its character
/// references not yet decoded.
const KEPT: usize = 4 * REPORTED;

/// The elements whose content is not HTML.
const FOREIGN: [Name; 2] = names(["svg", "math"]);

/// A link whose content is being read.
///
/// It ends as lol_html would end it: with `</a>`, or with the end tag of an
/// element that was open around it; other end tags are passed over. The two
/// readings differ in broken HTML only, and there more is taken for text
/// rather than less:
///
/// - CDATA sections in SVG end with the first `>`; the rest of them is text;
/// - the content of `<script>` ends with the first `</script>`, whatever
///   comments there are in it;
/// - `<title>` holds text if SVG or MathML was opened before and seems to be
///   open;
/// - where SVG or MathML stands before the link, an element in it that is
///   closed by `/>` counts as open, and raw text as raw as in HTML;
/// - of many open elements only the innermost are known, 64 in the link and
///   64 around it;
/// - a character that the end of the part cuts off is replaced by U+FFFD.
#[derive(Debug)]
pub(super) struct Link {
    /// Which sighting it is.
    pub(super) sighting: usize,
    /// Where its start tag starts in the text of the pass.
    start: usize,
    /// Where its content starts.
    pub(super) content: usize,
    /// Where the piece of the text ends that it stands in.
    piece_end: usize,
    /// How far its content has been read.
    read_to: usize,
    /// The elements that were opened in it.
    open: Open,
    /// The element whose raw text comes next.
    raw_text: Option<Name>,
    source: String,
    alt: Option<String>,
}

impl Link {
    /// A link with this start tag.
    pub(super) fn new(sighting: usize, tag: Range<usize>, piece_end: usize) -> Self {
        Self {
            sighting,
            start: tag.start,
            content: tag.end,
            piece_end,
            read_to: tag.end,
            open: Open::default(),
            raw_text: None,
            source: String::new(),
            alt: None,
        }
    }

    /// Reads on to the start tag at offset `to` of `html`, or to the end of
    /// the piece. Returns where the link ends if it does so before.
    pub(super) fn read(
        &mut self,
        html: &[u8],
        to: usize,
        encoding: &'static Encoding,
        around: &mut Around,
    ) -> Option<usize> {
        const A: Name = Name::new("a");
        let to = to.min(self.piece_end);
        let html = html.get(..to).unwrap_or(html);
        let raw_text = self.raw_text.take();
        for token in Markup::new(html, self.read_to, raw_text) {
            match token {
                Token::Text(text) => self.push(text, encoding),
                Token::EndTag(name, at) => {
                    let is_inner = self.open.close(name);
                    if !is_inner && (name == A || around.holds(html, self.start, name)) {
                        return Some(at);
                    }
                }
                // lol_html knows of none here.
                Token::StartTag(_) => (),
            }
        }
        self.read_to = to;
        None
    }

    /// Notes the start tag of an element in it, at `tag` of `html`.
    pub(super) fn open(
        &mut self,
        html: &[u8],
        tag: Range<usize>,
        can_have_content: bool,
        is_html: bool,
        around: &mut Around,
    ) {
        const TITLE: Name = Name::new("title");
        self.read_to = tag.end;
        let (name, _) = Name::read(html.get(tag.start + 1..).unwrap_or_default());
        if is_html && is_raw_text(name) {
            // lol_html takes the `<title>` of SVG for one of HTML, though not
            // its content.
            let is_of_svg = name == TITLE
                && FOREIGN.into_iter().any(|foreign| {
                    self.open.holds(foreign) || around.holds(html, self.start, foreign)
                });
            self.raw_text = Some(name).filter(|_| !is_of_svg);
        }
        if can_have_content {
            self.open.push(name);
        }
    }

    /// Takes in a piece of text, its character references not decoded.
    fn push(&mut self, text: &[u8], encoding: &'static Encoding) {
        if self.source.len() < KEPT {
            let text = encoding.decode_without_bom_handling(text).0;
            push_folded(&mut self.source, &text, KEPT);
        }
    }

    /// Takes in the `alt=` of an image, used if there is no text.
    pub(super) fn push_alt(&mut self, alt: &str) {
        if self.alt.is_none() && !alt.trim().is_empty() {
            self.alt = Some(alt.chars().take(REPORTED).collect());
        }
    }

    /// The text: white space folded, and cut off.
    pub(super) fn text(&self) -> String {
        let source = self.source.as_str();
        let text = if memchr::memchr(b'&', source.as_bytes()).is_some() {
            fold(&decode(source.as_bytes(), UTF_8, Some(Place::Text)))
        } else {
            reported(source).to_owned()
        };
        match &self.alt {
            Some(alt) if text.is_empty() => fold(alt),
            _ => text,
        }
    }
}

/// The text at the start of `html`, up to the end tag of `element`, its name
/// in lower case. Reads no further than [`KEPT`] bytes.
pub(super) fn text_before_end_tag(
    html: &[u8],
    element: &[u8],
    encoding: &'static Encoding,
) -> String {
    let mut rest = html.get(..KEPT.min(html.len())).unwrap_or_default();
    let mut text = Vec::new();
    while let Some(open) = memchr::memchr(b'<', rest) {
        text.extend_from_slice(rest.get(..open).unwrap_or_default());
        let tag = rest.get(open + 1..).unwrap_or_default();
        let ends = tag.split_first().is_some_and(|(slash, name)| {
            let name = name.get(..element.len()).unwrap_or_default();
            *slash == b'/' && name.eq_ignore_ascii_case(element)
        });
        let close = memchr::memchr(b'>', tag).filter(|_| !ends);
        rest = close
            .and_then(|close| tag.get(close + 1..))
            .unwrap_or_default();
    }
    text.extend_from_slice(rest);
    fold(&decode(&text, encoding, Some(Place::Text)))
}

fn fold(text: &str) -> String {
    let mut folded = String::new();
    push_folded(&mut folded, text, REPORTED);
    folded.truncate(reported(&folded).len());
    folded
}

/// What is reported of a folded text.
fn reported(folded: &str) -> &str {
    let end = folded.floor_char_boundary(REPORTED);
    folded.get(..end).unwrap_or(folded).trim_end()
}

/// Adds `text` up to the character that makes it `most` bytes, with one space
/// for all white space between words and none at the start.
fn push_folded(folded: &mut String, text: &str, most: usize) {
    folded.reserve(text.len().min(most));
    for (number, word) in text.split(char::is_whitespace).enumerate() {
        if folded.len() >= most {
            return;
        }
        if number > 0 && !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
        let end = word.ceil_char_boundary(most.saturating_sub(folded.len()));
        folded.push_str(word.get(..end).unwrap_or(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: &[&str]) -> String {
        let mut link = Link::new(0, 0..0, 0);
        for piece in pieces {
            link.push(piece.as_bytes(), UTF_8);
        }
        link.text()
    }

    #[test]
    fn white_space_is_folded_and_references_are_decoded() {
        assert_eq!(
            text(&[" Shop\r\n ", " now&nbsp;&amp; ", "save "]),
            "Shop now & save"
        );
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        let long = "ü".repeat(2000);
        assert_eq!(text(&[&long]), "ü".repeat(128));
        let spaces = " ".repeat(100_000);
        assert_eq!(text(&[&spaces, "here", &spaces]), "here");
    }

    /// The text of the link whose content starts `content`, read up to each
    /// of the start tags in it, and whether an end tag ended it.
    fn read(before: &str, content: &str, encoding: &'static Encoding) -> (String, bool) {
        let html = format!("{before}<a>{content}");
        read_bytes(before.len(), html.as_bytes(), encoding)
    }

    fn read_bytes(start: usize, html: &[u8], encoding: &'static Encoding) -> (String, bool) {
        let mut link = Link::new(0, start..start + 3, html.len());
        let mut around = Around::default();
        let ended = link.read(html, usize::MAX, encoding, &mut around).is_some();
        (link.text(), ended)
    }

    fn ends(text: &str) -> (String, bool) {
        (text.to_owned(), true)
    }

    fn is_left_open(text: &str) -> (String, bool) {
        (text.to_owned(), false)
    }

    #[test]
    fn a_link_ends_with_its_end_tag() {
        for end in ["</a>", "</A\n>", "</a/>", "</a x='>'>"] {
            let content = format!("one{end}two");
            assert_eq!(read("", &content, UTF_8), ends("one"), "{end}");
        }
        assert_eq!(read("", "one</a", UTF_8), ends("one"));
        assert_eq!(
            read("", "o</ab>ne</abbr>, two</a>x", UTF_8),
            ends("one, two")
        );
        assert_eq!(
            read("", "one <!-- </a> -->two</a>x", UTF_8),
            ends("one two")
        );
        assert_eq!(read("", "1 < 2 &amp; 3</a>x", UTF_8), ends("1 < 2 & 3"));
    }

    #[test]
    fn a_link_without_an_end_tag_ends_with_an_element_around_it() {
        let cell = "<table><tr><td>";
        assert_eq!(read(cell, "one</td><td>two", UTF_8), ends("one"));
        assert_eq!(read(cell, "one</table>two", UTF_8), ends("one"));
        assert_eq!(read("<p><b>", "one</b>two</a>", UTF_8), ends("one"));
        // Closed before, or never opened.
        let closed = "<table><td></td></table>";
        assert_eq!(read(closed, "one</td> two</a>", UTF_8), ends("one two"));
        assert_eq!(read("", "one</p></td> two</a>", UTF_8), ends("one two"));
        assert_eq!(
            read("<!--<td>-->", "one</td> two", UTF_8),
            is_left_open("one two")
        );
    }

    #[test]
    fn text_is_decoded_as_the_part_is() {
        assert_eq!(
            read_bytes(0, b"<a>\x95\x5C\x5C &yen;</a>", encoding_rs::SHIFT_JIS),
            ends("\u{8868}\\ \u{a5}")
        );
        assert_eq!(
            read_bytes(0, b"<a>\xFCber</a>", encoding_rs::WINDOWS_1252),
            ends("\u{fc}ber")
        );
        assert_eq!(read_bytes(0, b"<a>\xFC</a>", UTF_8), ends("\u{fffd}"));
    }

    #[test]
    fn an_image_speaks_for_a_link_without_text() {
        let mut link = Link::new(0, 0..0, 0);
        link.push(b"\n ", UTF_8);
        link.push_alt(" ");
        link.push_alt("Our  shop");
        link.push_alt("second");
        assert_eq!(link.text(), "Our shop");
        link.push(b"text", UTF_8);
        assert_eq!(link.text(), "text");
    }
}
