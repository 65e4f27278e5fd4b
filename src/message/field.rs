//! Header blocks, line by line (RFC 5322 section 2.2).
//!
//! The same rules serve a whole message, of which the header block is the
//! beginning, and each nested entity. Where a line is no header field, this
//! reader does what Python's `email.feedparser` does, because that is also
//! what most receivers do: the header block ends there, and that line is the
//! first of the body. What other receivers might do is recorded, so that
//! nothing is edited on the strength of one reading alone.

use crate::limits::Limits;
use memchr::memchr;
use std::ops::Range;

/// A header field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field<'a> {
    /// The name as written, without white space before the colon.
    pub name: &'a [u8],
    /// Everything after the colon, folds and all, without the final line end.
    pub value: &'a [u8],
    /// The whole field in the raw message, with its final line end.
    pub span: Range<usize>,
}

/// The header block of a message or of a MIME entity.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct HeaderBlock<'a> {
    /// The fields in their order.
    pub fields: Vec<Field<'a>>,
    /// Offset of the body: after the blank line, or at the line that ended
    /// the block by being no field.
    pub end: usize,
    /// Whether receivers may read the block differently, for any of the
    /// reasons below.
    pub ambiguous: bool,
    /// The block ended at a line that is neither a field nor blank.
    pub malformed: bool,
    /// How many of [`fields`](Self::fields) a reader sees that stops at the
    /// first line which only tolerant readers take for a part of the block: a
    /// space before the colon, an empty name, a `From ` line, a continuation
    /// of nothing.
    pub strict_fields: usize,
    /// There is such a line; to a strict reader the body begins there.
    pub is_strictly_shorter: bool,
    /// A carriage return alone.
    pub has_bare_cr: bool,
    /// A NUL byte.
    pub has_nul: bool,
    /// The block is longer than `header_bytes` and was read no further;
    /// [`end`](Self::end) is where reading stopped.
    pub truncated: bool,
}

impl HeaderBlock<'_> {
    /// Whether receivers may disagree about a field that decides how the body
    /// is read, or about where the body begins.
    ///
    /// A body that begins without a blank line must not be edited at all:
    /// encoded anew, its first line could become a field.
    pub fn is_disputed(&self) -> bool {
        let later = self.fields.get(self.strict_fields..).unwrap_or_default();
        self.has_nul
            || self.has_bare_cr
            || self.malformed
            || self.truncated
            || later.iter().any(|f| decides_reading(f.name))
    }
}

/// What one line is within a header block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Line {
    /// Nothing but a line end.
    Blank,
    /// Begins with a space or tab.
    Continuation,
    /// A field; the colon is at this offset.
    Field(usize),
    /// Neither a field nor blank: the block ends before it.
    Malformed,
    /// Passed over: it is no field, but does not end the block.
    Other,
}

/// Offset of the byte after the line that begins at `start`.
pub(super) fn line_end(raw: &[u8], start: usize) -> usize {
    let rest = raw.get(start..).unwrap_or_default();
    memchr(b'\n', rest).map_or(raw.len(), |i| start + i + 1)
}

/// A line without its LF or CRLF.
pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    match line {
        [rest @ .., b'\r', b'\n'] | [rest @ .., b'\n'] => rest,
        _ => line,
    }
}

/// Says what a line, without its line end, is in a header block.
pub(super) fn classify(line: &[u8]) -> Line {
    match line.first() {
        None => return Line::Blank,
        Some(b' ' | b'\t') => return Line::Continuation,
        Some(b':') => return Line::Other,
        Some(_) => {}
    }
    if line.starts_with(b"From ") {
        return Line::Other;
    }
    let name = line
        .iter()
        .position(|b| !matches!(b, 0x21..=0x39 | 0x3b..=0x7e))
        .unwrap_or(line.len());
    let blanks = line
        .iter()
        .skip(name)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    match line.get(name + blanks) {
        Some(b':') => Line::Field(name + blanks),
        _ => Line::Malformed,
    }
}

/// Reads the header block that begins at `start`.
///
/// Lines end in CRLF or LF. A first line `From ` as in an mbox file is passed
/// over. At most `limits.header_bytes` are read.
pub fn read_header_block<'a>(raw: &'a [u8], start: usize, limits: &Limits) -> HeaderBlock<'a> {
    let mut block = HeaderBlock {
        end: start,
        ..HeaderBlock::default()
    };
    let mut strict_fields = None;
    // The field that is being read: its name, where it and its value begin.
    let mut open: Option<(&[u8], usize, usize)> = None;
    let mut at = start;
    while at < raw.len() {
        let next = line_end(raw, at);
        if next - start > limits.header_bytes {
            block.truncated = true;
            break;
        }
        let line = raw.get(at..next).unwrap_or_default();
        let content = without_line_end(line);
        let kind = classify(content);
        if kind != Line::Malformed {
            block.has_bare_cr |= content.contains(&b'\r');
            block.has_nul |= content.contains(&0);
        }
        let is_first = at == start;
        match kind {
            Line::Continuation if open.is_some() => {}
            Line::Continuation | Line::Other => {
                close(raw, open.take(), at, &mut block.fields);
                let is_mbox_line = is_first && content.starts_with(b"From ");
                if !is_mbox_line {
                    strict_fields.get_or_insert(block.fields.len());
                }
            }
            Line::Field(colon) => {
                close(raw, open.take(), at, &mut block.fields);
                let before = content.get(..colon).unwrap_or_default();
                let name = before.trim_ascii_end();
                if name.len() != before.len() {
                    strict_fields.get_or_insert(block.fields.len());
                }
                open = Some((name, at, at + colon + 1));
            }
            Line::Blank | Line::Malformed => {
                close(raw, open.take(), at, &mut block.fields);
                block.malformed = kind == Line::Malformed;
                block.end = if block.malformed { at } else { next };
                return finish(block, strict_fields);
            }
        }
        at = next;
    }
    close(raw, open.take(), at, &mut block.fields);
    block.end = at;
    finish(block, strict_fields)
}

