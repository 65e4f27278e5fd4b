//! Until when an entry holds, as people say it.

use jiff::{Span, Timestamp, ToSpan, Zoned, civil::Date};

/// A letter and what it stands for.
type Unit = (char, fn(i64) -> Span);

/// The units of `30d`.
const UNITS: &[Unit] = &[
    ('h', |n| n.hours()),
    ('d', |n| n.days()),
    ('w', |n| n.weeks()),
];

/// `12h`, `30d` or `4w` from now on, a day (`2026-12-24`), which counts as a
/// whole in the zone of `now`, or an RFC 3339 time.
pub(super) fn parse(text: &str, now: &Zoned) -> Result<Timestamp, String> {
    let text = text.trim();
    span(text, now)
        .or_else(|| day(text, now))
        .or_else(|| text.parse().ok())
        .ok_or_else(|| {
            format!(
                "{text:?} is no time to expire; write one such as 30d, 4w, 2026-12-24 or \
                 2026-12-24T12:00:00+01:00"
            )
        })
}

fn span(text: &str, now: &Zoned) -> Option<Timestamp> {
    let (letter, of_unit) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: u32 = text.strip_suffix(*letter)?.parse().ok()?;
    // A century is as good as never, and far from the end of time.
    let number = Some(i64::from(number)).filter(|n| (1..=36_500).contains(n))?;
    Some(now.checked_add(of_unit(number)).ok()?.timestamp())
}

fn day(text: &str, now: &Zoned) -> Option<Timestamp> {
    // Only a day: jiff would also read one out of a time.
    let is_day = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let day: Date = text.parse().ok().filter(|_| is_day)?;
    let end = day
        .tomorrow()
        .ok()?
        .to_zoned(now.time_zone().clone())
        .ok()?;
    Some(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_days_and_times() {
        let now: Zoned = "2026-11-22T12:00:00+01:00[+01:00]".parse().unwrap();
        for (text, expected) in [
            ("12h", "2026-11-22T23:00:00Z"),
            ("30d", "2026-12-22T11:00:00Z"),
            (" 2w ", "2026-12-06T11:00:00Z"),
            ("2026-12-24", "2026-12-24T23:00:00Z"),
            ("2026-12-24T12:00:00+01:00", "2026-12-24T11:00:00Z"),
        ] {
            assert_eq!(parse(text, &now).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "d", "0d", "-3d", "36501d", "30", "2026-13-01", "soon"] {
            assert!(parse(text, &now).is_err(), "{text}");
        }
    }
}
