//! Points in time as people write them.

use jiff::{Span, Timestamp, Zoned, civil};

/// Which end of a day a bare date stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Edge {
    /// Its first moment.
    Begin,
    /// The first moment of the next day.
    End,
}

/// Reads a span back from now (`2h`, `7d`), a date, a local date and time, or
/// an RFC 3339 time, as milliseconds since 1970 (UTC).
pub(super) fn parse(text: &str, now: &Zoned, edge: Edge) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(span) = text.parse::<Span>() {
        return now
            .checked_sub(span.abs())
            .map(|then| then.timestamp().as_millisecond())
            .map_err(|_| "too far back".to_owned());
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let zone = now.time_zone().clone();
    let local = if is_date(text) {
        text.parse::<civil::Date>()
            .and_then(|date| match edge {
                Edge::Begin => Ok(date),
                Edge::End => date.tomorrow(),
            })
            .map(|date| date.at(0, 0, 0, 0))
    } else {
        text.parse::<civil::DateTime>()
    };
    local
        .and_then(|local| local.to_zoned(zone))
        .map(|time| time.timestamp().as_millisecond())
        .map_err(|_| "expected 2h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z".to_owned())
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_dates_and_times() {
        // 12:00 in Berlin is 11:00 UTC, 1,795,258,800 s after 1970.
        let now: Zoned = "2026-11-21T12:00:00+01:00[Europe/Berlin]".parse().unwrap();
        let noon = 1_795_258_800;
        for (text, edge, seconds) in [
            ("2h", Edge::Begin, noon - 7_200),
            ("90m", Edge::Begin, noon - 5_400),
            ("7d", Edge::Begin, noon - 7 * 86_400),
            ("1h30m", Edge::Begin, noon - 5_400),
            ("2 hours ago", Edge::Begin, noon - 7_200),
            ("2026-11-21", Edge::Begin, noon - 12 * 3_600),
            ("2026-11-21", Edge::End, noon + 12 * 3_600),
            ("2026-11-21T12:00:00", Edge::End, noon),
            ("2026-11-21 12:00", Edge::Begin, noon),
            ("2026-11-21T11:00:00Z", Edge::Begin, noon),
            ("2026-11-21T12:00:00+01:00", Edge::Begin, noon),
        ] {
            assert_eq!(
                parse(text, &now, edge),
                Ok(seconds * 1_000),
                "{text} {edge:?}"
            );
        }
        for text in ["yesterday", "", "2026-13-01", "7", "9999999999d"] {
            assert!(parse(text, &now, Edge::Begin).is_err(), "{text}");
        }
    }
}
