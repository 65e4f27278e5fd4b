//! Messages and findings as numbers, for what looks at thousands of them.

use crate::telemetry::store::schema;
use rusqlite::{Connection, Row};

/// What conditions and lists need of a message.
#[derive(Debug)]
pub(in crate::review) struct LeanMessage {
    pub(in crate::review) disposition: i64,
    pub(in crate::review) privacy: i64,
    pub(in crate::review) client: Option<i64>,
    pub(in crate::review) sender_domain: Option<i64>,
    pub(in crate::review) from_domain: Option<i64>,
    pub(in crate::review) rules_version: i64,
    pub(in crate::review) recipients: i64,
    pub(in crate::review) size: i64,
    pub(in crate::review) duration_us: i64,
    pub(in crate::review) queue_id: Option<String>,
    pub(in crate::review) message_id: Option<String>,
    /// `name:count …`.
    pub(in crate::review) skips: Option<String>,
    /// `name:count …`.
    pub(in crate::review) ambiguities: Option<String>,
}

/// What conditions and lists need of a finding.
#[derive(Debug)]
pub(in crate::review) struct LeanFinding {
    pub(in crate::review) vector: i64,
    pub(in crate::review) action: i64,
    pub(in crate::review) opaque: bool,
    pub(in crate::review) allowed: Option<i64>,
    pub(in crate::review) rule: Option<i64>,
    /// Names of the rules within, with spaces between.
    pub(in crate::review) inner_rules: Option<String>,
    pub(in crate::review) vendor: Option<i64>,
    pub(in crate::review) company: Option<i64>,
    pub(in crate::review) category: Option<i64>,
    pub(in crate::review) tells: Option<i64>,
    pub(in crate::review) tracker: i64,
    pub(in crate::review) tracker_domain: i64,
    pub(in crate::review) destination: Option<i64>,
    pub(in crate::review) score: i64,
    pub(in crate::review) evidence: i64,
    pub(in crate::review) count: i64,
}

/// Reads lean rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::review) struct Lean<'a>(pub(in crate::review) &'a Connection);

impl Lean<'_> {
    /// The message with this id, if it is still there.
    pub(in crate::review) fn message(&self, id: i64) -> rusqlite::Result<Option<LeanMessage>> {
        let mut statement = self.0.prepare_cached(
            "SELECT disposition, privacy, client, sender_domain, from_domain, rules_version,
                    recipients, size_before, duration_us, queue_id, message_id, skips,
                    ambiguities
             FROM message WHERE id = ?1",
        )?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(message).transpose()
    }

    /// The findings of this message.
    pub(in crate::review) fn findings(&self, id: i64) -> rusqlite::Result<Vec<LeanFinding>> {
        let first = schema::first_finding(id);
        let end = schema::first_finding(id.saturating_add(1));
        self.0
            .prepare_cached(
                "SELECT vector, action, opaque, allowed, rule, inner_rules, vendor, company,
                        category, tells, tracker, tracker_domain, destination, score, evidence,
                        count
                 FROM finding WHERE id >= ?1 AND id < ?2",
            )?
            .query_map([first, end], finding)?
            .collect()
    }

    /// The domains of its recipients, each once.
    pub(in crate::review) fn recipient_domains(&self, id: i64) -> rusqlite::Result<Vec<i64>> {
        self.0
            .prepare_cached(
                "SELECT DISTINCT domain FROM recipient
                 WHERE message = ?1 AND domain IS NOT NULL",
            )?
            .query_map([id], |row| row.get(0))?
            .collect()
    }

    /// What its recipients are stored as.
    pub(in crate::review) fn recipients(&self, id: i64) -> rusqlite::Result<Vec<String>> {
        self.0
            .prepare_cached("SELECT who FROM recipient WHERE message = ?1 AND who IS NOT NULL")?
            .query_map([id], |row| row.get(0))?
            .collect()
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<LeanMessage> {
    Ok(LeanMessage {
        disposition: row.get(0)?,
        privacy: row.get(1)?,
        client: row.get(2)?,
        sender_domain: row.get(3)?,
        from_domain: row.get(4)?,
        rules_version: row.get(5)?,
        recipients: row.get(6)?,
        size: row.get(7)?,
        duration_us: row.get(8)?,
        queue_id: row.get(9)?,
        message_id: row.get(10)?,
        skips: row.get(11)?,
        ambiguities: row.get(12)?,
    })
}

fn finding(row: &Row<'_>) -> rusqlite::Result<LeanFinding> {
    Ok(LeanFinding {
        vector: row.get(0)?,
        action: row.get(1)?,
        opaque: row.get(2)?,
        allowed: row.get(3)?,
        rule: row.get(4)?,
        inner_rules: row.get(5)?,
        vendor: row.get(6)?,
        company: row.get(7)?,
        category: row.get(8)?,
        tells: row.get(9)?,
        tracker: row.get(10)?,
        tracker_domain: row.get(11)?,
        destination: row.get(12)?,
        score: row.get(13)?,
        evidence: row.get(14)?,
        count: row.get(15)?,
    })
}

/// The names of a `name:count …` list.
pub(in crate::review) fn tallied(text: &Option<String>) -> impl Iterator<Item = &str> {
    text.as_deref()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .map(|word| word.rsplit_once(':').map_or(word, |(name, _)| name))
}
