//! Whether a reference leads to a host of its own, judged as cheaply as
//! possible.

/// Whether `text` can be an absolute http or https URL, or one that takes its
/// scheme from the document (`//host`).
///
/// It sees through what the URL standard drops or takes alike: leading
/// controls and spaces, tabs and newlines anywhere, upper case, backslashes.
/// Everything else (`cid:`, `data:`, `mailto:`, `#top`, a relative path)
/// reaches no host from a mail.
pub(crate) fn is_remote(text: &str) -> bool {
    let mut letters = text
        .bytes()
        .skip_while(|b| *b <= b' ')
        .filter(|b| !matches!(b, b'\t' | b'\n' | b'\r'));
    let mut start = [0_u8; 6];
    for (slot, letter) in start.iter_mut().zip(&mut letters) {
        *slot = match letter {
            b'\\' => b'/',
            _ => letter.to_ascii_lowercase(),
        };
    }
    start.starts_with(b"//") || start.starts_with(b"http:") || &start == b"https:"
}

/// Longest scheme that is told apart.
const LONGEST_SCHEME: usize = 32;

/// The scheme of `text`, in lower case, and what stands behind its colon;
/// `None` if it has none and is a relative reference.
pub(crate) fn scheme(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches(|c: char| c <= ' ');
    let mut scheme = String::new();
    for (at, c) in text.char_indices() {
        match c {
            ':' if !scheme.is_empty() => return Some((scheme, text.get(at + 1..)?)),
            '\t' | '\n' | '\r' => (),
            c if c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.') => {
                if scheme.len() >= LONGEST_SCHEME {
                    return None;
                }
                scheme.push(c.to_ascii_lowercase());
            }
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_is_read_in_every_disguise() {
        let read = |text| scheme(text).map(|(scheme, rest)| (scheme, rest.to_owned()));
        let is = |scheme: &str, rest: &str| Some((scheme.to_owned(), rest.to_owned()));
        assert_eq!(read("\u{1} DA\nTA:,x:y"), is("data", ",x:y"));
        assert_eq!(read("view-source:http://x"), is("view-source", "http://x"));
        assert_eq!(read("a/b:c"), None);
        assert_eq!(read(":x"), None);
        assert_eq!(read("#a:b"), None);
        assert_eq!(read(&"a".repeat(40)), None);
    }

    #[test]
    fn absolute_urls_are_seen_in_every_disguise() {
        for text in [
            "http://example.org/",
            "https://example.org/",
            "HTTPS:\\\\example.org",
            "http:example.org",
            " \u{1}\nhttp://example.org",
            "h\tt\nt\rp://example.org",
            "//example.org/p.gif",
            "\\/example.org/p.gif",
            "/\t/example.org",
        ] {
            assert!(is_remote(text), "{text:?}");
        }
    }

    #[test]
    fn what_reaches_no_host_is_passed_over() {
        for text in [
            "",
            "http",
            "https",
            "httpx:",
            "httpss:",
            "cid:1@x",
            "data:,",
            "mailto:a@example.org",
            "#top",
            "/p.gif",
            "p.gif",
            "ftp://example.org/",
            "\u{a0}http://example.org/",
        ] {
            assert!(!is_remote(text), "{text:?}");
        }
    }
}
