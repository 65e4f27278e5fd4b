//! The SQLite file that the block log stands in.
//!
//! One connection writes, in one thread; readers open the file themselves and
//! never block it (WAL).

pub(crate) mod damage;
mod derive;
mod dictionary;
mod error;
pub(crate) mod finish;
mod insert;
pub(crate) mod mark;
pub(crate) mod packed;
pub(crate) mod reckoning;
pub(crate) mod retention;
mod rollup;
pub(crate) mod schema;
pub(crate) mod segment;
pub(crate) mod shared;
mod space;
pub(crate) mod status;
pub(crate) mod writer;

pub use error::{StoreError, Trouble};

use super::entry::Entry;
use dictionary::Dictionary;
use reckoning::Almanac;
use rollup::Rollup;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use segment::Indexer;
use shared::Shared;
use status::Status;

/// How long SQLite itself waits for a lock; the writer has patience of its
/// own, during which it still takes entries.
const BUSY_TIMEOUT: Duration = Duration::from_millis(250);

/// The open database.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Connection,
    dictionary: Dictionary,
    path: PathBuf,
    /// Device and inode, to notice when the file is taken away.
    identity: (u64, u64),
    /// The highest id ever given.
    last_id: i64,
}

impl Store {
    /// Opens the database, makes it if it is not there, and brings it to the
    /// current schema.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        Self::try_open(path).map_err(|trouble| StoreError::new(path, trouble))
    }

    fn try_open(path: &Path) -> Result<Self, Trouble> {
        make(path)?;
        let mut connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(128);
        let found = found_version(&connection)?;
        connection.execute_batch(schema::WRITER_PRAGMAS)?;
        if found < schema::version() {
            schema::migrate(&mut connection, found)?;
        }
        let last_id =
            connection.query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| {
                row.get(0)
            })?;
        Ok(Self {
            connection,
            dictionary: Dictionary::default(),
            path: path.to_owned(),
            identity: identity(path)?,
            last_id,
        })
    }

    /// Stores all of these entries or none.
    pub(crate) fn commit(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        let last_id = self.last_id;
        self.try_commit(entries).map_err(|error| {
            self.last_id = last_id;
            self.dictionary.forget();
            StoreError::new(&self.path, Trouble::from(error))
        })
    }

    fn try_commit(&mut self, entries: &[Entry]) -> rusqlite::Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut rollup = Rollup::default();
        let mut indexer = Indexer::default();
        for entry in entries {
            rollup.add(entry);
            if entry.is_kept {
                // Strictly increasing, also when the clock steps back or more
                // than 256 messages end in one millisecond.
                let id = schema::first_id(entry.at_ms).max(self.last_id.saturating_add(1));
                self.dictionary.set_day(rollup::day(schema::time_of(id)));
                let keys = insert::message(&transaction, &mut self.dictionary, id, entry)?;
                indexer.add(&transaction, id, keys)?;
                self.last_id = id;
            }
        }
        indexer.write(&transaction)?;
        rollup.write(&transaction)?;
        transaction.commit()
    }

    /// One step of cleaning up; see [`retention::step`].
    pub(crate) fn tidy(
        &mut self,
        janitor: &mut retention::Janitor,
        now_ms: i64,
    ) -> Result<retention::Progress, StoreError> {
        retention::step(&mut self.connection, janitor, self.last_id, now_ms)
            .inspect(|progress| {
                if progress.names_changed {
                    self.dictionary.forget();
                }
            })
            .map_err(|error| {
                self.dictionary.forget();
                StoreError::new(&self.path, Trouble::from(error))
            })
    }

    /// The time for cleaning up, in milliseconds since 1970; see
    /// [`reckoning`].
    pub(crate) fn time(&self, almanac: &mut Almanac, shared: &Shared) -> i64 {
        almanac.look(&self.connection, shared)
    }

    /// Bytes of the file that hold something.
    pub(crate) fn used_bytes(&self) -> Result<u64, StoreError> {
        retention::used_bytes(&self.connection)
            .map_err(|error| StoreError::new(&self.path, Trouble::from(error)))
    }

    /// Completes the status and writes it, and what time it is.
    pub(crate) fn report(
        &self,
        status: &Status,
        at_ms: i64,
        almanac: &Almanac,
    ) -> Result<(), StoreError> {
        let mut status = Status {
            at_ms,
            ..status.clone()
        };
        let size = |file: &Path| fs::metadata(file).map_or(0, |meta| meta.len());
        status.file_bytes = size(&self.path);
        status.wal_bytes = size(&damage::with_suffix(&self.path, "-wal"));
        status.free_bytes = space::free(&self.path);
        self.connection
            .query_row("SELECT at FROM message ORDER BY id LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()
            .and_then(|oldest_ms| {
                status.oldest_ms = oldest_ms;
                status::write(&self.connection, &status)?;
                almanac.note(&self.connection)
            })
            .map_err(|error| StoreError::new(&self.path, Trouble::from(error)))
    }

    /// Whether the path still leads to the file that is open.
    pub(crate) fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }
}

/// The schema version of a file; 0 if it is empty.
pub(crate) fn found_version(connection: &Connection) -> Result<i32, Trouble> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let found = pragma("user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_ours = pragma("application_id")? == schema::APPLICATION_ID;
    if !is_ours && (found != 0 || tables != 0) {
        return Err(Trouble::Foreign);
    }
    if found > schema::version() {
        return Err(Trouble::Newer {
            found,
            known: schema::version(),
        });
    }
    Ok(found)
}

/// Makes the file with its folder, closed to other users: SQLite would follow
/// the umask, and its `-wal` and `-shm` files take over the mode.
fn make(path: &Path) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o750).create(dir)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o640)
        .open(path)
        .map(drop)
}

/// Device and inode of a file.
pub(crate) fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

#[cfg(test)]
mod tests;
