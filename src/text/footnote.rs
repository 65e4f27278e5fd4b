//! Footnotes: `Unsubscribe [3]` in the text, and at its end a list of URLs by
//! number, as programs write it that make plain text of HTML.

use super::scan::Url;
use ahash::AHashMap;
use memchr::memchr_iter;
use std::ops::Range;

/// How much of the text on either side of `[3]` counts as its words, in bytes.
const AROUND: usize = 48;

/// Longest number, in digits.
const DIGITS: usize = 4;

/// The words at the calls of a text's footnotes, by number.
pub(super) struct Footnotes(AHashMap<u32, Range<usize>>);

impl Footnotes {
    /// Finds the first call of each footnote. Its words end where one of the
    /// `urls` begins, lest a URL that changes changes them.
    pub(super) fn of(text: &[u8], urls: &[Url]) -> Self {
        let mut calls = AHashMap::new();
        for at in memchr_iter(b'[', text) {
            let rest = text.get(at + 1..).unwrap_or_default();
            if let Some((number, [b']', after @ ..])) = number(rest)
                && !begins_url(after)
            {
                calls
                    .entry(number)
                    .or_insert_with(|| words_around(text, at, urls));
            }
        }
        Self(calls)
    }

    /// The text around the call of the footnote that `before`, the beginning
    /// of a line, introduces; empty if it introduces none.
    pub(super) fn words<'a>(&self, text: &'a [u8], before: &[u8]) -> &'a [u8] {
        let words = introduced(before).and_then(|n| self.0.get(&n));
        words.and_then(|w| text.get(w.clone())).unwrap_or_default()
    }
}

fn words_around(text: &[u8], at: usize, urls: &[Url]) -> Range<usize> {
    let next = urls.partition_point(|url| url.span.start < at);
    let before = next.checked_sub(1).and_then(|i| urls.get(i));
    let start = before.map_or(0, |url| url.span.end);
    let end = urls.get(next).map_or(text.len(), |url| url.span.start);
    at.saturating_sub(AROUND).max(start)..at.saturating_add(AROUND).min(end)
}

/// The number in `[3]`, `[3]:`, `(3)`, `3.` and the like, if there is nothing
/// else.
fn introduced(before: &[u8]) -> Option<u32> {
    let start = before.iter().position(|b| !b" \t>[(".contains(b))?;
    let (number, rest) = number(before.get(start..)?)?;
    let is_mark = |b: &u8| b"]).:<".contains(b);
    let is_filling = |b: &u8| is_mark(b) || b" \t".contains(b);
    (rest.first().is_some_and(is_mark) && rest.iter().all(is_filling)).then_some(number)
}

/// A number and what follows it.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = text
        .split_at_checked(digits)
        .filter(|(d, _)| d.len() <= DIGITS)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

/// Whether what follows `[3]` makes it an entry of the list.
fn begins_url(after: &[u8]) -> bool {
    let near = after.get(..AROUND).unwrap_or(after);
    let start = near.iter().position(|b| !b" \t:<".contains(b));
    let url = start.and_then(|at| near.get(at..at + 4));
    url.is_some_and(|u| u.eq_ignore_ascii_case(b"http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str, before: &str) -> String {
        let text = text.as_bytes();
        let url = text.windows(3).position(|w| w == b"URL");
        let urls: Vec<Url> = url.map(|at| Url::new(at..at + 3)).into_iter().collect();
        let found = Footnotes::of(text, &urls).words(text, before.as_bytes());
        String::from_utf8_lossy(found).into_owned()
    }

    #[test]
    fn an_entry_of_the_list_has_the_words_at_its_call() {
        let text = "Shop [1] or [Unsubscribe][2].\n\n[1] https://a.example/\n";
        for before in ["[2] ", "  2. ", "> (2) <", "[2]: <", "2) "] {
            assert_eq!(words(text, before), text, "{before:?}");
        }
        let long = format!("{}Unsubscribe [7]{}", "x".repeat(99), "y".repeat(99));
        assert_eq!(
            words(&long, "7. "),
            format!("{}Unsubscribe [7]{}", "x".repeat(36), "y".repeat(45))
        );
    }

    #[test]
    fn urls_around_a_call_are_not_among_its_words() {
        assert_eq!(words("a URL b [7] c", "7. "), " b [7] c");
        assert_eq!(words("a [7] b URL c", "7. "), "a [7] b ");
        assert_eq!(words("a URL[7]", "7. "), "[7]");
    }

    #[test]
    fn other_beginnings_of_a_line_introduce_nothing() {
        let text = "Unsubscribe [2], [12345], [x]";
        for before in ["", "2 ", "See 2. ", "[3] ", "[12345] ", "2.5", "x"] {
            assert_eq!(words(text, before), "", "{before:?}");
        }
        assert_eq!(words("[2]: https://a.example/", "[2]: "), "");
    }
}
