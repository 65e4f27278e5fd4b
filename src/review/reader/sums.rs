//! What the daily sums answer. They outlive the messages, and count those
//! that have no row of their own.

use super::{
    Reader, ReviewError,
    days::{OTHER, date, weight},
    tally::Tally,
};
use crate::{
    review::answers::{Days, Dimension, Span, Sum, TopRow, Totals},
    sighting::{Trigger, Vector},
    telemetry::{Disposition, Status, store::status::read_status},
};
use std::collections::HashSet;

impl Reader {
    /// What these days come to.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn totals(&self, days: Days) -> Result<Totals, ReviewError> {
        self.ask(|| {
            let mut totals = Totals::default();
            self.sums(days, Dimension::Disposition, |row| {
                add_messages(&mut totals, row.key, row.sum.messages);
            })?;
            let receipts: HashSet<&str> = Vector::ALL
                .iter()
                .filter(|vector| vector.trigger() == Trigger::Receipt)
                .map(|vector| vector.name())
                .collect();
            self.sums(days, Dimension::Vector, |row| {
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
            let mut tally = Tally::default();
            self.open_days(days, dimension, |row| {
                tally.add(row.key, row.action, row.sum);
            })?;
            self.packed_days(days, dimension, |_, packed| tally.add_packed(packed))?;
            let mut keys: Vec<(Sum, &str)> = tally.all().collect();
            let order = |(a, x): &(Sum, &str), (b, y): &(Sum, &str)| {
                (*x == OTHER)
                    .cmp(&(*y == OTHER))
                    .then_with(|| weight(dimension, *b).cmp(&weight(dimension, *a)))
                    .then_with(|| b.messages.cmp(&a.messages))
                    .then_with(|| x.cmp(y))
            };
            // Most keys are small and alike; only the large ones are sorted.
            if limit < keys.len() {
                keys.select_nth_unstable_by(limit, order);
                keys.truncate(limit);
            }
            keys.sort_unstable_by(order);
            let rows = keys.into_iter().map(|(sum, key)| TopRow {
                actions: tally.actions(key),
                key: key.to_owned(),
                sum,
            });
            Ok(rows.collect())
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
            let mut tally = Tally::default();
            let mut days: Option<(i64, i64)> = None;
            self.daily(i64::MIN, i64::MAX, dimension, |row| {
                if row.key == key {
                    let (first, last) = days.unwrap_or((row.at, row.at));
                    days = Some((first.min(row.at), last.max(row.at)));
                    tally.add(key, row.action, row.sum);
                }
            })?;
            Ok(days.map(|(first, last)| Span {
                first: date(first),
                last: date(last),
                sum: tally.all().next().unwrap_or_default().0,
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
