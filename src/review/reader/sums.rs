//! What the daily sums answer. They outlive the messages, and count those
//! that have no row of their own.

use super::{Reader, ReviewError, patience::Stop};
use crate::{
    review::answers::{Days, Dimension, Series, Slot, Span, Sum, TopRow, Totals},
    sighting::{Trigger, Vector},
    telemetry::{Disposition, Status, store::status::read_status},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::params;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What stands in place of the names beyond the largest; the store uses the
/// same.
const OTHER: &str = "(other)";
/// What the series of one key is called where there are no actions.
const MESSAGES: &str = "messages";

/// Most days that a series shows one by one.
const MAX_DAYS: i64 = 120;
/// Most days that a series covers; sums are kept for a shorter time.
const MAX_SPAN: i64 = 3_660;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
const DAYS_OF_WEEK: i64 = 7;

/// A row of the sums.
struct Row<'a> {
    /// Days or hours since 1970 (UTC).
    at: i64,
    key: &'a str,
    action: &'a str,
    sum: Sum,
}

/// Where sums are read from.
#[derive(Clone, Copy)]
enum Table {
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
    /// What these days come to.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn totals(&self, days: Days) -> Result<Totals, ReviewError> {
        self.ask(|| {
            let mut totals = Totals::default();
            self.daily(days, Dimension::Disposition, |row| {
                add_messages(&mut totals, row.key, row.sum.messages);
            })?;
            let receipts: HashSet<&str> = Vector::ALL
                .iter()
                .filter(|vector| vector.trigger() == Trigger::Receipt)
                .map(|vector| vector.name())
                .collect();
            self.daily(days, Dimension::Vector, |row| {
                let is_receipt = receipts.contains(row.key);
                add_findings(&mut totals, row.action, is_receipt, row.sum.findings);
            })?;
            Ok(totals)
        })
    }

    /// How often the largest keys occur over time; the others stand together
    /// as `(other)`. Outcomes and reasons not to clean count messages,
    /// everything else findings. One day is split into hours where sums by the
    /// hour are kept, up to 120 days into days, and more into weeks, of which
    /// the first may be short.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn series(
        &self,
        dimension: Dimension,
        days: Days,
        keys: usize,
    ) -> Result<Series, ReviewError> {
        self.ask(|| {
            let mut counts: HashMap<String, BTreeMap<i64, u64>> = HashMap::new();
            let frame = self.frame(dimension, days)?;
            self.each(frame.table, frame.first, frame.last, dimension, |row| {
                let count = weight(dimension, row.sum);
                add(&mut counts, row.key, row.at, count);
            })?;
            let mut sizes: Vec<(u64, String)> = counts
                .iter()
                .map(|(key, at)| (at.values().sum(), key.clone()))
                .filter(|(size, key)| *size > 0 && key != OTHER)
                .collect();
            sizes.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
            let mut order: Vec<String> = sizes.into_iter().map(|(_, key)| key).collect();
            let small: Vec<String> = order.split_off(keys.min(order.len()));
            let mut others = counts.remove(OTHER).unwrap_or_default();
            for at in small.iter().filter_map(|key| counts.remove(key)) {
                for (at, count) in at {
                    *others.entry(at).or_default() += count;
                }
            }
            if others.values().any(|count| *count > 0) {
                counts.insert(OTHER.to_owned(), others);
                order.push(OTHER.to_owned());
            }
            Ok(frame.series(order, &counts))
        })
    }

    /// How often one key occurs over time, each action by itself; where the
    /// sums know no actions, as the only line `messages`. Stretches of time as
    /// for [`Reader::series`].
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn series_of(
        &self,
        dimension: Dimension,
        key: &str,
        days: Days,
    ) -> Result<Series, ReviewError> {
        self.ask(|| {
            let mut counts: HashMap<String, BTreeMap<i64, u64>> = HashMap::new();
            let frame = self.frame(dimension, days)?;
            self.each(frame.table, frame.first, frame.last, dimension, |row| {
                if row.key == key {
                    let action = match (row.action, counts_messages(dimension)) {
                        ("", true) => MESSAGES,
                        ("", false) => return,
                        (action, _) => action,
                    };
                    add(&mut counts, action, row.at, weight(dimension, row.sum));
                }
            })?;
            let mut order: Vec<(u64, String)> = counts
                .iter()
                .map(|(action, at)| (at.values().sum(), action.clone()))
                .collect();
            order.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
            let order = order.into_iter().map(|(_, action)| action).collect();
            Ok(frame.series(order, &counts))
        })
    }

    /// The largest keys of these days, `(other)` after them: by findings, or
    /// by messages where nothing else is counted. For domains of senders and
    /// recipients [`TopRow::sum`] counts all of their messages.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn top(
        &self,
        dimension: Dimension,
        days: Days,
        limit: usize,
    ) -> Result<Vec<TopRow>, ReviewError> {
        self.ask(|| {
            let mut rows: HashMap<String, HashMap<String, Sum>> = HashMap::new();
            self.daily(days, dimension, |row| {
                if !rows.contains_key(row.key) {
                    rows.insert(row.key.to_owned(), HashMap::new());
                }
                let Some(actions) = rows.get_mut(row.key) else {
                    return;
                };
                if let Some(sum) = actions.get_mut(row.action) {
                    sum.add(row.sum);
                } else {
                    actions.insert(row.action.to_owned(), row.sum);
                }
            })?;
            let mut rows: Vec<TopRow> = rows
                .into_iter()
                .map(|(key, actions)| top_row(key, actions))
                .collect();
            rows.sort_by(|a, b| {
                let size = |row: &TopRow| weight(dimension, row.sum);
                (a.key == OTHER)
                    .cmp(&(b.key == OTHER))
                    .then_with(|| size(b).cmp(&size(a)))
                    .then_with(|| b.sum.messages.cmp(&a.sum.messages))
                    .then_with(|| a.key.cmp(&b.key))
            });
            rows.truncate(limit);
            Ok(rows)
        })
    }

    /// Since when the sums know a key, and how often it occurred; nothing if
    /// they do not know it.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn span(&self, dimension: Dimension, key: &str) -> Result<Option<Span>, ReviewError> {
        self.ask(|| {
            let mut statement = self.connection.prepare_cached(
                "WITH RECURSIVE d(at) AS (
                     SELECT min(day) FROM rollup_daily UNION ALL
                     SELECT at + 1 FROM d
                     WHERE at < (SELECT max(day) FROM rollup_daily))
                 SELECT r.day, r.action, r.findings, r.messages
                 FROM d CROSS JOIN rollup_daily r
                     ON r.day = d.at AND r.dim = ?1 AND r.key = ?2",
            )?;
            let mut rows = statement.query(params![dimension.info().stored, key])?;
            let mut actions: HashMap<String, Sum> = HashMap::new();
            let mut days: Option<(i64, i64)> = None;
            while let Some(row) = rows.next()? {
                let day = row.get(0)?;
                days = Some((days.map_or(day, |(first, _)| first), day));
                actions
                    .entry(row.get(1)?)
                    .or_default()
                    .add(sum(row.get(2)?, row.get(3)?));
            }
            Ok(days.map(|(first, last)| Span {
                first: date(first),
                last: date(last),
                sum: top_row(String::new(), actions).sum,
            }))
        })
    }

    /// What the recorder last said about itself; nothing before its first
    /// word.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn status(&self) -> Result<Option<Status>, ReviewError> {
        self.ask(|| Ok(read_status(&self.connection)))
    }

    fn daily(
        &self,
        days: Days,
        dimension: Dimension,
        each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let (first, last) = (day(days.first), day(days.last));
        self.each(Table::Daily, first, last, dimension, each)
    }

    /// The sums from one day or hour to another, in order of time.
    fn each(
        &self,
        table: Table,
        first: i64,
        last: i64,
        dimension: Dimension,
        mut each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        let bounds = match table {
            Table::Daily => "SELECT min(day), max(day) FROM rollup_daily",
            Table::Hourly => "SELECT min(hour), max(hour) FROM rollup_hourly",
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

    fn frame(&self, dimension: Dimension, days: Days) -> Result<Frame, Stop> {
        let last = day(days.last);
        let first = day(days.first).max(last.saturating_sub(MAX_SPAN));
        let count = last - first + 1;
        if count == 1 && self.has_hours(dimension, first)? {
            return Ok(Frame {
                table: Table::Hourly,
                first: first * 24,
                last: first * 24 + 23,
                unit_ms: HOUR_MS,
                units: 1,
            });
        }
        Ok(Frame {
            table: Table::Daily,
            first,
            last,
            unit_ms: DAY_MS,
            units: if count > MAX_DAYS { DAYS_OF_WEEK } else { 1 },
        })
    }

    /// Whether the day has sums by the hour, or nothing to sum.
    fn has_hours(&self, dimension: Dimension, day: i64) -> Result<bool, Stop> {
        let has = |sql: &str, at: i64| {
            let mut statement = self.connection.prepare_cached(sql)?;
            statement.exists(params![at, dimension.info().stored])
        };
        let has_hours = has(
            "WITH RECURSIVE d(at) AS (
                 SELECT ?1 UNION ALL SELECT at + 1 FROM d WHERE at < ?1 + 23)
             SELECT 1 FROM d CROSS JOIN rollup_hourly r ON r.hour = d.at AND r.dim = ?2",
            day * 24,
        )?;
        let has_day = "SELECT 1 FROM rollup_daily WHERE day = ?1 AND dim = ?2";
        Ok(has_hours || !has(has_day, day)?)
    }
}

