//! What the block log holds of people at all.

use super::{PrivacyError, connect};
use crate::{
    config::Config,
    review::audit::Audit,
    telemetry::{
        keys::{KeyError, Keys, is_missing},
        privacy::is_full,
        store::damage,
    },
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::Connection;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// What is kept of people, by which keys, and for how long.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The privacy level that is configured.
    pub configured: &'static str,
    /// The one that holds now: after its last day, `full` is `pseudonym`.
    pub level: &'static str,
    /// The last day (UTC) of level `full`, if one is set.
    pub full_until: Option<Date>,
    /// How many addresses and domains are left out of the log.
    pub excluded: usize,
    /// The block log.
    pub database: PathBuf,
    /// How many messages it holds by the level that they were stored at.
    pub messages: BTreeMap<String, u64>,
    /// When the oldest of them ended, in milliseconds since 1970 (UTC).
    pub oldest_ms: Option<i64>,
    /// For how many days they are kept.
    pub keep_days: u32,
    /// For how many days daily sums are kept.
    pub keep_rollup_days: u32,
    /// The key file.
    pub key_file: PathBuf,
    /// The keys, oldest first.
    pub keys: Vec<KeyStatus>,
    /// Age at which a new key is made, in days; 0 for never.
    pub rotate_keys_days: u32,
    /// Messages whose key is destroyed: nobody can be looked up in them.
    pub without_key: u64,
    /// Files set aside because they were damaged. They hold the same data.
    pub damaged: Vec<DamagedFile>,
    /// The audit log.
    pub audit: PathBuf,
    /// For how many days it is kept.
    pub keep_audit_days: u32,
    /// When the last act was recorded, in milliseconds since 1970 (UTC).
    pub audited_ms: Option<i64>,
}

/// One key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyStatus {
    /// Its number.
    pub id: u32,
    /// The day it was made (UTC).
    pub created: Date,
    /// Its age in days.
    pub age_days: i64,
    /// Whether it makes new pseudonyms.
    pub is_current: bool,
    /// How many messages hold pseudonyms of it.
    pub messages: u64,
}

/// A database that was set aside.
#[derive(Clone, Debug, Serialize)]
pub struct DamagedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Gathers the status at this time.
///
/// # Errors
///
/// The block log is there and cannot be read.
pub fn status(config: &Config, now: Timestamp) -> Result<Status, PrivacyError> {
    let log = &config.log;
    let today = now.to_zoned(TimeZone::UTC).date();
    let is_over = log.privacy.keeps_addresses() && !is_full(log.full_until, now.as_millisecond());
    let level = if is_over {
        crate::telemetry::Level::Pseudonym
    } else {
        log.privacy
    };
    let rows = match rows(&log.path) {
        Err(e) if e.is_missing() => Rows::default(),
        other => other?,
    };
    let keys = match Keys::load(&log.keys) {
        Ok(keys) => key_status(&keys, &rows, today),
        Err(KeyError { kind, .. }) if is_missing(&kind) => Vec::new(),
        Err(e) => {
            tracing::warn!("{e}: {}", e.kind);
            Vec::new()
        }
    };
    let known = |key: &u32| keys.iter().any(|known| known.id == *key);
    let without_key = rows.keys.iter().filter(|(key, _)| !known(key));
    Ok(Status {
        configured: log.privacy.name(),
        level: level.name(),
        full_until: log.full_until,
        excluded: log.exclude.len(),
        database: log.path.clone(),
        without_key: without_key.map(|(_, messages)| messages).sum(),
        messages: rows.levels,
        oldest_ms: rows.oldest_ms,
        keep_days: log.keep_days,
        keep_rollup_days: log.keep_rollup_days,
        key_file: log.keys.clone(),
        keys,
        rotate_keys_days: log.rotate_keys_days,
        damaged: damaged(&log.path),
        audit: config.review.audit.clone(),
        keep_audit_days: config.review.keep_audit_days,
        audited_ms: Audit::open_for_reading(&config.review.audit)
            .and_then(|audit| audit.newest(1, None))
            .ok()
            .and_then(|rows| rows.first().map(|row| row.at_ms)),
    })
}

/// The files that were set aside beside a block log, oldest first. None if
/// the folder cannot be read.
pub fn damaged(path: &Path) -> Vec<DamagedFile> {
    let files = damage::damaged(path).unwrap_or_default();
    let file = |path: PathBuf| DamagedFile {
        bytes: fs::metadata(&path).map_or(0, |meta| meta.len()),
        path,
    };
    files.into_iter().map(file).collect()
}

#[derive(Default)]
struct Rows {
    levels: BTreeMap<String, u64>,
    keys: BTreeMap<u32, u64>,
    oldest_ms: Option<i64>,
}

fn rows(path: &Path) -> Result<Rows, PrivacyError> {
    let connection = connect::for_reading(path).map_err(|e| PrivacyError::new(path, e))?;
    read_rows(&connection).map_err(|e| PrivacyError::new(path, e))
}

fn read_rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let mut rows = Rows {
        oldest_ms: connection.query_row(
            "SELECT (SELECT at FROM message ORDER BY id LIMIT 1)",
            [],
            |row| row.get(0),
        )?,
        ..Rows::default()
    };
    // One walk through the messages for both.
    let mut statement =
        connection.prepare("SELECT privacy, key, count(*) FROM message_view GROUP BY 1, 2")?;
    let mut found = statement.query([])?;
    while let Some(row) = found.next()? {
        let level: String = row.get(0)?;
        let key: Option<u32> = row.get(1)?;
        let count = u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
        let add = |sum: &mut u64| *sum = sum.saturating_add(count);
        add(rows.levels.entry(level).or_default());
        if let Some(key) = key {
            add(rows.keys.entry(key).or_default());
        }
    }
    Ok(rows)
}

fn key_status(keys: &Keys, rows: &Rows, today: Date) -> Vec<KeyStatus> {
    let current = keys.current().id();
    let of = |key: &crate::telemetry::keys::Key| KeyStatus {
        id: key.id(),
        created: key.created(),
        age_days: key.created().duration_until(today).as_hours() / 24,
        is_current: key.id() == current,
        messages: rows.keys.get(&key.id()).copied().unwrap_or_default(),
    };
    keys.all().map(of).collect()
}
