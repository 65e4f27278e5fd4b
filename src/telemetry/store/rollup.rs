//! Sums by the day, one dimension at a time: they grow with days and names,
//! not with mail, and outlive the messages. Two dimensions with few names are
//! summed by the hour, too, for the charts of the last days.

use super::{
    super::{
        entry::{Entry, FindingEntry},
        event::Disposition,
    },
    mark,
};
use ahash::{AHashMap, AHashSet};
use rusqlite::{Connection, params};

/// What stands in place of the names beyond the largest.
pub(crate) const OTHER: &str = "(other)";

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Dimensions that are also summed by the hour.
const HOURLY: &[&str] = &["disposition", "vector"];

/// Day or hour, dimension, name and action.
type Sums = AHashMap<(i64, &'static str, String, &'static str), Sum>;

/// The sums of one commit.
#[derive(Debug, Default)]
pub(crate) struct Rollup {
    daily: Sums,
    hourly: Sums,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    findings: i64,
    messages: i64,
}

/// Days since 1970 (UTC).
pub(crate) fn day(at_ms: i64) -> i64 {
    at_ms.div_euclid(DAY_MS)
}

/// Hours since 1970 (UTC).
pub(crate) fn hour(at_ms: i64) -> i64 {
    at_ms.div_euclid(HOUR_MS)
}

/// The dimensions of a finding, and what stands in them.
type Dimension = (&'static str, fn(&FindingEntry) -> Vec<&str>);

const FINDING_DIMENSIONS: &[Dimension] = &[
    ("company", |f| {
        f.vendor.iter().map(|v| v.company.as_str()).collect()
    }),
    ("rule", |f| f.rules.iter().map(String::as_str).collect()),
    ("tracker", |f| vec![&f.domain]),
    ("vector", |f| vec![f.vector]),
];

impl Rollup {
    /// Adds one message.
    pub(crate) fn add(&mut self, entry: &Entry) {
        let at = entry.at_ms;
        self.message(at, "disposition", entry.disposition.name());
        for (skip, _) in &entry.skips {
            self.message(at, "skip", skip);
        }
        let recipient_domains: AHashSet<&str> = entry
            .recipients
            .iter()
            .filter_map(|r| r.domain.as_deref())
            .collect();
        let people: Vec<(&'static str, &str)> = entry
            .sender_domain
            .iter()
            .map(|domain| ("sender_domain", domain.as_str()))
            .chain(recipient_domains.into_iter().map(|d| ("rcpt_domain", d)))
            .collect();
        for (dim, key) in &people {
            self.message(at, dim, key);
        }

        // A key counts a message once, however many of its findings name it.
        let mut seen: AHashSet<(&'static str, &str, &str)> = AHashSet::new();
        let is_done = matches!(entry.disposition, Disposition::Changed | Disposition::Clean);
        for finding in &entry.findings {
            let action = action(finding, is_done);
            let own = FINDING_DIMENSIONS
                .iter()
                .flat_map(|(dim, keys)| keys(finding).into_iter().map(|key| (*dim, key)));
            for (dim, key) in own.chain(people.iter().copied()) {
                let count = i64::try_from(finding.count).unwrap_or(i64::MAX);
                let is_new = seen.insert((dim, key, action));
                self.count(at, dim, key, action, count, is_new.into());
            }
        }
    }

    fn message(&mut self, at_ms: i64, dim: &'static str, key: &str) {
        self.count(at_ms, dim, key, "", 0, 1);
    }

    fn count(
        &mut self,
        at_ms: i64,
        dim: &'static str,
        key: &str,
        action: &'static str,
        findings: i64,
        messages: i64,
    ) {
        let daily = (&mut self.daily, day(at_ms));
        let hourly = HOURLY
            .contains(&dim)
            .then(|| (&mut self.hourly, hour(at_ms)));
        for (sums, time) in std::iter::once(daily).chain(hourly) {
            let sum = sums.entry((time, dim, key.to_owned(), action)).or_default();
            sum.findings = sum.findings.saturating_add(findings);
            sum.messages = sum.messages.saturating_add(messages);
        }
    }

    /// Adds the sums to the stored ones.
    pub(crate) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        for (table, sums) in [("rollup_daily", self.daily), ("rollup_hourly", self.hourly)] {
            let mut statement = connection.prepare_cached(&format!(
                "INSERT INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT DO UPDATE SET
                     findings = findings + excluded.findings,
                     messages = messages + excluded.messages"
            ))?;
            for ((time, dim, key, action), sum) in sums {
                statement.execute(params![time, dim, key, action, sum.findings, sum.messages])?;
            }
        }
        Ok(())
    }
}

/// What was done, and what would have been done if the message had been
/// changed.
fn action(finding: &FindingEntry, is_done: bool) -> &'static str {
    match (finding.action, finding.opaque, is_done) {
        ("keep", true, _) => mark::OPAQUE,
        ("neutralize", _, false) => "would-neutralize",
        ("remove", _, false) => "would-remove",
        ("trim", _, false) => "would-trim",
        ("unwrap", _, false) => "would-unwrap",
        (action, ..) => action,
    }
}
