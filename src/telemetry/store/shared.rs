//! What the writer and the mail path tell each other.

use super::{
    super::entry::Entry,
    status::{Lost, Status},
};
use std::{
    collections::BTreeMap,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// What goes through the channel.
#[derive(Debug)]
pub(crate) enum Item {
    /// Store this.
    Entry(Box<Entry>),
    /// Somebody waits: do not wait for company.
    Hurry,
}

/// Why the writer does not write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Obstacle {
    /// It does.
    None,
    /// The database cannot be written.
    Database,
    /// There is too little space.
    Space,
}

/// Counters and signals between the mail path and the writer.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Entries that were taken.
    pub(crate) taken: AtomicU64,
    /// Taken entries that are in the database.
    pub(crate) stored: AtomicU64,
    /// Taken entries that were given up.
    pub(crate) abandoned: AtomicU64,
    /// What is lost, taken or not, by cause.
    lost_queue: AtomicU64,
    lost_database: AtomicU64,
    lost_space: AtomicU64,
    /// An [`Obstacle`].
    obstacle: AtomicU8,
    /// Entries in the channel.
    pub(crate) depth: AtomicUsize,
    /// Attempts at the database that failed.
    pub(crate) failures: AtomicU64,
    /// Whether the last attempt at the database succeeded.
    pub(crate) is_healthy: AtomicBool,
    /// The time that age is reckoned by, in milliseconds since 1970; 0 while
    /// that is not known.
    pub(crate) time_ms: AtomicI64,
    /// Whether that is another than the clock's.
    pub(crate) is_clock_doubted: AtomicBool,
    /// Messages deleted for space before their time.
    pub(crate) evicted: AtomicU64,
    /// What the rest of the program wants in the status.
    pub(crate) notes: Mutex<BTreeMap<&'static str, u64>>,
    /// When to end, once that is asked for.
    pub(crate) deadline: Mutex<Option<Instant>>,
    /// Set when the thread has ended.
    pub(crate) ended: Mutex<bool>,
    /// Rung when `ended` or the counters have changed.
    pub(crate) bell: Condvar,
}

impl Shared {
    /// When to end, once that is asked for.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        *lock(&self.deadline)
    }

    /// Tells whoever waits that the counters have changed.
    pub(crate) fn ring(&self) {
        // Taken so that nobody misses the bell between looking and waiting.
        drop(lock(&self.ended));
        self.bell.notify_all();
    }

    /// The time that age is reckoned by, once the database was open.
    pub(crate) fn time(&self) -> Option<SystemTime> {
        let ms = u64::try_from(self.time_ms.load(Ordering::Relaxed)).ok()?;
        (ms > 0).then(|| UNIX_EPOCH + Duration::from_millis(ms))
    }

    /// Whether something keeps the writer from writing.
    pub(crate) fn is_obstructed(&self) -> bool {
        self.obstacle.load(Ordering::Relaxed) != Obstacle::None as u8
    }

    /// Says why the writer does not write.
    pub(crate) fn set_obstacle(&self, obstacle: Obstacle) {
        self.obstacle.store(obstacle as u8, Ordering::Relaxed);
    }

    /// Counts entries that the channel did not take.
    pub(crate) fn refuse(&self, entries: u64) {
        self.lose(entries, &self.lost_queue);
    }

    /// Counts taken entries that are given up.
    pub(crate) fn abandon(&self, entries: u64) {
        self.abandoned.fetch_add(entries, Ordering::Relaxed);
        self.lose(entries, &self.lost_database);
    }

    /// Counts by what stands in the way, or else under `otherwise`.
    fn lose(&self, entries: u64, otherwise: &AtomicU64) {
        let obstacle = self.obstacle.load(Ordering::Relaxed);
        let counter = if obstacle == Obstacle::Space as u8 {
            &self.lost_space
        } else if obstacle == Obstacle::Database as u8 {
            &self.lost_database
        } else {
            otherwise
        };
        counter.fetch_add(entries, Ordering::Relaxed);
    }

    /// Fills in what stands here.
    pub(crate) fn describe(&self, status: &mut Status) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        status.queue_depth = self.depth.load(Ordering::Relaxed) as u64;
        status.taken = count(&self.taken);
        status.stored = count(&self.stored);
        status.lost = self.lost();
        status.failures = count(&self.failures);
        status.is_healthy = self.is_healthy.load(Ordering::Relaxed);
        status.evicted = count(&self.evicted);
        status.gateway = lock(&self.notes)
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value))
            .collect();
    }

    /// What is lost so far.
    pub(crate) fn lost(&self) -> Lost {
        Lost {
            queue: self.lost_queue.load(Ordering::Relaxed),
            database: self.lost_database.load(Ordering::Relaxed),
            space: self.lost_space.load(Ordering::Relaxed),
        }
    }
}

/// A lock whose holder panicked is as good as any: each guards one value.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_counted_by_what_stands_in_the_way() {
        let shared = Shared::default();
        shared.refuse(1);
        shared.abandon(2);
        shared.set_obstacle(Obstacle::Space);
        shared.refuse(4);
        shared.abandon(8);
        shared.set_obstacle(Obstacle::Database);
        shared.refuse(16);
        shared.set_obstacle(Obstacle::None);
        shared.refuse(32);
        assert_eq!(
            shared.lost(),
            Lost {
                queue: 33,
                database: 18,
                space: 12
            }
        );
        assert_eq!(shared.abandoned.load(Ordering::Relaxed), 10);
    }
}
