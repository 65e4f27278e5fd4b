//! What can be wrong with the database, sorted by what helps.

use super::space;
use rusqlite::ErrorCode;
use std::{
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// What the files beside the database need at least. Where they cannot be
/// made, SQLite speaks of an I/O error.
const COMPANION_BYTES: u64 = 64 << 10;

/// The block log cannot be read or written.
#[derive(Debug, Error)]
#[error("block log {}", path.display())]
pub struct StoreError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub trouble: Trouble,
}

impl StoreError {
    /// This trouble with this file.
    pub(crate) fn new(path: &Path, trouble: Trouble) -> Self {
        let is_full = || space::free(path).is_some_and(|free| free < COMPANION_BYTES);
        let trouble = match trouble {
            Trouble::Unreachable(error) if is_full() => Trouble::Full(error),
            trouble => trouble,
        };
        Self {
            path: path.to_owned(),
            trouble,
        }
    }
}

/// What is wrong with the database.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The content is no database any more.
    #[error("the file is damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
    /// The file is a database, but not a block log.
    #[error("the file is a database of another program")]
    Foreign,
    /// No space is left.
    #[error("no space is left: {0}")]
    Full(#[source] rusqlite::Error),
    /// The file system does not give access.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Another program holds a lock.
    #[error("locked by another program: {0}")]
    Locked(#[source] rusqlite::Error),
    /// The file was written by a newer version.
    #[error("the file has schema version {found}, this program knows {known}")]
    Newer {
        /// The file's schema version.
        found: i32,
        /// The newest version that is known here.
        known: i32,
    },
    /// SQLite refused for another reason.
    #[error("{0}")]
    Other(#[source] rusqlite::Error),
    /// SQLite cannot reach the file.
    #[error("cannot be opened or written: {0}")]
    Unreachable(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure,
            ) => Self::Unreachable(error),
            _ => Self::Other(error),
        }
    }
}
