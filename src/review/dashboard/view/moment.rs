//! Points in time: in the server's zone for people, in UTC beside it.

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// A point in time as a page shows it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Moment {
    /// In the server's zone, to the second.
    pub(crate) local: String,
    /// In UTC, to the millisecond (RFC 3339), for `<time datetime>` and titles.
    pub(crate) utc: String,
}

impl Moment {
    /// The point in time so many milliseconds after 1970 (UTC).
    pub(crate) fn new(ms: i64, zone: &TimeZone) -> Self {
        let Ok(time) = Timestamp::from_millisecond(ms) else {
            return Self::default();
        };
        Self {
            local: time
                .to_zoned(zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string(),
            utc: time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        }
    }
}

/// How long ago that was, in the largest unit that makes sense: `3 minutes
/// ago`.
pub(crate) fn ago(ms: i64, now: &Zoned) -> String {
    const UNITS: &[(u64, &str, &str)] = &[
        (86_400, "day", "days"),
        (3_600, "hour", "hours"),
        (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ];
    let passed = now.timestamp().as_millisecond().saturating_sub(ms) / 1_000;
    let passed = u64::try_from(passed).unwrap_or(0);
    match UNITS.iter().find(|(unit, ..)| passed >= *unit) {
        Some((unit, one, many)) => {
            let text = super::number::things(passed / unit, one, many);
            format!("{text} ago")
        }
        None => "just now".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_local_time_and_programs_utc() {
        // 2026-11-21T12:00:00Z is 1,795,262,400 s after 1970.
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(
            Moment::new(1_795_262_400_007, &zone),
            Moment {
                local: "2026-11-21 13:00:00".to_owned(),
                utc: "2026-11-21T12:00:00.007Z".to_owned(),
            }
        );
        assert_eq!(Moment::new(i64::MAX, &zone), Moment::default());
    }

    #[test]
    fn time_passes_in_words() {
        let now: Zoned = "2026-11-21T12:00:00+00:00[UTC]".parse().unwrap();
        let noon = 1_795_262_400_000;
        for (seconds, expected) in [
            (-5, "just now"),
            (0, "just now"),
            (1, "1 second ago"),
            (119, "1 minute ago"),
            (7_200, "2 hours ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(noon - seconds * 1_000, &now), expected);
        }
    }
}
