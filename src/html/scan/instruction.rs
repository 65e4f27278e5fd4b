//! Processing instructions (`<?xml-stylesheet href="…"?>`), which HTML takes
//! for comments.

use crate::html::Vector;
use std::ops::Range;

/// A URL in a processing instruction, by offsets in it: between the quotes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Instruction {
    pub(super) vector: Vector,
    pub(super) value: Range<usize>,
}

/// Reads `<?xml-stylesheet …?>` (W3C, "Associating Style Sheets with XML
/// documents") or Internet Explorer's `<?import …?>`.
pub(super) fn instruction(comment: &[u8]) -> Option<Instruction> {
    let text = comment.strip_prefix(b"<?")?;
    let length = text
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-')
        .count();
    let name = text.get(..length)?.to_ascii_lowercase();
    let (vector, attribute) = match name.as_slice() {
        b"import" => (Vector::ImportImplementation, &b"implementation"[..]),
        b"xml-stylesheet" => (Vector::XmlStylesheet, &b"href"[..]),
        _ => return None,
    };
    let mut at = comment.len() - text.len() + length;
    loop {
        let equals = at + memchr::memchr(b'=', comment.get(at..)?)?;
        let name = comment.get(at..equals)?.trim_ascii();
        let space = comment.get(equals + 1..)?;
        let quote_at = equals + 1 + space.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let quote = comment
            .get(quote_at)
            .copied()
            .filter(|b| matches!(b, b'"' | b'\''))?;
        let start = quote_at + 1;
        let end = start + memchr::memchr(quote, comment.get(start..)?)?;
        if name.eq_ignore_ascii_case(attribute) {
            return Some(Instruction {
                vector,
                value: start..end,
            });
        }
        at = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(comment: &str) -> Option<(&'static str, &str)> {
        let found = instruction(comment.as_bytes())?;
        Some((found.vector.name(), &comment[found.value]))
    }

    #[test]
    fn the_url_is_found_among_the_others() {
        assert_eq!(
            value("<?xml-stylesheet type=\"a\" href = '//h.example/1' ?>"),
            Some(("xml-stylesheet", "//h.example/1"))
        );
        assert_eq!(
            value("<?IMPORT namespace='x' implementation=\"//h.example/1\" />"),
            Some(("import-implementation", "//h.example/1"))
        );
    }

    #[test]
    fn others_are_passed_over() {
        for comment in [
            "<?xml version='1.0' href='//h.example/1'?>",
            "<?xml-stylesheet href=//h.example/1?>",
            "<?xml-stylesheet href='//h.example/1?>",
            "<?xml-stylesheet title='//h.example/1'?>",
            "<!--xml-stylesheet href='//h.example/1'-->",
        ] {
            assert_eq!(value(comment), None, "{comment}");
        }
    }
}
