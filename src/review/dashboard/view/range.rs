//! Which days a page is about. The daily sums are by day in UTC, so ranges
//! are whole days in UTC.

use crate::review::Days;
use jiff::{
    Span, Timestamp,
    civil::{Date, Time},
    tz::{Offset, TimeZone},
};

/// A range that has a name in the query string.
#[derive(Debug)]
pub(crate) struct Preset {
    /// The value of `range=`.
    pub(crate) name: &'static str,
    /// What the link says.
    pub(crate) label: &'static str,
    days: i32,
}

/// Every preset.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "today",
        label: "Today",
        days: 1,
    },
    Preset {
        name: "7d",
        label: "7 days",
        days: 7,
    },
    Preset {
        name: "30d",
        label: "30 days",
        days: 30,
    },
    Preset {
        name: "90d",
        label: "90 days",
        days: 90,
    },
    Preset {
        name: "year",
        label: "Year",
        days: 365,
    },
];

/// The preset that is taken where none is named.
pub(crate) const DEFAULT: &str = "7d";
/// Most days of a range: more than the sums are ever kept by default.
const MAX_DAYS: i32 = 3_660;

impl Preset {
    /// The range that ends on this day.
    pub(crate) fn range(&self, last: Date) -> Range {
        let first = last.saturating_sub(Span::new().days(self.days - 1));
        Range {
            days: Days { first, last },
            preset: Some(self.name),
        }
    }
}

/// Which days a page is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Range {
    /// The days.
    pub(crate) days: Days,
    /// The preset's name; none if the days are given by date.
    pub(crate) preset: Option<&'static str>,
}

impl Range {
    /// Reads the parameters `range`, `from` and `to`, of which any may be
    /// empty. Dates go before a preset; one that is missing is `today`.
    ///
    /// # Errors
    ///
    /// A value that makes no sense, with its remedy.
    pub(crate) fn parse(name: &str, from: &str, to: &str, today: Date) -> Result<Self, String> {
        if !(from.is_empty() && to.is_empty()) {
            return Self::dates(from, to, today);
        }
        let name = if name.is_empty() { DEFAULT } else { name };
        let preset = PRESETS.iter().find(|preset| preset.name == name);
        let preset = preset.ok_or_else(|| {
            let names: Vec<_> = PRESETS.iter().map(|preset| preset.name).collect();
            format!(
                "no range is called {name:?}; there are {}",
                names.join(", ")
            )
        })?;
        Ok(preset.range(today))
    }

    /// The default range.
    pub(crate) fn default_to(today: Date) -> Self {
        let preset = PRESETS.iter().find(|preset| preset.name == DEFAULT);
        let days = Days {
            first: today,
            last: today,
        };
        preset.map_or(Self { days, preset: None }, |preset| preset.range(today))
    }

    fn dates(from: &str, to: &str, today: Date) -> Result<Self, String> {
        let date = |text: &str| match text {
            "" => Ok(today),
            text => text
                .parse::<Date>()
                .map_err(|_| format!("{text:?} is no date; write one such as {today}")),
        };
        let (first, last) = (date(from)?, date(to)?);
        if first > last {
            return Err(format!(
                "the range would end ({last}) before it begins ({first}); swap the dates"
            ));
        }
        let range = Self {
            days: Days { first, last },
            preset: None,
        };
        match range.count() {
            1..=MAX_DAYS => Ok(range),
            days => Err(format!(
                "{days} days are too many; ask for at most {MAX_DAYS}"
            )),
        }
    }

    /// How many days.
    pub(crate) fn count(&self) -> i32 {
        self.days
            .first
            .until(self.days.last)
            .map_or(1, |span| span.get_days().saturating_add(1))
    }

    /// As many days right before these.
    pub(crate) fn before(&self) -> Days {
        Days {
            first: self
                .days
                .first
                .saturating_sub(Span::new().days(self.count())),
            last: self.days.first.saturating_sub(Span::new().days(1)),
        }
    }

