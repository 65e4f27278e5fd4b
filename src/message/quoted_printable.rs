//! Quoted-printable (RFC 2045 section 6.7).
//!
//! Decoding is lenient: lower-case digits, 8-bit bytes and an `=` that begins
//! no escape are taken as what they most likely are. An edit replaces only the
//! encoded lines that it touches. To find them, places at line starts are
//! remembered every few kilobytes and not every line: lines can be so short
//! that a table of all would be many times as large as the part.

use super::{field::line_end, transfer::edited};
use crate::{edit::Edit, skip::Skip};
use memchr::{memchr, memchr_iter};
use std::ops::Range;

/// Longest encoded line, without its line end, before the soft line break.
const LINE: usize = 75;

/// Fewest raw bytes between two remembered places.
const STRIDE: usize = 4096;

/// A decoded part.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    raw: &'a [u8],
    bytes: Vec<u8>,
    /// Line starts, raw and decoded.
    places: Vec<(usize, usize)>,
    /// An `=` begins no escape; receivers keep it, drop it, or pass over what
    /// follows.
    is_damaged: bool,
}

/// An encoded line, raw with its line end and decoded.
#[derive(Clone, Debug)]
struct Line {
    raw: Range<usize>,
    decoded: Range<usize>,
    has_soft_break: bool,
}

/// Decodes a part of at most `max` decoded bytes.
pub(super) fn decode(raw: &[u8], max: usize) -> Result<Decoded<'_>, Skip> {
    let mut bytes = Vec::with_capacity(raw.len().min(max));
    let mut places = vec![(0, 0)];
    let mut last_place = 0;
    let mut at = 0;
    let mut is_damaged = false;
    while at < raw.len() {
        if at - last_place >= STRIDE {
            places.push((at, bytes.len()));
            last_place = at;
        }
        let end = line_end(raw, at);
        let (text, line_end, _) = split(raw.get(at..end).unwrap_or_default());
        is_damaged |= decode_line(text, &mut bytes);
        bytes.extend_from_slice(line_end);
        if bytes.len() > max {
            return Err(Skip::Oversize);
        }
        at = end;
    }
    Ok(Decoded {
        raw,
        bytes,
        places,
        is_damaged,
    })
}

/// An encoded line's content, the line end that is a part of the text, and
/// whether it ends in a soft line break.
fn split(line: &[u8]) -> (&[u8], &[u8], bool) {
    let (content, line_end) = split_line_end(line);
    // RFC 2045 section 6.7 (3): white space at the end of an encoded line was
    // added on the way.
    let kept = without_trailing_blanks(content);
    match kept.strip_suffix(b"=") {
        Some(text) => (text, &[], true),
        None => (kept, line_end, false),
    }
}

/// Returns whether an `=` begins no escape.
fn decode_line(mut text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut is_damaged = false;
    while let Some(i) = memchr(b'=', text) {
        let (plain, escape) = text.split_at(i);
        out.extend_from_slice(plain);
        match escape {
            [_, high, low, rest @ ..] if is_hex(*high) && is_hex(*low) => {
                out.push((digit(*high) << 4) | digit(*low));
                text = rest;
            }
            [_, rest @ ..] => {
                out.push(b'=');
                text = rest;
                is_damaged = true;
            }
            [] => break,
        }
    }
    out.extend_from_slice(text);
    is_damaged
}

/// How many bytes [`decode_line`] adds.
fn decoded_len(text: &[u8]) -> usize {
    let is_escape =
        |i: usize| matches!(text.get(i + 1..i + 3), Some([h, l]) if is_hex(*h) && is_hex(*l));
    let escapes = memchr_iter(b'=', text).filter(|i| is_escape(*i)).count();
    text.len() - 2 * escapes
}

fn is_hex(b: u8) -> bool {
    b.is_ascii_hexdigit()
}

fn digit(b: u8) -> u8 {
    match b {
        b'0'..=b'9' => b - b'0',
        _ => (b | 0x20).wrapping_sub(b'a').wrapping_add(10) & 0x0f,
    }
}

fn split_line_end(line: &[u8]) -> (&[u8], &[u8]) {
    let len = match line {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    };
    line.split_at(line.len() - len)
}

fn without_trailing_blanks(text: &[u8]) -> &[u8] {
    let blanks = text
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    text.get(..text.len() - blanks).unwrap_or_default()
}

