//! The file that holds the allowlist.

use super::{AllowError, Entry, NewEntry, ValueError, text};
use jiff::Timestamp;
use rustix::fs::OFlags;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// Largest file that is read, in bytes; some 4,000 entries.
const MAX_BYTES: u64 = 1 << 20;

/// How long another program that changes the file is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether it is done.
const GLANCE: Duration = Duration::from_millis(5);

/// Readable by the group, as the block log is; a folder made for it likewise.
const FILE_MODE: u32 = 0o640;
const FOLDER_MODE: u32 = 0o750;

/// How often an identifier that nobody has is looked for.
const TRIES: usize = 100;

/// The letters of an identifier: none of them looks like another (Crockford's
/// base 32).
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    size: u64,
}

impl Stamp {
    fn of(meta: &fs::Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            size: meta.size(),
        }
    }
}

/// The file that holds the allowlist. It need not be there: then nothing is
/// spared.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllowFile {
    path: PathBuf,
}

impl AllowFile {
    /// The file at this path, which may be made later.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The state of the file; none if it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be looked at.
    pub fn stamp(&self) -> Result<Option<Stamp>, AllowError> {
        match fs::metadata(&self.path) {
            Ok(meta) => Ok(Some(Stamp::of(&meta))),
            Err(e) if is_absent(&e) => Ok(None),
            Err(e) => Err(self.error("look at it", e)),
        }
    }

    /// All entries, also those that have expired, in the order of the file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is too large, or has a mistake; the first one
    /// is named with its line.
    pub fn load(&self) -> Result<Vec<Entry>, AllowError> {
        Ok(self.load_stamped()?.0)
    }

    /// The same, and the state that the file was in before it was read.
    ///
    /// # Errors
    ///
    /// As [`AllowFile::load`].
    pub fn load_stamped(&self) -> Result<(Vec<Entry>, Option<Stamp>), AllowError> {
        let (text, stamp) = self.read()?;
        Ok((self.parse(&text)?, stamp))
    }

    /// Adds an entry. When this returns it is on the disk, and every message
    /// that begins from now on is treated by it.
    ///
    /// # Errors
    ///
    /// The entry is not what it must be, an entry in force says the same, or
    /// the file cannot be read, locked or written.
    pub fn add(&self, new: &NewEntry, now: Timestamp) -> Result<Entry, AllowError> {
        // Before the lock: what is wrong with the entry is always wrong.
        new.checked("a-0", now)?;
        self.change(|text, entries| {
            let entry = new.checked(&fresh_id(entries)?, now)?;
            let same = |known: &&Entry| known.is_in_force(now) && known.spares_the_same(&entry);
            if let Some(known) = entries.iter().find(same) {
                return Err(AllowError::Known {
                    id: known.id.to_string(),
                });
            }
            Ok((Some(text::with(text, entries, &entry)), entry))
        })
    }

    /// Removes the entry of this identifier, and returns it; none if there is
    /// no such entry.
    ///
    /// # Errors
    ///
    /// The file cannot be read, locked or written.
    pub fn remove(&self, id: &str) -> Result<Option<Entry>, AllowError> {
        if !matches!(self.stamp(), Ok(Some(_)) | Err(_)) {
            return Ok(None);
        }
        self.change(|text, entries| {
            let found = entries.iter().find(|entry| *entry.id == *id).cloned();
            let changed = found.as_ref().map(|_| text::without(text, entries, id));
            Ok((changed, found))
        })
    }

    /// Reads, changes and writes the file while nobody else does.
    fn change<T>(
        &self,
        change: impl FnOnce(&str, &[Entry]) -> Result<(Option<String>, T), AllowError>,
    ) -> Result<T, AllowError> {
        let folder = self.folder();
        make_folder(&folder).map_err(|e| io_error(&folder, "make the folder", e))?;
        let _lock = self.lock(&folder)?;
        let (text, _) = self.read()?;
        let (changed, done) = change(&text, &self.parse(&text)?)?;
        if let Some(text) = changed {
            if text.len() as u64 > MAX_BYTES {
                return Err(self.too_large());
            }
            self.write(&folder, &text)
                .map_err(|e| self.error("write it", e))?;
        }
        Ok(done)
    }

