//! The thread that writes: group commit, patience with a database that cannot
//! be written, and clean-up in between.

use super::{
    Store, StoreError, Trouble, damage,
    reckoning::{Almanac, wall_ms},
    retention::Janitor,
    shared::{Item, Obstacle, Shared, lock},
    space,
    status::Status,
};
use crate::telemetry::{entry::Entry, settings::Settings};
use std::{
    io, mem,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, TryRecvError},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Most messages of a commit, at first and at the most. Smaller groups would
/// write the pages of sums and names too often for what they save in time.
const GROUP: (usize, usize) = (512, 4_096);
/// A full group that took less than a third of this is followed by a larger
/// one, and one that took longer by a smaller one.
const COMMIT: Duration = Duration::from_millis(60);
/// How long the first message of a group waits for company, counted from the
/// beginning of the last commit if it came during that. With a killed process,
/// this much is lost (or what came while the last group was written, if that is
/// more), and what comes while the group is written.
const WINDOW: Duration = Duration::from_millis(25);
/// How long it does not look into the channel meanwhile. Somebody who is in a
/// hurry waits that long.
const NAP: Duration = Duration::from_millis(10);
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

/// Time from one attempt to the next while there is too little space.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Shortest time from one status to the next.
const STATUS_EVERY: Duration = Duration::from_secs(10);
/// Longest time, even if nothing changes: an older status is that of a program
/// that does not run any more.
const STATUS_AT_LEAST_EVERY: Duration = Duration::from_secs(60);

/// The state of the writer thread.
pub(crate) struct Writer {
    path: PathBuf,
    keep: Duration,
    min_free_bytes: u64,
    shared: Arc<Shared>,
    items: Receiver<Item>,
    store: Option<Store>,
    /// Taken from the channel, not yet stored. At most `group`.
    pending: Vec<Entry>,
    /// Most messages of the next commit.
    group: usize,
    /// When the last commit began.
    committed_at: Instant,
    almanac: Almanac,
    janitor: Janitor,
    is_tidying: bool,
    tidy_at: Instant,
    measure_at: Instant,
    retry_at: Option<Instant>,
    /// Whether it waits for space, which cleaning up may make.
    is_short: bool,
    patience: Duration,
    complained: Option<Instant>,
    /// What is said about all this, as far as it does not change by itself.
    status: Status,
    status_at: Instant,
    status_due: Instant,
}

impl Writer {
    pub(crate) fn new(settings: &Settings, shared: Arc<Shared>, items: Receiver<Item>) -> Self {
        let now = Instant::now();
        Self {
            path: settings.path.clone(),
            keep: Duration::from_secs(86_400).saturating_mul(settings.keep_days),
            min_free_bytes: settings.min_free_bytes,
            shared,
            items,
            store: None,
            pending: Vec::new(),
            group: GROUP.0,
            committed_at: now,
            almanac: Almanac::new(),
            janitor: Janitor::new(
                settings.keep_days,
                settings.keep_rollup_days,
                settings.max_bytes,
            ),
            is_tidying: true,
            tidy_at: now,
            measure_at: now,
            retry_at: None,
            is_short: false,
            patience: RETRY.0,
            complained: None,
            status: Status {
                started_ms: wall_ms(),
                is_running: true,
                app_version: env!("CARGO_PKG_VERSION").to_owned(),
                privacy: settings.privacy,
                queue_capacity: settings.queue as u64,
                ..Status::default()
            },
            status_at: now,
            status_due: now,
        }
    }

    /// Runs until the channel closes or the end is asked for.
    pub(crate) fn run(mut self) {
        self.open();
        self.report();
        loop {
            let is_end = self.collect();
            self.settle();
            if is_end && self.is_finished() {
                break;
            }
            self.tidy();
            if Instant::now() >= self.status_at {
                self.report();
            }
        }
        self.end();
    }