impl Decoded<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn is_damaged(&self) -> bool {
        self.is_damaged
    }

    /// Encodes anew the lines that hold an edit. The edits are sorted,
    /// disjoint and within the decoded bytes.
    pub(super) fn encode(&self, edits: &[&Edit]) -> Vec<Edit> {
        let mut out = Vec::new();
        let mut ahead = self.line_at(0, 0);
        let mut rest = edits;
        while let Some(edit) = rest.first() {
            let first = self.seek(ahead.clone(), edit.span.start);
            let mut last = first.clone();
            let mut count = 0;
            while let Some(edit) = rest.get(count) {
                // The place of an edit may be the end of this line as well as
                // the beginning of the next; then it is the next one's.
                ahead = self.seek(last.clone(), edit.span.start);
                if count > 0 && ahead.raw != last.raw {
                    break;
                }
                if !edit.span.is_empty() {
                    last = self.seek(last, edit.span.end - 1);
                }
                count += 1;
            }
            let (group, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            rest = after;
            out.push(self.encode_lines(&first, &last, group));
        }
        out
    }

    /// The last line from `line` on that begins at or before `at` in the
    /// decoded bytes.
    fn seek(&self, mut line: Line, at: usize) -> Line {
        let after = self.places.partition_point(|(_, decoded)| *decoded <= at);
        if let Some((raw, decoded)) = self.places.get(after.saturating_sub(1))
            && *raw > line.raw.start
        {
            line = self.line_at(*raw, *decoded);
        }
        while line.raw.end < self.raw.len() && line.decoded.end <= at {
            line = self.line_at(line.raw.end, line.decoded.end);
        }
        line
    }

    fn line_at(&self, raw: usize, decoded: usize) -> Line {
        let end = line_end(self.raw, raw);
        let (text, line_end, has_soft_break) = split(self.raw.get(raw..end).unwrap_or_default());
        Line {
            raw: raw..end,
            decoded: decoded..decoded + decoded_len(text) + line_end.len(),
            has_soft_break,
        }
    }

    fn encode_lines(&self, first: &Line, last: &Line, edits: &[&Edit]) -> Edit {
        let span = first.raw.start..last.raw.end;
        let old = self.raw.get(span.clone()).unwrap_or_default();
        let text = edited(&self.bytes, first.decoded.start, last.decoded.end, edits);
        let mut encoder = Encoder::new(self.line_end_of(old), old.len() + text.len() / 4);
        encoder.text(&text);
        let goes_on = span.end < self.raw.len() || (last.has_soft_break && old.ends_with(b"\n"));
        if goes_on && encoder.column > 0 {
            encoder.soft_break();
        }
        Edit::new(span, encoder.out)
    }

    /// The line end that the lines use, or that the part uses if they have
    /// none.
    fn line_end_of(&self, lines: &[u8]) -> &'static [u8] {
        let found = [lines, self.raw].into_iter().find_map(|text| {
            let i = memchr(b'\n', text)?;
            Some(i > 0 && text.get(i - 1) == Some(&b'\r'))
        });
        if found.unwrap_or(true) {
            b"\r\n"
        } else {
            b"\n"
        }
    }
}

/// How many bytes at the beginning of what is left of a line stand for
/// themselves, up to as many as a line may hold.
fn literals(rest: &[u8]) -> usize {
    let is_literal = |(at, b): &(usize, &u8)| match b {
        b' ' | b'\t' => at + 1 < rest.len(),
        b'=' => false,
        0x21..=0x7e => true,
        _ => false,
    };
    let bytes = rest.iter().take(LINE).enumerate();
    bytes.take_while(is_literal).count()
}

struct Encoder {
    out: Vec<u8>,
    column: usize,
    line_end: &'static [u8],
}

impl Encoder {
    fn new(line_end: &'static [u8], capacity: usize) -> Self {
        Self {
            out: Vec::with_capacity(capacity),
            column: 0,
            line_end,
        }
    }

    /// Encodes text; its line ends stay line ends if they are of the part's
    /// own kind.
    fn text(&mut self, mut text: &[u8]) {
        loop {
            let Some(i) = self.find_line_end(text) else {
                self.line(text);
                return;
            };
            let (line, rest) = text.split_at(i);
            self.line(line);
            self.break_line();
            text = rest.get(self.line_end.len()..).unwrap_or_default();
        }
    }

    fn find_line_end(&self, text: &[u8]) -> Option<usize> {
        memchr_iter(b'\n', text)
            .find_map(|at| Some(text.get(..=at)?.strip_suffix(self.line_end)?.len()))
    }

    fn line(&mut self, line: &[u8]) {
        let mut rest = line;
        while let [first, after @ ..] = rest {
            let literals = literals(rest);
            if self.column + if literals == 0 { 3 } else { 1 } > LINE {
                self.soft_break();
            }
            // A line must not begin like a delimiter, a dot-stuffed line or an
            // mbox separator where none was.
            let is_risky =
                self.column == 0 && (matches!(first, b'-' | b'.') || rest.starts_with(b"From "));
            if literals == 0 || is_risky {
                self.escape(*first);
                rest = after;
            } else {
                let (plain, after) = rest.split_at(literals.min(LINE - self.column));
                self.out.extend_from_slice(plain);
                self.column += plain.len();
                rest = after;
            }
        }
    }