    fn read(&self) -> Result<(String, Option<Stamp>), AllowError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if is_absent(&e) => return Ok((String::new(), None)),
            Err(e) => return Err(self.error("read it", e)),
        };
        let read = || -> io::Result<(String, Stamp)> {
            let stamp = Stamp::of(&file.metadata()?);
            let mut text = String::new();
            file.take(MAX_BYTES.saturating_add(1))
                .read_to_string(&mut text)?;
            Ok((text, stamp))
        };
        let (text, stamp) = read().map_err(|e| self.error("read it", e))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(self.too_large());
        }
        Ok((text, Some(stamp)))
    }

    fn parse(&self, text: &str) -> Result<Vec<Entry>, AllowError> {
        text::parse(text).map_err(|mistake| {
            let before = text.get(..mistake.at).unwrap_or(text);
            AllowError::Mistake {
                path: self.path.clone(),
                line: before.bytes().filter(|b| *b == b'\n').count() + 1,
                problem: mistake.problem,
            }
        })
    }

    /// Writes beside the file and renames, so that a reader sees the old text
    /// or the new one, whatever happens meanwhile.
    fn write(&self, folder: &Path, text: &str) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = folder.join(name);
        // Left behind by a program that was killed: the lock is ours.
        match fs::remove_file(&beside) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let result = write_new(&beside, folder, text).and_then(|()| {
            fs::rename(&beside, &self.path)?;
            File::open(folder)?.sync_all()
        });
        if result.is_err() {
            let _ = fs::remove_file(&beside);
        }
        result
    }

    /// Locks the folder, since the file itself is replaced by every change.
    fn lock(&self, folder: &Path) -> Result<File, AllowError> {
        let lock = open_folder(folder, OFlags::empty())
            .map_err(|e| io_error(folder, "open the folder", e))?;
        let begin = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) if begin.elapsed() < PATIENCE => {
                    thread::sleep(GLANCE);
                }
                Err(TryLockError::WouldBlock) => return Err(AllowError::Busy(self.path.clone())),
                Err(TryLockError::Error(e)) => {
                    return Err(io_error(folder, "lock the folder", e));
                }
            }
        }
    }

    fn folder(&self) -> PathBuf {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        }
    }

    fn too_large(&self) -> AllowError {
        AllowError::TooLarge {
            path: self.path.clone(),
            limit: MAX_BYTES,
        }
    }

    fn error(&self, what: &'static str, source: io::Error) -> AllowError {
        io_error(&self.path, what, source)
    }
}

fn write_new(path: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(path)?;
    // The process's mask may be narrower than what the milter needs.
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    let owner = fs::metadata(folder)?;
    if fchown(&file, Some(owner.uid()), Some(owner.gid())).is_err() {
        // Only root gives files away; a member of the group can still give it
        // to the group.
        let _ = fchown(&file, None, Some(owner.gid()));
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the folder if it is not there. It belongs to whom the one above
/// belongs, so that the milter can read what root has written.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|p| !p.as_os_str().is_empty()) {
        make_folder(above)?;
    }
    match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
        Ok(()) => {}
        Err(_) if folder.is_dir() => return Ok(()),
        Err(e) => return Err(e),
    }
    if let Some(above) = folder.parent()
        && let Ok(owner) = fs::metadata(above)
        && let Ok(made) = open_folder(folder, OFlags::NOFOLLOW)
    {
        // Not by its path: whoever owns the one above can have put a link to
        // something of root's in its place.
        let _ = fchown(made, Some(owner.uid()), Some(owner.gid()));
    }
    Ok(())
}

fn open_folder(folder: &Path, flags: OFlags) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags((OFlags::DIRECTORY | flags).bits().cast_signed())
        .open(folder)
}

/// An identifier that no entry has.
fn fresh_id(entries: &[Entry]) -> Result<String, AllowError> {
    for _ in 0..TRIES {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|e| {
            ValueError(format!(
                "the system gives no random numbers: {e}; try again"
            ))
        })?;
        let letters = random
            .iter()
            .filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let id: String = "a-"
            .chars()
            .chain(letters.map(|l| char::from(*l)))
            .collect();
        if entries.iter().all(|entry| *entry.id != *id) {
            return Ok(id);
        }
    }
    Err(ValueError("no identifier is free; remove entries".to_owned()).into())
}

