//! Writes another URL in the place of one.

use super::word::Finder;
use crate::{
    edit::Edit,
    sighting::{Change, Sighting},
};

/// How much of what stands around a URL is looked at.
const AROUND: usize = 256;

/// The edit that makes a change in a plain text.
///
/// `None` if it cannot be made exactly: nothing stands in for a URL in plain
/// text but another one, and a mail program must see that from its first to
/// its last character, no more and no less.
pub fn edit(text: &[u8], sighting: &Sighting, change: &Change<'_>) -> Option<Edit> {
    let Change::Replace(url) = change else {
        return None;
    };
    let span = sighting.span.clone();
    let before = text.get(..span.start)?;
    let before = before.get(before.len().saturating_sub(AROUND)..)?;
    let is_space = |b: &u8| !b.is_ascii_graphic();
    let word = before.iter().rposition(is_space).map_or(0, |i| i + 1);
    let before = std::str::from_utf8(before.get(word..)?).ok()?;
    let after = text.get(span.end..)?;
    let length = after.iter().take(AROUND).position(is_space);
    let length = length.unwrap_or(after.len().min(AROUND));
    let after = std::str::from_utf8(after.get(..length)?).ok()?;
    let word = [before, url, after].concat();
    let new = before.len()..before.len() + url.len();
    let is_whole = url.bytes().all(|b| b.is_ascii_graphic())
        && Finder::new()
            .links(&word)
            .iter()
            .any(|found| found.is_clear && found.span == new);
    is_whole.then(|| Edit::new(span, *url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::Limits, text::scan};
    use encoding_rs::UTF_8;

    /// The text after its first URL gave way to `url`.
    fn replaced(text: &str, url: &str) -> Option<String> {
        let sightings = scan(text.as_bytes(), UTF_8, true, &Limits::default())
            .unwrap()
            .sightings;
        let edit = edit(text.as_bytes(), &sightings[0], &Change::Replace(url))?;
        let new = crate::edit::apply(text.as_bytes(), &[edit]);
        Some(String::from_utf8(new).unwrap())
    }

    #[test]
    fn a_url_is_written_as_it_is() {
        let url = "https://b.example/?c=1&d=%20";
        for (text, expected) in [
            ("(https://a.example/x).", "(https://b.example/?c=1&d=%20)."),
            ("<https://a.example/x>", "<https://b.example/?c=1&d=%20>"),
            (
                "> a https://a.example/x \r\n> y/z, b",
                "> a https://b.example/?c=1&d=%20, b",
            ),
        ] {
            assert_eq!(replaced(text, url).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_url_that_would_be_cut_or_grow_is_refused() {
        for (text, url) in [
            ("https://a.example/x", "https://b.example/y."),
            ("https://a.example/x", "https://b.example/y|z"),
            ("<https://a.example/x>", "https://b.example/y>z"),
            ("<https://a.example/x>", "https://b.example/y z"),
            ("<https://a.example/x>", "https://b.example/é"),
            ("(https://a.example/x)", "https://b.example/(y"),
            ("https://a.example/x,", "https://b.example#y"),
        ] {
            assert_eq!(replaced(text, url), None, "{text} {url}");
        }
        assert_eq!(
            replaced("<https://a.example/x>", "https://b.example/y.").as_deref(),
            Some("<https://b.example/y.>")
        );
    }

    #[test]
    fn nothing_but_a_url_stands_in_for_one() {
        let text = b"https://a.example/x";
        let sightings = scan(text, UTF_8, false, &Limits::default())
            .unwrap()
            .sightings;
        for change in [Change::Neutralize, Change::Remove] {
            assert_eq!(edit(text, &sightings[0], &change), None);
        }
    }
}
