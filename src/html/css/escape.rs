//! CSS escapes (CSS Syntax Level 3, section 4.3.7).

use crate::html::CssForm;
use std::borrow::Cow;
use std::fmt::Write;

/// Most hexadecimal digits of an escape.
const MOST_DIGITS: usize = 6;

/// Undoes the escapes in `text`, which stands between the quotes or
/// parentheses of a URL.
pub(crate) fn undo(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        out.push_str(plain);
        rest = undo_one(escaped, &mut out);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Undoes the escape at the start of `text`, whose backslash is already
/// gone, and returns what follows it.
fn undo_one<'a>(text: &'a str, out: &mut String) -> &'a str {
    let digits = text
        .bytes()
        .take(MOST_DIGITS)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if digits > 0 {
        let (number, rest) = text.split_at(digits);
        let value = u32::from_str_radix(number, 16).unwrap_or_default();
        out.push(match value {
            0 => char::REPLACEMENT_CHARACTER,
            _ => char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER),
        });
        return strip_one_space(rest);
    }
    let mut chars = text.chars();
    match chars.next() {
        // A line continued within a string.
        Some('\n' | '\x0C') | None => chars.as_str(),
        Some('\r') => chars.as_str().strip_prefix('\n').unwrap_or(chars.as_str()),
        Some(other) => {
            out.push(other);
            chars.as_str()
        }
    }
}

fn strip_one_space(text: &str) -> &str {
    text.strip_prefix("\r\n")
        .or_else(|| text.strip_prefix([' ', '\t', '\n', '\r', '\x0C']))
        .unwrap_or(text)
}

/// Writes `url`, which is ASCII without controls, for its form.
///
/// `<` and `>` are escaped everywhere, so that no URL can end the `<style>`
/// element or the comment that the CSS stands in.
pub(crate) fn write(url: &str, form: CssForm) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        let bare = form == CssForm::Bare && matches!(c, ' ' | '(' | ')');
        if bare || matches!(c, '"' | '\'' | '\\' | '<' | '>') {
            // The space ends the digits and belongs to the escape.
            let _ = write!(out, "\\{:x} ", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        assert_eq!(undo("http://example.org/"), "http://example.org/");
        assert_eq!(undo("\\68ttp"), "http");
        assert_eq!(undo("\\000068ttp"), "http");
        assert_eq!(undo("\\68 ttp\\3a //x"), "http://x");
        assert_eq!(undo("\\68\r\nttp"), "http");
        assert_eq!(undo("\\ht\\tp"), "http");
        assert_eq!(undo("a\\\nb\\\r\nc\\\\d\\"), "abc\\d");
        assert_eq!(undo("\\0 \\110000 \\d800 "), "\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn what_is_written_reads_as_the_same() {
        let url = "http://example.org/a b(c)'d'\"e\"\\<f>&g=1;2";
        for form in [CssForm::Bare, CssForm::Double, CssForm::Single] {
            assert_eq!(undo(&write(url, form)), url);
        }
        assert_eq!(write("a(b'c>", CssForm::Bare), "a\\28 b\\27 c\\3e ");
        assert_eq!(write("a(b'c d", CssForm::Double), "a(b\\27 c d");
    }
}
