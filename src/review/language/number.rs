//! Numbers and ranges of numbers.

use std::fmt;

/// Whole numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::review) struct Range {
    pub(in crate::review) low: Option<i64>,
    pub(in crate::review) high: Option<i64>,
}

/// How a number is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unit {
    /// As it is.
    One,
    /// Bytes, with `k`, `M` and `G` for powers of 1,024.
    Bytes,
    /// Milliseconds with up to three decimals, held as microseconds.
    Milliseconds,
}

const EXPECTED: &str = "expected a number such as 5, >5, <=5 or 1..5";

/// Reads `5`, `>5`, `>=5`, `<5`, `<=5`, `1..5`, `1..` or `..5`.
pub(super) fn parse(text: &str, unit: Unit) -> Result<Range, String> {
    let number = |text: &str| one(text.trim(), unit).ok_or_else(|| EXPECTED.to_owned());
    let maybe = |text: &str| match text.trim() {
        "" => Ok(None),
        text => number(text).map(Some),
    };
    let range = if let Some(rest) = text.strip_prefix(">=") {
        from(number(rest)?)
    } else if let Some(rest) = text.strip_prefix('>') {
        from(number(rest)?.saturating_add(1))
    } else if let Some(rest) = text.strip_prefix("<=") {
        to(number(rest)?)
    } else if let Some(rest) = text.strip_prefix('<') {
        // The smallest integer of all cannot be written.
        to(number(rest)?.saturating_sub(1).max(-i64::MAX))
    } else if let Some((low, high)) = text.split_once("..") {
        Range {
            low: maybe(low)?,
            high: maybe(high)?,
        }
    } else {
        let number = number(text)?;
        Range {
            low: Some(number),
            high: Some(number),
        }
    };
    match (range.low, range.high) {
        (None, None) => Err(EXPECTED.to_owned()),
        (Some(low), Some(high)) if low > high => {
            Err("the range ends before it begins; write the smaller number first".to_owned())
        }
        _ => Ok(range),
    }
}

fn from(low: i64) -> Range {
    Range {
        low: Some(low),
        high: None,
    }
}

fn to(high: i64) -> Range {
    Range {
        low: None,
        high: Some(high),
    }
}

fn one(text: &str, unit: Unit) -> Option<i64> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text),
    };
    let value = match unit {
        Unit::One => is_digits(digits).then(|| digits.parse().ok())??,
        Unit::Bytes => {
            let last = digits.chars().next_back()?;
            let power = match last.to_ascii_lowercase() {
                'k' => 10,
                'm' => 20,
                'g' => 30,
                _ => 0,
            };
            let digits = if power == 0 {
                digits
            } else {
                digits.strip_suffix(last)?
            };
            let number: i64 = is_digits(digits).then(|| digits.parse().ok())??;
            number.checked_mul(1 << power)?
        }
        Unit::Milliseconds => {
            let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
            if !is_digits(whole) || !is_digits(decimals) || decimals.len() > 3 {
                return None;
            }
            let whole: i64 = whole.parse().ok()?;
            let decimals: i64 = format!("{decimals:0<3}").parse().ok()?;
            whole.checked_mul(1_000)?.checked_add(decimals)?
        }
    };
    Some(value * sign)
}

impl Range {
    /// Whether the number lies in it.
    pub(in crate::review) fn contains(self, number: i64) -> bool {
        self.low.is_none_or(|low| low <= number) && self.high.is_none_or(|high| number <= high)
    }

    pub(super) fn write(self, unit: Unit, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |n: i64| match unit {
            Unit::One | Unit::Bytes => n.to_string(),
            Unit::Milliseconds => {
                let sign = if n < 0 { "-" } else { "" };
                let n = n.unsigned_abs();
                let text = format!("{sign}{}.{:03}", n / 1_000, n % 1_000);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        };
        match (self.low, self.high) {
            (Some(low), Some(high)) if low == high => f.write_str(&shown(low)),
            (Some(low), Some(high)) => write!(f, "{}..{}", shown(low), shown(high)),
            (Some(low), None) => write!(f, ">={}", shown(low)),
            (None, Some(high)) => write!(f, "<={}", shown(high)),
            (None, None) => f.write_str(".."),
        }
    }
}
