//! How much of an event may be stored.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How much the block log keeps about the people in a transaction.
///
/// URL values, subjects and bodies are stored at no level.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Daily sums only, nothing about a single message.
    Aggregate,
    /// Messages with domains, but no value that stands for a person.
    Domain,
    /// Messages with keyed pseudonyms in place of addresses.
    #[default]
    Pseudonym,
    /// Messages with addresses in clear. For a limited time only: whoever
    /// reads the log reads who gets mail from whom.
    Full,
}

impl Level {
    /// Every level, from the least to the most that is kept.
    pub const ALL: &[Self] = &[Self::Aggregate, Self::Domain, Self::Pseudonym, Self::Full];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aggregate => "aggregate",
            Self::Domain => "domain",
            Self::Full => "full",
            Self::Pseudonym => "pseudonym",
        }
    }

    /// Whether single messages are stored.
    pub fn keeps_messages(self) -> bool {
        self >= Self::Domain
    }

    /// Whether values that stand for one person or one message text are
    /// stored, in clear or as keyed hashes. Only then is a key needed.
    pub fn keeps_persons(self) -> bool {
        self >= Self::Pseudonym
    }

    /// Whether addresses are stored in clear.
    pub fn keeps_addresses(self) -> bool {
        self == Self::Full
    }
}

/// Whether level `full` still holds at a time (milliseconds since 1970): its
/// last day, in UTC, counts as a whole. Without a last day it never does.
pub fn is_full(last_day: Option<Date>, at_ms: i64) -> bool {
    let day = Timestamp::from_millisecond(at_ms).map(|at| at.to_zoned(TimeZone::UTC).date());
    matches!((day, last_day), (Ok(day), Some(last)) if day <= last)
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_needs_a_key_and_hides_addresses() {
        assert_eq!(Level::default(), Level::Pseudonym);
        assert!(Level::default().keeps_persons());
        assert!(!Level::default().keeps_addresses());
        assert!(!Level::Domain.keeps_persons());
        assert!(!Level::Aggregate.keeps_messages());
    }

    #[test]
    fn the_name_is_what_the_configuration_says() {
        for level in Level::ALL {
            let word = serde_json::to_value(level).ok();
            assert_eq!(word.as_ref().and_then(|w| w.as_str()), Some(level.name()));
        }
    }
}
