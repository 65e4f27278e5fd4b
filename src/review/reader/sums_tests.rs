//! Sums of any days are what the rows of these days add up to, however far the
//! clean-up has packed them.

use super::*;
use crate::{
    review::{Days, Dimension, testing::Log},
    telemetry::{
        store::{Store, retention::Janitor},
        testing::NOON,
    },
};
use jiff::{ToSpan, civil::date};
use std::collections::BTreeMap;

/// 2026-11-21 in days since 1970.
const TODAY: i64 = 20_778;
/// How many days have rows. Stretches begin every 32 days from 20,672 on.
const DAYS: i64 = 110;
const SENDERS: u64 = 12;
const ACTIONS: [&str; 5] = ["", "keep", "neutralize", "opaque", "unwrap"];

/// The same numbers on every run (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn day(&mut self, first: i64, count: i64) -> i64 {
        first + i64::try_from(self.below(count.unsigned_abs())).unwrap()
    }

    /// Days from before the first ones to after the last.
    fn days(&mut self) -> Days {
        let one = self.day(TODAY - DAYS - 8, DAYS + 12);
        let other = self.day(TODAY - DAYS - 8, DAYS + 12);
        let date = |day: i64| date(2026, 11, 21).checked_add((day - TODAY).days());
        Days {
            first: date(one.min(other)).unwrap(),
            last: date(one.max(other)).unwrap(),
        }
    }
}

/// One log whose days are packed, and one with the same rows.
struct Twins {
    packed: Log,
    rows: Log,
}

impl Twins {
    fn new() -> Self {
        let twins = Self {
            packed: Log::empty(),
            rows: Log::empty(),
        };
        for log in [&twins.packed, &twins.rows] {
            drop(Store::open(&log.settings.path).unwrap());
        }
        twins
    }

    /// Adds rows of these days.
    fn add(&self, random: &mut Random, first: i64, count: i64, rows: usize) {
        let mut sql = "BEGIN;".to_owned();
        for _ in 0..rows {
            // Squared, so that some names are large.
            let sender = random.below(SENDERS) * random.below(SENDERS) / SENDERS;
            let action = ACTIONS[usize::try_from(random.below(5)).unwrap()];
            let findings = if action.is_empty() {
                0
            } else {
                random.below(300)
            };
            sql += &format!(
                "INSERT INTO rollup_daily VALUES
                     ({}, 'sender_domain', 's{sender}', '{action}', {findings}, {})
                 ON CONFLICT DO UPDATE SET findings = findings + excluded.findings,
                     messages = messages + excluded.messages;",
                random.day(first, count),
                random.below(9)
            );
        }
        sql += "COMMIT;";
        for log in [&self.packed, &self.rows] {
            let connection = Connection::open(&log.settings.path).unwrap();
            connection.execute_batch(&sql).unwrap();
        }
    }

    /// Cleans one of them up on a day; the other one only forgets.
    fn tidy(&self, keep_days: u32, day: i64) {
        let mut store = Store::open(&self.packed.settings.path).unwrap();
        let mut janitor = Janitor::new(keep_days, keep_days, u64::MAX);
        let now_ms = NOON + (day - TODAY) * 86_400_000;
        while !store.tidy(&mut janitor, now_ms).unwrap().is_done {}
        let connection = Connection::open(&self.rows.settings.path).unwrap();
        let forget = "DELETE FROM rollup_daily WHERE day < ?1";
        let oldest = day - i64::from(keep_days);
        connection.execute(forget, [oldest]).unwrap();
    }

    fn compare(&self, random: &mut Random) {
        let (packed, rows) = (self.packed.reader(), self.rows.reader());
        let of = Dimension::Sender;
        for _ in 0..60 {
            let days = random.days();
            let expected = added_up(&rows, days);
            let top = packed.top(of, days, usize::MAX).unwrap();
            let mut found = BTreeMap::new();
            for row in &top {
                for (action, sum) in &row.actions {
                    let sums = (sum.findings, sum.messages);
                    found.insert((row.key.clone(), action.clone()), sums);
                }
                let messages = expected.get(&(row.key.clone(), String::new()));
                if let Some((_, messages)) = messages {
                    assert_eq!(row.sum.messages, *messages, "{} {days:?}", row.key);
                }
            }
            let of_actions = expected
                .iter()
                .filter(|((_, action), _)| !action.is_empty());
            let of_actions = of_actions.map(|(key, sums)| (key.clone(), *sums));
            assert_eq!(found, of_actions.collect(), "{days:?}");
            assert_eq!(top, rows.top(of, days, usize::MAX).unwrap());
            assert_eq!(top[..top.len().min(3)], packed.top(of, days, 3).unwrap());
            let (a, b) = (packed.series(of, days, 3), rows.series(of, days, 3));
            assert_eq!(a.unwrap(), b.unwrap());
            let (a, b) = (
                packed.series_of(of, "s0", days),
                rows.series_of(of, "s0", days),
            );
            assert_eq!(a.unwrap(), b.unwrap());
        }
        for key in ["s0", "s3", "nobody"] {
            let (a, b) = (packed.span(of, key).unwrap(), rows.span(of, key).unwrap());
            assert_eq!(a, b);
        }
    }
}

/// Findings and messages by key and action, as SQLite adds them up.
fn added_up(reader: &Reader, days: Days) -> BTreeMap<(String, String), (u64, u64)> {
    let mut statement = reader
        .connection
        .prepare(
            "SELECT key, action, sum(findings), sum(messages) FROM rollup_daily
             WHERE day * 86400 BETWEEN unixepoch(?1) AND unixepoch(?2) GROUP BY key, action",
        )
        .unwrap();
    let range = [days.first.to_string(), days.last.to_string()];
    let rows = statement.query_map(range, |row| {
        let number = |n| row.get::<_, i64>(n).map(i64::unsigned_abs);
        Ok(((row.get(0)?, row.get(1)?), (number(2)?, number(3)?)))
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn packed_stretches(log: &Log) -> i64 {
    let sql = "SELECT count(*) FROM rollup_packed WHERE days > 1";
    let connection = Connection::open(&log.settings.path).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn packed_days_add_up_to_what_their_rows_do() {
    let mut random = Random(7);
    let twins = Twins::new();
    twins.add(&mut random, TODAY - DAYS, DAYS + 1, 3_000);
    twins.compare(&mut random);
    // In the middle of it: some days are packed, others are not.
    twins.tidy(400, TODAY - 40);
    assert_eq!(packed_stretches(&twins.packed), 3, "from 20,640 to 20,735");
    twins.compare(&mut random);
    twins.tidy(400, TODAY);
    assert_eq!(packed_stretches(&twins.packed), 4);
    twins.compare(&mut random);
    // Late, before and after the next clean-up, and more of today.
    twins.add(&mut random, TODAY - DAYS, DAYS + 1, 300);
    twins.compare(&mut random);
    twins.tidy(400, TODAY);
    twins.compare(&mut random);
    // From 20,688 on: in the middle of a stretch.
    twins.tidy(90, TODAY);
    assert_eq!(packed_stretches(&twins.packed), 2);
    twins.compare(&mut random);
}
