//! The thread that writes: group commit, patience with a database that cannot
//! be written, and clean-up in between.

use super::{Store, StoreError, Trouble, damage, retention::Janitor};
use crate::telemetry::{entry::Entry, settings::Settings};
use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Most messages of one commit.
const GROUP: usize = 512;
/// How long the first message of a group waits for company; with a killed
/// process, this much is lost.
const WINDOW: Duration = Duration::from_millis(200);
/// How long the writer sleeps while nothing comes.
const IDLE: Duration = Duration::from_millis(500);
/// How long it listens between two steps of a clean-up.
const BETWEEN_STEPS: Duration = Duration::from_millis(5);
/// Time from one clean-up to the next.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// Time from one look at the size to the next.
const MEASURE_EVERY: Duration = Duration::from_secs(5);
/// First and longest time from one attempt to the next while the database
/// cannot be written.
const RETRY: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// Shortest time between two complaints about the same trouble.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// What goes through the channel.
#[derive(Debug)]
pub(crate) enum Item {
    /// Store this.
    Entry(Box<Entry>),
    /// Somebody waits: do not wait for company.
    Hurry,
}

/// What the writer and the mail path tell each other.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Entries that were taken.
    pub(crate) taken: AtomicU64,
    /// Taken entries that are in the database.
    pub(crate) stored: AtomicU64,
    /// Taken entries that were given up.
    pub(crate) abandoned: AtomicU64,
    /// Events that found the channel full or closed.
    pub(crate) refused: AtomicU64,
    /// Entries in the channel.
    pub(crate) depth: AtomicUsize,
    /// Attempts at the database that failed.
    pub(crate) failures: AtomicU64,
    /// Whether the last attempt at the database succeeded.
    pub(crate) is_healthy: AtomicBool,
    /// Messages deleted for space before their time.
    pub(crate) evicted: AtomicU64,
    /// When to end, once that is asked for.
    pub(crate) deadline: Mutex<Option<Instant>>,
    /// Set when the thread has ended.
    pub(crate) ended: Mutex<bool>,
    /// Rung when `ended` or the counters have changed.
    pub(crate) bell: Condvar,
}

impl Shared {
    fn deadline(&self) -> Option<Instant> {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        // Taken so that nobody misses the bell between looking and waiting.
        drop(self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_all();
    }
}

/// The state of the writer thread.
pub(crate) struct Writer {
    path: PathBuf,
    keep: Duration,
    shared: Arc<Shared>,
    items: Receiver<Item>,
    store: Option<Store>,
    /// Taken from the channel, not yet stored. At most [`GROUP`].
    pending: Vec<Entry>,
    janitor: Janitor,
    is_tidying: bool,
    tidy_at: Instant,
    measure_at: Instant,
    retry_at: Option<Instant>,
    patience: Duration,
    complained: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(settings: &Settings, shared: Arc<Shared>, items: Receiver<Item>) -> Self {
        let now = Instant::now();
        Self {
            path: settings.path.clone(),
            keep: Duration::from_secs(86_400).saturating_mul(settings.keep_days),
            shared,
            items,
            store: None,
            pending: Vec::with_capacity(GROUP),
            janitor: Janitor::new(
                settings.keep_days,
                settings.keep_rollup_days,
                settings.max_bytes,
            ),
            is_tidying: true,
            tidy_at: now,
            measure_at: now,
            retry_at: None,
            patience: RETRY.0,
            complained: None,
        }
    }

    /// Runs until the channel closes or the end is asked for.
    pub(crate) fn run(mut self) {
        self.open();
        loop {
            let is_end = self.collect();
            self.settle();
            if is_end && self.is_finished() {
                break;
            }
            self.tidy();
        }
        // Closing checkpoints the WAL, so that the file is whole by itself.
        self.store = None;
        // From here on, what comes is refused and counted as such.
        drop(self.items);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let settled = count(&self.shared.stored).saturating_add(count(&self.shared.abandoned));
        let left = count(&self.shared.taken).saturating_sub(settled);
        self.shared.abandoned.fetch_add(left, Ordering::Relaxed);
        self.shared.depth.store(0, Ordering::Relaxed);
        if left > 0 {
            tracing::error!("block log: {left} messages could not be written before the end");
        }
        *self
            .shared
            .ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.bell.notify_all();
    }

