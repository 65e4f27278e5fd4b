//! Opens the block log for people who act on it, beside a running milter.

use crate::telemetry::store::{Trouble, found_version, schema};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// How long to wait for the milter's commits, each of which is short.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The block log cannot be used.
#[derive(Debug, Error)]
#[error("the block log {}: {trouble}{}", path.display(), remedy(trouble))]
pub struct PrivacyError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub trouble: Trouble,
}

fn remedy(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Io(e) if e.kind() == io::ErrorKind::NotFound => "; has the milter run?",
        Trouble::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            "; run as root or as the milter's user"
        }
        Trouble::Locked(_) => "; try again",
        _ => "",
    }
}

impl PrivacyError {
    pub(super) fn new(path: &Path, trouble: impl Into<Trouble>) -> Self {
        Self {
            path: path.to_owned(),
            trouble: trouble.into(),
        }
    }

    /// Whether there is no block log.
    pub fn is_missing(&self) -> bool {
        matches!(&self.trouble, Trouble::Io(e) if e.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the user may not use it.
    pub fn is_denied(&self) -> bool {
        matches!(&self.trouble, Trouble::Io(e) if e.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// Opens it for reading.
pub(super) fn for_reading(path: &Path) -> Result<Connection, Trouble> {
    // Says why it cannot be opened better than SQLite does.
    OpenOptions::new().read(true).open(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Opens it for writing. Nothing of what is deleted stays in the file.
pub(super) fn for_writing(path: &Path) -> Result<Connection, Trouble> {
    OpenOptions::new().read(true).append(true).open(path)?;
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;")?;
    Ok(connection)
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, Trouble> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    match found_version(&connection)? {
        0 => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        found if found < schema::version() => Err(io::Error::other(format!(
            "has schema version {found}; start the milter of this version once, \
             which brings it to version {}",
            schema::version()
        ))
        .into()),
        _ => Ok(connection),
    }
}
