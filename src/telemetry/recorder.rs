//! The end of the block log that the mail path holds.

use super::{
    event::{Disposition, Event, Record},
    exclude::Exclude,
    keys::{KeyError, Ring, Schedule, StartRingError},
    privacy::Level,
    redact::{Policy, Redactor},
    settings::{Settings, SettingsError},
    store::{
        shared::{Item, Shared, lock},
        status::Lost,
        writer::Writer,
    },
};
use crate::clean::Outcome;
use std::{
    io,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};
use thiserror::Error;

/// Shortest time between two complaints about lost events.
const COMPLAIN_EVERY_MS: u64 = 60_000;

/// The block log cannot be set up. Trouble with the database itself is no such
/// error: it is reported, and retried while mail goes on.
#[derive(Debug, Error)]
pub enum StartError {
    /// The pseudonyms' keys cannot be used; recording without them would
    /// either store addresses or make them impossible to look up.
    #[error("pseudonyms cannot be made")]
    Keys(#[from] KeyError),
    /// A setting makes no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A thread cannot be started.
    #[error("a thread of the block log cannot be started")]
    Thread(#[source] io::Error),
}

impl From<StartRingError> for StartError {
    fn from(error: StartRingError) -> Self {
        match error {
            StartRingError::Keys(error) => Self::Keys(error),
            StartRingError::Thread(error) => Self::Thread(error),
        }
    }
}

/// What has become of the events so far.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Statistics {
    /// Taken from the mail path.
    pub taken: u64,
    /// Stored.
    pub stored: u64,
    /// Lost, for whatever cause.
    pub lost: u64,
    /// Lost, by cause.
    pub lost_by: Lost,
    /// Waiting in the queue.
    pub depth: usize,
    /// Attempts at the database that failed.
    pub failures: u64,
    /// Whether the last attempt succeeded.
    pub is_healthy: bool,
    /// Whether something keeps the writer from writing.
    pub is_obstructed: bool,
    /// Whether the clock has jumped ahead and is not believed yet.
    pub is_clock_doubted: bool,
    /// Messages deleted before their time because of `max_bytes`.
    pub evicted: u64,
}

/// Records nothing, for `log.enabled = false`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl Record for Discard {
    fn keeps(&self, _disposition: Disposition, _outcome: &Outcome) -> bool {
        false
    }

    fn record(&self, _event: Event) {}
}

/// Takes events from the mail path and has them stored.
#[derive(Debug)]
pub struct Recorder {
    redactor: Redactor,
    items: SyncSender<Item>,
    shared: Arc<Shared>,
    begun: Instant,
    complained: AtomicU64,
}