    /// Takes entries from the channel until a group is complete. Returns
    /// whether the end is near.
    fn collect(&mut self) -> bool {
        let mut until = Instant::now() + self.pause();
        if self.pending.len() >= GROUP {
            // The database cannot be written: leave the rest in the channel,
            // which is bounded, and whose losses are counted.
            thread::sleep(self.pause());
            return self.shared.deadline().is_some();
        }
        let mut is_first = true;
        while self.pending.len() < GROUP {
            let wait = until.saturating_duration_since(Instant::now());
            match self.items.recv_timeout(wait) {
                Ok(Item::Entry(entry)) => {
                    self.shared.depth.fetch_sub(1, Ordering::Relaxed);
                    self.pending.push(*entry);
                    if is_first {
                        is_first = false;
                        until = Instant::now() + WINDOW;
                    }
                }
                Ok(Item::Hurry) => until = Instant::now(),
                Err(RecvTimeoutError::Timeout) => return self.shared.deadline().is_some(),
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
        self.shared.deadline().is_some()
    }

    /// How long to wait for the first entry of a group.
    fn pause(&self) -> Duration {
        if self.is_tidying && self.store.is_some() {
            return BETWEEN_STEPS;
        }
        let retry = self
            .retry_at
            .map_or(IDLE, |at| at.saturating_duration_since(Instant::now()));
        retry.min(if self.shared.deadline().is_some() {
            Duration::from_millis(20)
        } else {
            IDLE
        })
    }

    fn is_finished(&self) -> bool {
        let is_empty = self.pending.is_empty() && self.shared.depth.load(Ordering::Relaxed) == 0;
        // Without a deadline the channel was closed because its owner is gone.
        is_empty
            || match self.shared.deadline() {
                Some(deadline) => Instant::now() >= deadline,
                None => self.retry_at.is_some(),
            }
    }

    /// Stores what is pending, if the database can be written.
    fn settle(&mut self) {
        if self.shared.deadline().is_some() {
            // No time left for long pauses.
            self.patience = RETRY.0;
            let soon = Instant::now() + RETRY.0;
            self.retry_at = self.retry_at.map(|at| at.min(soon));
        }
        if self.retry_at.is_some_and(|at| Instant::now() < at) {
            return;
        }
        if self
            .store
            .as_ref()
            .is_some_and(|store| !store.is_in_place())
        {
            tracing::warn!(
                "block log {} was taken away; beginning a new one",
                self.path.display()
            );
            self.store = None;
        }
        if self.store.is_none() {
            self.open();
        }
        let Some(store) = &mut self.store else { return };
        if self.pending.is_empty() {
            return;
        }
        let result = store.commit(&self.pending);
        match result {
            Ok(()) => self.recovered(),
            Err(StoreError {
                trouble: Trouble::Other(error),
                ..
            }) => self.settle_one_by_one(&error),
            Err(error) => self.failed(&error),
        }
    }

    fn recovered(&mut self) {
        let stored = self.pending.len() as u64;
        self.pending.clear();
        self.shared.stored.fetch_add(stored, Ordering::Relaxed);
        self.calm();
        self.shared.ring();
    }

    /// Something about the entries themselves: store those that can be.
    fn settle_one_by_one(&mut self, error: &rusqlite::Error) {
        tracing::error!("block log: {error}; storing messages one by one");
        self.shared.failures.fetch_add(1, Ordering::Relaxed);
        let Some(store) = &mut self.store else { return };
        for entry in self.pending.drain(..) {
            let counter = match store.commit(std::slice::from_ref(&entry)) {
                Ok(()) => &self.shared.stored,
                Err(_) => &self.shared.abandoned,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
        self.shared.ring();
    }

    fn open(&mut self) {
        match Store::open(&self.path) {
            Ok(store) => {
                self.store = Some(store);
                if self.pending.is_empty() {
                    self.calm();
                }
            }
            Err(error) => self.failed(&error),
        }
    }

    fn calm(&mut self) {
        self.shared.is_healthy.store(true, Ordering::Relaxed);
        self.retry_at = None;
        self.patience = RETRY.0;
        if self.complained.take().is_some() {
            tracing::info!("block log {} is written again", self.path.display());
        }
    }

    /// Counts, complains and decides when to try again.
    fn failed(&mut self, error: &StoreError) {
        self.shared.failures.fetch_add(1, Ordering::Relaxed);
        self.shared.is_healthy.store(false, Ordering::Relaxed);
        let now = Instant::now();
        if self
            .complained
            .is_none_or(|at| now.duration_since(at) >= COMPLAIN_EVERY)
        {
            self.complained = Some(now);
            tracing::error!(
                "{error}: {}; mail goes on, {} messages are waiting for the log",
                error.trouble,
                self.pending.len() + self.shared.depth.load(Ordering::Relaxed),
            );
        }
        match error.trouble {
            Trouble::Locked(_) => self.patience = RETRY.0,
            Trouble::Damaged(_) => self.replace_damaged(),
            // Whatever it was, a new connection may do better.
            _ => self.store = None,
        }
        self.retry_at = Some(Instant::now() + self.patience);
        self.patience = self.patience.saturating_mul(2).min(RETRY.1);
        self.shared.ring();
    }

    fn replace_damaged(&mut self) {
        self.store = None;
        match damage::set_aside(&self.path, SystemTime::now()) {
            Ok(target) => tracing::error!(
                "block log {} is set aside as {}; beginning a new one",
                self.path.display(),
                target.display()
            ),
            Err(error) => tracing::error!(
                "block log {} cannot be set aside: {error}",
                self.path.display()
            ),
        }
    }

    /// Does a step of the clean-up, if one is due.
    fn tidy(&mut self) {
        let now = Instant::now();
        let Some(store) = &mut self.store else { return };
        if self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        if now >= self.tidy_at {
            self.is_tidying = true;
            self.tidy_at = now + TIDY_EVERY;
            let cutoff = SystemTime::now()
                .checked_sub(self.keep)
                .unwrap_or(UNIX_EPOCH);
            if let Err(error) = damage::remove_older(&self.path, cutoff) {
                tracing::warn!("block log: damaged files cannot be removed: {error}");
            }
        }
        if now >= self.measure_at {
            self.measure_at = now + MEASURE_EVERY;
            self.is_tidying |= store
                .used_bytes()
                .is_ok_and(|used| self.janitor.is_above(used));
        }
        if !self.is_tidying {
            return;
        }
        let before = self.janitor.evicted;
        match store.tidy(&mut self.janitor, now_ms()) {
            Ok(progress) => {
                self.is_tidying = !progress.is_done;
                let evicted = self.janitor.evicted.saturating_sub(before);
                if evicted > 0 && before == 0 {
                    tracing::warn!(
                        "block log {} has reached log.max_bytes; the oldest messages go first",
                        self.path.display()
                    );
                }
                self.shared.evicted.fetch_add(evicted, Ordering::Relaxed);
                if self.pending.is_empty() {
                    self.calm();
                }
            }
            Err(error) => self.failed(&error),
        }
    }
}

fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
