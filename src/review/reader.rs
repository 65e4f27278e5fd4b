//! Opens the block log for reading.

mod days;
mod facets;
mod groups;
mod pages;
mod patience;
mod series;
mod sums;
mod tally;

use crate::telemetry::store::{Trouble, found_version, identity, schema};
use patience::{Patience, Stop};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// How long a reader waits for a lock. Readers of a WAL only ever wait for a
/// recovery after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that are kept prepared.
const STATEMENTS: usize = 64;

/// The block log cannot be read.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// There is none.
    #[error("the block log {} does not exist yet; has the milter run?", .0.display())]
    Missing(PathBuf),
    /// The user may not read it.
    #[error(
        "the block log {} may not be read by this user; run as root, as the milter's user, \
         or in its group", .0.display()
    )]
    NotPermitted(PathBuf),
    /// It is damaged.
    #[error(
        "the block log {} is damaged: {error}; the milter sets it aside and begins a new one \
         when it next writes", path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        error: rusqlite::Error,
    },
    /// It is something else.
    #[error("{} is no block log that this program can read: {trouble}", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        trouble: Trouble,
    },
    /// Anything else.
    #[error("the block log {} cannot be read: {trouble}", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        trouble: Trouble,
    },
    /// A question took longer than [`Reader::set_patience`] allows.
    #[error("the answer takes too long; narrow the time (since:, until:) or the query")]
    TooLong,
}

impl ReviewError {
    fn new(path: &Path, trouble: Trouble) -> Self {
        let path = path.to_owned();
        match trouble {
            Trouble::Io(e) if e.kind() == io::ErrorKind::NotFound => Self::Missing(path),
            Trouble::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                Self::NotPermitted(path)
            }
            Trouble::Damaged(error) => Self::Damaged { path, error },
            Trouble::Foreign | Trouble::Newer { .. } => Self::NotOurs { path, trouble },
            trouble => Self::Failed { path, trouble },
        }
    }
}

/// The block log, open for reading. It may be written meanwhile.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
    identity: (u64, u64),
    patience: Patience,
    is_plain: bool,
}

impl Reader {
    /// Opens the block log.
    ///
    /// # Errors
    ///
    /// It is not there, not readable, damaged, or no block log.
    pub fn open(path: &Path) -> Result<Self, ReviewError> {
        let open = || -> Result<Self, Trouble> {
            // SQLite says only "unable to open" for every reason there is.
            fs::File::open(path)?;
            let identity = identity(path)?;
            let (mut connection, is_plain) = connect(path)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS);
            Ok(Self {
                patience: Patience::of(&mut connection)?,
                connection,
                path: path.to_owned(),
                identity,
                is_plain,
            })
        };
        open().map_err(|trouble| ReviewError::new(path, trouble))
    }

    /// Whether the log is read as a plain file, since it was at rest and this
    /// user may not lock it. What is written from then on is not seen: open it
    /// anew for each question.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Whether the path still leads to the file that is open; if not, a new
    /// log was begun.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }

    fn stopped(&self, stop: Stop) -> ReviewError {
        match stop {
            Stop::TooLong => ReviewError::TooLong,
            Stop::Sql(error) => ReviewError::new(&self.path, error.into()),
        }
    }
}

/// The connection, and whether it reads the log as a plain file.
fn connect(path: &Path) -> Result<(Connection, bool), Trouble> {
    match try_connect(path, false) {
        // Without the milter running there is no shared memory file, and a
        // user who may not make one cannot read a WAL database. If the log is
        // at rest, it can be read as a plain file.
        Err(Trouble::Unreachable(_)) if is_at_rest(path) => Ok((try_connect(path, true)?, true)),
        other => Ok((other?, false)),
    }
}

fn try_connect(path: &Path, is_immutable: bool) -> Result<Connection, Trouble> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_immutable {
        flags |= OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(format!("{}?immutable=1", file_uri(path)?), flags)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    match found_version(&connection)? {
        0 => Err(Trouble::Io(io::ErrorKind::NotFound.into())),
        found if found < schema::version() => Err(Trouble::Newer {
            found,
            known: schema::version(),
        }),
        _ => Ok(connection),
    }
}

fn is_at_rest(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    fs::metadata(wal).map_or(true, |meta| meta.len() == 0)
}

fn file_uri(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    ::url::Url::from_file_path(path)
        .map(|url| url.to_string())
        .map_err(|()| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod sums_tests;
