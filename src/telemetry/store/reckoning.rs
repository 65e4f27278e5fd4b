//! What time it is for the clean-up.
//!
//! A machine whose clock jumps a year ahead would take every row for expired
//! and every key for needless, and what is deleted does not come back when the
//! clock does. So a clock that is suddenly far ahead of where it was is put on
//! trial: until it has run for a day like that, age is reckoned by the old
//! time and the time that has passed since. Whoever looks after the machine
//! has that long to notice, and what has truly expired is deleted a day late.

use super::shared::{Shared, lock};
use rusqlite::{Connection, OptionalExtension};
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Where it stands in the table `meta`: the time that was believed last, in
/// milliseconds since 1970, and for how many milliseconds another was on trial.
const KEY: &str = "clock";
/// How far ahead of its time the clock may be without being doubted.
const LEAP: Duration = Duration::from_secs(86_400);
/// For how long a clock is on trial.
const TRIAL: Duration = Duration::from_secs(86_400);
/// Time from one look at the clock to the next.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The name of the note about it in the status.
const NOTE: &str = "clock_ahead_hours";

/// A time that is believed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Reckoning {
    /// The latest time that was believed, in milliseconds since 1970.
    believed_ms: i64,
    /// For how long a clock far ahead of it has been on trial.
    trial: Duration,
}

impl Reckoning {
    /// Looks at the clock after some time has passed since the last look.
    /// Returns the time to go by.
    fn look(&mut self, wall_ms: i64, passed: Duration) -> i64 {
        let due_ms = self.believed_ms.saturating_add(millis(passed));
        if wall_ms <= due_ms.saturating_add(millis(LEAP)) {
            // A clock that was set back is no danger, and will come forward.
            self.believed_ms = self.believed_ms.max(wall_ms);
            self.trial = Duration::ZERO;
            return wall_ms;
        }
        self.trial = self.trial.saturating_add(passed);
        if self.trial >= TRIAL {
            self.believed_ms = wall_ms;
            self.trial = Duration::ZERO;
            return wall_ms;
        }
        self.believed_ms = due_ms;
        due_ms
    }

    /// What was noted in the file before, if anything.
    fn read(connection: &Connection) -> Option<Self> {
        let text: String = connection
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")
            .ok()?
            .query_row([KEY], |row| row.get(0))
            .optional()
            .ok()??;
        let (believed, trial) = text.split_once(' ')?;
        Some(Self {
            believed_ms: believed.parse().ok()?,
            trial: Duration::from_millis(trial.parse().ok()?),
        })
    }

    fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        let text = format!("{} {}", self.believed_ms, self.trial.as_millis());
        connection
            .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
            .execute([KEY, &text])?;
        Ok(())
    }
}

/// Tells the clean-up the time.
#[derive(Debug)]
pub(crate) struct Almanac {
    reckoning: Option<Reckoning>,
    looked_at: Instant,
    /// The time at the last look.
    time_ms: i64,
    is_doubting: bool,
}

impl Almanac {
    pub(crate) fn new() -> Self {
        Self {
            reckoning: None,
            looked_at: Instant::now(),
            time_ms: 0,
            is_doubting: false,
        }
    }

    /// The time to go by, in milliseconds since 1970. It is the clock's, unless
    /// that is on trial.
    pub(super) fn look(&mut self, connection: &Connection, shared: &Shared) -> i64 {
        let passed = self.looked_at.elapsed();
        if self.reckoning.is_some() && passed < LOOK_EVERY {
            return self.time_ms;
        }
        self.looked_at = Instant::now();
        let wall_ms = wall_ms();
        let reckoning = self.reckoning.get_or_insert_with(|| {
            // A file that says nothing is new, or as old as its last status.
            Reckoning::read(connection).unwrap_or_else(|| Reckoning {
                believed_ms: super::status::read_status(connection)
                    .map_or(wall_ms, |status| status.at_ms),
                trial: Duration::ZERO,
            })
        });
        self.time_ms = reckoning.look(wall_ms, passed);
        let ahead_ms = wall_ms.saturating_sub(self.time_ms);
        self.tell(ahead_ms, shared);
        shared.time_ms.store(self.time_ms, Ordering::Relaxed);
        self.time_ms
    }

