//! Finds the links of a plain text.

use super::{flow::Joined, footnote::Footnotes, label::label, word::Finder};
use crate::{
    limits::Limits,
    sighting::{Context, Facts, Sighting, Vector, Written},
    skip::Skip,
};
use encoding_rs::Encoding;
use memchr::{memchr, memmem, memrchr};
use std::ops::Range;

/// What every URL that is looked for has in it.
const MARK: &[u8] = b"://";

/// The widths at which mail programs wrap lines that nobody asked them to.
const WRAPPED: std::ops::RangeInclusive<usize> = 70..=80;

/// What was seen in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// Its links, in order.
    pub sightings: Vec<Sighting>,
    /// Whether a link was left out because it is longer than
    /// `limits.url_bytes`.
    pub has_long_url: bool,
}

/// Whether a text without transfer encoding may hold a link. Most do not, and
/// are done with.
pub fn may_hold_links(text: &[u8]) -> bool {
    memmem::find(text, MARK).is_some()
}

/// Finds the http and https URLs of a text whose ends are beyond doubt.
///
/// `delsp` says that the text is format=flowed with DelSp=yes (RFC 3676), in
/// which a URL may be broken over lines; its span then covers the breaks. A
/// URL longer than `limits.url_bytes` is left out.
///
/// # Errors
///
/// [`Skip::HtmlSize`] if a text with links is larger than
/// `limits.html_bytes`; [`Skip::Sightings`] if it holds more URLs than
/// `limits.sightings`.
pub fn scan(
    text: &[u8],
    encoding: &'static Encoding,
    delsp: bool,
    limits: &Limits,
) -> Result<Scan, Skip> {
    // A soft line break may stand within the mark.
    if !delsp && !may_hold_links(text) {
        return Ok(Scan::default());
    }
    if text.len() > limits.html_bytes {
        return Err(Skip::HtmlSize);
    }
    let joined = if delsp {
        Joined::flowed(text)
    } else {
        Joined::fixed(text)
    };
    let urls = urls(joined.text(), encoding, limits.sightings)?;
    let text = joined.text();
    let footnotes = Footnotes::of(text, &urls);
    let mut scan = Scan::default();
    for (n, url) in urls.iter().enumerate() {
        if !url.is_clear {
            continue;
        }
        if url.span.len() > limits.url_bytes {
            scan.has_long_url = true;
            continue;
        }
        let neighbour = |at: Option<usize>| at.and_then(|at| urls.get(at));
        let before = neighbour(n.checked_sub(1)).map_or(0, |u| u.span.end);
        let after = neighbour(n.checked_add(1)).map_or(text.len(), |u| u.span.start);
        let bytes = text.get(url.span.clone()).unwrap_or_default();
        let span = joined.source(&url.span);
        scan.sightings.push(Sighting {
            vector: Vector::TextUrl,
            context: Context::Text,
            url: String::from_utf8_lossy(bytes).into_owned(),
            written: Written::default(),
            facts: Facts {
                text: label(text, &url.span, &(before..after), &footnotes, encoding),
                offset: span.start,
                ..Facts::default()
            },
            span,
            tag: None,
        });
    }
    Ok(scan)
}

/// A URL in the joined text.
pub(super) struct Url {
    pub(super) span: Range<usize>,
    /// Whether its end is beyond doubt.
    is_clear: bool,
}

#[cfg(test)]
impl Url {
    pub(super) fn new(span: Range<usize>) -> Self {
        Self {
            span,
            is_clear: true,
        }
    }
}

fn urls(text: &[u8], encoding: &'static Encoding, most: usize) -> Result<Vec<Url>, Skip> {
    let finder = Finder::new();
    let mut urls = Vec::new();
    let mut at = 0;
    while let Some(mark) = memmem::find(text.get(at..).unwrap_or_default(), MARK) {
        let word = word_around(text, at, at + mark);
        at = word.end;
        let Ok(letters) = std::str::from_utf8(text.get(word.clone()).unwrap_or_default()) else {
            continue;
        };
        for found in finder.links(letters) {
            let span = word.start + found.span.start..word.start + found.span.end;
            let is_last = found.is_last && found.is_clear;
            let is_broken = is_last && goes_on_below(text, span.end);
            if is_broken {
                doubt_line(text, &mut urls, span.end);
            }
            let ends = !is_last || !is_broken && ends_at(text, word.end, encoding);
            urls.push(Url {
                is_clear: found.is_clear && ends,
                span,
            });
        }
        if urls.len() > most {
            return Err(Skip::Sightings);
        }
    }
    Ok(urls)
}

