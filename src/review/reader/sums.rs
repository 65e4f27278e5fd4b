//! What the daily sums answer. They outlive the messages, and count those
//! that have no row of their own.

use super::{
    Reader, ReviewError,
    days::{OTHER, date, sum, weight},
};
use crate::{
    review::answers::{Days, Dimension, Span, Sum, TopRow, Totals},
    sighting::{Trigger, Vector},
    telemetry::{Disposition, Status, store::status::read_status},
};
use rusqlite::params;
use std::collections::{HashMap, HashSet};

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
