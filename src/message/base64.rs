//! Base64 (RFC 2045 section 6.8).
//!
//! Lenient in white space and in the amount of padding only. Receivers repair anything
//! else differently (stop at it, pass over it, take the part for text), so it
//! is not edited.

use super::{
    field::{line_end, without_line_end},
    transfer::edited,
};
use crate::{edit::Edit, skip::Skip};
use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurposeConfig},
};
use memchr::{memchr, memchr3};
use std::{iter, sync::LazyLock};

/// Line length where the part itself does not show one (RFC 2045 section
/// 6.8).
const LINE: usize = 76;

static ENGINE: LazyLock<Fastest> = LazyLock::new(|| {
    fastest(
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireNone),
    )
});

/// The engine with vector instructions, which is there for some processors.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Fastest = base64::engine::Simd;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Fastest = base64::engine::GeneralPurpose;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn fastest(config: GeneralPurposeConfig) -> Fastest {
    Fastest::standard(config)
}
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn fastest(config: GeneralPurposeConfig) -> Fastest {
    Fastest::new(&base64::alphabet::STANDARD, config)
}

/// A decoded part.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    raw: &'a [u8],
    bytes: Vec<u8>,
}

/// Decodes a part of at most `max` decoded bytes.
pub(super) fn decode(raw: &[u8], max: usize) -> Result<Decoded<'_>, Skip> {
    let mut digits: Vec<u8> = Vec::with_capacity(raw.len().min(max.saturating_mul(2)));
    let mut is_padded = false;
    for line in lines(raw) {
        let known = digits.len();
        let text = without_line_end(line);
        if memchr3(b' ', b'\t', b'\r', text).is_some() {
            digits.extend(text.iter().filter(|b| !is_blank(**b)));
        } else {
            digits.extend_from_slice(text);
        }
        let padding = digits.iter().rev().take_while(|b| **b == b'=').count();
        digits.truncate(digits.len() - padding);
        if is_padded && digits.len() > known {
            return Err(Skip::Transfer);
        }
        is_padded |= padding > 0;
        if digits.len() / 4 > max / 3 + 1 {
            return Err(Skip::Oversize);
        }
    }
    // However much padding follows, all receivers read the same bytes; a
    // single digit at the end is half of something.
    if digits.len() % 4 == 1 {
        return Err(Skip::Transfer);
    }
    let bytes = ENGINE.decode(&digits).map_err(|_| Skip::Transfer)?;
    if bytes.len() > max {
        return Err(Skip::Oversize);
    }
    Ok(Decoded { raw, bytes })
}

/// The lines, each with its line end.
fn lines(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut end = 0;
    iter::from_fn(move || {
        let start = end;
        end = line_end(raw, start);
        raw.get(start..end).filter(|line| !line.is_empty())
    })
}

fn is_blank(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

impl Decoded<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Encodes anew from the start of the first line that holds an edit. The
    /// edits are sorted, disjoint and within the decoded bytes.
    pub(super) fn encode(&self, edits: &[&Edit]) -> Vec<Edit> {
        let Some(first) = edits.first() else {
            return Vec::new();
        };
        let layout = Layout::of(self.raw, first.span.start);
        let text = edited(&self.bytes, layout.decoded, self.bytes.len(), edits);
        let digits = ENGINE.encode(text);
        let lines = digits.len() / layout.line + 1;
        let mut out = Vec::with_capacity(digits.len() + 2 * lines);
        for (i, line) in digits.as_bytes().chunks(layout.line).enumerate() {
            if i > 0 {
                out.extend_from_slice(layout.line_end);
            }
            out.extend_from_slice(line);
        }
        let end = self.raw.trim_ascii_end().len().max(layout.raw);
        vec![Edit::new(layout.raw..end, out)]
    }
}

/// How the raw part is laid out, and where encoding anew begins.
struct Layout {
    /// The last line start before the edit at which a group of four begins.
    raw: usize,
    /// The decoded offset of that place.
    decoded: usize,
    /// Digits in a line.
    line: usize,
    line_end: &'static [u8],
}

