//! The key file: read whole, replaced whole.
//!
//! It is written beside and renamed into place, so that nobody ever reads half
//! a key, and under a lock, so that two programs do not undo each other's work.

use super::{FILE_BYTES, KeyErrorKind, Keys};
use crate::telemetry::own;
use std::{
    fs::{self, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Mode of a new key file, and of its lock.
const MODE: u32 = 0o600;
/// How long to wait for another program that changes the file.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often to look whether it has finished.
const POLL: Duration = Duration::from_millis(20);

/// What tells one state of the file from another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    modified: (i64, i64),
    bytes: u64,
}

impl Identity {
    /// Of the file as it is now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        Ok(Self {
            device: meta.dev(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            bytes: meta.len(),
        })
    }
}

/// Reads the keys. A file that was destroyed while it was read is read anew.
pub(super) fn read(path: &Path) -> Result<Keys, KeyErrorKind> {
    let before = Identity::of(path)?;
    let text = read_text(path)?;
    match Keys::parse(&text) {
        Err(_) if Identity::of(path)? != before => Keys::parse(&read_text(path)?),
        other => other,
    }
}

fn read_text(path: &Path) -> Result<String, KeyErrorKind> {
    let meta = fs::metadata(path)?;
    if meta.len() > FILE_BYTES {
        return Err(KeyErrorKind::Size);
    }
    if meta.mode() & 0o007 != 0 {
        tracing::warn!(
            "key file {} is open to every user of this machine; run: chmod o= {0}",
            path.display()
        );
    }
    let mut text = String::new();
    File::open(path)?
        .take(FILE_BYTES)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// A change of the file's text, which holds as long as nobody else changes it.
pub(super) struct Change<'a> {
    path: &'a Path,
    /// Released when it is dropped.
    _lock: File,
}

impl<'a> Change<'a> {
    /// Waits until no other program changes the file.
    pub(super) fn begin(path: &'a Path) -> Result<Self, KeyErrorKind> {
        if let Some(dir) = path.parent() {
            own::make_folder(dir, 0o750)?;
        }
        let name = beside(path, ".lock");
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(MODE)
            .open(&name)?;
        own::hand_over(&lock, &name)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { path, _lock: lock }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(POLL),
                Err(TryLockError::WouldBlock) => return Err(KeyErrorKind::Locked),
                Err(TryLockError::Error(e)) => return Err(e.into()),
            }
        }
    }

    /// The text as it is; nothing if there is no file.
    pub(super) fn text(&self) -> Result<Option<String>, KeyErrorKind> {
        match read_text(self.path) {
            Err(KeyErrorKind::Io(e)) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Puts a new text in the old one's place, with the old file's owner and
    /// mode. If the old one `is_secret_gone`, its bytes are overwritten, as far
    /// as the file system writes in place.
    pub(super) fn commit(&self, text: &str, is_secret_gone: bool) -> Result<(), KeyErrorKind> {
        // Nothing is put in place that could not be read again.
        Keys::parse(text)?;
        let old = match OpenOptions::new().read(true).write(true).open(self.path) {
            Ok(old) => Some(old),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(e.into()),
        };
        let draft = beside(self.path, ".new");
        let written = self.write(&draft, text, old.as_ref());
        if written.is_err() {
            // The draft holds secrets; that it could not be written counts
            // more than that it could not be removed.
            let _ = fs::remove_file(&draft);
        }
        written?;
        if let Some(old) = old.filter(|_| is_secret_gone) {
            overwrite(old)?;
        }
        Ok(())
    }

    fn write(&self, draft: &Path, text: &str, old: Option<&File>) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(MODE)
            .open(draft)?;
        match old {
            Some(old) => {
                let meta = old.metadata()?;
                own::give(&file, &meta)?;
                file.set_permissions(Permissions::from_mode(meta.mode() & 0o777))?;
            }
            None => own::hand_over(&file, self.path)?,
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(draft, self.path)?;
        match self.path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
            Some(dir) => File::open(dir)?.sync_all(),
            None => Ok(()),
        }
    }
}

/// Fills a file with zeros.
fn overwrite(mut file: File) -> io::Result<()> {
    let bytes = file.metadata()?.len();
    file.rewind()?;
    io::copy(&mut io::repeat(0).take(bytes), &mut file)?;
    file.sync_all()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