    /// Notes in the file what is believed.
    pub(super) fn note(&self, connection: &Connection) -> rusqlite::Result<()> {
        self.reckoning
            .map_or(Ok(()), |reckoning| reckoning.write(connection))
    }

    fn tell(&mut self, ahead_ms: i64, shared: &Shared) {
        let is_doubting = ahead_ms > 0;
        shared
            .is_clock_doubted
            .store(is_doubting, Ordering::Relaxed);
        let hours = u64::try_from(ahead_ms / 3_600_000).unwrap_or(0);
        if is_doubting {
            lock(&shared.notes).insert(NOTE, hours);
        } else {
            lock(&shared.notes).remove(NOTE);
        }
        if is_doubting && !self.is_doubting {
            tracing::warn!(
                "block log: the clock is {hours} hours ahead of when the log was last written; \
                 for a day messages and keys grow old by the time before, then by the clock"
            );
        } else if self.is_doubting && !is_doubting {
            tracing::info!("block log: messages and keys are deleted by the clock again");
        }
        self.is_doubting = is_doubting;
    }
}

pub(crate) fn wall_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, millis)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const HOUR_MS: i64 = 3_600_000;
    const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
    /// 2026-11-21T12:00:00Z.
    const NOON: i64 = 1_795_262_400_000;

    fn at(believed_ms: i64) -> Reckoning {
        Reckoning {
            believed_ms,
            trial: Duration::ZERO,
        }
    }

    #[test]
    fn a_clock_that_runs_is_believed() {
        let mut reckoning = at(NOON);
        assert_eq!(reckoning.look(NOON + HOUR_MS, HOUR), NOON + HOUR_MS);
        // A night without the program, or a correction by some hours.
        assert_eq!(
            reckoning.look(NOON + 20 * HOUR_MS, Duration::ZERO),
            NOON + 20 * HOUR_MS
        );
        assert_eq!(reckoning, at(NOON + 20 * HOUR_MS));
    }

    #[test]
    fn a_clock_that_jumps_ahead_is_believed_after_a_day() {
        let mut reckoning = at(NOON);
        let start = NOON + YEAR_MS;
        assert_eq!(reckoning.look(start, Duration::ZERO), NOON);
        for hour in 1..24 {
            assert_eq!(
                reckoning.look(start + hour * HOUR_MS, HOUR),
                NOON + hour * HOUR_MS,
                "time goes on meanwhile"
            );
        }
        let day = start + 24 * HOUR_MS;
        assert_eq!(reckoning.look(day, HOUR), day);
        assert_eq!(reckoning, at(day));
    }

    #[test]
    fn a_clock_that_is_set_right_again_has_cost_nothing() {
        let mut reckoning = at(NOON);
        reckoning.look(NOON + YEAR_MS, HOUR);
        assert_eq!(reckoning.trial, HOUR);
        let right = NOON + 2 * HOUR_MS;
        assert_eq!(reckoning.look(right, HOUR), right);
        assert_eq!(reckoning, at(right), "the next trial begins anew");
    }

    #[test]
    fn a_clock_that_begins_in_1970_is_believed_when_it_comes_back() {
        let mut reckoning = at(NOON);
        assert_eq!(reckoning.look(HOUR_MS, HOUR), HOUR_MS);
        let later = NOON + 3 * HOUR_MS;
        assert_eq!(reckoning.look(later, HOUR), later);
    }

    #[test]
    fn a_trial_goes_on_over_restarts() {
        let mut connection = Connection::open_in_memory().unwrap();
        super::super::schema::migrate(&mut connection, 0).unwrap();
        assert_eq!(Reckoning::read(&connection), None);
        let mut reckoning = at(NOON);
        reckoning.look(NOON + YEAR_MS, 23 * HOUR);
        reckoning.write(&connection).unwrap();
        let mut reckoning = Reckoning::read(&connection).unwrap();
        assert_eq!(reckoning.trial, 23 * HOUR);
        let later = NOON + YEAR_MS + HOUR_MS;
        assert_eq!(reckoning.look(later, HOUR), later);
    }
}