/// The stretches of time of a series.
struct Frame {
    table: Table,
    /// The first day or hour since 1970.
    first: i64,
    /// The last.
    last: i64,
    /// Length of one of them.
    unit_ms: i64,
    /// How many make a slot; they are counted from the end.
    units: i64,
}

impl Frame {
    fn series(&self, keys: Vec<String>, counts: &HashMap<String, BTreeMap<i64, u64>>) -> Series {
        let mut slots = Vec::new();
        let mut start = self.first;
        while start <= self.last {
            let left = (self.last - start) % self.units;
            let end = start + left;
            let of = |key: &String| {
                let at = counts.get(key)?;
                Some(at.range(start..=end).map(|(_, count)| count).sum())
            };
            slots.push(Slot {
                start_ms: start * self.unit_ms,
                span_ms: (left + 1) * self.unit_ms,
                counts: keys.iter().map(|key| of(key).unwrap_or_default()).collect(),
            });
            start = end + 1;
        }
        Series { keys, slots }
    }
}

fn add(counts: &mut HashMap<String, BTreeMap<i64, u64>>, key: &str, at: i64, count: u64) {
    if let Some(known) = counts.get_mut(key) {
        *known.entry(at).or_default() += count;
    } else {
        counts.insert(key.to_owned(), BTreeMap::from([(at, count)]));
    }
}

