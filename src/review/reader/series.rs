//! Counts over time, out of the sums.

use super::{
    Reader, ReviewError,
    days::{DAY_MS, OTHER, Row, counts_messages, day, weight},
    patience::Stop,
};
use crate::review::answers::{Days, Dimension, Series, Slot};
use ahash::AHashMap;
use std::collections::BTreeMap;

/// What the series of one key is called where there are no actions.
const MESSAGES: &str = "messages";

/// Most days that a series shows one by one.
const MAX_DAYS: i64 = 120;
/// Most days that a series covers; sums are kept for a shorter time.
const MAX_SPAN: i64 = 3_660;
const HOUR_MS: i64 = 3_600_000;
const DAYS_OF_WEEK: i64 = 7;

impl Reader {
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
            let mut counts: AHashMap<String, BTreeMap<i64, u64>> = AHashMap::new();
            let frame = self.frame(dimension, days)?;
            self.each(&frame, dimension, |row| {
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
            let mut counts: AHashMap<String, BTreeMap<i64, u64>> = AHashMap::new();
            let frame = self.frame(dimension, days)?;
            self.each(&frame, dimension, |row| {
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

    fn frame(&self, dimension: Dimension, days: Days) -> Result<Frame, Stop> {
        let last = day(days.last);
        let first = day(days.first).max(last.saturating_sub(MAX_SPAN));
        let count = last - first + 1;
        if count == 1 && self.has_hours(dimension, first)? {
            return Ok(Frame {
                is_hourly: true,
                first: first * 24,
                last: first * 24 + 23,
                unit_ms: HOUR_MS,
                units: 1,
            });
        }
        Ok(Frame {
            is_hourly: false,
            first,
            last,
            unit_ms: DAY_MS,
            units: if count > MAX_DAYS { DAYS_OF_WEEK } else { 1 },
        })
    }

    /// The sums of each day or hour of a series.
    fn each(
        &self,
        frame: &Frame,
        dimension: Dimension,
        each: impl FnMut(Row<'_>),
    ) -> Result<(), Stop> {
        if frame.is_hourly {
            self.hourly(frame.first, frame.last, dimension, each)
        } else {
            self.daily(frame.first, frame.last, dimension, each)
        }
    }

    /// Whether the day has sums by the hour, or nothing to sum.
    fn has_hours(&self, dimension: Dimension, day: i64) -> Result<bool, Stop> {
        let (mut has_hours, mut has_day) = (false, false);
        self.hourly(day * 24, day * 24 + 23, dimension, |_| has_hours = true)?;
        if !has_hours {
            self.daily(day, day, dimension, |_| has_day = true)?;
        }
        Ok(has_hours || !has_day)
    }
}

/// The stretches of time of a series.
struct Frame {
    is_hourly: bool,
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
    fn series(&self, keys: Vec<String>, counts: &AHashMap<String, BTreeMap<i64, u64>>) -> Series {
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

fn add(counts: &mut AHashMap<String, BTreeMap<i64, u64>>, key: &str, at: i64, count: u64) {
    if let Some(known) = counts.get_mut(key) {
        *known.entry(at).or_default() += count;
    } else {
        counts.insert(key.to_owned(), BTreeMap::from([(at, count)]));
    }
}
