//! Inline PGP (RFC 9580 section 6.2, the armour of RFC 4880 before it).

use crate::skip::Skip;
use memchr::memmem;

/// Whether a text holds an inline PGP message or a text signed inline, and so
/// must be left alone.
///
/// Both armour lines must be there, each at the beginning of a line: a header
/// line alone protects nothing, and would be a cheap way to switch cleaning
/// off.
///
/// For base64 parts this is to be asked of the decoded text; for all others
/// the splitter has asked it.
pub fn inline(text: &[u8]) -> Option<Skip> {
    const KINDS: &[(&[u8], &[u8], Skip)] = &[
        (
            b"-----BEGIN PGP SIGNED MESSAGE-----",
            b"-----END PGP SIGNATURE-----",
            Skip::Signed,
        ),
        (
            b"-----BEGIN PGP MESSAGE-----",
            b"-----END PGP MESSAGE-----",
            Skip::Encrypted,
        ),
    ];
    // One search for what both have in common: most texts hold neither.
    memmem::find(text, b"-----BEGIN PGP ")?;
    KINDS.iter().find_map(|(begin, end, skip)| {
        let from = at_line_start(text, begin)?;
        at_line_start(text.get(from..)?, end)?;
        Some(*skip)
    })
}

/// Offset of the first occurrence of `line` at the beginning of a line.
fn at_line_start(text: &[u8], line: &[u8]) -> Option<usize> {
    memmem::find_iter(text, line)
        .find(|&at| at == 0 || text.get(at - 1).is_some_and(|b| matches!(b, b'\n' | b'\r')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_are_found_at_line_starts() {
        let message =
            b"hello\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nx\r\n-----END PGP MESSAGE-----\r\n";
        assert_eq!(inline(message), Some(Skip::Encrypted));
        let signed =
            b"-----BEGIN PGP SIGNED MESSAGE-----\nx\n-----BEGIN PGP SIGNATURE-----\ny\n-----END PGP SIGNATURE-----";
        assert_eq!(inline(signed), Some(Skip::Signed));
    }

    #[test]
    fn a_quoted_or_unfinished_armour_is_none() {
        for text in [
            &b"> -----BEGIN PGP MESSAGE-----\n> -----END PGP MESSAGE-----"[..],
            b"-----BEGIN PGP MESSAGE-----\nno end",
            b"-----END PGP MESSAGE-----\n-----BEGIN PGP MESSAGE-----\n",
            b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n-----END PGP PUBLIC KEY BLOCK-----",
        ] {
            assert_eq!(inline(text), None);
        }
    }
}
