//! Delimiter lines (RFC 2046 section 5.1.1).
//!
//! A delimiter is a whole line: `--`, the boundary, `--` if it closes, then
//! only spaces and tabs. A reader that takes any line which *begins* with a
//! boundary for a delimiter (the RFC's text allows it) sees other parts; such
//! lines are found here too, so that the splitter can tell.

use ahash::AHashMap;
use memchr::{memchr2, memmem};

/// Longest boundary that is matched; RFC 2046 allows 70.
pub(super) const LONGEST: usize = 1024;

/// How many of the innermost open boundaries are compared with the beginning
/// of a line: enough for any mail, and a bound on the work for each line.
const INNERMOST: usize = 8;

/// The boundaries that are open, by the place of their multipart on the
/// splitter's stack.
#[derive(Debug, Default)]
pub(super) struct Boundaries {
    stack: Vec<(usize, Vec<u8>)>,
    innermost: AHashMap<Vec<u8>, usize>,
}

/// A delimiter line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Delimiter {
    /// The multipart's place on the stack.
    pub(super) frame: usize,
    /// Whether it ends the multipart.
    pub(super) closes: bool,
}

/// A line that is no delimiter for us but is for some readers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lookalike {
    /// The boundary, then a carriage return, which may end the line.
    BareCr,
    /// The boundary, then a NUL byte, which ends a C string.
    Nul,
    /// The boundary, then more text.
    Prefix,
}

impl Boundaries {
    pub(super) fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    /// Opens the boundary of the multipart at `frame`. Returns whether a
    /// delimiter line could now belong to two multiparts.
    pub(super) fn push(&mut self, frame: usize, boundary: &[u8]) -> bool {
        let closing = [boundary, b"--"].concat();
        let is_reused = self.innermost.contains_key(boundary)
            || self.innermost.contains_key(&closing)
            || boundary
                .strip_suffix(b"--")
                .is_some_and(|b| self.innermost.contains_key(b));
        self.innermost.insert(boundary.to_vec(), frame);
        self.stack.push((frame, boundary.to_vec()));
        is_reused
    }

    /// Closes every boundary whose multipart is at `frame` or above it.
    pub(super) fn close_from(&mut self, frame: usize) {
        while self.stack.last().is_some_and(|(f, _)| *f >= frame) {
            let Some((_, boundary)) = self.stack.pop() else {
                return;
            };
            let outer = self.stack.iter().rev().find(|(_, b)| *b == boundary);
            match outer.map(|(f, _)| *f) {
                Some(f) => self.innermost.insert(boundary, f),
                None => self.innermost.remove(&boundary),
            };
        }
    }

    /// Which delimiter a line without its line end is, if any; the innermost
    /// multipart first.
    pub(super) fn delimiter(&self, line: &[u8]) -> Option<Delimiter> {
        let text = line.strip_prefix(b"--")?;
        let blanks = text
            .iter()
            .rev()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        let text = text.get(..text.len() - blanks)?;
        if text.len() > LONGEST + 2 {
            return None;
        }
        let opens = self.innermost.get(text).copied();
        let closes = text
            .strip_suffix(b"--")
            .and_then(|b| self.innermost.get(b))
            .copied();
        match (opens, closes) {
            (Some(frame), None) => Some(Delimiter {
                frame,
                closes: false,
            }),
            (None, Some(frame)) => Some(Delimiter {
                frame,
                closes: true,
            }),
            (Some(o), Some(c)) => Some(Delimiter {
                frame: o.max(c),
                closes: c > o,
            }),
            (None, None) => None,
        }
    }

    /// Whether a line that is no delimiter begins like one.
    pub(super) fn lookalike(&self, line: &[u8]) -> Option<Lookalike> {
        let text = line.strip_prefix(b"--")?;
        for (_, boundary) in self.stack.iter().rev().take(INNERMOST) {
            let Some(rest) = text.strip_prefix(boundary.as_slice()) else {
                continue;
            };
            let rest = rest.strip_prefix(b"--").unwrap_or(rest);
            let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t'));
            return match next {
                Some(b'\r') => Some(Lookalike::BareCr),
                Some(0) => Some(Lookalike::Nul),
                Some(_) => Some(Lookalike::Prefix),
                None => None,
            };
        }
        None
    }

    /// Whether `text` holds a delimiter line for a reader to whom a carriage
    /// return alone ends a line.
    pub(super) fn has_delimiter_after_bare_cr(&self, text: &[u8]) -> bool {
        if self.is_empty() {
            return false;
        }
        let mut from = 0;
        while let Some(i) = text.get(from..).and_then(|t| memmem::find(t, b"\r--")) {
            let start = from + i + 1;
            let rest = text.get(start..).unwrap_or_default();
            let len = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let line = rest.get(..len).unwrap_or_default();
            if self.delimiter(line).is_some() {
                return true;
            }
            from = start + len;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(boundaries: &[&str]) -> Boundaries {
        let mut open = Boundaries::default();
        for (frame, b) in boundaries.iter().enumerate() {
            open.push(frame, b.as_bytes());
        }
        open
    }

    fn found(open: &Boundaries, line: &str) -> Option<(usize, bool)> {
        open.delimiter(line.as_bytes()).map(|d| (d.frame, d.closes))
    }

    #[test]
    fn a_delimiter_is_a_whole_line() {
        let open = open(&["a", "b"]);
        assert_eq!(found(&open, "--a"), Some((0, false)));
        assert_eq!(found(&open, "--b-- \t"), Some((1, true)));
        for line in ["-a", "--", "--ab", "x--a", "--a --", " --a", "--a---"] {
            assert_eq!(found(&open, line), None, "{line:?}");
        }
    }

    #[test]
    fn the_innermost_of_two_equal_boundaries_wins_until_it_closes() {
        let mut open = open(&["a", "x"]);
        assert!(open.push(2, b"a"));
        assert_eq!(found(&open, "--a"), Some((2, false)));
        open.close_from(1);
        assert_eq!(found(&open, "--a"), Some((0, false)));
        assert_eq!(found(&open, "--x"), None);
        open.close_from(0);
        assert!(open.is_empty());
        assert_eq!(found(&open, "--a"), None);
    }

    #[test]
    fn a_boundary_that_looks_like_anothers_close_is_reported() {
        let mut outer = open(&["a"]);
        assert!(outer.push(1, b"a--"));
        assert_eq!(found(&outer, "--a--"), Some((1, false)));
        assert!(open(&["a--"]).push(1, b"a"));
        assert!(!open(&["a"]).push(1, b"ab"));
    }

    #[test]
    fn lines_that_some_readers_take_for_delimiters_are_told() {
        let open = open(&["a", "b"]);
        let look = |l: &[u8]| open.lookalike(l);
        assert_eq!(look(b"--ax"), Some(Lookalike::Prefix));
        assert_eq!(look(b"--b--\rx"), Some(Lookalike::BareCr));
        assert_eq!(look(b"--b\0"), Some(Lookalike::Nul));
        assert_eq!(look(b"--c"), None);
        assert_eq!(look(b"x--a"), None);
    }

    #[test]
    fn delimiters_after_a_bare_cr_are_found() {
        let open = open(&["a"]);
        assert!(open.has_delimiter_after_bare_cr(b"x\r--a\ry"));
        assert!(open.has_delimiter_after_bare_cr(b"x\r--b\r--a"));
        assert!(!open.has_delimiter_after_bare_cr(b"x\r\n--a\r\n\r--ab\r"));
    }
}
