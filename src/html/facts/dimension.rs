//! `width=` and `height=` (HTML standard, section 2.3.4.4, "rules for parsing
//! dimension values").

/// Reads an attribute value in CSS pixels. `None` for a percentage or what
/// is no number.
pub(crate) fn pixels(value: &str) -> Option<f32> {
    let value = value.trim_start_matches(|c: char| c.is_ascii_whitespace());
    let end = end_of_number(value.as_bytes());
    let (number, rest) = value.split_at_checked(end)?;
    if rest.starts_with('%') {
        return None;
    }
    number.parse().ok()
}

/// Length of the digits, and of a fraction behind them, at the start.
fn end_of_number(bytes: &[u8]) -> usize {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        rest.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let whole = digits(0);
    if whole == 0 || bytes.get(whole) != Some(&b'.') {
        return whole;
    }
    match digits(whole + 1) {
        0 => whole,
        fraction => whole + 1 + fraction,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_a_browser_does() {
        for (value, expected) in [
            ("1", 1.0),
            ("1px", 1.0),
            (" 1 ", 1.0),
            ("\n0.5", 0.5),
            ("1.", 1.0),
            ("0", 0.0),
            ("600foo", 600.0),
        ] {
            assert_eq!(pixels(value), Some(expected), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_length_is_none() {
        for value in ["", "100%", "1.5%", "auto", "-1", "+1", ".5", "é"] {
            assert_eq!(pixels(value), None, "{value:?}");
        }
    }
}
