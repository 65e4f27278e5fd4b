//! Parts without transfer encoding: edits are made in place, as long as the
//! lines stay short enough for SMTP.

use super::transfer::edited;
use crate::edit::Edit;
use memchr::{memchr, memrchr};

/// The edits as they are, but for those that make a line longer than `limit`
/// which was not longer before; those are added to `refused`.
///
/// Edits that touch the same line stand or fall together.
pub(super) fn encode(
    raw: &[u8],
    edits: &[(usize, &Edit)],
    limit: usize,
    refused: &mut Vec<usize>,
) -> Vec<Edit> {
    let mut out = Vec::with_capacity(edits.len());
    let mut rest = edits;
    while let Some((_, first)) = rest.first() {
        let before = raw.get(..first.span.start).unwrap_or_default();
        let start = memrchr(b'\n', before).map_or(0, |i| i + 1);
        let mut end = line_end(raw, first.span.end);
        let mut count = 1;
        while let Some((_, next)) = rest.get(count).filter(|(_, e)| e.span.start <= end) {
            if next.span.end > end {
                end = line_end(raw, next.span.end);
            }
            count += 1;
        }
        let (group, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = after;
        let only: Vec<&Edit> = group.iter().map(|(_, e)| *e).collect();
        let was_long = longest_line(raw.get(start..end).unwrap_or_default()) > limit;
        if was_long || longest_line(&edited(raw, start, end, &only)) <= limit {
            out.extend(only.into_iter().cloned());
        } else {
            refused.extend(group.iter().map(|(i, _)| *i));
        }
    }
    out
}

/// Where the line that holds `at` ends, before its LF.
fn line_end(raw: &[u8], at: usize) -> usize {
    let rest = raw.get(at..).unwrap_or_default();
    memchr(b'\n', rest).map_or(raw.len(), |i| at + i)
}

fn longest_line(text: &[u8]) -> usize {
    let lines = text.split(|b| *b == b'\n');
    lines
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l).len())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(raw: &[u8], edits: &[Edit], limit: usize) -> (usize, Vec<usize>) {
        let numbered: Vec<_> = edits.iter().enumerate().collect();
        let mut refused = Vec::new();
        let kept = encode(raw, &numbered, limit, &mut refused);
        (kept.len(), refused)
    }

    #[test]
    fn an_edit_that_makes_a_line_too_long_is_refused() {
        let edits = [Edit::new(0..1, "xxxxx"), Edit::new(6..7, "y")];
        assert_eq!(run(b"abcd\r\nefgh\r\n", &edits, 8), (2, vec![]));
        assert_eq!(run(b"abcd\r\nefgh\r\n", &edits, 7), (1, vec![0]));
    }

    #[test]
    fn the_edits_of_one_line_count_together() {
        let edits = [
            Edit::new(0..1, "xx"),
            Edit::new(2..3, "yy"),
            Edit::new(5..6, "zz"),
        ];
        assert_eq!(run(b"abcd\nefg", &edits, 5), (1, vec![0, 1]));
        let shorter = [Edit::new(0..1, "xxxx"), Edit::new(1..4, "")];
        assert_eq!(run(b"abcd\nefg", &shorter, 4), (2, vec![]));
    }

    #[test]
    fn a_line_that_was_too_long_before_may_be_edited() {
        assert_eq!(run(b"abcdef\nx", &[Edit::new(0..1, "zz")], 5), (1, vec![]));
    }
}
