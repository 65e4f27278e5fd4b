//! The configuration section `[log]`.

use super::privacy::Level;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, path::PathBuf};
use thiserror::Error;

/// What the block log keeps, where, and for how long.
///
/// The configuration section `[log]`. Every change needs a restart.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Whether anything is recorded. The default is true.
    pub enabled: bool,
    /// The database, which is made with its folder if it is not there. The
    /// default is `/var/lib/untrackd/log.db`.
    pub path: PathBuf,
    /// The keys of the pseudonyms, made likewise. Back it up apart from the
    /// database. The default is `/var/lib/untrackd/log.keys`.
    pub keys: PathBuf,
    /// How much is kept about people: `full`, `pseudonym`, `domain` or
    /// `aggregate`. The default is `pseudonym`.
    pub privacy: Level,
    /// The last day (UTC) on which `privacy = "full"` stores addresses in
    /// clear; afterwards it is `pseudonym`. Required with `full`.
    #[serde(deserialize_with = "date")]
    pub full_until: Option<Date>,
    /// Messages from or to these are cleaned, but only counted:
    /// `user@example.org`, `user@` or `@example.org`. The default is none.
    pub exclude: Vec<String>,
    /// A new key is made when the newest is this many days old; 0 for never.
    /// The default is 90.
    pub rotate_keys_days: u32,
    /// How many messages may wait for the writer; what comes when it is full
    /// is counted as lost, and mail goes on. The default is 8192.
    pub queue: usize,
    /// Whether messages in which nothing was found get a row of their own,
    /// too; they always count in the daily sums. The default is false.
    pub log_clean: bool,
    /// For how many days messages and findings are kept. The default is 30.
    pub keep_days: u32,
    /// For how many days the daily sums are kept. The default is 400.
    pub keep_rollup_days: u32,
    /// Largest size of the database; beyond it the oldest messages go first,
    /// whatever their age. A number of bytes, or one with KiB, MiB, GiB or
    /// TiB. The default is 2 GiB.
    #[serde(deserialize_with = "bytes")]
    pub max_bytes: u64,
    /// While less than this is free on the file system of the database,
    /// nothing is written to it. Written like `max_bytes`. The default is
    /// 256 MiB; 0 looks at nothing.
    #[serde(deserialize_with = "bytes")]
    pub min_free_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            path: PathBuf::from("/var/lib/untrackd/log.db"),
            keys: PathBuf::from("/var/lib/untrackd/log.keys"),
            privacy: Level::default(),
            full_until: None,
            exclude: Vec::new(),
            rotate_keys_days: 90,
            queue: 8192,
            log_clean: false,
            keep_days: 30,
            keep_rollup_days: 400,
            max_bytes: 2 << 30,
            min_free_bytes: 256 << 20,
        }
    }
}

/// A value of the section `[log]` that makes no sense.
#[derive(Debug, Eq, Error, PartialEq)]
#[error("log.{key}: {problem}")]
pub struct SettingsError {
    /// Which key.
    pub key: &'static str,
    /// What is wrong, and what to write instead.
    pub problem: &'static str,
}

/// Smallest size bound: what the empty database and its sums need.
const MIN_BYTES: u64 = 1 << 20;
/// Largest queue: what waits is held in memory.
const MAX_QUEUE: usize = 1 << 20;

impl Settings {
    /// Checks the values.
    ///
    /// # Errors
    ///
    /// The first value that makes no sense, with its remedy.
    pub fn check(&self) -> Result<(), SettingsError> {
        let table = [
            (
                self.path.as_os_str().is_empty(),
                "path",
                "is empty; name a file, or set log.enabled = false",
            ),
            (
                self.keys.as_os_str().is_empty(),
                "keys",
                "is empty; name a file",
            ),
            (
                self.keys == self.path,
                "keys",
                "must not be the database itself",
            ),
            (
                self.privacy == Level::Full && self.full_until.is_none(),
                "full_until",
                "is needed with log.privacy = \"full\": write the last day on which addresses \
                 are stored in clear, as in \"2026-12-01\"",
            ),
            (
                self.queue == 0 || self.queue > MAX_QUEUE,
                "queue",
                "must be from 1 to 1048576 messages",
            ),
            (
                self.keep_days == 0,
                "keep_days",
                "must be at least 1; to keep no messages set log.privacy = \"aggregate\"",
            ),
            (
                self.keep_rollup_days == 0,
                "keep_rollup_days",
                "must be at least 1; to record nothing set log.enabled = false",
            ),
            (
                self.max_bytes < MIN_BYTES,
                "max_bytes",
                "must be at least 1 MiB",
            ),
        ];
        match table.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, key, problem)) => Err(SettingsError { key, problem }),
            None => Ok(()),
        }
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| {
        let expected = "a day, such as \"2026-12-01\"";
        de::Error::invalid_value(de::Unexpected::Str(&text), &expected)
    })
}

fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Bytes;

    impl de::Visitor<'_> for Bytes {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number of bytes, such as 2147483648 or \"2 GiB\"")
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<u64, E> {
            u64::try_from(number)
                .map_err(|_| E::invalid_value(de::Unexpected::Signed(number), &self))
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            parse_bytes(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_any(Bytes)
}

fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_section_is_the_default() {
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn sizes_are_numbers_or_words() {
        for (text, expected) in [
            ("max_bytes = 1048576", 1 << 20),
            ("max_bytes = \"2 GiB\"", 2 << 30),
            ("max_bytes = \"512M\"", 512 << 20),
            ("max_bytes = \"4194304\"", 4 << 20),
        ] {
            assert_eq!(
                toml::from_str::<Settings>(text).unwrap().max_bytes,
                expected
            );
        }
        for text in [
            "max_bytes = -1",
            "max_bytes = \"2 GB of\"",
            "max_bytes = \"\"",
        ] {
            let error = toml::from_str::<Settings>(text).unwrap_err().to_string();
            assert!(error.contains("such as 2147483648"), "{error}");
        }
    }

    #[test]
    fn addresses_in_clear_need_an_end() {
        let check = |text: &str| {
            let settings: Settings = toml::from_str(text).unwrap();
            settings.check().map_err(|error| error.key)
        };
        assert_eq!(check("privacy = \"full\""), Err("full_until"));
        assert_eq!(
            check("privacy = \"full\"\nfull_until = \"2026-12-01\""),
            Ok(())
        );
        let error = toml::from_str::<Settings>("full_until = \"soon\"").unwrap_err();
        assert!(error.to_string().contains("such as \"2026-12-01\""));
    }

    #[test]
    fn unknown_keys_and_bad_values_are_errors() {
        assert!(toml::from_str::<Settings>("keepdays = 3").is_err());
        let settings: Settings = toml::from_str("keep_days = 0").unwrap();
        assert_eq!(
            settings.check().unwrap_err().to_string(),
            "log.keep_days: must be at least 1; to keep no messages set log.privacy = \"aggregate\""
        );
    }
}
