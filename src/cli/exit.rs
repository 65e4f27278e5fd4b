//! How the program ends: the codes of sysexits(3).

use crate::config::ConfigError;
use std::{
    error::Error,
    fmt, io,
    path::Path,
    process::{ExitCode, Termination},
};

/// An exit code.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Code {
    /// All is well.
    Ok = 0,
    /// Something was found (`scan --exit-code`), would change (`diff`), or an
    /// example fails (`rules test`).
    Found = 1,
    /// The command line is wrong (EX_USAGE).
    Usage = 64,
    /// A message could not be processed, a URL is none, or a rule file is
    /// wrong (EX_DATAERR).
    Data = 65,
    /// An input does not exist or cannot be opened (EX_NOINPUT).
    NoInput = 66,
    /// A service is not there (EX_UNAVAILABLE).
    Unavailable = 69,
    /// A file or socket cannot be created (EX_CANTCREAT).
    CannotCreate = 73,
    /// Reading or writing failed (EX_IOERR).
    Io = 74,
    /// Try again later (EX_TEMPFAIL).
    TempFail = 75,
    /// Permission denied (EX_NOPERM).
    Permission = 77,
    /// The configuration or the rules are wrong (EX_CONFIG).
    Config = 78,
}

impl Code {
    /// Every code that a command can end with, with its meaning, for the
    /// help.
    pub(crate) const MEANINGS: &[(Self, &str)] = &[
        (Self::Ok, "all is well"),
        (
            Self::Found,
            "found something (scan --exit-code), would change (diff), or an example fails (rules test)",
        ),
        (Self::Usage, "wrong command line"),
        (
            Self::Data,
            "a message could not be processed, or a URL or rule file is wrong",
        ),
        (Self::NoInput, "an input does not exist or cannot be opened"),
        (Self::Unavailable, "a service is not there"),
        (Self::CannotCreate, "a file or socket cannot be created"),
        (Self::Io, "reading or writing failed"),
        (Self::TempFail, "could not, try again later (filter)"),
        (Self::Permission, "permission denied"),
        (Self::Config, "the configuration or the rules are wrong"),
    ];
}

impl Termination for Code {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command failed, and the code to end with.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    /// One or more lines for standard error.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// An error with everything that caused it, on one line.
    pub(crate) fn from_error(code: Code, context: &str, error: &dyn Error) -> Self {
        Self::new(code, format!("{context}: {}", chain(error)))
    }

    /// An error in opening or making a file. The code follows from the kind.
    pub(crate) fn file(otherwise: Code, path: &Path, error: &io::Error) -> Self {
        let code = match error.kind() {
            io::ErrorKind::NotFound if otherwise == Code::Io => Code::NoInput,
            io::ErrorKind::PermissionDenied => Code::Permission,
            _ => otherwise,
        };
        Self::new(code, format!("{}: {error}", path.display()))
    }
}

/// An error and its causes, separated by colons; a cause that the error has
/// told already is not repeated.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text += ": ";
            text += &next;
        }
        cause = error.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigError> for Failure {
    fn from(e: ConfigError) -> Self {
        let code = match &e {
            ConfigError::Read { source, .. } if is_denied(source) => Code::Permission,
            _ => Code::Config,
        };
        Self::new(code, e.to_string())
    }
}

fn is_denied(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::PermissionDenied
}

/// An error in writing to standard output. A reader that has seen enough (as
/// in `untrackd scan … | head`) is no failure.
impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        if e.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Code::Ok, "");
        }
        Self::new(Code::Io, format!("standard output: {e}"))
    }
}
