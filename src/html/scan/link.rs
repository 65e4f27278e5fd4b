//! The visible text of a link.

use crate::html::decode::decode;
use crate::html::entity::Place;
use encoding_rs::Encoding;

/// Most bytes of a link's text that are reported.
const REPORTED: usize = 256;

/// Most bytes of it that are kept while it is read, with its character
/// references not yet decoded.
const KEPT: usize = 4 * REPORTED;

/// A link whose content is being read.
#[derive(Debug)]
pub(super) struct Link {
    /// Which sighting it is.
    pub(super) sighting: usize,
    /// Where its content starts in the text of the pass.
    pub(super) content: usize,
    source: String,
    alt: Option<String>,
}

impl Link {
    pub(super) fn new(sighting: usize, content: usize) -> Self {
        Self {
            sighting,
            content,
            source: String::new(),
            alt: None,
        }
    }

    /// Takes in a piece of text, its character references not decoded.
    pub(super) fn push(&mut self, text: &str) {
        for c in text.chars() {
            if self.source.len() >= KEPT {
                return;
            }
            push_folded(&mut self.source, c);
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
        let decoded = decode(
            self.source.as_bytes(),
            encoding_rs::UTF_8,
            Some(Place::Text),
        );
        let text = fold(&decoded);
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
    for c in text.chars() {
        if folded.len() + c.len_utf8() > REPORTED {
            break;
        }
        push_folded(&mut folded, c);
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn push_folded(folded: &mut String, c: char) {
    if !c.is_whitespace() {
        folded.push(c);
    } else if !folded.is_empty() && !folded.ends_with(' ') {
        folded.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(pieces: &[&str]) -> String {
        let mut link = Link::new(0, 0);
        for piece in pieces {
            link.push(piece);
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

    #[test]
    fn an_image_speaks_for_a_link_without_text() {
        let mut link = Link::new(0, 0);
        link.push("\n ");
        link.push_alt(" ");
        link.push_alt("Our  shop");
        link.push_alt("second");
        assert_eq!(link.text(), "Our shop");
        link.push("text");
        assert_eq!(link.text(), "text");
    }
}
