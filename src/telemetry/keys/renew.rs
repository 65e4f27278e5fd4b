//! New keys in time, and old ones destroyed when no row needs them any more.

use super::{
    Key, KeyError, KeyErrorKind, Keys, SECRET_BYTES,
    file::{self, Change},
    parse_line,
};
use data_encoding::HEXLOWER;
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use std::{path::Path, time::SystemTime};

const HEADER: &str = "\
# Keys of untrackd's block log: number, day, secret. The last one makes new
# pseudonyms, all of them are used for look-ups. Whoever can read this file can
# test whether an address stands in the block log. Keep it out of the
# database's backups. Taking a line away makes its pseudonyms meaningless.
";

/// When keys are made and destroyed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Schedule {
    /// A new key is made when the newest is older, in days; 0 for never.
    pub rotate_days: u32,
    /// For how many days rows are kept. A key makes no rows from the day of
    /// the next key on, and is destroyed when the last of them are gone.
    pub keep_days: u32,
}

/// What has become of the keys.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Renewal {
    /// The number of a new key.
    pub added: Option<u32>,
    /// The numbers of those destroyed.
    pub destroyed: Vec<u32>,
}

impl Renewal {
    /// Whether anything has changed.
    pub fn is_some(&self) -> bool {
        self.added.is_some() || !self.destroyed.is_empty()
    }
}

/// Makes a new key if it is time, or if `must_rotate`, and destroys those that
/// no row needs any more. A key file is made if there is none.
///
/// # Errors
///
/// The key file cannot be read or replaced; it is as it was.
pub fn renew(
    path: &Path,
    schedule: Schedule,
    now: SystemTime,
    must_rotate: bool,
) -> Result<Renewal, KeyError> {
    try_renew(path, schedule, today(now), must_rotate).map_err(|kind| KeyError {
        path: path.to_owned(),
        kind,
    })
}

fn try_renew(
    path: &Path,
    schedule: Schedule,
    today: Date,
    must_rotate: bool,
) -> Result<Renewal, KeyErrorKind> {
    // Mostly there is nothing to do, which needs no lock.
    if !must_rotate && !schedule.plan(&file::read(path)?, today, false).is_some() {
        return Ok(Renewal::default());
    }
    let change = Change::begin(path)?;
    let Some(text) = change.text()? else {
        change.commit(&format!("{HEADER}{}", line(1, today)?), false)?;
        return Ok(Renewal {
            added: Some(1),
            destroyed: Vec::new(),
        });
    };
    let renewal = schedule.plan(&Keys::parse(&text)?, today, must_rotate);
    if renewal.is_some() {
        let mut new: String = text
            .lines()
            .filter(|line| !parse_line(line).is_some_and(|k| renewal.destroyed.contains(&k.id)))
            .flat_map(|line| [line, "\n"])
            .collect();
        if let Some(id) = renewal.added {
            new += &line(id, today)?;
        }
        change.commit(&new, !renewal.destroyed.is_empty())?;
    }
    Ok(renewal)
}

/// Makes a key file if there is none.
pub(super) fn create(path: &Path, now: SystemTime) -> Result<(), KeyErrorKind> {
    let change = Change::begin(path)?;
    if change.text()?.is_none() {
        change.commit(&format!("{HEADER}{}", line(1, today(now))?), false)?;
    }
    Ok(())
}

impl Schedule {
    /// What is to be done today.
    fn plan(self, keys: &Keys, today: Date, must_rotate: bool) -> Renewal {
        let is_due =
            self.rotate_days > 0 && after(keys.current().created, self.rotate_days) <= today;
        let all: Vec<&Key> = keys.all().collect();
        let next = all.iter().skip(1);
        // A day more: the last rows were made on the day of the next key, and
        // cleaning up takes its time.
        let keep_days = self.keep_days.saturating_add(1);
        let is_over = |next: &Key| after(next.created, keep_days) < today;
        Renewal {
            added: (is_due || must_rotate).then(|| {
                let last = all.iter().map(|key| key.id).max();
                last.unwrap_or_default().saturating_add(1)
            }),
            destroyed: all
                .iter()
                .zip(next)
                .filter(|(_, next)| is_over(next))
                .map(|(key, _)| key.id)
                .collect(),
        }
    }
}

fn after(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}

fn today(now: SystemTime) -> Date {
    Timestamp::try_from(now)
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC)
        .date()
}

/// A line with a fresh secret.
fn line(id: u32, day: Date) -> Result<String, KeyErrorKind> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|e| KeyErrorKind::Random(e.to_string()))?;
    Ok(format!("{id} {day} {}\n", HEXLOWER.encode(&secret)))
}