impl Recorder {
    /// Starts the writer thread. Makes the key file, the database and their
    /// folders if they are not there.
    ///
    /// # Errors
    ///
    /// See [`StartError`].
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        settings.check()?;
        let schedule = Schedule {
            rotate_days: settings.rotate_keys_days,
            keep_days: settings.keep_days,
        };
        let shared = Arc::new(Shared::default());
        let keys = if settings.privacy.keeps_persons() {
            let shared = Arc::clone(&shared);
            Some(Ring::start(&settings.keys, schedule, move || {
                shared.time()
            })?)
        } else {
            None
        };
        if let (Level::Full, Some(day)) = (settings.privacy, settings.full_until) {
            tracing::warn!(
                "log.privacy is \"full\": until {day} the block log holds mail addresses in clear"
            );
        }
        let (items, receiver) = mpsc::sync_channel(settings.queue);
        let writer = Writer::new(settings, Arc::clone(&shared), receiver);
        thread::Builder::new()
            .name("block-log".to_owned())
            .spawn(move || writer.run())
            .map_err(StartError::Thread)?;
        Ok(Self {
            redactor: Redactor::of(
                Policy {
                    level: settings.privacy,
                    full_until: settings.full_until,
                    exclude: Exclude::of(&settings.exclude),
                    log_clean: settings.log_clean,
                },
                keys,
            ),
            items,
            shared,
            begun: Instant::now(),
            complained: AtomicU64::new(0),
        })
    }

    /// How many events are lost.
    pub fn lost(&self) -> u64 {
        self.shared.lost().total()
    }

    /// How many events wait in the queue.
    pub fn depth(&self) -> usize {
        self.shared.depth.load(Ordering::Relaxed)
    }

    /// What has become of the events so far.
    pub fn statistics(&self) -> Statistics {
        let lost_by = self.shared.lost();
        Statistics {
            taken: self.shared.taken.load(Ordering::Relaxed),
            stored: self.shared.stored.load(Ordering::Relaxed),
            lost: lost_by.total(),
            lost_by,
            depth: self.depth(),
            failures: self.shared.failures.load(Ordering::Relaxed),
            is_healthy: self.shared.is_healthy.load(Ordering::Relaxed),
            is_obstructed: self.shared.is_obstructed(),
            is_clock_doubted: self.shared.is_clock_doubted.load(Ordering::Relaxed),
            evicted: self.shared.evicted.load(Ordering::Relaxed),
        }
    }

    /// Notes a number for the status that is written to the block log, where
    /// other processes read it: a gauge or a count of the rest of the program.
    /// The name is permanent. Never waits.
    pub fn note(&self, name: &'static str, value: u64) {
        lock(&self.shared.notes).insert(name, value);
    }

    /// Waits until everything taken before is stored, at most this long.
    /// Returns whether it is.
    pub fn flush(&self, patience: Duration) -> bool {
        let goal = self.shared.taken.load(Ordering::Relaxed);
        let until = Instant::now() + patience;
        // If the queue is full, the writer is in no need of a push.
        let _ = self.items.try_send(Item::Hurry);
        self.wait(until, |_| {
            let stored = self.shared.stored.load(Ordering::Relaxed);
            stored.saturating_add(self.shared.abandoned.load(Ordering::Relaxed)) >= goal
        })
    }

    /// Stores what is in the queue and ends the writer thread, at most this
    /// long. Returns whether everything was stored. Events that come later are
    /// lost.
    pub fn stop(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        *lock(&self.shared.deadline) = Some(until);
        let _ = self.items.try_send(Item::Hurry);
        // The writer gives up at the deadline; the rest is for closing.
        let has_ended = self.wait(until + Duration::from_millis(500), |ended| ended);
        let statistics = self.statistics();
        has_ended && statistics.stored == statistics.taken
    }

    fn wait(&self, until: Instant, is_reached: impl Fn(bool) -> bool) -> bool {
        let mut ended = lock(&self.shared.ended);
        loop {
            if is_reached(*ended) {
                return true;
            }
            let wait = until.saturating_duration_since(Instant::now());
            if wait.is_zero() || *ended {
                return false;
            }
            (ended, _) = self
                .shared
                .bell
                .wait_timeout(ended, wait)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn complain(&self) {
        let now = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let last = self.complained.load(Ordering::Relaxed);
        let is_due = last == 0 || now.saturating_sub(last) >= COMPLAIN_EVERY_MS;
        let is_mine = is_due
            && self
                .complained
                .compare_exchange(last, now.max(1), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_mine {
            tracing::error!(
                "block log: {} messages are lost so far because the queue is full (log.queue); \
                 mail goes on",
                self.lost()
            );
        }
    }
}

impl Record for Recorder {
    fn keeps(&self, disposition: Disposition, outcome: &Outcome) -> bool {
        self.redactor.is_telling(disposition, outcome)
    }

    fn record(&self, event: Event) {
        let entry = self.redactor.redact(&event);
        // Counted before it is sent: the writer may take it at once.
        self.shared.depth.fetch_add(1, Ordering::Relaxed);
        self.shared.taken.fetch_add(1, Ordering::Relaxed);
        if self.items.try_send(Item::Entry(Box::new(entry))).is_err() {
            self.shared.depth.fetch_sub(1, Ordering::Relaxed);
            self.shared.taken.fetch_sub(1, Ordering::Relaxed);
            self.shared.refuse(1);
            self.complain();
        }
    }
}