/// The run of printing ASCII characters around `mark`, not before `from`.
fn word_around(text: &[u8], from: usize, mark: usize) -> Range<usize> {
    let is_space = |b: &u8| !b.is_ascii_graphic();
    let before = text.get(from..mark).unwrap_or_default();
    let start = before.iter().rposition(is_space).map_or(0, |i| i + 1);
    let rest = text.get(mark..).unwrap_or_default();
    let length = rest.iter().position(is_space).unwrap_or(rest.len());
    from + start..mark + length
}

/// Whether a word that ends at `end` ends a URL for all mail programs. Some
/// take letters beyond ASCII for a part of it; an ellipsis says that it was
/// cut.
fn ends_at(text: &[u8], end: usize, encoding: &'static Encoding) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    if rest.first().is_none_or(u8::is_ascii) {
        return true;
    }
    let (decoded, _) = encoding.decode_without_bom_handling(rest.get(..4).unwrap_or(rest));
    decoded
        .chars()
        .next()
        .is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '…' | char::REPLACEMENT_CHARACTER))
}

/// Whether a URL that ends with its line seems to have been broken by a
/// program that wrapped it. Nobody joins the pieces, but whoever pastes them
/// together gets there.
fn goes_on_below(text: &[u8], end: usize) -> bool {
    let rest = text.get(end..).unwrap_or_default();
    let line_break = line_break(rest);
    if line_break.is_empty() {
        return false;
    }
    let before = text.get(..end).unwrap_or_default();
    let start = memrchr(b'\n', before).map_or(0, |i| i + 1);
    if !WRAPPED.contains(&(end - start)) {
        return false;
    }
    let quote = quote_length(before.get(start..).unwrap_or_default());
    let below = rest.get(line_break.len()..).unwrap_or_default();
    let below = below
        .get(quote.min(quote_length(below))..)
        .unwrap_or_default();
    let length = below.iter().position(|b| !b.is_ascii_graphic());
    let word = below
        .get(..length.unwrap_or(below.len()))
        .unwrap_or_default();
    let has = |wanted: fn(&u8) -> bool| word.iter().any(wanted);
    !may_hold_links(word)
        && (has(|b| b"=&%?/_".contains(b))
            || has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic))
}

/// Leaves all links alone in the line that a broken one ends at `end`: with
/// one of them changed, the line's width would not show any more that it was
/// wrapped, and the broken link would be taken for a whole one.
fn doubt_line(text: &[u8], urls: &mut [Url], end: usize) {
    let before = text.get(..end).unwrap_or_default();
    let start = memrchr(b'\n', before).map_or(0, |i| i + 1);
    let in_line = urls.iter_mut().rev();
    for url in in_line.take_while(|url| url.span.end > start) {
        url.is_clear = false;
    }
}

fn line_break(rest: &[u8]) -> &[u8] {
    let length = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\n', ..] => 1,
        _ => 0,
    };
    rest.get(..length).unwrap_or_default()
}

