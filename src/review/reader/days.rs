//! Reads the sums by the day and by the hour.

use super::{Reader, patience::Stop};
use crate::{
    review::answers::{Days, Dimension, Sum},
    telemetry::store::{
        finish::STRETCH,
        packed::{Malformed, Packed, Sum as PackedSum},
    },
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{ToSql, params};

/// What stands in place of the names beyond the largest; the store uses the
/// same.
pub(super) const OTHER: &str = "(other)";
pub(super) const DAY_MS: i64 = 86_400_000;

/// A row of the sums.
pub(super) struct Row<'a> {
    /// Days or hours since 1970 (UTC); of several days the first one.
    pub(super) at: i64,
    pub(super) key: &'a str,
    pub(super) action: &'a str,
    pub(super) sum: Sum,
}

/// Rows of days or hours. Only the running day has all of its rows here: those
/// of others are what came late, or what is not packed yet. Each day or hour
/// that is there is looked for by itself, since the dimension comes after it in
/// the key.
macro_rules! rows {
    ($table:literal, $at:literal) => {
        concat!(
            "WITH RECURSIVE d(at) AS (
                 SELECT (SELECT min(",
            $at,
            ") FROM ",
            $table,
            " WHERE ",
            $at,
            " >= ?1)
                 UNION ALL
                 SELECT (SELECT min(",
            $at,
            ") FROM ",
            $table,
            " WHERE ",
            $at,
            " > d.at) FROM d
                 WHERE d.at < ?2)
             SELECT r.",
            $at,
            ", r.key, r.action, r.findings, r.messages
             FROM d CROSS JOIN ",
            $table,
            " r ON r.",
            $at,
            " = d.at AND r.dim = ?3
             WHERE d.at <= ?2"
        )
    };
}

const HOURS: &str = rows!("rollup_hourly", "hour");
const OPEN_DAYS: &str = rows!("rollup_daily", "day");

/// Days that are packed, one by one.
const PACKED_DAYS: &str = "
    SELECT first, sums FROM rollup_packed
    WHERE days = 1 AND dim = ?3 AND first >= ?1 AND first <= ?2";

/// Stretches of days, and the days that are in none of these stretches.
const PACKED: &str = "
    SELECT first, sums FROM rollup_packed
    WHERE days = ?4 AND dim = ?3 AND first >= ?1 AND first <= ?2 - ?4 + 1
    UNION ALL
    SELECT d.first, d.sums FROM rollup_packed d
    WHERE d.days = 1 AND d.dim = ?3 AND d.first >= ?1 AND d.first <= ?2 AND NOT EXISTS (
        SELECT 1 FROM rollup_packed s
        WHERE s.days = ?4 AND s.dim = ?3 AND s.first > d.first - ?4 AND s.first <= d.first
            AND s.first >= ?1 AND s.first <= ?2 - ?4 + 1)";

impl Reader {
    /// What these days come to in one dimension: rows whose sum it is, of any
    /// day of them.
    pub(super) fn sums(
        &self,
        days: Days,
        dimension: Dimension,
        mut each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        self.open_days(days, dimension, &mut each)?;
        self.packed_days(days, dimension, |at, packed| rows_of(at, packed, &mut each))
    }

    /// The part of [`Self::sums`] that stands in rows.
    pub(super) fn open_days(
        &self,
        days: Days,
        dimension: Dimension,
        each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let (first, last) = (day(days.first), day(days.last));
        self.unpacked(OPEN_DAYS, first, last, dimension, each)
    }

    /// The part of [`Self::sums`] that is packed.
    pub(super) fn packed_days(
        &self,
        days: Days,
        dimension: Dimension,
        each: impl FnMut(i64, Packed<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Stop> {
        let (first, last) = (day(days.first), day(days.last));
        let dim = dimension.info().stored;
        self.packed(PACKED, params![first, last, dim, STRETCH], each)
    }

    /// The sums of each day by itself, in no order.
    pub(super) fn daily(
        &self,
        first: i64,
        last: i64,
        dimension: Dimension,
        mut each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        self.unpacked(OPEN_DAYS, first, last, dimension, &mut each)?;
        let dim = dimension.info().stored;
        let parameters = params![first, last, dim];
        self.packed(PACKED_DAYS, parameters, |at, packed| {
            rows_of(at, packed, &mut each)
        })
    }

    /// The sums of each hour by itself.
    pub(super) fn hourly(
        &self,
        first: i64,
        last: i64,
        dimension: Dimension,
        each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        self.unpacked(HOURS, first, last, dimension, each)
    }

    fn unpacked(
        &self,
        sql: &str,
        first: i64,
        last: i64,
        dimension: Dimension,
        mut each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let mut statement = self.connection.prepare_cached(sql)?;
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

    fn packed(
        &self,
        sql: &str,
        parameters: &[&dyn ToSql],
        mut each: impl FnMut(i64, Packed<'_>) -> Result<(), Malformed>,
    ) -> Result<(), Stop> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            self.patience.check()?;
            let bytes = row.get_ref(1)?.as_blob().unwrap_or_default();
            let packed = Packed::new(bytes).map_err(rusqlite::Error::from)?;
            each(row.get(0)?, packed).map_err(rusqlite::Error::from)?;
        }
        Ok(())
    }
}

fn rows_of(at: i64, packed: Packed<'_>, mut each: impl FnMut(Row<'_>)) -> Result<(), Malformed> {
    packed.each(|key, action, sum| {
        let sum = sum.into();
        each(Row {
            at,
            key,
            action,
            sum,
        });
    })
}

impl From<PackedSum> for Sum {
    fn from(sum: PackedSum) -> Self {
        Self {
            findings: sum.findings,
            messages: sum.messages,
        }
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
