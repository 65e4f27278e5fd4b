//! What can be wrong with the allowlist, with the place and the remedy.

use std::{io, path::PathBuf};
use thiserror::Error;

/// A part of an entry is not what it must be.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{0}")]
pub struct ValueError(pub(super) String);

/// The allowlist cannot be read or changed.
#[derive(Debug, Error)]
pub enum AllowError {
    /// The new entry is not what it must be.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// The file has a mistake.
    #[error("{}:{line}: {problem}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The file is too large to be an allowlist.
    #[error("{} has more than {limit} bytes; take entries away", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most it may have.
        limit: u64,
    },
    /// An entry in force says the same.
    #[error("{id} says the same already; remove it first")]
    Known {
        /// Its identifier.
        id: String,
    },
    /// Another program holds the lock.
    #[error("{} is being changed by another program; try again", .0.display())]
    Busy(PathBuf),
    /// The file, or its folder, cannot be used.
    #[error("{}: cannot {what}: {source}{}", path.display(), remedy(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "; run as root or as the milter's user",
        io::ErrorKind::ReadOnlyFilesystem => {
            "; give the service the folder (ReadWritePaths=), or set review.allowlist"
        }
        io::ErrorKind::StorageFull => "; make room",
        _ => "",
    }
}