/// How many quote marks, with the spaces among them, a line begins with.
fn quote_length(line: &[u8]) -> usize {
    let line = line.get(..memchr(b'\n', line).unwrap_or(line.len()));
    let marks = line.unwrap_or_default().iter();
    let marks = marks.take_while(|b| matches!(b, b'>' | b' ')).count();
    let is_quoted = line.is_some_and(|l| l.starts_with(b">"));
    if is_quoted { marks } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{SHIFT_JIS, UTF_8};

    fn urls_of(text: &[u8], encoding: &'static Encoding, delsp: bool) -> Vec<String> {
        let found = scan(text, encoding, delsp, &Limits::default())
            .unwrap()
            .sightings;
        found
            .iter()
            .map(|s| {
                let source = String::from_utf8_lossy(&text[s.span.clone()]);
                if delsp {
                    s.url.clone()
                } else {
                    assert_eq!(source, s.url);
                    source.into_owned()
                }
            })
            .collect()
    }

    fn found(text: &str) -> Vec<String> {
        urls_of(text.as_bytes(), UTF_8, false)
    }

    #[test]
    fn a_text_without_a_link_is_looked_at_no_further() {
        let limits = Limits {
            html_bytes: 1,
            ..Limits::default()
        };
        assert_eq!(
            scan(b"hello: //", UTF_8, false, &limits),
            Ok(Scan::default())
        );
        assert_eq!(
            scan(b"x http://a.example/", UTF_8, false, &limits),
            Err(Skip::HtmlSize)
        );
    }

    #[test]
    fn quoted_lines_are_ordinary_text() {
        assert_eq!(
            found("> see https://a.example/b,\r\n>> or <http://c.example/d.>\r\n"),
            ["https://a.example/b", "http://c.example/d."]
        );
    }

    #[test]
    fn letters_beyond_ascii_right_after_a_url_leave_its_end_in_doubt() {
        for text in [
            "https://a.example/bäc",
            "https://a.example/bを",
            "https://a.example/b…",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        for text in [
            "「https://a.example/b」",
            "“https://a.example/b”",
            "https://a.example/b。次",
            "ähttps://a.example/b\u{a0}c",
            "https://a.example/b.",
        ] {
            assert_eq!(found(text), ["https://a.example/b"], "{text}");
        }
        let (full_stop, letter) = (
            b"https://a.example/b\x81\x42",
            b"https://a.example/b\x82\xf0",
        );
        assert_eq!(urls_of(full_stop, SHIFT_JIS, false).len(), 1);
        assert_eq!(urls_of(letter, SHIFT_JIS, false).len(), 0);
    }

    #[test]
    fn a_url_that_was_wrapped_is_left_alone() {
        // 70 characters, and what follows belongs to the URL.
        let url = format!("https://a.example/?{}", "a".repeat(51));
        assert_eq!(url.len(), 70);
        assert_eq!(found(&format!("{url}\nb=1&c=2\n")), [""; 0]);
        assert_eq!(found(&format!("> {url}\r\n> b1c2\r\n")), [""; 0]);
        for below in ["\n\nb=1", "\nThank you", "\nhttps!", " \nb=1", ".\nBye", ""] {
            assert_eq!(found(&format!("{url}{below}")), [url.as_str()], "{below:?}");
        }
        let short = "https://a.example/?a";
        assert_eq!(found(&format!("{short}\nb=1&c=2\n")), [short]);
    }

    #[test]
    fn the_other_links_of_a_broken_ones_line_are_left_alone() {
        // Shorter by a parameter, the line would not look wrapped.
        let first = "http://a.example/?mc_eid=5f4dcc3b5a";
        let second = "http://b.example/?mc_eid=5f4dcc3b5a";
        let line = format!("{first}  {second}");
        assert_eq!(line.len(), 72);
        assert_eq!(
            found(&format!("{first}\n{line}\nb=1\n{first}\n")),
            [first, first]
        );
        assert_eq!(found(&format!("{line}\nThank you\n")), [first, second]);
    }

    #[test]
    fn a_broken_url_is_joined_only_where_the_text_says_so() {
        let text = b"See <https://a.example/b \r\nc/d>\r\nBye\r\n";
        assert_eq!(urls_of(text, UTF_8, true), ["https://a.example/bc/d"]);
        let sightings = scan(text, UTF_8, true, &Limits::default())
            .unwrap()
            .sightings;
        assert_eq!(
            &text[sightings[0].span.clone()],
            b"https://a.example/b \r\nc/d"
        );
        assert_eq!(urls_of(text, UTF_8, false), [""; 0]);
        assert_eq!(
            urls_of(b"> ht \n> tps: \n> //a.example/ \n>> b", UTF_8, true),
            ["https://a.example/"]
        );
    }

    #[test]
    fn more_urls_than_the_limit_are_refused() {
        let limits = Limits {
            sightings: 2,
            url_bytes: 20,
            ..Limits::default()
        };
        let scan = |text: &str| {
            scan(text.as_bytes(), UTF_8, false, &limits)
                .map(|s| (s.sightings.len(), s.has_long_url))
        };
        assert_eq!(
            scan("http://a.example/1 http://a.example/2"),
            Ok((2, false))
        );
        assert_eq!(
            scan("http://a.example/1 http://a.example/2 http://a.example/3"),
            Err(Skip::Sightings)
        );
        assert_eq!(
            scan("http://a.example/1234 http://a.example/123"),
            Ok((1, true))
        );
    }

    #[test]
    fn the_words_before_a_url_are_its_text() {
        let text = "Shop: https://a.example/ Unsubscribe: https://b.example/\n";
        let found = scan(text.as_bytes(), UTF_8, false, &Limits::default())
            .unwrap()
            .sightings;
        let texts: Vec<&str> = found.iter().map(|s| s.facts.text.as_str()).collect();
        assert_eq!(texts, ["Shop:", "Unsubscribe:"]);
    }
}
