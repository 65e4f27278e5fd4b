//! Why the audit log cannot be used.

use crate::telemetry::keys::KeyError;
use rusqlite::ErrorCode;
use std::{
    error::Error,
    io,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// The audit log cannot be used. Nobody is looked up then.
#[derive(Debug, Error)]
#[error(
    "the audit log {} cannot be used: {kind}; no person is looked up unrecorded: {}",
    .path.display(), .kind.remedy()
)]
pub struct AuditError {
    /// Which file.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: AuditErrorKind,
}

/// What is wrong with the audit log.
#[derive(Debug, Error)]
pub enum AuditErrorKind {
    /// It is a database of something else.
    #[error("it is a database of another program")]
    Foreign,
    /// The file system refuses.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The key that people are hashed with cannot be read.
    #[error("{}", with_cause(.0))]
    Keys(KeyError),
    /// It was written by a newer version.
    #[error("it has version {0}, which this program does not know")]
    Newer(i32),
    /// SQLite refuses.
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
}

fn with_cause(error: &KeyError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl AuditError {
    pub(super) fn new(path: &Path, kind: AuditErrorKind) -> Self {
        Self {
            path: path.to_owned(),
            kind,
        }
    }

    /// Whether the user may not use it, as opposed to trouble with the file.
    pub fn is_denied(&self) -> bool {
        self.kind.is_denied()
    }
}

impl AuditErrorKind {
    fn is_denied(&self) -> bool {
        match self {
            Self::Io(e) => e.kind() == io::ErrorKind::PermissionDenied,
            Self::Keys(e) => e.is_denied(),
            Self::Sql(e) => matches!(
                e.sqlite_error_code(),
                Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen)
            ),
            Self::Foreign | Self::Newer(_) => false,
        }
    }

    fn remedy(&self) -> &'static str {
        match self {
            Self::Foreign => "name another file in review.audit",
            Self::Newer(_) => "use the newer program",
            Self::Io(e) if e.kind() == io::ErrorKind::NotFound => {
                "nothing has been recorded yet, or review.audit names another file"
            }
            kind if kind.is_denied() => "run as root or as the milter's user",
            Self::Io(_) | Self::Keys(_) | Self::Sql(_) => "see to the file and its folder",
        }
    }
}
