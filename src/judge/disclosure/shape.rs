//! What a value is by its looks.

/// How many `@` of one value are looked at.
const MAX_SIGNS: usize = 16;
/// RFC 5321 section 4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;
/// RFC 5321 section 4.5.3.1.2.
const LONGEST_DOMAIN: usize = 255;
/// A shorter value under the name of an address is no address in disguise.
const SHORTEST_OPAQUE: usize = 8;

/// Whether a mail address stands in `text`: with a registrable domain under
/// a public suffix that exists, so that `icon@2x.png` is none.
pub(super) fn holds_address(text: &str) -> bool {
    text.match_indices('@').take(MAX_SIGNS).any(|(at, _)| {
        let (before, after) = (text.get(..at), text.get(at + 1..));
        before.is_some_and(ends_in_local_part) && after.is_some_and(begins_with_domain)
    })
}

fn ends_in_local_part(text: &str) -> bool {
    let is_atom = |b: &u8| b.is_ascii_alphanumeric() || b"!#$&'*+-./=?^_`{|}~".contains(b);
    let bytes = text.bytes().rev().take(LONGEST_LOCAL_PART + 1);
    let atoms = bytes.take_while(is_atom);
    // A path or another pair may stand before it.
    atoms
        .take_while(|b| *b != b'/')
        .any(|b| b.is_ascii_alphanumeric())
}

fn begins_with_domain(text: &str) -> bool {
    let is_label = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let length = text
        .bytes()
        .take(LONGEST_DOMAIN)
        .take_while(is_label)
        .count();
    let domain = text.get(..length).unwrap_or_default();
    let domain = domain.trim_end_matches(['.', '-']).to_ascii_lowercase();
    let is_known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    is_known && psl::domain_str(&domain).is_some()
}

/// Whether it is as long as an MD5, SHA-1 or SHA-256 digest in hexadecimal.
pub(super) fn is_digest(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether it can be an encrypted value: long, in one piece, and with a digit
/// or upper case after the first letter, which words of a language lack.
pub(super) fn is_opaque(text: &str) -> bool {
    text.len() >= SHORTEST_OPAQUE
        && !text.contains(char::is_whitespace)
        && text
            .bytes()
            .skip(1)
            .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// Whether the value tells nothing: empty, a word for nothing, or a
/// placeholder that was never filled in.
pub(super) fn is_void(text: &str) -> bool {
    const NOTHING: &[&str] = &["", "-", "false", "nan", "none", "null", "true", "undefined"];
    const OPENINGS: &[&str] = &["{{", "{%", "*|", "%%", "[[", "<%", "${"];
    let text = text.trim();
    NOTHING.iter().any(|word| text.eq_ignore_ascii_case(word))
        || OPENINGS.iter().any(|opening| text.starts_with(opening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_by_its_domain() {
        for text in [
            "jo@example.org",
            "mailto:Jo.Do+x@Mail.Example.CO.UK",
            "1|jo@example.org|2",
            "/u/jo@example.org/",
            "<jo@example.org>.",
        ] {
            assert!(holds_address(text), "{text}");
        }
        for text in [
            "icon@2x.png",
            "@user",
            "/@user.name.com",
            "jo@example",
            "jo@co.uk",
            "a @example.org",
            "12345@N00",
            "@@@@",
            "",
        ] {
            assert!(!holds_address(text), "{text}");
        }
    }

    #[test]
    fn placeholders_and_words_for_nothing_tell_nothing() {
        for text in ["", " ", "NULL", "{{ email }}", "*|EMAIL|*", "%%emailaddr%%"] {
            assert!(is_void(text), "{text}");
        }
        assert!(!is_void("0"));
        assert!(!is_void("jo@example.org"));
    }

    #[test]
    fn a_word_is_not_opaque() {
        for text in ["newsletter", "Newsletter", "short1", "two words 22"] {
            assert!(!is_opaque(text), "{text}");
        }
        assert!(is_opaque("aGVsbG8gdGhlcmU"));
        assert!(is_digest("7771093713556e85d7a876c08cb5bb63"));
        assert!(!is_digest("7771093713556e85d7a876c08cb5bb6"));
        assert!(!is_digest("zz71093713556e85d7a876c08cb5bb63"));
    }
}
