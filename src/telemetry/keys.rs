//! The keys behind the pseudonyms.
//!
//! A pseudonym is a keyed hash, so that whoever has the database alone cannot
//! test addresses against it, and destroying a key makes its pseudonyms
//! meaningless. The file holds several keys, each with the day it was made:
//! the newest makes pseudonyms, all of them answer look-ups. It is plain text,
//! one key a line:
//!
//! ```text
//! # comment
//! 1 2026-11-21 8f3c…64 hexadecimal digits…
//! ```

use data_encoding::{BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use sha2::Sha256;
use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::SystemTime,
};
use thiserror::Error;

/// Length of a secret, in bytes.
const SECRET_BYTES: usize = 32;
/// How much of a hash stands in a pseudonym, in bytes: with 80 bits, a million
/// addresses collide with a probability of 1 in 2 trillion.
const PSEUDONYM_BYTES: usize = 10;
/// Largest key file that is read, in bytes. Thousands of keys fit in.
const FILE_BYTES: u64 = 1 << 20;

const HEADER: &str = "\
# Keys of untrackd's block log: number, day, secret. The last one makes new
# pseudonyms, all of them are used for look-ups. Whoever can read this file can
# test whether an address stands in the block log. Keep it out of the
# database's backups. Taking a line away makes its pseudonyms meaningless.
";

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
    #[error("larger than {FILE_BYTES} bytes, so it is no key file")]
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

/// One key.
#[derive(Clone)]
pub struct Key {
    id: u32,
    created: Date,
    mac: Hmac<Sha256>,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} of {}, secret)", self.id, self.created)
    }
}

impl Key {
    fn new(id: u32, created: Date, secret: &[u8]) -> Option<Self> {
        let mac = Hmac::new_from_slice(secret).ok()?;
        Some(Self { id, created, mac })
    }

    /// Its number, which each stored message names.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The day it was made (UTC).
    pub fn created(&self) -> Date {
        self.created
    }

    /// The pseudonym of an address as a recipient: `r_` and 16 characters.
    pub fn recipient(&self, address: &str) -> String {
        self.pseudonym("r_", "", &normal_address(address))
    }

    /// The pseudonym of an address as a sender: `s_` and 16 characters.
    pub fn sender(&self, address: &str) -> String {
        self.pseudonym("s_", "", &normal_address(address))
    }

    /// The pseudonym of a Message-ID: `m_` and 16 characters.
    pub fn message_id(&self, id: &str) -> String {
        self.pseudonym("m_", "message-id\0", id.trim())
    }

    /// The pseudonym of an address or pseudonym in the audit log: `a_` and 16
    /// characters. It differs from those in the block log, so that the one
    /// cannot be joined with the other without the key.
    pub fn subject(&self, person: &str) -> String {
        self.pseudonym("a_", "audit\0", &normal_address(person))
    }

    /// Tells whether two URLs are the same without telling what they are.
    pub fn url(&self, url: &str) -> [u8; 8] {
        let hash = self.hash("url\0", url);
        let mut short = [0; 8];
        for (to, from) in short.iter_mut().zip(hash) {
            *to = from;
        }
        short
    }

    fn pseudonym(&self, prefix: &str, label: &str, text: &str) -> String {
        let hash = self.hash(label, text);
        let short = hash.get(..PSEUDONYM_BYTES).unwrap_or(&hash);
        format!(
            "{prefix}{}",
            BASE32_NOPAD.encode(short).to_ascii_lowercase()
        )
    }

    fn hash(&self, label: &str, text: &str) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(label.as_bytes());
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// An address as it is hashed and compared: lower case, without angle
/// brackets.
pub fn normal_address(address: &str) -> String {
    address
        .trim()
        .trim_start_matches('<')
        .trim_end_matches('>')
        .to_lowercase()
}

/// All keys of a key file.
#[derive(Clone, Debug)]
pub struct Keys {
    current: Key,
    older: Vec<Key>,
}

impl Keys {
    /// Reads the key file.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not a key file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        read(path).map_err(|kind| KeyError {
            path: path.to_owned(),
            kind,
        })
    }

    /// Reads the key file, or makes one with a fresh key (mode 0600) if there
    /// is none. Two programs that do so at once end up with the same key.
    ///
    /// # Errors
    ///
    /// It cannot be read or made, or is not a key file.
    pub fn load_or_create(path: &Path, now: SystemTime) -> Result<Self, KeyError> {
        let result = match read(path) {
            Err(KeyErrorKind::Io(e)) if e.kind() == io::ErrorKind::NotFound => {
                create(path, now).and_then(|()| read(path))
            }
            other => other,
        };
        result.map_err(|kind| KeyError {
            path: path.to_owned(),
            kind,
        })
    }

    /// The key that makes new pseudonyms.
    pub fn current(&self) -> &Key {
        &self.current
    }

    /// Every key, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        self.older.iter().chain(std::iter::once(&self.current))
    }

    /// Everything that may stand in the log for this recipient: the pseudonym
    /// under each key.
    pub fn recipient_pseudonyms(&self, address: &str) -> Vec<String> {
        self.all().map(|key| key.recipient(address)).collect()
    }

    fn parse(text: &str) -> Result<Self, KeyErrorKind> {
        let mut keys: Vec<Key> = Vec::new();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let key = parse_line(content).ok_or(KeyErrorKind::Line { line })?;
            if keys.iter().any(|k| k.id == key.id) {
                return Err(KeyErrorKind::Twice { line, id: key.id });
            }
            keys.push(key);
        }
        let current = keys.pop().ok_or(KeyErrorKind::Empty)?;
        Ok(Self {
            current,
            older: keys,
        })
    }
}

