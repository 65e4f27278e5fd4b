//! Makes a value safe in a spreadsheet.

use crate::visible::printable;
use std::borrow::Cow;

/// What begins a formula in one spreadsheet program or another.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '|', '%'];

/// A cell that no spreadsheet takes for a formula, and in which control
/// characters are visible (<https://owasp.org/www-community/attacks/CSV_Injection>).
/// A number stays a number.
pub fn cell(text: &str) -> Cow<'_, str> {
    let visible = printable(text);
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{3000}']);
    // Full-width forms of the same signs count, too.
    let begins = first.starts_with(FORMULA) || first.starts_with(['＝', '＋', '－', '＠']);
    let is_number = text.parse::<i64>().is_ok();
    if begins && !is_number {
        Cow::Owned(format!("'{visible}"))
    } else {
        visible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for (text, expected) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1+2", "'+1+2"),
            ("-1", "-1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("a=b", "a=b"),
            ("12", "12"),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_cannot_be_broken() {
        assert_eq!(cell("a\r\nb\u{202e}c"), "a\\r\\nb\\u{202e}c");
    }
}
