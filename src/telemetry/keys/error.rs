//! Why a key file cannot be used.

use std::{io, path::PathBuf};
use thiserror::Error;

/// The key file cannot be used.
#[derive(Debug, Error)]
#[error("key file {}", path.display())]
pub struct KeyError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub kind: KeyErrorKind,
}

/// What is wrong with a key file.
#[derive(Debug, Error)]
pub enum KeyErrorKind {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It holds no key.
    #[error("holds no key; remove it to have a new one made")]
    Empty,
    /// A line is not a key.
    #[error("line {line}: expected number, day and 64 hexadecimal digits")]
    Line {
        /// Which line, from 1.
        line: usize,
    },
    /// Another program has been changing it all the time.
    #[error("locked by another program; try again")]
    Locked,
    /// A number stands twice.
    #[error("line {line}: key number {id} stands twice")]
    Twice {
        /// Which line, from 1.
        line: usize,
        /// Which number.
        id: u32,
    },
    /// The system gave no random bytes.
    #[error("no random bytes: {0}")]
    Random(String),
    /// It is larger than any key file.
    #[error("larger than {} bytes, so it is no key file", super::FILE_BYTES)]
    Size,
}

impl KeyError {
    /// Whether the user may not read or write it.
    pub fn is_denied(&self) -> bool {
        matches!(&self.kind, KeyErrorKind::Io(e) if e.kind() == io::ErrorKind::PermissionDenied)
    }
}

/// Whether there is no key file: at levels that keep nobody none is made.
pub fn is_missing(kind: &KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Io(e) if e.kind() == io::ErrorKind::NotFound)
}