fn parse_line(line: &str) -> Option<Key> {
    let mut words = line.split_ascii_whitespace();
    let id = words.next()?.parse().ok()?;
    let created = words.next()?.parse().ok()?;
    let secret = HEXLOWER_PERMISSIVE.decode(words.next()?.as_bytes()).ok()?;
    if secret.len() != SECRET_BYTES || words.next().is_some() {
        return None;
    }
    Key::new(id, created, &secret)
}

fn read(path: &Path) -> Result<Keys, KeyErrorKind> {
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
    Keys::parse(&fs::read_to_string(path)?)
}

fn create(path: &Path, now: SystemTime) -> Result<(), KeyErrorKind> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|e| KeyErrorKind::Random(e.to_string()))?;
    let day = Timestamp::try_from(now)
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .date();
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    // Written beside and linked into place, so that nobody ever reads half a
    // key, and a key that another program has just made is not replaced.
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".new-{}", std::process::id()));
    let draft = PathBuf::from(draft);
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)
        .and_then(|mut file| {
            writeln!(file, "{HEADER}1 {day} {}", HEXLOWER.encode(&secret))?;
            file.sync_all()
        })
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        });
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(KeyErrorKind::Io)
}

#[cfg(test)]
mod tests {
    use super::*;

    // 32 bytes of 0x0b, and of 0x0c.
    const OLD: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
    const NEW: &str = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c";

    fn two_keys() -> Keys {
        Keys::parse(&format!("# c\n1 2026-08-21 {OLD}\n\n2 2026-11-21 {NEW}\n")).unwrap()
    }

    #[test]
    fn the_last_key_is_current_and_all_answer() {
        let keys = two_keys();
        assert_eq!(keys.current().id(), 2);
        assert_eq!(keys.current().created().to_string(), "2026-11-21");
        let both = keys.recipient_pseudonyms("jane@example.org");
        assert_eq!(both.len(), 2);
        assert_ne!(both[0], both[1]);
        assert_eq!(both[1], keys.current().recipient("jane@example.org"));
    }

    #[test]
    fn a_pseudonym_is_the_keyed_hash_of_the_lower_case_address() {
        // printf jane@example.org | openssl dgst -sha256 -mac HMAC \
        //   -macopt hexkey:0c…0c | cut -c1-20 | xxd -r -p | base32
        let keys = two_keys();
        assert_eq!(
            keys.current().recipient("<Jane@Example.ORG>"),
            EXPECTED_RECIPIENT
        );
        assert_eq!(
            keys.current().sender("jane@example.org").get(2..),
            EXPECTED_RECIPIENT.get(2..)
        );
    }
    const EXPECTED_RECIPIENT: &str = "r_iow72k2ft2icmkqx";

    #[test]
    fn the_debug_form_holds_no_secret() {
        assert_eq!(
            format!("{:?}", two_keys().current()),
            "Key(2 of 2026-11-21, secret)"
        );
    }

    #[test]
    fn a_bad_file_names_its_line() {
        for (text, expected) in [
            ("", "holds no key; remove it to have a new one made"),
            (
                "# c\n1 2026-08-21 abcd\n",
                "line 2: expected number, day and 64 hexadecimal digits",
            ),
            (
                "1 tomorrow 00\n",
                "line 1: expected number, day and 64 hexadecimal digits",
            ),
        ] {
            assert_eq!(Keys::parse(text).unwrap_err().to_string(), expected);
        }
        let twice = format!("1 2026-08-21 {OLD}\n1 2026-11-21 {NEW}\n");
        assert_eq!(
            Keys::parse(&twice).unwrap_err().to_string(),
            "line 2: key number 1 stands twice"
        );
    }

    #[test]
    fn a_new_key_is_for_its_owner_only_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub/log.keys");
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000);
        let first = Keys::load_or_create(&path, now).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        // 1,795,000,000 s is 2026-11-18 11:06:40 UTC.
        assert_eq!(first.current().created().to_string(), "2026-11-18");
        let second = Keys::load_or_create(&path, now).unwrap();
        assert_eq!(
            first.current().recipient("a@example.org"),
            second.current().recipient("a@example.org")
        );
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
