//! Whether a file could be made where it is wanted.

use super::Note;
use crate::{cli::exit::Code, telemetry};
use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    process,
};

/// A name that nobody else uses, in a directory.
pub(super) fn probe_in(dir: &Path) -> PathBuf {
    dir.join(format!(".untrackd-check-{}", process::id()))
}

/// The directory itself, or the nearest one above it that exists.
pub(super) fn nearest_existing(dir: &Path) -> &Path {
    let existing = dir.ancestors().find(|dir| dir.is_dir());
    existing.unwrap_or(Path::new("/"))
}

pub(super) fn check_log(log: &telemetry::Settings) -> Vec<Note> {
    if !log.enabled {
        return vec![Note::hint(
            "block log: off (log.enabled = false), so nothing can be reviewed later",
        )];
    }
    let mut notes = vec![check_file("block log", &log.path)];
    if log.keys.parent() != log.path.parent() {
        notes.push(check_file("keys", &log.keys));
    }
    if log.privacy == telemetry::Level::Full {
        notes.push(Note::hint(
            "log.privacy is \"full\": whoever reads the log sees who got mail from whom",
        ));
    }
    notes
}

fn check_file(name: &str, path: &Path) -> Note {
    let shown = path.display();
    let result = if path.exists() {
        let opened = OpenOptions::new().append(true).open(path);
        // SQLite makes files beside the database.
        opened.and_then(|_| try_write(path.parent().unwrap_or(Path::new("/"))))
    } else {
        let dir = path.parent().unwrap_or(Path::new("/"));
        try_write(nearest_existing(dir))
    };
    match result {
        Ok(()) if path.exists() => Note::fine(format!("{name}: {shown} can be written")),
        Ok(()) => Note::fine(format!("{name}: {shown} can be made")),
        Err(e) => Note::wrong(
            Code::CannotCreate,
            format!(
                "{name}: {shown} cannot be written: {e}; run this as the service's user, \
                 give it the directory, or set log.path"
            ),
        ),
    }
}

fn try_write(dir: &Path) -> io::Result<()> {
    let probe = probe_in(dir);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&probe)?;
    fs::remove_file(&probe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::State;

    #[test]
    fn a_file_can_be_made_below_what_exists() {
        let dir = tempfile::tempdir().unwrap();
        let note = check_file("block log", &dir.path().join("a/b/log.db"));
        assert_eq!(note.state, State::Fine, "{}", note.text);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_cannot_be_made_below_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        fs::create_dir(&path).unwrap();
        let note = check_file("block log", &path);
        assert_eq!(note.state, State::Wrong(Code::CannotCreate));
        assert!(note.text.contains("; run this as the service's user"));
    }
}
