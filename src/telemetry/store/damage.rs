//! Sets a damaged database aside, so that logging can go on in a new one.

use jiff::{Timestamp, tz::TimeZone};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What follows the database's name in that of a damaged one.
const MARK: &str = ".damaged-";
/// Most damaged files that are kept: on a failing disk each new one may be
/// damaged again.
const MAX_KEPT: usize = 5;
/// The companions of a database in WAL mode.
const COMPANIONS: &[&str] = &["-wal", "-shm"];

/// Renames the database and its companions to `*.damaged-<time>` and returns
/// the new name. Of several, the oldest are removed.
pub(crate) fn set_aside(path: &Path, now: SystemTime) -> io::Result<PathBuf> {
    let time = Timestamp::try_from(now)
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .strftime("%Y%m%dT%H%M%SZ")
        .to_string();
    let base = with_suffix(path, format!("{MARK}{time}"));
    let mut target = base.clone();
    let mut n = 1;
    while target.exists() {
        n += 1;
        target = with_suffix(&base, format!("-{n}"));
    }
    fs::rename(path, &target)?;
    for companion in COMPANIONS {
        match fs::rename(
            with_suffix(path, companion),
            with_suffix(&target, companion),
        ) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    let kept = damaged(path)?;
    for old in kept.iter().take(kept.len().saturating_sub(MAX_KEPT)) {
        remove(old)?;
    }
    Ok(target)
}

/// Removes damaged files that have not changed since `cutoff`: they hold the
/// same personal data as the messages, and must not outlive them.
pub(crate) fn remove_older(path: &Path, cutoff: SystemTime) -> io::Result<()> {
    for file in damaged(path)? {
        if fs::metadata(&file)?.modified()? < cutoff {
            remove(&file)?;
        }
    }
    Ok(())
}

/// The damaged files beside a database, oldest first.
pub(crate) fn damaged(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut prefix = path.file_name().unwrap_or_default().to_owned();
    prefix.push(MARK);
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_companion = COMPANIONS.iter().any(|c| name.ends_with(c.as_bytes()));
        if name.starts_with(prefix.as_encoded_bytes()) && !is_companion {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

fn remove(file: &Path) -> io::Result<()> {
    for suffix in COMPANIONS.iter().chain(&[""]) {
        match fs::remove_file(with_suffix(file, suffix)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// The path with this added to the file's name.
pub(crate) fn with_suffix(path: &Path, suffix: impl AsRef<OsStr>) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_damaged_file_moves_with_its_companions() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        // 2026-11-21T12:00:00Z.
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
        for expected in [
            "log.db.damaged-20261121T120000Z",
            "log.db.damaged-20261121T120000Z-2",
        ] {
            fs::write(&path, "x").unwrap();
            fs::write(with_suffix(&path, "-wal"), "y").unwrap();
            let target = set_aside(&path, now).unwrap();
            assert_eq!(target.file_name().unwrap(), expected);
            assert_eq!(fs::read(with_suffix(&target, "-wal")).unwrap(), b"y");
            assert!(!path.exists());
        }
    }

    #[test]
    fn few_are_kept_and_none_outlives_the_messages() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log.db");
        for day in 0..8 {
            fs::write(&path, "x").unwrap();
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * day);
            set_aside(&path, now).unwrap();
        }
        let kept = damaged(&path).unwrap();
        assert_eq!(kept.len(), MAX_KEPT);
        assert!(kept[0].ends_with("log.db.damaged-19700104T000000Z"));
        let written = fs::metadata(&kept[0]).unwrap().modified().unwrap();
        remove_older(&path, written - Duration::from_secs(60)).unwrap();
        assert_eq!(damaged(&path).unwrap().len(), MAX_KEPT);
        remove_older(&path, written + Duration::from_secs(60)).unwrap();
        assert_eq!(damaged(&path).unwrap(), Vec::<PathBuf>::new());
    }
}
