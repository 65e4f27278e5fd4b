//! Which days a report is about, and which ones it compares them with.

use crate::review::Days;
use clap::ValueEnum;
use jiff::{Span, ToSpan, Unit, civil::Date};

/// Most days of a report: more than the sums are kept by default.
const MAX_DAYS: i64 = 3_660;
/// The days of a report that nothing is said of.
const DEFAULT: &str = "7d";

/// A period with a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Name {
    /// Yesterday
    Day,
    /// The last Monday to Sunday
    Week,
    /// The last month
    Month,
}

/// What the command line says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    pub(super) since: Option<&'a str>,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
    pub(super) name: Option<Name>,
}

/// The days of the report, and those before.
///
/// # Errors
///
/// What is wrong with them.
pub(super) fn days(wanted: &Wanted<'_>, today: Date) -> Result<(Days, Days), String> {
    if let Some(name) = wanted.name {
        return named(name, today).map_err(|_| "the calendar ends there".to_owned());
    }
    let (first, last) = match wanted.from {
        Some(first) => (first, wanted.to.unwrap_or(today)),
        None => (since(wanted.since.unwrap_or(DEFAULT), today)?, today),
    };
    if first > last {
        return Err(format!("the first day, {first}, is after the last, {last}"));
    }
    let count = last
        .since((Unit::Day, first))
        .map_or(0, |span| span.get_days());
    let count = i64::from(count) + 1;
    if count > MAX_DAYS {
        return Err(format!("{count} days are more than {MAX_DAYS}"));
    }
    let before = || -> Result<Days, jiff::Error> {
        Ok(Days {
            first: first.checked_sub(Span::new().try_days(count)?)?,
            last: first.yesterday()?,
        })
    };
    let before = before().map_err(|_| "the calendar begins there".to_owned())?;
    Ok((Days { first, last }, before))
}

/// The first of the days that end today, or a date.
fn since(text: &str, today: Date) -> Result<Date, String> {
    if let Ok(date) = text.parse::<Date>() {
        return Ok(date);
    }
    let wrong = || format!("--since {text}: expected whole days such as 30d or 4w, or 2026-11-01");
    let span = text.parse::<Span>().map_err(|_| wrong())?.abs();
    let is_whole = span.fieldwise()
        == Span::new()
            .years(span.get_years())
            .months(span.get_months())
            .weeks(span.get_weeks())
            .days(span.get_days());
    if !is_whole || span.is_zero() {
        return Err(wrong());
    }
    let first = today.checked_sub(span).and_then(Date::tomorrow);
    first.map_err(|_| wrong())
}

fn named(name: Name, today: Date) -> Result<(Days, Days), jiff::Error> {
    let (first, next, before) = match name {
        Name::Day => {
            let first = today.yesterday()?;
            (first, today, first.yesterday()?)
        }
        Name::Week => {
            let since_monday = i64::from(today.weekday().to_monday_zero_offset());
            let next = today.checked_sub(since_monday.days())?;
            let first = next.checked_sub(1.week())?;
            (first, next, first.checked_sub(1.week())?)
        }
        Name::Month => {
            let next = today.first_of_month();
            let first = next.checked_sub(1.month())?;
            (first, next, first.checked_sub(1.month())?)
        }
    };
    let until = |first: Date, next: Date| -> Result<Days, jiff::Error> {
        Ok(Days {
            first,
            last: next.yesterday()?,
        })
    };
    Ok((until(first, next)?, until(before, first)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Sunday.
    const TODAY: &str = "2026-11-22";

    fn of(wanted: Wanted<'_>) -> Result<[String; 4], String> {
        days(&wanted, TODAY.parse().unwrap()).map(|(days, before)| {
            [days.first, days.last, before.first, before.last].map(|day| day.to_string())
        })
    }

    #[test]
    fn days_and_those_before() {
        let since = |text| Wanted {
            since: Some(text),
            ..Wanted::default()
        };
        let name = |name| Wanted {
            name: Some(name),
            ..Wanted::default()
        };
        let from = |first: &str, last: Option<&str>| Wanted {
            from: Some(first.parse().unwrap()),
            to: last.map(|last| last.parse().unwrap()),
            ..Wanted::default()
        };
        for (wanted, expected) in [
            (
                Wanted::default(),
                ["2026-11-16", "2026-11-22", "2026-11-09", "2026-11-15"],
            ),
            (
                since("1d"),
                ["2026-11-22", "2026-11-22", "2026-11-21", "2026-11-21"],
            ),
            (
                since("30d"),
                ["2026-10-24", "2026-11-22", "2026-09-24", "2026-10-23"],
            ),
            (
                since("2w"),
                ["2026-11-09", "2026-11-22", "2026-10-26", "2026-11-08"],
            ),
            (
                since("2026-11-21"),
                ["2026-11-21", "2026-11-22", "2026-11-19", "2026-11-20"],
            ),
            (
                from("2026-11-01", Some("2026-11-03")),
                ["2026-11-01", "2026-11-03", "2026-10-29", "2026-10-31"],
            ),
            (
                from("2026-11-22", None),
                ["2026-11-22", "2026-11-22", "2026-11-21", "2026-11-21"],
            ),
            (
                name(Name::Day),
                ["2026-11-21", "2026-11-21", "2026-11-20", "2026-11-20"],
            ),
            (
                name(Name::Week),
                ["2026-11-09", "2026-11-15", "2026-11-02", "2026-11-08"],
            ),
            (
                name(Name::Month),
                ["2026-10-01", "2026-10-31", "2026-09-01", "2026-09-30"],
            ),
        ] {
            assert_eq!(of(wanted).unwrap(), expected, "{wanted:?}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        for text in ["", "yesterday", "2h", "1d2h", "0d", "99999y", "11y"] {
            let wanted = Wanted {
                since: Some(text),
                ..Wanted::default()
            };
            assert!(of(wanted).is_err(), "{text}");
        }
        let backwards = Wanted {
            from: Some("2026-11-03".parse().unwrap()),
            to: Some("2026-11-01".parse().unwrap()),
            ..Wanted::default()
        };
        let error = of(backwards).unwrap_err();
        assert_eq!(
            error,
            "the first day, 2026-11-03, is after the last, 2026-11-01"
        );
    }
}
