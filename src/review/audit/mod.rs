//! Who looked up whom, and who changed what.
//!
//! A block log that can be asked about a person must itself be accountable: a
//! look-up by person takes place only after it has been written down here. The
//! audit log is a SQLite file of its own, so that reading the block log needs
//! no right to write it, and holds no address: whom an act is about stands as
//! a keyed hash, made with the current key of the block log.

mod act;
mod actor;
mod error;
mod file;

pub use act::{Act, ActKind, Channel, Outcome};
pub use actor::actor;
pub use error::{AuditError, AuditErrorKind};

use crate::{
    config::Config,
    telemetry::keys::{Key, KeyError, Keys, is_missing},
};
use file::{connect, connect_for_reading};
use rusqlite::{Connection, params};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Longest actor and details that are kept, in characters.
const MAX_TEXT: usize = 500;
/// Most failed logins that are kept: strangers can make them.
const MAX_FAILED_LOGINS: i64 = 10_000;
/// What stands in place of what is not kept.
const HIDDEN: &str = "…";

/// The audit log.
#[derive(Debug)]
pub struct Audit {
    connection: Connection,
    path: PathBuf,
    keep: Duration,
    key: Option<Key>,
}

/// One line of the audit log.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct AuditRow {
    /// Its number; higher ones are newer.
    pub id: i64,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who: a login name, or a user of the dashboard.
    pub actor: String,
    /// By which way: `cli` or `dashboard`.
    pub channel: String,
    /// What was done: a name of [`ActKind`].
    pub act: String,
    /// About whom: a pseudonym of the audit log's own, `a_…`. The same person
    /// has the same one until the key changes.
    pub subject: Option<String>,
    /// Number of the key that the pseudonym was made with.
    pub key: Option<u32>,
    /// What else there is to say.
    pub details: String,
    /// How it ended: a name of [`Outcome`].
    pub outcome: String,
}

