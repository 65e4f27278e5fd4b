//! Numbers as people read them.

/// A whole number with a comma at each thousand.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The same for a number that the database holds; what is below zero is none.
pub(crate) fn stored(number: i64) -> String {
    count(u64::try_from(number).unwrap_or(0))
}

/// A number of things in words: `1 link`, `2 links`.
pub(crate) fn things(number: u64, one: &str, many: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        n => format!("{} {many}", count(n)),
    }
}

/// A size, such as `1.5 KiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: &[(u64, &str)] = &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => tenths(bytes, *unit, name),
        None => things(bytes, "byte", "bytes"),
    }
}

/// A duration that is given in microseconds, such as `1.5 ms`.
pub(crate) fn duration(us: u64) -> String {
    match us {
        ..1_000 => format!("{us} µs"),
        1_000..1_000_000 => tenths(us, 1_000, "ms"),
        _ => tenths(us, 1_000_000, "s"),
    }
}

fn tenths(number: u64, unit: u64, name: &str) -> String {
    let tenths = number.saturating_mul(10) / unit;
    format!("{}.{} {name}", count(tenths / 10), tenths % 10)
}

/// How a number compares with that of the period before.
pub(crate) fn change(now: u64, before: u64) -> String {
    if now == before {
        return match now {
            0 => "none before either".to_owned(),
            _ => "as before".to_owned(),
        };
    }
    if before == 0 {
        return "none before".to_owned();
    }
    let (sign, difference) = if now > before {
        ("+", now - before)
    } else {
        ("−", before - now)
    };
    // To the nearest; without floating point there is nothing to lose.
    let percent = (u128::from(difference) * 200 + u128::from(before)) / (2 * u128::from(before));
    match percent {
        0 => format!("{sign}<1 %"),
        1..=999 => format!("{sign}{percent} %"),
        _ => format!("{sign}{}", count(difference)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), expected);
        }
        assert_eq!(stored(-1), "0");
        assert_eq!(things(1, "link", "links"), "1 link");
        assert_eq!(things(1_200, "link", "links"), "1,200 links");
    }

    #[test]
    fn sizes_and_durations_have_units() {
        for (size, expected) in [
            (1, "1 byte"),
            (1_023, "1,023 bytes"),
            (1_536, "1.5 KiB"),
            (2 << 30, "2.0 GiB"),
        ] {
            assert_eq!(bytes(size), expected);
        }
        for (us, expected) in [(999, "999 µs"), (1_500, "1.5 ms"), (61_250_000, "61.2 s")] {
            assert_eq!(duration(us), expected);
        }
    }

    #[test]
    fn changes_are_rounded_to_percent() {
        for (now, before, expected) in [
            (0, 0, "none before either"),
            (5, 5, "as before"),
            (5, 0, "none before"),
            (150, 100, "+50 %"),
            (2, 3, "−33 %"),
            (1, 3, "−67 %"),
            (1_001, 1_000, "+<1 %"),
            (0, 7, "−100 %"),
            (2_001, 1, "+2,000"),
        ] {
            assert_eq!(change(now, before), expected, "{now} {before}");
        }
    }
}
