//! Reads the sums by the day and by the hour.

use super::{Reader, patience::Stop};
use crate::review::answers::{Days, Dimension, Sum};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::params;

/// What stands in place of the names beyond the largest; the store uses the
/// same.
pub(super) const OTHER: &str = "(other)";
pub(super) const DAY_MS: i64 = 86_400_000;

/// A row of the sums.
pub(super) struct Row<'a> {
    /// Days or hours since 1970 (UTC).
    pub(super) at: i64,
    pub(super) key: &'a str,
    pub(super) action: &'a str,
    pub(super) sum: Sum,
}

/// Where sums are read from.
#[derive(Clone, Copy)]
pub(super) enum Table {
    Daily,
    Hourly,
}

impl Table {
    /// Each day or hour is looked for by itself: the dimension comes after it
    /// in the key.
    fn sql(self) -> &'static str {
        match self {
            Self::Daily => {
                "WITH RECURSIVE d(at) AS (
                     SELECT ?1 UNION ALL SELECT at + 1 FROM d WHERE at < ?2)
                 SELECT r.day, r.key, r.action, r.findings, r.messages
                 FROM d CROSS JOIN rollup_daily r ON r.day = d.at AND r.dim = ?3"
            }
            Self::Hourly => {
                "WITH RECURSIVE d(at) AS (
                     SELECT ?1 UNION ALL SELECT at + 1 FROM d WHERE at < ?2)
                 SELECT r.hour, r.key, r.action, r.findings, r.messages
                 FROM d CROSS JOIN rollup_hourly r ON r.hour = d.at AND r.dim = ?3"
            }
        }
    }
}

impl Reader {
    pub(super) fn daily(
        &self,
        days: Days,
        dimension: Dimension,
        each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let (first, last) = (day(days.first), day(days.last));
        self.each(Table::Daily, first, last, dimension, each)
    }

    /// The sums from one day or hour to another, in order of time.
    pub(super) fn each(
        &self,
        table: Table,
        first: i64,
        last: i64,
        dimension: Dimension,
        mut each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let bounds = match table {
            // One by one: only then is each a single look at the index.
            Table::Daily => {
                "SELECT (SELECT min(day) FROM rollup_daily),
                        (SELECT max(day) FROM rollup_daily)"
            }
            Table::Hourly => {
                "SELECT (SELECT min(hour) FROM rollup_hourly),
                        (SELECT max(hour) FROM rollup_hourly)"
            }
        };
        let known: (Option<i64>, Option<i64>) = self
            .connection
            .prepare_cached(bounds)?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (Some(oldest), Some(newest)) = known else {
            return Ok(());
        };
        let (first, last) = (first.max(oldest), last.min(newest));
        if first > last {
            return Ok(());
        }
        let mut statement = self.connection.prepare_cached(table.sql())?;
        let mut rows = statement.query(params![first, last, dimension.info().stored])?;
        while let Some(row) = rows.next()? {
            each(Row {
                at: row.get(0)?,
                key: row.get_ref(1)?.as_str().unwrap_or_default(),
                action: row.get_ref(2)?.as_str().unwrap_or_default(),
                sum: sum(row.get(3)?, row.get(4)?),
            });
        }
        Ok(())
    }
}

/// Whether the sums of a dimension only count messages.
pub(super) fn counts_messages(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Disposition | Dimension::Skip)
}

/// What makes a key large.
pub(super) fn weight(dimension: Dimension, sum: Sum) -> u64 {
    if counts_messages(dimension) {
        sum.messages
    } else {
        sum.findings
    }
}

pub(super) fn sum(findings: i64, messages: i64) -> Sum {
    Sum {
        findings: findings.try_into().unwrap_or_default(),
        messages: messages.try_into().unwrap_or_default(),
    }
}

/// Days since 1970.
pub(super) fn day(date: Date) -> i64 {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    // Days between two dates of the calendar always fit a span.
    date.since(EPOCH)
        .map_or(0, |span| i64::from(span.get_days()))
}

pub(super) fn date(day: i64) -> Date {
    Timestamp::from_millisecond(day.saturating_mul(DAY_MS))
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .date()
}
