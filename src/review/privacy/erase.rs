//! Takes a person out of the block log, beside a running milter.
//!
//! What goes: the person's pseudonyms and addresses, as a recipient and as a
//! sender. Of messages that the person was the only recipient of, or sent,
//! also what leads to the message itself: queue id, Message-ID, and the hashes
//! that tell equal URLs. What stays: that there was a message, its domains and
//! its findings, without anybody in them.

use super::{Person, PrivacyError, connect, marks, values};
use crate::telemetry::store::{
    Trouble,
    mark::{self, Keys},
    schema, segment,
};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params_from_iter};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Messages of one transaction: the milter waits for no more.
const AT_ONCE: usize = 200;
/// Free pages given back in one transaction.
const PAGES: u32 = 256;
/// How long to wait for readers that still need the write-ahead log.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an erasure will do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Plan {
    /// Messages that the person is in.
    pub messages: u64,
}

/// What an erasure has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Erased {
    /// Messages that the person was taken out of as a recipient.
    pub as_recipient: u64,
    /// Messages that the person was taken out of as the sender.
    pub as_sender: u64,
    /// Messages that nothing leads to any more: the person was their only
    /// recipient, or sent them.
    pub detached: u64,
    /// Whether no copy is left in the write-ahead log. If a reader has kept it
    /// open, it goes with the next checkpoint after that.
    pub is_log_empty: bool,
}

/// An erasure under way.
#[derive(Debug)]
pub struct Eraser {
    connection: Connection,
    path: PathBuf,
    person: Person,
    ids: Vec<i64>,
    done: usize,
    erased: Erased,
}

impl Eraser {
    /// Finds the messages of a person. Nothing is changed yet.
    ///
    /// # Errors
    ///
    /// The block log cannot be read or written.
    pub fn begin(path: &Path, person: Person) -> Result<Self, PrivacyError> {
        let begin = || {
            let connection = connect::for_writing(path)?;
            let ids = person.messages(&connection)?;
            Ok::<_, Trouble>((connection, ids))
        };
        let (connection, ids) = begin().map_err(|e| PrivacyError::new(path, e))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            person,
            ids,
            done: 0,
            erased: Erased::default(),
        })
    }

    /// What is to be done.
    pub fn plan(&self) -> Plan {
        Plan {
            messages: u64::try_from(self.ids.len()).unwrap_or(u64::MAX),
        }
    }

    /// Takes the person out of the next few messages, in a short transaction.
    /// Returns how many are done, or nothing when none is left.
    ///
    /// # Errors
    ///
    /// The block log cannot be written. What is done stays done.
    pub fn step(&mut self) -> Result<Option<u64>, PrivacyError> {
        let end = self.done.saturating_add(AT_ONCE).min(self.ids.len());
        let Some(ids) = self.ids.get(self.done..end).filter(|ids| !ids.is_empty()) else {
            return Ok(None);
        };
        let mut step = || {
            let transaction = self
                .connection
                .transaction_with_behavior(TransactionBehavior::Immediate)?;
            let mut erased = self.erased;
            for &id in ids {
                erase(&transaction, &self.person, id, &mut erased)?;
            }
            transaction.commit()?;
            Ok::<_, rusqlite::Error>(erased)
        };
        self.erased = step().map_err(|e| PrivacyError::new(&self.path, e))?;
        self.done = end;
        Ok(Some(u64::try_from(end).unwrap_or(u64::MAX)))
    }

    /// Makes sure that nothing of it is left in the file or in the write-ahead
    /// log: free pages are given back, and the log is written into the file
    /// and emptied.
    ///
    /// # Errors
    ///
    /// The block log cannot be written.
    pub fn finish(mut self) -> Result<Erased, PrivacyError> {
        let finish = || {
            rebuild(&self.connection)?;
            vacuum(&self.connection)?;
            checkpoint(&self.connection)
        };
        let is_log_empty = finish().map_err(|e| PrivacyError::new(&self.path, e))?;
        self.erased.is_log_empty = is_log_empty;
        Ok(self.erased)
    }
}

