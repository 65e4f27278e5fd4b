//! The configuration: file and environment, first as written, then as meant.
//!
//! Reading is a pure function of the file's text and of [`Surroundings`], so
//! that tests decide who runs the program and under which variables. Every
//! problem names the file and line (or the variable), the key, the value,
//! what is allowed and what to do.

mod error;
mod in_force;
mod pages;
mod raw;
mod schema;
mod settings;
mod socket;
mod sources;
pub(crate) mod suggest;
mod surroundings;
#[cfg(test)]
mod tests;
mod validate;

pub use error::{ConfigError, Origin, Problem};
pub use settings::{Auth, Config, Dashboard, Format, Level, Metrics, Milter, Review, Role, Trace};
pub use socket::Socket;
pub use surroundings::{SYSTEM_FILE, Surroundings};

use raw::Raw;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Finds, reads and checks the configuration.
///
/// The file is `explicit`, or what `UNTRACKD_CONFIG` names, both of which
/// must exist; or [`SYSTEM_FILE`] for a system account, or
/// `untrackd/untrackd.toml` in the user's XDG configuration directory,
/// whichever exists first; or none. Variables `UNTRACKD_…` override it.
///
/// # Errors
///
/// If the file cannot be read, or anything in it or in the variables is
/// wrong.
pub fn load(explicit: Option<&Path>, surroundings: &Surroundings) -> Result<Config, ConfigError> {
    let file = find(explicit, surroundings)?;
    let file = file
        .as_ref()
        .map(|(path, text)| (path.as_path(), text.as_str()));
    parse(file, surroundings)
}

/// Checks a configuration whose file has been read already.
///
/// # Errors
///
/// If anything in it or in the variables is wrong.
pub fn parse(
    file: Option<(&Path, &str)>,
    surroundings: &Surroundings,
) -> Result<Config, ConfigError> {
    let sources = sources::read(file, surroundings).map_err(ConfigError::Problems)?;
    let raw: Raw = serde_path_to_error::deserialize(sources.merged).map_err(|e| {
        let key = e.path().to_string();
        let what = e.into_inner().to_string();
        ConfigError::from_problem(sources.origins.problem(&key, what, "correct the value"))
    })?;
    let path = file.map(|(path, _)| path);
    validate::validate(raw, &sources.origins, surroundings, path).map_err(ConfigError::Problems)
}

fn find(
    explicit: Option<&Path>,
    surroundings: &Surroundings,
) -> Result<Option<(PathBuf, String)>, ConfigError> {
    if let Some(path) = explicit {
        return read(path, "correct --config").map(Some);
    }
    if let Some(path) = surroundings.named_file() {
        return read(&path, "correct or unset UNTRACKD_CONFIG").map(Some);
    }
    for path in surroundings.usual_files() {
        match read(&path, "make it readable, or name another with --config") {
            Err(ConfigError::Read { source, .. }) if is_absent(&source) => {}
            result => return result.map(Some),
        }
    }
    Ok(None)
}

fn is_absent(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn read(path: &Path, remedy: &'static str) -> Result<(PathBuf, String), ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok((path.to_owned(), text)),
        Err(source) => Err(ConfigError::Read {
            path: path.to_owned(),
            source,
            remedy,
        }),
    }
}