    /// The first moment, and the first one after it, in milliseconds since
    /// 1970 (UTC).
    pub(crate) fn bounds(&self) -> (i64, i64) {
        let begin = |date: Date| {
            let time = TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight()));
            time.unwrap_or(Timestamp::UNIX_EPOCH).as_millisecond()
        };
        let next = self.days.last.saturating_add(Span::new().days(1));
        (begin(self.days.first), begin(next))
    }

    /// The conditions of a query for exactly these days. The query language
    /// reads dates in the server's zone, so they only do where that is UTC.
    pub(crate) fn query(&self, zone: &TimeZone) -> String {
        let Days { first, last } = self.days;
        let (begin, end) = self.bounds();
        let is_utc = |ms: i64| {
            let time = Timestamp::from_millisecond(ms).unwrap_or_default();
            zone.to_offset(time) == Offset::UTC
        };
        if is_utc(begin) && is_utc(end) {
            return format!("since:{first} until:{last}");
        }
        let next = last.saturating_add(Span::new().days(1));
        format!("since:{first}T00:00:00Z until:{next}T00:00:00Z")
    }

    /// The parameters that name it again.
    pub(crate) fn parameters(&self) -> [(&'static str, String); 3] {
        let (name, from, to) = match self.preset {
            Some(DEFAULT) => (String::new(), String::new(), String::new()),
            Some(name) => (name.to_owned(), String::new(), String::new()),
            None => (
                String::new(),
                self.days.first.to_string(),
                self.days.last.to_string(),
            ),
        };
        [("range", name), ("from", from), ("to", to)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 21);

    fn days(first: &str, last: &str) -> Days {
        Days {
            first: first.parse().unwrap(),
            last: last.parse().unwrap(),
        }
    }

    #[test]
    fn presets_end_today() {
        for (name, first) in [
            ("", "2026-11-15"),
            ("today", "2026-11-21"),
            ("7d", "2026-11-15"),
            ("30d", "2026-10-23"),
            ("90d", "2026-08-24"),
            ("year", "2025-11-22"),
        ] {
            let range = Range::parse(name, "", "", TODAY).unwrap();
            assert_eq!(range.days, days(first, "2026-11-21"), "{name}");
        }
        assert_eq!(
            Range::parse("", "", "", TODAY),
            Ok(Range::default_to(TODAY))
        );
    }

    #[test]
    fn the_period_before_is_as_long() {
        let week = Range::parse("7d", "", "", TODAY).unwrap();
        assert_eq!(week.count(), 7);
        assert_eq!(week.before(), days("2026-11-08", "2026-11-14"));
        let day = Range::parse("today", "", "", TODAY).unwrap();
        assert_eq!(day.before(), days("2026-11-20", "2026-11-20"));
    }

    #[test]
    fn the_query_is_about_the_same_days() {
        let range = Range::parse("", "2026-11-20", "2026-11-21", TODAY).unwrap();
        // 2026-11-20T00:00:00Z is 1,795,132,800 s after 1970.
        assert_eq!(
            range.bounds(),
            (1_795_132_800_000, 1_795_132_800_000 + 2 * 86_400_000)
        );
        assert_eq!(
            range.query(&TimeZone::UTC),
            "since:2026-11-20 until:2026-11-21"
        );
        assert_eq!(
            range.query(&TimeZone::get("Europe/Berlin").unwrap()),
            "since:2026-11-20T00:00:00Z until:2026-11-22T00:00:00Z"
        );
    }

    #[test]
    fn dates_go_before_presets_and_name_themselves() {
        let range = Range::parse("30d", "2026-11-01", "2026-11-03", TODAY).unwrap();
        assert_eq!(range.days, days("2026-11-01", "2026-11-03"));
        assert_eq!(
            range.parameters().map(|(_, value)| value),
            ["", "2026-11-01", "2026-11-03"]
        );
        let open = Range::parse("", "2026-11-20", "", TODAY).unwrap();
        assert_eq!(open.days, days("2026-11-20", "2026-11-21"));
        let month = Range::parse("30d", "", "", TODAY).unwrap();
        assert_eq!(month.parameters().map(|(_, value)| value), ["30d", "", ""]);
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_remedy() {
        for (name, from, to, expected) in [
            ("8d", "", "", "there are today, 7d"),
            ("", "21.11.2026", "", "such as 2026-11-21"),
            ("", "2026-11-20", "2026-11-19", "swap the dates"),
            ("", "1970-01-01", "", "too many"),
        ] {
            let error = Range::parse(name, from, to, TODAY).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
