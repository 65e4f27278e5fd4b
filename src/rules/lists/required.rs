//! A text that must stand in whatever a regular expression matches.

use regex_syntax::hir::{Hir, HirKind};

/// The longest text that every match of `expression` holds, in its case as it
/// is written. None if there is no such text, or none that can be seen easily.
pub(super) fn required_literal(expression: &str) -> Option<Vec<u8>> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build();
    longest(&parser.parse(expression).ok()?)
}

fn longest(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_vec()),
        HirKind::Capture(capture) => longest(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => longest(&repetition.sub),
        HirKind::Concat(pieces) => pieces.iter().filter_map(longest).max_by_key(Vec::len),
        HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_)
        | HirKind::Alternation(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_that_is_always_there_is_found() {
        for (expression, expected) in [
            ("/open\\?id=", Some("/open?id=")),
            ("a.example.com/o", Some("example")),
            ("px[0-9]+\\.acme\\.example", Some(".acme.example")),
            ("(abc)+d?", Some("abc")),
            ("(abc)*de", Some("de")),
            ("(?:ab|cd)", None),
            ("(?:abc|def)gh", Some("gh")),
            ("[a-z]+", None),
            ("(?i)ab", None),
            ("(", None),
        ] {
            let found = required_literal(expression);
            assert_eq!(
                found.as_deref(),
                expected.map(str::as_bytes),
                "{expression}"
            );
        }
    }
}