impl Audit {
    /// Opens the audit log for writing, and makes it with its folder (modes
    /// 0640 and 0750) if it is not there. Without a key, acts are recorded
    /// without the person that they are about; see [`Audit::of`].
    ///
    /// # Errors
    ///
    /// It cannot be made or written, or is no audit log.
    pub fn open(path: &Path, keep_days: u32) -> Result<Self, AuditError> {
        let connection = connect(path).map_err(|kind| AuditError::new(path, kind))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            keep: Duration::from_secs(86_400).saturating_mul(keep_days),
            key: None,
        })
    }

    /// Opens the configured audit log for writing, with the key that the
    /// people in it are hashed with. Where the block log has no keys (levels
    /// `domain` and `aggregate`) there is none.
    ///
    /// # Errors
    ///
    /// It cannot be made or written, or the key file cannot be read.
    pub fn of(config: &Config) -> Result<Self, AuditError> {
        let path = &config.review.audit;
        let key = match Keys::load(&config.log.keys) {
            Ok(keys) => Some(keys.current().clone()),
            Err(KeyError { kind, .. }) if is_missing(&kind) => None,
            Err(e) => return Err(AuditError::new(path, AuditErrorKind::Keys(e))),
        };
        let mut audit = Self::open(path, config.review.keep_audit_days)?;
        audit.key = key;
        Ok(audit)
    }

    /// Opens the audit log for reading only.
    ///
    /// # Errors
    ///
    /// It is not there, cannot be read, or is no audit log.
    pub fn open_for_reading(path: &Path) -> Result<Self, AuditError> {
        let connection = connect_for_reading(path).map_err(|kind| AuditError::new(path, kind))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            keep: Duration::MAX,
            key: None,
        })
    }

    /// Writes down what has just been done, or is done next and cannot fail.
    ///
    /// # Errors
    ///
    /// It could not be written: then the act must not take place.
    pub fn record(&self, act: &Act<'_>) -> Result<(), AuditError> {
        self.insert(act, act.kind.outcome()).map(drop)
    }

    /// Writes down what is about to be done. [`Audit::finish`] says how it
    /// ended; until then it stands as `started`.
    ///
    /// # Errors
    ///
    /// It could not be written: then the act must not take place.
    pub fn begin(&self, act: &Act<'_>) -> Result<i64, AuditError> {
        self.insert(act, Outcome::Started)
    }

    /// Says how something begun has ended.
    ///
    /// # Errors
    ///
    /// It could not be written.
    pub fn finish(&self, begun: i64, outcome: Outcome, details: &str) -> Result<(), AuditError> {
        self.connection
            .execute(
                "UPDATE audit SET outcome = ?2, details = ?3 WHERE id = ?1",
                params![begun, outcome.name(), without_addresses(details, None)],
            )
            .map(drop)
            .map_err(|error| self.error(error))
    }

    /// The newest lines, at most `limit`, the newest first; of those older
    /// than the line with the number `before`, if that is given.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn newest(&self, limit: usize, before: Option<i64>) -> Result<Vec<AuditRow>, AuditError> {
        let read = || -> rusqlite::Result<Vec<AuditRow>> {
            self.connection
                .prepare_cached(
                    "SELECT id, at, actor, channel, act, subject, key, details, outcome
                     FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
                )?
                .query_map(
                    params![
                        before.unwrap_or(i64::MAX),
                        i64::try_from(limit).unwrap_or(i64::MAX)
                    ],
                    |row| {
                        Ok(AuditRow {
                            id: row.get(0)?,
                            at_ms: row.get(1)?,
                            actor: row.get(2)?,
                            channel: row.get(3)?,
                            act: row.get(4)?,
                            subject: row.get(5)?,
                            key: row.get(6)?,
                            details: row.get(7)?,
                            outcome: row.get(8)?,
                        })
                    },
                )?
                .collect()
        };
        read().map_err(|error| self.error(error))
    }

    fn insert(&self, act: &Act<'_>, outcome: Outcome) -> Result<i64, AuditError> {
        self.try_insert(act, outcome, now_ms())
            .map_err(|error| self.error(error))
    }

    fn try_insert(&self, act: &Act<'_>, outcome: Outcome, now_ms: i64) -> rusqlite::Result<i64> {
        let hashed = act.subject.zip(self.key.as_ref());
        let transaction = self.connection.unchecked_transaction()?;
        transaction
            .prepare_cached(
                "INSERT INTO audit (at, actor, channel, act, subject, key, details, outcome)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                now_ms,
                short(act.actor),
                act.channel,
                act.kind.name(),
                hashed.map(|(subject, key)| key.subject(subject)),
                hashed.map(|(_, key)| key.id()),
                without_addresses(act.details, act.subject),
                outcome.name(),
            ])?;
        let id = transaction.last_insert_rowid();
        let keep_ms = i64::try_from(self.keep.as_millis()).unwrap_or(i64::MAX);
        transaction
            .prepare_cached("DELETE FROM audit WHERE at < ?1")?
            .execute([now_ms.saturating_sub(keep_ms)])?;
        if act.kind == ActKind::LoginFailed {
            transaction
                .prepare_cached(
                    "DELETE FROM audit WHERE act = 'login-failed' AND id <=
                       (SELECT id FROM audit WHERE act = 'login-failed'
                        ORDER BY id DESC LIMIT 1 OFFSET ?1)",
                )?
                .execute([MAX_FAILED_LOGINS])?;
        }
        transaction.commit()?;
        Ok(id)
    }

    fn error(&self, error: rusqlite::Error) -> AuditError {
        AuditError::new(&self.path, AuditErrorKind::Sql(error))
    }
}

/// Records that somebody at the command line looks up these people: addresses
/// or pseudonyms, before anything is read. Nothing is recorded for nobody.
///
/// # Errors
///
/// It could not be recorded: then nobody may be looked up.
pub fn lookup(config: &Config, people: &[String], channel: &str) -> Result<(), AuditError> {
    lookup_by(config, &actor(), people, channel)
}

/// The same for an actor that is known otherwise, such as a user of the
/// dashboard.
///
/// # Errors
///
/// It could not be recorded: then nobody may be looked up.
pub fn lookup_by(
    config: &Config,
    actor: &str,
    people: &[String],
    channel: &str,
) -> Result<(), AuditError> {
    if people.is_empty() {
        return Ok(());
    }
    let audit = Audit::of(config)?;
    for person in people {
        audit.record(&Act {
            kind: ActKind::Lookup,
            actor,
            channel,
            subject: Some(person),
            details: "",
        })?;
    }
    Ok(())
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Details without what names a person: words with an `@`, and the subject.
fn without_addresses(details: &str, subject: Option<&str>) -> String {
    let subject = subject.map(str::to_lowercase).unwrap_or_default();
    let is_subject =
        |word: &str| !subject.is_empty() && word.to_lowercase().contains(subject.as_str());
    let words = details.split_whitespace().map(|word| {
        if word.contains('@') || is_subject(word) {
            HIDDEN
        } else {
            word
        }
    });
    short(&words.collect::<Vec<_>>().join(" "))
}

fn short(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests;