    fn end(mut self) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        // From here on, what comes is refused and counted as such.
        let items = mem::replace(&mut self.items, mpsc::sync_channel(0).1);
        drop(items);
        let settled = count(&self.shared.stored).saturating_add(count(&self.shared.abandoned));
        let left = count(&self.shared.taken).saturating_sub(settled);
        self.shared.abandon(left);
        self.shared.depth.store(0, Ordering::Relaxed);
        if left > 0 {
            tracing::error!("block log: {left} messages could not be written before the end");
        }
        self.status.is_running = false;
        self.status_due = Instant::now();
        self.report();
        // Closing checkpoints the WAL, so that the file is whole by itself.
        self.store = None;
        *lock(&self.shared.ended) = true;
        self.shared.bell.notify_all();
    }

    /// Takes entries from the channel until a group is complete. Returns
    /// whether the end is near.
    fn collect(&mut self) -> bool {
        let mut until = Instant::now() + self.pause();
        if self.pending.len() >= self.group {
            // The database cannot be written: leave the rest in the channel,
            // which is bounded, and whose losses are counted.
            thread::sleep(self.pause());
            return self.shared.deadline().is_some();
        }
        let has_waited = self.shared.depth.load(Ordering::Relaxed) > 0;
        let mut is_first = true;
        while self.pending.len() < self.group {
            match self.next(until, is_first) {
                Ok(Item::Entry(entry)) => {
                    self.shared.depth.fetch_sub(1, Ordering::Relaxed);
                    self.pending.push(*entry);
                    if is_first {
                        is_first = false;
                        let since = if has_waited {
                            self.committed_at
                        } else {
                            Instant::now()
                        };
                        until = since + WINDOW;
                    }
                }
                Ok(Item::Hurry) => until = Instant::now(),
                Err(RecvTimeoutError::Timeout) => return self.shared.deadline().is_some(),
                Err(RecvTimeoutError::Disconnected) => return true,
            }
        }
        self.shared.deadline().is_some()
    }

    /// The next item of the channel. Only the first of a group is waited for
    /// at the channel: whoever waits there is woken for each item, which costs
    /// the mail path more than handing it over.
    fn next(&self, until: Instant, is_first: bool) -> Result<Item, RecvTimeoutError> {
        loop {
            match self.items.try_recv() {
                Ok(item) => return Ok(item),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            let wait = until.saturating_duration_since(Instant::now());
            if is_first {
                return self.items.recv_timeout(wait);
            }
            if wait.is_zero() {
                return Err(RecvTimeoutError::Timeout);
            }
            thread::sleep(wait.min(NAP));
        }
    }

    /// How long to wait for the first entry of a group.
    fn pause(&self) -> Duration {
        if self.is_tidying && self.store.is_some() && self.may_tidy() {
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
        if self.pending.is_empty() {
            return;
        }
        if let Some(free) = space::free(&self.path)
            && free < self.min_free_bytes
        {
            self.hold(
                Obstacle::Space,
                &format!(
                    "block log {}: {free} bytes are free, less than log.min_free_bytes",
                    self.path.display()
                ),
            );
            self.retry_at = Some(Instant::now() + LOOK_EVERY);
            self.is_short = true;
            return;
        }
        let Some(store) = &mut self.store else { return };
        self.committed_at = Instant::now();
        let result = store.commit(&self.pending);
        if let Some(last) = self.pending.last() {
            self.status.rules_version = Some(last.rules_version.clone());
        }
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
        let took = self.committed_at.elapsed();
        if took > COMMIT {
            self.group = (self.group / 2).max(GROUP.0);
        } else if self.pending.len() >= self.group && took < COMMIT / 3 {
            self.group = (self.group * 2).min(GROUP.1);
        }
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
        self.status.last_error = Some(error.to_string());
        let mut entries = mem::take(&mut self.pending).into_iter();
        while let Some(entry) = entries.next() {
            let Some(store) = &mut self.store else { break };
            match store.commit(std::slice::from_ref(&entry)) {
                Ok(()) => {
                    self.shared.stored.fetch_add(1, Ordering::Relaxed);
                }
                Err(StoreError {
                    trouble: Trouble::Other(_),
                    ..
                }) => self.shared.abandon(1),
                Err(error) => {
                    self.pending.push(entry);
                    self.pending.extend(entries);
                    self.failed(&error);
                    return;
                }
            }
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
        self.shared.set_obstacle(Obstacle::None);
        self.retry_at = None;
        self.is_short = false;
        self.patience = RETRY.0;
        if self.complained.take().is_some() {
            tracing::info!("block log {} is written again", self.path.display());
        }
    }

    /// Counts, complains and decides when to try again.
    fn failed(&mut self, error: &StoreError) {
        self.shared.failures.fetch_add(1, Ordering::Relaxed);
        let obstacle = match &error.trouble {
            Trouble::Full(_) => Obstacle::Space,
            Trouble::Io(error) if error.kind() == io::ErrorKind::StorageFull => Obstacle::Space,
            _ => Obstacle::Database,
        };
        self.hold(obstacle, &format!("{error}: {}", error.trouble));
        match error.trouble {
            Trouble::Locked(_) => self.patience = RETRY.0,
            Trouble::Full(_) => {}
            Trouble::Damaged(_) => self.replace_damaged(),
            // Whatever it was, a new connection may do better.
            _ => self.store = None,
        }
        self.retry_at = Some(Instant::now() + self.patience);
        self.is_short = false;
        self.patience = self.patience.saturating_mul(2).min(RETRY.1);
        self.shared.ring();
    }

    /// Says that nothing is written for now, and why.
    fn hold(&mut self, obstacle: Obstacle, reason: &str) {
        self.shared.is_healthy.store(false, Ordering::Relaxed);
        self.shared.set_obstacle(obstacle);
        let now = Instant::now();
        if self
            .complained
            .is_none_or(|at| now.duration_since(at) >= COMPLAIN_EVERY)
        {
            self.complained = Some(now);
            tracing::error!(
                "{reason}; mail goes on, {} messages are waiting for the log",
                self.pending.len() + self.shared.depth.load(Ordering::Relaxed),
            );
        }
        self.status.last_error = Some(reason.to_owned());
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

    fn may_tidy(&self) -> bool {
        self.is_short || self.retry_at.is_none_or(|at| Instant::now() >= at)
    }

    /// Does a step of the clean-up, if one is due.
    fn tidy(&mut self) {
        let now = Instant::now();
        if !self.may_tidy() {
            return;
        }
        let Some(store) = &mut self.store else { return };
        let now_ms = store.time(&mut self.almanac, &self.shared);
        if now >= self.tidy_at {
            self.is_tidying = true;
            self.tidy_at = now + TIDY_EVERY;
            let since_1970 = Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
            let cutoff = UNIX_EPOCH + since_1970.saturating_sub(self.keep);
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
        match store.tidy(&mut self.janitor, now_ms) {
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

    /// Writes the status, if there is news.
    fn report(&mut self) {
        let now = Instant::now();
        self.status_at = now + STATUS_EVERY;
        let mut status = self.status.clone();
        self.shared.describe(&mut status);
        let is_news = status != self.status || now >= self.status_due;
        let Some(store) = self.store.as_mut().filter(|_| is_news) else {
            return;
        };
        match store.report(&status, wall_ms(), &self.almanac) {
            Ok(()) => {
                self.status = status;
                self.status_due = now + STATUS_AT_LEAST_EVERY;
            }
            // What matters more is written next, and finds out for itself.
            Err(error) => tracing::debug!("{error}: no status: {}", error.trouble),
        }
    }
}