fn is_absent(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn io_error(path: &Path, what: &'static str, source: io::Error) -> AllowError {
    AllowError::Io {
        path: path.to_owned(),
        what,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Scope, *};

    fn new(value: &str) -> NewEntry {
        NewEntry {
            scope: Scope::Tracker,
            value: value.to_owned(),
            sender: None,
            recipient_domain: None,
            reason: "a reason".to_owned(),
            author: "ann".to_owned(),
            expires: None,
        }
    }

    fn now() -> Timestamp {
        "2026-11-22T12:00:00.75Z".parse().unwrap()
    }

    fn file(dir: &tempfile::TempDir) -> AllowFile {
        AllowFile::new(dir.path().join("review/allow.toml"))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn without_a_file_nothing_is_spared_and_nothing_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        assert_eq!(file.load().unwrap(), []);
        assert_eq!(file.stamp().unwrap(), None);
        assert_eq!(file.remove("a-0000").unwrap(), None);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_added_is_there_until_it_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        let first = file.add(&new("Pixel.example.com"), now()).unwrap();
        let before = file.stamp().unwrap();
        let second = file.add(&new("t.example.org"), now()).unwrap();
        assert_ne!(file.stamp().unwrap(), before);
        assert_eq!(first.value, "pixel.example.com");
        assert_eq!(first.created.to_string(), "2026-11-22T12:00:01Z");
        assert!(first.id.starts_with("a-") && first.id.len() == 6);
        assert_eq!(file.load().unwrap(), [first.clone(), second.clone()]);
        assert_eq!(mode(file.path()), 0o640);
        assert_eq!(mode(file.path().parent().unwrap()), 0o750);

        assert_eq!(file.remove("a-none").unwrap(), None);
        assert_eq!(file.remove(&first.id).unwrap(), Some(first));
        assert_eq!(file.load().unwrap(), [second]);
        let files = fs::read_dir(file.path().parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "nothing is left beside it");
    }

    #[test]
    fn the_same_is_not_added_twice_while_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        let expires = "2026-11-23T00:00:00Z".parse().unwrap();
        let short = NewEntry {
            expires: Some(expires),
            ..new("pixel.example.com")
        };
        let first = file.add(&short, now()).unwrap();
        let again = file.add(&new("*.pixel.example.com"), now());
        assert!(
            matches!(&again, Err(AllowError::Known { id }) if **id == *first.id),
            "{again:?}"
        );
        let narrower = NewEntry {
            recipient_domain: Some("example.org".to_owned()),
            ..new("pixel.example.com")
        };
        file.add(&narrower, now()).unwrap();
        file.add(&new("pixel.example.com"), expires).unwrap();
        assert_eq!(file.load().unwrap().len(), 3);
    }

    #[test]
    fn a_bad_entry_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        for bad in [
            new("com"),
            NewEntry {
                reason: "two\nlines".to_owned(),
                ..new("t.example.org")
            },
            NewEntry {
                reason: "x".repeat(501),
                ..new("t.example.org")
            },
            NewEntry {
                expires: Some(now()),
                ..new("t.example.org")
            },
        ] {
            let result = file.add(&bad, now());
            assert!(matches!(result, Err(AllowError::Value(_))), "{result:?}");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_with_a_mistake_is_named_with_its_line_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        file.add(&new("t.example.org"), now()).unwrap();
        let text = fs::read_to_string(file.path()).unwrap() + "what = 1\n";
        fs::write(file.path(), &text).unwrap();
        let line = text.lines().count();
        let place = format!("{}:{line}: ", file.path().display());
        for error in [
            file.load().unwrap_err(),
            file.add(&new("u.example.org"), now()).unwrap_err(),
            file.remove("a-0000").unwrap_err(),
        ] {
            assert!(error.to_string().starts_with(&place), "{error}");
        }
        assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
        fs::write(file.path(), " ".repeat((1 << 20) + 1)).unwrap();
        assert!(matches!(file.load(), Err(AllowError::TooLarge { .. })));
    }

    #[test]
    fn what_a_killed_program_left_behind_is_no_hindrance() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(&dir);
        file.add(&new("t.example.org"), now()).unwrap();
        fs::write(file.path().with_file_name("allow.toml.new"), "half").unwrap();
        file.add(&new("u.example.org"), now()).unwrap();
        assert_eq!(file.load().unwrap().len(), 2);
    }

    #[test]
    fn identifiers_are_new() {
        let mut entries: Vec<Entry> = Vec::new();
        for _ in 0..500 {
            let id = fresh_id(&entries).unwrap();
            assert!(entries.iter().all(|entry| *entry.id != *id));
            entries.push(new("t.example.org").checked(&id, now()).unwrap());
        }
    }
}
