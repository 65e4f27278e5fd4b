//! Cells of a table that programs for spreadsheets open.

use crate::visible::printable;

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// Text as a cell. A quote before what a spreadsheet would take for a formula
/// makes it text (OWASP, "CSV Injection"); spaces before it do not help.
/// Control characters are made visible.
pub(super) fn text(value: &str) -> String {
    let is_formula = value.trim_start_matches(' ').starts_with(FORMULA)
        || value.trim_start().starts_with(FORMULA);
    let shown = printable(value);
    if is_formula {
        format!("'{shown}")
    } else {
        shown.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        for (value, expected) in [
            ("", ""),
            ("example.org", "example.org"),
            (
                "=HYPERLINK(\"https://a.example\")",
                "'=HYPERLINK(\"https://a.example\")",
            ),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("  =1", "'  =1"),
            ("a=1", "a=1"),
            ("a\u{202e}b\n", "a\\u{202e}b\\n"),
        ] {
            assert_eq!(text(value), expected, "{value:?}");
        }
    }
}