impl Layout {
    fn of(raw: &[u8], edit: usize) -> Self {
        let mut layout = Self {
            raw: 0,
            decoded: 0,
            line: 0,
            line_end: line_end_of(raw),
        };
        let mut at = 0;
        let mut digits = 0usize;
        for line in lines(raw) {
            let decoded = digits / 4 * 3;
            if decoded > edit {
                break;
            }
            let count = line
                .iter()
                .filter(|b| !is_blank(**b) && **b != b'=')
                .count();
            if digits.is_multiple_of(4) && count > 0 {
                layout.raw = at;
                layout.decoded = decoded;
            }
            layout.line = layout.line.max(count);
            digits += count;
            at += line.len();
        }
        // One line alone does not show how long lines may be.
        let is_one_line = memchr(b'\n', raw.trim_ascii()).is_none();
        if is_one_line {
            layout.line = layout.line.max(LINE);
        }
        layout.line = layout.line.max(4);
        layout
    }
}

fn line_end_of(raw: &[u8]) -> &'static [u8] {
    match memchr(b'\n', raw) {
        Some(i) if i == 0 || raw.get(i - 1) != Some(&b'\r') => b"\n",
        _ => b"\r\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;

    fn decoded(raw: &str) -> Result<Vec<u8>, Skip> {
        decode(raw.as_bytes(), 1 << 20).map(|d| d.bytes)
    }

    fn after(raw: &str, edit: &Edit) -> String {
        let raw = raw.as_bytes();
        let edits = decode(raw, 1 << 20)
            .map(|d| d.encode(&[edit]))
            .unwrap_or_default();
        String::from_utf8_lossy(&apply(raw, &edits)).into_owned()
    }

    #[test]
    fn white_space_and_any_amount_of_padding_are_tolerated() {
        for raw in [
            "YWJjZA==",
            "YWJj\r\nZA==\r\n",
            " Y W\tJj\nZ\r\nA",
            "YWJjZA",
            "YWJjZB==",
            "YWJjZA=",
            "YWJjZA===",
        ] {
            assert_eq!(decoded(raw), Ok(b"abcd".to_vec()), "{raw:?}");
        }
        assert_eq!(decoded("\r\n"), Ok(Vec::new()));
    }

    #[test]
    fn what_receivers_repair_differently_is_not_decoded() {
        for raw in [
            "YWJj!ZA==",
            "YWJjZA==YWJj",
            "YWJjZA==\r\nYWJj",
            "YWJjZ",
            "YWJjZ===",
            "Y=WJj",
            "YWJjZA==\r\n-- \r\nfooter",
            "YW_j",
            "YWJj\n\x0c",
        ] {
            assert_eq!(decoded(raw), Err(Skip::Transfer), "{raw:?}");
        }
    }

    #[test]
    fn padding_has_no_part_in_the_size() {
        let padding = "=".repeat(100);
        assert_eq!(
            decode(format!("YWJj\n{padding}").as_bytes(), 3).map(|d| d.bytes),
            Ok(b"abc".to_vec())
        );
        assert_eq!(decode(b"YWJjZA==", 3).map(|d| d.bytes), Err(Skip::Oversize));
    }

    #[test]
    fn lines_before_the_edit_and_the_last_line_end_stay() {
        // "abcdef" "ghijkl" "mno"
        let raw = "YWJjZGVm\nZ2hpamts\nbW5v\n\n";
        assert_eq!(
            after(raw, &Edit::new(7..8, "HHHH")),
            "YWJjZGVm\nZ0hISEhp\namtsbW5v\n\n"
        );
    }

    #[test]
    fn lines_that_hold_no_whole_groups_are_encoded_from_the_last_that_begins_one() {
        let raw = "YWJjZ\r\nGVmZ2hpamts";
        assert_eq!(after(raw, &Edit::new(8..9, "X")), "YWJjZGVmZ2h\r\nYamts");
        assert_eq!(
            decoded("YWJjZGVmZ2h\r\nYamts"),
            Ok(b"abcdefghXjkl".to_vec())
        );
    }

    #[test]
    fn one_line_grows_to_the_usual_length() {
        let long = after("YWJj", &Edit::new(3..3, "d".repeat(60)));
        let lengths: Vec<_> = long.split("\r\n").map(str::len).collect();
        assert_eq!(lengths, [76, 8]);
    }
}