fn close<'a>(
    raw: &'a [u8],
    open: Option<(&'a [u8], usize, usize)>,
    end: usize,
    fields: &mut Vec<Field<'a>>,
) {
    let Some((name, start, value)) = open else {
        return;
    };
    fields.push(Field {
        name,
        value: without_line_end(raw.get(value..end).unwrap_or_default()),
        span: start..end,
    });
}

fn finish(mut block: HeaderBlock<'_>, strict_fields: Option<usize>) -> HeaderBlock<'_> {
    block.is_strictly_shorter = strict_fields.is_some();
    block.strict_fields = strict_fields.unwrap_or(block.fields.len());
    block.ambiguous =
        block.malformed || strict_fields.is_some() || block.has_bare_cr || block.has_nul;
    block
}

/// Whether a field of this name decides how a body is read.
pub(super) fn decides_reading(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-type")
        || name.eq_ignore_ascii_case(b"content-transfer-encoding")
}

/// Whether a reader that passes over malformed lines would find, before the
/// next blank line, a field that decides how the body is read.
///
/// `None` if no blank line is within `text` or its first `limit` bytes, and
/// no such field either.
pub(super) fn continues_as_header(text: &[u8], limit: usize) -> Option<bool> {
    let mut at = 0;
    while at < text.len() && at <= limit {
        let next = line_end(text, at);
        let line = without_line_end(text.get(at..next).unwrap_or_default());
        match classify(line) {
            Line::Blank => return Some(false),
            Line::Field(colon) => {
                let name = line.get(..colon).unwrap_or_default();
                if decides_reading(name.trim_ascii_end()) {
                    return Some(true);
                }
            }
            Line::Continuation | Line::Malformed | Line::Other => {}
        }
        at = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &[u8]) -> HeaderBlock<'_> {
        read_header_block(raw, 0, &Limits::default())
    }

    fn pairs<'a>(block: &HeaderBlock<'a>) -> Vec<(&'a [u8], &'a [u8])> {
        block.fields.iter().map(|f| (f.name, f.value)).collect()
    }

    #[test]
    fn folds_stay_in_the_value_and_the_body_follows_the_blank_line() {
        let block = read(b"Subject: a\r\n b\r\nTo:c\r\n\r\nbody");
        assert_eq!(
            pairs(&block),
            [(&b"Subject"[..], &b" a\r\n b"[..]), (&b"To"[..], &b"c"[..])]
        );
        assert_eq!(block.fields[0].span, 0..16);
        assert_eq!(block.fields[1].span, 16..22);
        assert_eq!(block.end, 24);
        assert!(!block.ambiguous);
    }

    #[test]
    fn line_ends_may_be_mixed() {
        let block = read(b"A: 1\nB: 2\r\n\nbody");
        assert_eq!(
            pairs(&block),
            [(&b"A"[..], &b" 1"[..]), (&b"B"[..], &b" 2"[..])]
        );
        assert_eq!(block.end, 12);
    }

    #[test]
    fn an_mbox_line_at_the_beginning_is_passed_over() {
        let block = read(b"From a@example.org Mon\nA: 1\n\n");
        assert_eq!(pairs(&block), [(&b"A"[..], &b" 1"[..])]);
        assert!(!block.ambiguous);
    }

    #[test]
    fn a_line_without_colon_is_the_first_line_of_the_body() {
        let block = read(b"A: 1\nno field\nB: 2\n\n");
        assert_eq!(pairs(&block), [(&b"A"[..], &b" 1"[..])]);
        assert_eq!(block.end, 5);
        assert!(block.malformed && block.ambiguous);
    }

    #[test]
    fn a_space_before_the_colon_is_tolerated_and_recorded() {
        let block = read(b"A: 1\nB : 2\nC: 3\n\n");
        assert_eq!(block.fields[1].name, b"B");
        assert_eq!((block.fields.len(), block.strict_fields), (3, 1));
        assert!(block.ambiguous && !block.malformed);
    }

    #[test]
    fn nul_and_bare_cr_are_recorded() {
        assert!(read(b"A: 1\0\n\n").has_nul);
        assert!(read(b"A: 1\rB: 2\n\n").has_bare_cr);
        assert!(!read(b"A: 1\r\n\r\n\0\r").ambiguous);
    }

    #[test]
    fn a_block_longer_than_the_limit_is_read_up_to_it() {
        let limits = Limits {
            header_bytes: 12,
            ..Limits::default()
        };
        let block = read_header_block(b"A: 1\nB: 2\nC: 3\n\n", 0, &limits);
        assert!(block.truncated);
        assert_eq!((block.fields.len(), block.end), (2, 10));
    }

    #[test]
    fn reading_on_looks_for_fields_that_decide() {
        let look = |t: &[u8]| continues_as_header(t, 1000);
        assert_eq!(look(b"x\ncontent-type: a/b\n\n"), Some(true));
        assert_eq!(look(b"x\nSubject: a\n\ncontent-type: a/b"), Some(false));
        assert_eq!(look(b"x\ny"), None);
    }

    #[test]
    fn a_header_block_without_blank_line_has_no_body() {
        let block = read(b"A: 1");
        assert_eq!(pairs(&block), [(&b"A"[..], &b" 1"[..])]);
        assert_eq!(block.end, 4);
    }
}