/// Whether the sums of a dimension only count messages.
fn counts_messages(dimension: Dimension) -> bool {
    matches!(dimension, Dimension::Disposition | Dimension::Skip)
}

/// What makes a key large.
fn weight(dimension: Dimension, sum: Sum) -> u64 {
    if counts_messages(dimension) {
        sum.messages
    } else {
        sum.findings
    }
}

fn top_row(key: String, mut actions: HashMap<String, Sum>) -> TopRow {
    let all = actions.remove("");
    let mut row = TopRow {
        key,
        sum: Sum::default(),
        actions: actions.into_iter().collect(),
    };
    for sum in row.actions.values() {
        row.sum.add(*sum);
    }
    if let Some(all) = all {
        row.sum.messages = all.messages;
    }
    row
}

fn add_messages(totals: &mut Totals, disposition: &str, messages: u64) {
    totals.messages += messages;
    let known = Disposition::ALL.iter().find(|d| d.name() == disposition);
    match known {
        Some(Disposition::Changed) => totals.changed += messages,
        Some(Disposition::Clean) => totals.clean += messages,
        Some(Disposition::Failed) => totals.failed += messages,
        Some(Disposition::Skipped) => totals.skipped += messages,
        Some(Disposition::WouldChange) => totals.would_change += messages,
        None => {}
    }
}

fn add_findings(totals: &mut Totals, action: &str, is_receipt: bool, findings: u64) {
    let place = match (action, is_receipt) {
        ("allow", _) => &mut totals.allowed,
        ("keep", _) => &mut totals.kept,
        ("opaque", _) => &mut totals.opaque,
        (_, true) => &mut totals.receipts,
        ("neutralize" | "remove" | "would-neutralize" | "would-remove", _) => &mut totals.trackers,
        ("unwrap" | "trim" | "would-unwrap" | "would-trim", _) => &mut totals.links,
        _ => return,
    };
    *place += findings;
}

fn sum(findings: i64, messages: i64) -> Sum {
    Sum {
        findings: findings.try_into().unwrap_or_default(),
        messages: messages.try_into().unwrap_or_default(),
    }
}

/// Days since 1970.
fn day(date: Date) -> i64 {
    const EPOCH: Date = Date::constant(1970, 1, 1);
    // Days between two dates of the calendar always fit a span.
    date.since(EPOCH)
        .map_or(0, |span| i64::from(span.get_days()))
}

fn date(day: i64) -> Date {
    Timestamp::from_millisecond(day.saturating_mul(DAY_MS))
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .date()
}
