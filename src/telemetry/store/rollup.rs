//! Daily sums, one dimension at a time: they grow with days and names, not
//! with mail, and outlive the messages.

use super::super::{
    entry::{Entry, FindingEntry},
    event::Disposition,
};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};

/// What stands in place of the names beyond the largest.
pub(crate) const OTHER: &str = "(other)";

const DAY_MS: i64 = 86_400_000;

type Key = (i64, &'static str, String, String);

/// The sums of one commit.
#[derive(Debug, Default)]
pub(crate) struct Rollup(HashMap<Key, Sum>);

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    findings: i64,
    messages: i64,
}

/// Days since 1970 (UTC).
pub(crate) fn day(at_ms: i64) -> i64 {
    at_ms.div_euclid(DAY_MS)
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
        let day = day(entry.at_ms);
        self.message(day, "disposition", entry.disposition.name());
        for (skip, _) in &entry.skips {
            self.message(day, "skip", skip);
        }
        let recipient_domains: HashSet<&str> = entry
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
            self.message(day, dim, key);
        }

        // A key counts a message once, however many of its findings name it.
        let mut seen: HashSet<(&'static str, &str, &str)> = HashSet::new();
        let is_done = matches!(entry.disposition, Disposition::Changed | Disposition::Clean);
        for finding in &entry.findings {
            let action = action(finding, is_done);
            let own = FINDING_DIMENSIONS
                .iter()
                .flat_map(|(dim, keys)| keys(finding).into_iter().map(|key| (*dim, key)));
            for (dim, key) in own.chain(people.iter().copied()) {
                let count = i64::try_from(finding.count).unwrap_or(i64::MAX);
                let is_new = seen.insert((dim, key, action));
                self.count(day, dim, key, action, count, is_new.into());
            }
        }
    }

    fn message(&mut self, day: i64, dim: &'static str, key: &str) {
        self.count(day, dim, key, "", 0, 1);
    }

    fn count(
        &mut self,
        day: i64,
        dim: &'static str,
        key: &str,
        action: &str,
        findings: i64,
        messages: i64,
    ) {
        let sum = self
            .0
            .entry((day, dim, key.to_owned(), action.to_owned()))
            .or_default();
        sum.findings = sum.findings.saturating_add(findings);
        sum.messages = sum.messages.saturating_add(messages);
    }

    /// Adds the sums to the stored ones.
    pub(crate) fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO rollup_daily (day, dim, key, action, findings, messages)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET
                 findings = findings + excluded.findings,
                 messages = messages + excluded.messages",
        )?;
        for ((day, dim, key, action), sum) in self.0 {
            statement.execute(params![day, dim, key, action, sum.findings, sum.messages])?;
        }
        Ok(())
    }
}

/// What was done, and what would have been done if the message had been
/// changed.
fn action(finding: &FindingEntry, is_done: bool) -> &'static str {
    match (finding.action, finding.opaque, is_done) {
        ("keep", true, _) => "opaque",
        ("neutralize", _, false) => "would-neutralize",
        ("remove", _, false) => "would-remove",
        ("unwrap", _, false) => "would-unwrap",
        (action, ..) => action,
    }
}
