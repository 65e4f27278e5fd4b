//! The words around a URL that say what it is for, as the text of a link does
//! in HTML.

use super::footnote::Footnotes;
use encoding_rs::Encoding;
use std::ops::Range;

/// How far before a URL its words are looked for, in bytes.
const BEFORE: usize = 192;

/// How far after it.
const AFTER: usize = 64;

/// Largest label, in bytes.
const LONGEST: usize = 256;

/// The words that go with the URL at `url`, white space folded, at most 256
/// bytes: those before it in its paragraph, or, if it begins that, the
/// paragraph before; and those after it on its line. The words stand between
/// `free.start` and `free.end`, where the neighbouring URLs are. An entry of a
/// list of footnotes has the words at the footnote's call, too.
pub(super) fn label(
    text: &[u8],
    url: &Range<usize>,
    free: &Range<usize>,
    footnotes: &Footnotes,
    encoding: &'static Encoding,
) -> String {
    let from = free.start.max(url.start.saturating_sub(BEFORE));
    let before = text.get(from..url.start).unwrap_or_default();
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let called = footnotes.words(text, line);
    let mut lines: Vec<&[u8]> = Vec::new();
    for line in before.split(|b| *b == b'\n').rev() {
        let line = without_quotes(line);
        let is_found = lines.iter().any(|l| has_words(l));
        if is_found && line.is_empty() {
            break;
        }
        lines.push(line);
    }
    lines.reverse();
    lines.push(called);
    let to = free.end.min(url.end.saturating_add(AFTER));
    let after = text.get(url.end..to).unwrap_or_default();
    let line_end = after.iter().position(|b| *b == b'\n');
    // Words before a further URL on the line are that one's.
    if line_end.is_some() || free.end > to || free.end == text.len() {
        lines.push(
            after
                .get(..line_end.unwrap_or(after.len()))
                .unwrap_or_default(),
        );
    }
    let joined = lines.join(&b' ');
    let (words, _) = encoding.decode_without_bom_handling(&joined);
    let mut label = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut = label.len().saturating_sub(LONGEST);
    while !label.is_char_boundary(cut) {
        cut += 1;
    }
    label.drain(..cut);
    label
}

fn without_quotes(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|b| !matches!(b, b'>' | b' ' | b'\t'));
    let line = start.and_then(|at| line.get(at..)).unwrap_or_default();
    line.trim_ascii_end()
}

fn has_words(line: &[u8]) -> bool {
    line.iter().any(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::scan::Url;
    use encoding_rs::{UTF_8, WINDOWS_1252};

    /// The label of the `URL` in `text`, the URLs around it being `PRE` and
    /// `POST`.
    fn of(text: &str) -> String {
        let start = text.find("URL").unwrap();
        let before = text.find("PRE").map_or(0, |at| at + 3);
        let after = text.find("POST").unwrap_or(text.len());
        label(
            text.as_bytes(),
            &(start..start + 3),
            &(before..after),
            &Footnotes::of(text.as_bytes(), &[Url::new(start..start + 3)]),
            UTF_8,
        )
    }

    #[test]
    fn words_on_the_line_and_before_it_in_the_paragraph_count() {
        assert_eq!(of("Unsubscribe: URL\n"), "Unsubscribe:");
        assert_eq!(
            of("Hello!\n\nTo stop\n> receiving:\r\n<URL"),
            "To stop receiving: <"
        );
        assert_eq!(
            of("Go to URL to unsubscribe.\nBye"),
            "Go to to unsubscribe."
        );
    }

    #[test]
    fn a_url_that_stands_alone_belongs_to_the_paragraph_before() {
        assert_eq!(
            of("Hello!\n\nManage\nemail\n\n---\n\n URL"),
            "Manage email ---"
        );
        assert_eq!(of("PRE Shop\n\nURL"), "Shop");
    }

    #[test]
    fn the_words_of_other_urls_are_not_taken() {
        assert_eq!(
            of("Unsubscribe: PRE\nShop: URL\nUnsubscribe: POST"),
            "Shop:"
        );
        assert_eq!(of("URL, unsubscribe: POST"), "");
    }

    #[test]
    fn a_footnote_has_the_words_at_its_call() {
        let text = "Unsubscribe [2]\n\n1. a\n2. <URL>";
        // The words at the call go on up to the URL.
        assert_eq!(of(text), "1. a 2. < Unsubscribe [2] 1. a 2. < >");
        assert_eq!(of("Unsubscribe [1]\nPRE\n2. URL"), "2.");
    }

    #[test]
    fn a_label_is_short_and_decoded() {
        let long = format!("{} Désabonner: URL", "é".repeat(300));
        assert!(of(&long).len() <= LONGEST);
        assert!(of(&long).ends_with("é Désabonner:"));
        let text = b"D\xe9sabonner URL";
        let none = Footnotes::of(text, &[]);
        let latin = label(text, &(11..14), &(0..14), &none, WINDOWS_1252);
        assert_eq!(latin, "Désabonner");
    }
}
