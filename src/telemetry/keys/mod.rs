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

mod error;
mod file;
mod renew;
mod ring;

pub use error::{KeyError, KeyErrorKind, is_missing};
pub use renew::{Renewal, Schedule, renew};
pub(crate) use ring::{Ring, StartRingError};

use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use sha2::Sha256;
use std::{fmt, io, path::Path, time::SystemTime};

/// Length of a secret, in bytes.
const SECRET_BYTES: usize = 32;
/// How much of a hash stands in a pseudonym, in bytes: with 80 bits, a million
/// addresses collide with a probability of 1 in 2 trillion.
const PSEUDONYM_BYTES: usize = 10;
/// Largest key file that is read, in bytes. Thousands of keys fit in.
const FILE_BYTES: u64 = 1 << 20;

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
        file::read(path).map_err(|kind| KeyError {
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
        let result = match file::read(path) {
            Err(KeyErrorKind::Io(e)) if e.kind() == io::ErrorKind::NotFound => {
                renew::create(path, now).and_then(|()| file::read(path))
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

    /// Everything that may stand in the log for this envelope sender.
    pub fn sender_pseudonyms(&self, address: &str) -> Vec<String> {
        self.all().map(|key| key.sender(address)).collect()
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

#[cfg(test)]
mod tests;