    fn escape(&mut self, b: u8) {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or(b'0');
        self.out.extend([b'=', digit(b >> 4), digit(b & 15)]);
        self.column += 3;
    }

    fn soft_break(&mut self) {
        self.out.push(b'=');
        self.break_line();
    }

    fn break_line(&mut self) {
        self.out.extend_from_slice(self.line_end);
        self.column = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    fn decoded(raw: &str) -> String {
        let bytes = decode(raw.as_bytes(), 1 << 20)
            .map(|d| d.bytes)
            .unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn after(raw: &str, edits: &[Edit]) -> String {
        let edits: Vec<&Edit> = edits.iter().collect();
        let raw = raw.as_bytes();
        let edits = decode(raw, 1 << 20)
            .map(|d| d.encode(&edits))
            .unwrap_or_default();
        String::from_utf8_lossy(&apply(raw, &edits)).into_owned()
    }

    #[test]
    fn escapes_and_breaks_are_undone_leniently() {
        for (raw, expected) in [
            ("a=3Db=3d", "a=b="),
            ("a=\r\nb", "ab"),
            ("a=\nb", "ab"),
            ("a= \t\r\nb", "ab"),
            ("a \t\r\nb", "a\r\nb"),
            ("a=zz=4", "a=zz=4"),
            ("a==\r\nb", "a=b"),
            ("a=", "a"),
            ("==41", "=A"),
            ("", ""),
        ] {
            assert_eq!(decoded(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn an_equals_sign_that_begins_no_escape_is_damage() {
        for (raw, expected) in [
            ("a=3Db=\r\nc=", false),
            ("a= \t\nb", false),
            ("a=zz", true),
            ("a==22", true),
            ("a=4", true),
            ("a=4\r\n1", true),
        ] {
            let decoded = decode(raw.as_bytes(), 99).map(|d| d.is_damaged);
            assert_eq!(decoded, Ok(expected), "{raw:?}");
        }
    }

    #[test]
    fn only_lines_with_an_edit_are_encoded_anew() {
        let raw = "one=20\r\ntwo x=3d  \r\nthr=65e=\r\n four\r\n";
        // Decoded: "one \r\ntwo x=\r\nthree four\r\n"; "x" is byte 10.
        assert_eq!(
            after(raw, &[Edit::new(10..11, "yy=")]),
            "one=20\r\ntwo yy=3D=3D\r\nthr=65e=\r\n four\r\n"
        );
    }

    #[test]
    fn a_line_keeps_its_soft_break_and_its_kind_of_line_end() {
        let raw = "ab=\ncd\r\n";
        assert_eq!(after(raw, &[Edit::new(0..1, "x")]), "xb=\ncd\r\n");
        assert_eq!(after(raw, &[Edit::new(0..2, "")]), "cd\r\n");
    }

    #[test]
    fn an_edit_over_a_line_end_joins_the_lines() {
        assert_eq!(after("ab\r\ncd\r\nef", &[Edit::new(1..5, "")]), "ad\r\nef");
        assert_eq!(after("ab\r\ncd", &[Edit::new(2..4, "")]), "ab=\r\ncd");
    }

    #[test]
    fn generated_lines_are_short_and_begin_harmlessly() {
        let long = after("a\r\n", &[Edit::new(0..1, "-".repeat(200))]);
        assert_eq!(long.lines().count(), 3);
        for line in long.lines() {
            assert!(line.len() <= 76 && !line.starts_with("--"), "{line:?}");
        }
        assert_eq!(after("x\n", &[Edit::new(0..1, "From a")]), "=46rom a\n");
        assert_eq!(after("x\n", &[Edit::new(0..1, ".")]), "=2E\n");
    }

    #[test]
    fn trailing_white_space_and_foreign_line_ends_are_escaped() {
        assert_eq!(after("x\r\n", &[Edit::new(0..1, "a \t")]), "a =09\r\n");
        assert_eq!(after("x\r\n", &[Edit::new(0..1, "a\nb")]), "a=0Ab\r\n");
        assert_eq!(after("x\r\n", &[Edit::new(0..1, "a\r\nb")]), "a\r\nb\r\n");
    }

    #[test]
    fn an_empty_part_can_be_added_to() {
        assert_eq!(after("", &[Edit::new(0..0, "=")]), "=3D");
    }
}
