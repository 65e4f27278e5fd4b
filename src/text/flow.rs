//! format=flowed with DelSp=yes (RFC 3676): the only plain text in which a
//! word, and so a URL, may be broken over lines.
//!
//! A line that ends in a space is flowed: it goes on in the next one, if that
//! has the same quote depth (section 4.5). With DelSp=yes that space goes,
//! and a word can be broken anywhere (section 4.2). Without it the space
//! stays, and a URL with a space in it is no URL: such text, like fixed text,
//! is read line by line.

use std::{borrow::Cow, ops::Range};

/// A text with its soft line breaks undone.
pub(super) struct Joined<'a> {
    text: Cow<'a, [u8]>,
    /// Where something was taken out, in order.
    cuts: Vec<Cut>,
}

/// A soft line break that was taken out.
struct Cut {
    /// Where it was, in the joined text.
    at: usize,
    /// How many bytes have been taken out up to here.
    removed: usize,
}

impl<'a> Joined<'a> {
    /// A text without soft line breaks that matter.
    pub(super) fn fixed(text: &'a [u8]) -> Self {
        Self {
            text: Cow::Borrowed(text),
            cuts: Vec::new(),
        }
    }

    /// A text of format=flowed; delsp=yes.
    pub(super) fn flowed(text: &'a [u8]) -> Self {
        let mut joined = Vec::with_capacity(text.len());
        let mut cuts = Vec::new();
        let mut copied = 0;
        let mut removed = 0;
        let mut open: Option<Line> = None;
        let mut at = 0;
        while at < text.len() {
            let line = Line::read(text, at);
            if let Some(before) = open.filter(|b| b.flows_into(&line)) {
                // The space, the line end, and what quotes and stuffs the
                // line after it.
                let gap = before.content.end - 1..line.content.start;
                joined.extend_from_slice(text.get(copied..gap.start).unwrap_or_default());
                copied = gap.end;
                removed += gap.len();
                cuts.push(Cut {
                    at: joined.len(),
                    removed,
                });
            }
            at = line.end;
            open = Some(line);
        }
        joined.extend_from_slice(text.get(copied..).unwrap_or_default());
        Self {
            text: Cow::Owned(joined),
            cuts,
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of the source that hold a non-empty span of the joined text,
    /// with the breaks inside it.
    pub(super) fn source(&self, span: &Range<usize>) -> Range<usize> {
        self.position(span.start)..self.position(span.end.saturating_sub(1)) + 1
    }

    fn position(&self, at: usize) -> usize {
        let before = self.cuts.partition_point(|cut| cut.at <= at);
        let cut = before.checked_sub(1).and_then(|i| self.cuts.get(i));
        at + cut.map_or(0, |cut| cut.removed)
    }
}

/// A line of flowed text.
struct Line {
    /// Without quote marks, stuffing and line end.
    content: Range<usize>,
    quotes: usize,
    is_flowed: bool,
    is_separator: bool,
    /// Where the next one begins.
    end: usize,
}

impl Line {
    fn read(text: &[u8], start: usize) -> Self {
        let rest = text.get(start..).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1);
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let quotes = line.iter().take_while(|b| **b == b'>').count();
        let stuffing = usize::from(line.get(quotes) == Some(&b' '));
        let content = line.get(quotes + stuffing..).unwrap_or_default();
        // The line before a signature is fixed (section 4.3).
        let is_separator = content == b"-- ";
        Self {
            content: start + quotes + stuffing..start + line.len(),
            quotes,
            is_flowed: content.ends_with(b" ") && !is_separator,
            is_separator,
            end: start + length,
        }
    }

    fn flows_into(&self, next: &Self) -> bool {
        self.is_flowed && self.quotes == next.quotes && !next.is_separator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> String {
        String::from_utf8(Joined::flowed(text.as_bytes()).text().to_vec()).unwrap()
    }

    #[test]
    fn a_flowed_line_goes_on_without_its_last_space() {
        assert_eq!(joined("ab \r\ncd\r\nef"), "abcd\r\nef");
        assert_eq!(joined("ab  \ncd \nef\n"), "ab cdef\n");
        assert_eq!(joined("ab \n cd"), "abcd", "stuffing goes, too");
        assert_eq!(joined("ab \n  cd"), "ab cd");
    }

    #[test]
    fn quoted_lines_are_joined_in_their_depth_only() {
        assert_eq!(joined(">> ab \r\n>>cd\r\n"), ">> abcd\r\n");
        assert_eq!(joined("> ab \n>> cd\nef"), "> ab \n>> cd\nef");
        assert_eq!(joined("> ab \ncd"), "> ab \ncd");
    }

    #[test]
    fn a_signature_is_not_joined_to_anything() {
        assert_eq!(joined("ab \n-- \ncd"), "ab \n-- \ncd");
        assert_eq!(joined("> -- \n> cd"), "> -- \n> cd");
    }

    #[test]
    fn a_span_is_carried_back_with_the_breaks_in_it() {
        let text = b"x ab \r\n> cd\r\n> ef \r\n> gh";
        let flowed = Joined::flowed(text);
        assert_eq!(flowed.text(), b"x ab \r\n> cd\r\n> efgh");
        assert_eq!(
            text.get(flowed.source(&(15..19))),
            Some(&b"ef \r\n> gh"[..])
        );
        assert_eq!(text.get(flowed.source(&(15..17))), Some(&b"ef"[..]));
        assert_eq!(text.get(flowed.source(&(17..19))), Some(&b"gh"[..]));
        assert_eq!(flowed.source(&(0..1)), 0..1);
    }
}
