//! How much working time a message has left.

use super::clock::Clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// Stands in `since` while nothing is being worked on.
const IDLE: u64 = u64::MAX;

/// Adds up the time spent on one message.
///
/// Only working time counts: a sender that takes ten minutes for its mail
/// does not use up the time to clean it.
pub(super) struct Budget {
    clock: Arc<dyn Clock>,
    limit: u64,
    spent: AtomicU64,
    since: AtomicU64,
}

impl Budget {
    pub(super) fn new(clock: Arc<dyn Clock>, limit: Duration) -> Self {
        Self {
            clock,
            limit: nanoseconds(limit),
            spent: AtomicU64::new(0),
            since: AtomicU64::new(IDLE),
        }
    }

    /// The time allowed.
    pub(super) fn limit(&self) -> Duration {
        Duration::from_nanos(self.limit)
    }

    /// The time spent so far.
    pub(super) fn spent(&self) -> Duration {
        Duration::from_nanos(self.total())
    }

    /// Does a piece of work on the budget.
    pub(super) fn spend<R>(&self, work: impl FnOnce() -> R) -> R {
        self.since.store(self.now(), Ordering::Relaxed);
        let result = work();
        let spent = self.total();
        self.since.store(IDLE, Ordering::Relaxed);
        self.spent.store(spent, Ordering::Relaxed);
        result
    }

    /// Whether more time was spent than allowed.
    pub(super) fn expired(&self) -> bool {
        self.total() > self.limit
    }

    fn total(&self) -> u64 {
        let running = match self.since.load(Ordering::Relaxed) {
            IDLE => 0,
            since => self.now().saturating_sub(since),
        };
        self.spent.load(Ordering::Relaxed).saturating_add(running)
    }

    fn now(&self) -> u64 {
        nanoseconds(self.clock.elapsed())
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    // One below the marker; 584 years are enough.
    u64::try_from(duration.as_nanos()).map_or(IDLE - 1, |n| n.min(IDLE - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[derive(Default)]
    struct Hands(AtomicU64);

    impl Clock for Hands {
        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }

        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    #[test]
    fn only_working_time_is_counted() {
        let hands = Arc::new(Hands::default());
        let budget = Budget::new(hands.clone(), Duration::from_secs(10));
        budget.spend(|| hands.0.fetch_add(6, Ordering::Relaxed));
        hands.0.fetch_add(1000, Ordering::Relaxed);
        assert!(!budget.expired());
        budget.spend(|| {
            hands.0.fetch_add(4, Ordering::Relaxed);
            assert!(!budget.expired(), "ten of ten seconds");
            hands.0.fetch_add(1, Ordering::Relaxed);
            assert!(budget.expired(), "the work itself can ask");
        });
        assert!(budget.expired());
    }
}
