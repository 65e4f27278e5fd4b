//! The URLs within a run of characters without white space.

use linkify::{LinkFinder, LinkKind};
use std::ops::Range;

/// What may stand between a URL and the white space after it without being a
/// part of the URL.
const TRAILING: &[u8] = b".,;:!?*";

/// An http or https URL in a word.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Found {
    pub(super) span: Range<usize>,
    /// Whether all mail programs agree on where it ends, as far as that can be
    /// told from the word.
    pub(super) is_clear: bool,
    /// Whether what follows the word has a say in it.
    pub(super) is_last: bool,
}

/// Finds URLs in words.
pub(super) struct Finder(LinkFinder);

impl Finder {
    pub(super) fn new() -> Self {
        let mut finder = LinkFinder::new();
        finder.kinds(&[LinkKind::Url]);
        Self(finder)
    }

    /// The URLs in `word`, which is ASCII without white space, in their order.
    pub(super) fn links(&self, word: &str) -> Vec<Found> {
        let mut found: Vec<Found> = Vec::new();
        for link in self.0.links(word) {
            let after_last = found.last().is_none_or(|f| link.start() >= f.span.end);
            if is_http(link.as_str()) && after_last {
                found.push(delimit(word, link.start()..link.end()));
            }
        }
        found
    }
}

fn is_http(url: &str) -> bool {
    let begins = |scheme: &str| {
        url.get(..scheme.len())
            .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// A URL in angle brackets ends where they do (RFC 3986 appendix C); the end
/// of any other was guessed.
fn delimit(word: &str, guessed: Range<usize>) -> Found {
    let (before, from) = word.split_at_checked(guessed.start).unwrap_or_default();
    if is_bracket(before) {
        let length = from.bytes().position(|b| matches!(b, b'<' | b'>'));
        let end = length.map_or(word.len(), |length| guessed.start + length);
        return Found {
            is_clear: word.as_bytes().get(end) == Some(&b'>'),
            span: guessed.start..end,
            is_last: false,
        };
    }
    let rest = word.as_bytes().get(guessed.end..).unwrap_or_default();
    let is_last = rest.iter().all(|b| TRAILING.contains(b));
    let is_clear = match rest {
        _ if is_list(word.get(guessed.clone()).unwrap_or_default()) => false,
        // "https://example.org/a-long-pa..." is no URL any more.
        [b'.', b'.', ..] => false,
        [] | [b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'}', ..] => true,
        [b @ (b'|' | b'`'), ..] => before.as_bytes().last() == Some(b),
        _ => is_last || starts_trailing(rest),
    };
    Found {
        span: guessed,
        is_clear,
        is_last,
    }
}

/// Whether a second URL is glued to the first, as in `a,b`. One that stands
/// within another, as in `?u=`, is a part of it.
fn is_list(url: &str) -> bool {
    let inner = url.match_indices("://").skip(1);
    inner.filter_map(|(at, _)| url.get(..at)).any(|before| {
        let before = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        !before.ends_with(['=', '/', '?', '&', ':', '#', '*'])
    })
}

/// Whether `before` ends in `<` or `<URL:`.
fn is_bracket(before: &str) -> bool {
    let url = before.len().checked_sub(5).and_then(|at| before.get(at..));
    before.ends_with('<') || url.is_some_and(|u| u.eq_ignore_ascii_case("<url:"))
}

/// Whether punctuation stands between the URL and a closing bracket or quote.
fn starts_trailing(rest: &[u8]) -> bool {
    let after = rest.iter().find(|b| !TRAILING.contains(b));
    let is_closing = matches!(after, Some(b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'}'));
    is_closing && rest.first().is_some_and(|b| TRAILING.contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(word: &str) -> Vec<(&str, bool)> {
        let found = Finder::new().links(word);
        found
            .into_iter()
            .map(|f| (&word[f.span], f.is_clear))
            .collect()
    }

    #[test]
    fn angle_brackets_delimit_exactly() {
        for word in [
            "<https://a.example/b.>",
            "x<https://a.example/b.>.",
            "<URL:https://a.example/b.>",
            "a<url:https://a.example/b.>b",
        ] {
            assert_eq!(links(word), [("https://a.example/b.", true)], "{word}");
        }
        assert_eq!(
            links("<https://a.example/b"),
            [("https://a.example/b", false)],
            "the bracket is closed nowhere in the word"
        );
        assert_eq!(
            links("<https://a.example/b<c>"),
            [("https://a.example/b", false)]
        );
    }

    #[test]
    fn punctuation_and_brackets_around_a_url_are_not_part_of_it() {
        for word in [
            "https://a.example/b",
            "(https://a.example/b)",
            "(https://a.example/b),",
            "https://a.example/b.",
            "https://a.example/b?",
            "https://a.example/b!,",
            "\"https://a.example/b.\"",
            "'https://a.example/b'",
            "[text](https://a.example/b)more",
            "[https://a.example/b]",
            "*https://a.example/b*",
            "|https://a.example/b|",
            "URL:https://a.example/b",
            "text<https://a.example/b>",
        ] {
            assert_eq!(links(word), [("https://a.example/b", true)], "{word}");
        }
        let balanced = "https://a.example/b_(c)";
        assert_eq!(links(&format!("({balanced})")), [(balanced, true)]);
    }

    #[test]
    fn an_end_that_programs_see_differently_is_not_clear() {
        for word in [
            "https://a.example/b...",
            "https://a.example/b|c",
            "https://a.example/b`c",
            "https://a.example#b",
            "https://a.example[1]",
            "https://a.example/,https://b.example/",
        ] {
            let found = links(word);
            assert_eq!(found.len(), 1, "{word}");
            assert!(!found[0].1, "{word}");
        }
    }

    #[test]
    fn only_http_and_https_with_a_host_are_found() {
        for word in [
            "ftp://a.example/b",
            "mailto:a@a.example",
            "xhttps://a.example/",
            "https://",
            "https:///b",
            "a.example/b",
            "://",
        ] {
            assert_eq!(links(word), [], "{word}");
        }
        assert_eq!(
            links("HTTP://A.example/?u=https://b.example/"),
            [("HTTP://A.example/?u=https://b.example/", true)]
        );
        assert_eq!(
            links("<http://a.example/><HTTPS://b.example/>"),
            [("http://a.example/", true), ("HTTPS://b.example/", true)]
        );
    }
}
