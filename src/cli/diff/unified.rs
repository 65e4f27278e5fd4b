//! A unified difference of two texts, coloured and safe to print.

use crate::cli::terminal::{ASIDE, HEADING, NEW, OLD, printable};
use similar::{Algorithm, ChangeTag, TextDiff, udiff::UnifiedHunkHeader};
use std::{
    io::{self, Write},
    time::Duration,
};

/// Lines around a change.
const CONTEXT: usize = 2;
/// Newsletters put a whole page on one line; a longer one is shown in pieces
/// that end behind a tag.
const LONG_LINE: usize = 160;

pub(super) fn write(
    out: &mut impl Write,
    old_name: &str,
    new_name: &str,
    old: &str,
    new: &str,
) -> io::Result<()> {
    let (old, new) = (pieces(old), pieces(new));
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .timeout(Duration::from_secs(5))
        .diff_slices(&old, &new);
    writeln!(out, "{HEADING}--- {}{HEADING:#}", printable(old_name))?;
    writeln!(out, "{HEADING}+++ {}{HEADING:#}", printable(new_name))?;
    for group in diff.grouped_ops(CONTEXT) {
        writeln!(out, "{ASIDE}{}{ASIDE:#}", UnifiedHunkHeader::new(&group))?;
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let text = printable(change.value());
            match change.tag() {
                ChangeTag::Delete => writeln!(out, "{OLD}-{text}{OLD:#}")?,
                ChangeTag::Insert => writeln!(out, "{NEW}+{text}{NEW:#}")?,
                ChangeTag::Equal => writeln!(out, " {text}")?,
            }
        }
    }
    Ok(())
}

/// The lines of a text without their ends, long ones in pieces.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.len() <= LONG_LINE {
            pieces.push(line);
        } else {
            pieces.extend(line.split_inclusive('>'));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write(&mut out, "old", "new", old, new).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn it_looks_like_diff_u() {
        assert_eq!(
            diff("a\r\nb\r\nc\r\nd\r\n", "a\r\nb\r\nX\x1b\r\nd\r\n"),
            "--- old\n+++ new\n@@ -1,5 +1,5 @@\n a\n b\n-c\n+X\\u{1b}\n d\n \n"
        );
    }

    #[test]
    fn a_long_line_is_shown_in_pieces() {
        let text = "<b>x</b>".repeat(40);
        let changed = text.replacen("<b>x", "<b>y", 1);
        let diff = diff(&text, &changed);
        assert!(diff.contains("\n-x</b>\n+y</b>\n"), "{diff}");
        assert!(diff.lines().count() < 12, "{diff}");
    }
}