/// Takes the person out of one message.
fn erase(
    transaction: &Transaction<'_>,
    person: &Person,
    id: i64,
    erased: &mut Erased,
) -> rusqlite::Result<()> {
    let recipients: Option<i64> = transaction
        .prepare_cached("SELECT recipients FROM message WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    // It may have been deleted meanwhile.
    let Some(recipients) = recipients else {
        return Ok(());
    };
    let before = texts(transaction, id)?;
    let taken = transaction
        .prepare_cached(&format!(
            "UPDATE recipient SET who = NULL WHERE who IN ({}) AND message = ?",
            marks(person.recipient.len())
        ))?
        .execute(params_from_iter(values(&mut person.recipient.iter(), id)))?;
    let is_sender = transaction
        .prepare_cached(&format!(
            "UPDATE message AS m SET sender = NULL WHERE {} AND m.id = ?",
            person.is_sender()
        ))?
        .execute(params_from_iter(values(&mut person.sender_values(), id)))?
        > 0;
    let is_alone = taken > 0 && i64::try_from(taken).is_ok_and(|taken| taken >= recipients);
    let count = |counter: &mut u64, is: bool| *counter = counter.saturating_add(is.into());
    count(&mut erased.as_recipient, taken > 0);
    count(&mut erased.as_sender, is_sender);
    if is_alone || is_sender {
        detach(transaction, id)?;
        count(&mut erased.detached, true);
    }
    // What the index knows of the texts that are gone.
    let after = texts(transaction, id)?;
    let gone: Vec<i64> = before.into_iter().filter(|k| !after.contains(k)).collect();
    if !gone.is_empty() {
        segment::remove(transaction, id, &gone)?;
    }
    Ok(())
}

/// The keys of the texts that a message is found by.
fn texts(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut keys = Keys::default();
    for (number, sql) in [
        (
            mark::RECIPIENT,
            "SELECT who FROM recipient WHERE message = ?1",
        ),
        (
            mark::MESSAGE_ID,
            "SELECT message_id FROM message WHERE id = ?1",
        ),
        (mark::QUEUE_ID, "SELECT queue_id FROM message WHERE id = ?1"),
    ] {
        let mut statement = transaction.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            keys.text(number, row.get_ref(0)?.as_str_or_null()?);
        }
    }
    Ok(keys.into_sorted())
}

/// Takes away what leads from a row to the message itself.
fn detach(transaction: &Transaction<'_>, id: i64) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE message SET queue_id = NULL, message_id = NULL WHERE id = ?1")?
        .execute([id])?;
    let first = schema::first_finding(id);
    let end = schema::first_finding(id.saturating_add(1));
    let samples: Vec<(i64, String)> = transaction
        .prepare_cached(
            "SELECT id, samples FROM finding
             WHERE id >= ?1 AND id < ?2 AND samples IS NOT NULL",
        )?
        .query_map([first, end], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (finding, samples) in samples {
        transaction
            .prepare_cached("UPDATE finding SET samples = ?2 WHERE id = ?1")?
            .execute((finding, without_hashes(&samples)))?;
    }
    transaction
        .prepare_cached(
            "UPDATE finding SET url_hash = NULL
             WHERE id >= ?1 AND id < ?2 AND url_hash IS NOT NULL",
        )?
        .execute([first, end])?;
    Ok(())
}

/// Lines of `hash shape` or `hash`, with `-` in place of the hash.
fn without_hashes(samples: &str) -> String {
    let lines = samples.lines().map(|line| match line.split_once(' ') {
        Some((_, shape)) => format!("- {shape}"),
        None => "-".to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Builds the table of recipients anew. When SQLite divides a
/// full page of such a tree, it leaves copies of what has moved in the unused
/// part of the old one, which `secure_delete` does not reach. (Messages are
/// only ever appended, which divides no page.)
fn rebuild(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA temp_store = MEMORY; REINDEX recipient")
}

/// Gives free pages back, which may hold what was deleted long ago.
fn vacuum(connection: &Connection) -> rusqlite::Result<()> {
    let free = || connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    let mut left = free()?;
    while left > 0 {
        let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
        let now = free()?;
        if now >= left {
            break;
        }
        left = now;
    }
    Ok(())
}

/// Writes the write-ahead log into the file and empties it. Returns whether
/// that was possible.
fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    let until = Instant::now() + PATIENCE;
    loop {
        let is_busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
            row.get::<_, i64>(0)
        })? != 0;
        if !is_busy || Instant::now() >= until {
            return Ok(!is_busy);
        }
        thread::sleep(Duration::from_millis(50));
    }
}
