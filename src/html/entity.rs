//! Character references (HTML standard, section 13.2.5.72 and following).

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Longest name, without `&` and `;`.
const LONGEST_NAME: usize = 31;

/// Longest name that is read without its `;`.
const LONGEST_LEGACY_NAME: usize = 6;

/// Where a reference stands, which decides how a name without `;` is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// In an attribute value: `&copy=1` and `&copyx` stay as they are.
    Attribute,
    /// In text.
    Text,
}

struct Name {
    text: Box<str>,
    /// Whether the name is also read without `;`.
    legacy: bool,
}

/// The named character references of the HTML standard, section 13.5. A line
/// holds the name (with `;` unless it is optional) and its code points.
static NAMES: LazyLock<HashMap<&'static [u8], Name, ahash::RandomState>> = LazyLock::new(|| {
    include_str!("entities.txt")
        .lines()
        .filter_map(|line| {
            let (name, points) = line.split_once(' ')?;
            let text: Option<String> = points
                .split(' ')
                .map(|p| char::from_u32(u32::from_str_radix(p, 16).ok()?))
                .collect();
            let legacy = !name.ends_with(';');
            Some((
                name.trim_end_matches(';').as_bytes(),
                Name {
                    text: text?.into(),
                    legacy,
                },
            ))
        })
        .collect()
});

/// Reads the character reference at the start of `source`, which begins with
/// `&`. Returns the text that it stands for and its length in bytes, or
/// `None` if the `&` stands for itself.
pub(crate) fn read(source: &[u8], place: Place) -> Option<(Cow<'static, str>, usize)> {
    match source.get(1)? {
        b'#' => numeric(source),
        first if first.is_ascii_alphabetic() => named(source, place),
        _ => None,
    }
}

fn named(source: &[u8], place: Place) -> Option<(Cow<'static, str>, usize)> {
    let rest = source.get(1..)?;
    let length = rest
        .iter()
        .take(LONGEST_NAME + 1)
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    if rest.get(length) == Some(&b';')
        && let Some(name) = NAMES.get(rest.get(..length)?)
    {
        return Some((Cow::Borrowed(&name.text), length + 2));
    }
    (2..=length.min(LONGEST_LEGACY_NAME)).rev().find_map(|n| {
        let name = NAMES.get(rest.get(..n)?).filter(|name| name.legacy)?;
        let next = rest.get(n);
        let literal = place == Place::Attribute
            && next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric());
        (!literal).then_some((Cow::Borrowed(&*name.text), n + 1))
    })
}

fn numeric(source: &[u8]) -> Option<(Cow<'static, str>, usize)> {
    let (radix, start) = match source.get(2)? {
        b'x' | b'X' => (16, 3),
        _ => (10, 2),
    };
    let mut value = 0_u32;
    let mut end = start;
    while let Some(digit) = source.get(end).and_then(|b| char::from(*b).to_digit(radix)) {
        value = value.saturating_mul(radix).saturating_add(digit);
        end += 1;
    }
    if end == start {
        return None;
    }
    if source.get(end) == Some(&b';') {
        end += 1;
    }
    Some((Cow::Owned(code_point(value).to_string()), end))
}

/// Section 13.2.5.80, "numeric character reference end state".
fn code_point(value: u32) -> char {
    if let Ok(byte @ 0x80..=0x9F) = u8::try_from(value) {
        // The five bytes without a character stand for their control code,
        // which the windows-1252 of the Encoding standard yields as well.
        let bytes = [byte];
        let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
        return text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    match value {
        0 => char::REPLACEMENT_CHARACTER,
        _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(source: &str) -> Option<(String, usize)> {
        read(source.as_bytes(), Place::Attribute).map(|(t, n)| (t.into_owned(), n))
    }

    fn is(text: &str, length: usize) -> Option<(String, usize)> {
        Some((text.to_owned(), length))
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(include_str!("entities.txt").lines().count(), NAMES.len());
        assert_eq!(NAMES.values().filter(|n| n.legacy).count(), 106);
        assert_eq!(NAMES.keys().map(|k| k.len()).max(), Some(LONGEST_NAME));
        let legacy = NAMES.iter().filter(|(_, n)| n.legacy);
        assert_eq!(
            legacy.map(|(k, _)| k.len()).max(),
            Some(LONGEST_LEGACY_NAME)
        );
    }

    #[test]
    fn names_with_a_semicolon_are_read() {
        assert_eq!(attribute("&amp;x"), is("&", 5));
        assert_eq!(attribute("&colon;//"), is(":", 7));
        assert_eq!(attribute("&NewLine;"), is("\n", 9));
        assert_eq!(
            attribute("&CounterClockwiseContourIntegral;"),
            is("\u{2233}", 33)
        );
        assert_eq!(attribute("&fjlig;"), is("fj", 7));
        assert_eq!(attribute("&nosuchname;"), None);
        assert_eq!(attribute("&Amp;"), None);
    }

    #[test]
    fn a_legacy_name_needs_no_semicolon_unless_a_parameter_follows() {
        assert_eq!(attribute("&amp"), is("&", 4));
        assert_eq!(attribute("&amp/"), is("&", 4));
        assert_eq!(attribute("&copy=1"), None);
        assert_eq!(attribute("&copyx"), None);
        assert_eq!(attribute("&colon//"), None);
        let text = read(b"&copyx", Place::Text);
        assert_eq!(text, Some((Cow::Borrowed("\u{a9}"), 5)));
    }

    #[test]
    fn numbers_are_read_in_both_bases_with_or_without_a_semicolon() {
        assert_eq!(attribute("&#x74;tp"), is("t", 6));
        assert_eq!(attribute("&#X74tp"), is("t", 5));
        assert_eq!(attribute("&#116;"), is("t", 6));
        assert_eq!(attribute("&#0000000000000000116tp"), is("t", 21));
        assert_eq!(attribute("&#;"), None);
        assert_eq!(attribute("&#x;"), None);
        assert_eq!(attribute("&#xg"), None);
    }

    #[test]
    fn numbers_without_a_character_become_the_replacement_character() {
        for source in ["&#0;", "&#xD800;", "&#x110000;", "&#99999999999999;"] {
            assert_eq!(attribute(source), is("\u{fffd}", source.len()), "{source}");
        }
        assert_eq!(attribute("&#x80;"), is("\u{20ac}", 6));
        assert_eq!(attribute("&#x81;"), is("\u{81}", 6));
    }

    #[test]
    fn a_lone_ampersand_stands_for_itself() {
        for source in ["&", "& ", "&1;", "&;", "&="] {
            assert_eq!(attribute(source), None, "{source}");
        }
    }
}
