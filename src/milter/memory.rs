//! The memory that all messages together may need.
//!
//! One message is bounded by its size; four hundred at a time are not bounded
//! by anything but this. What a message needs is an estimate (see
//! [`Work::memory`](super::Work::memory)), so the budget stays well below what
//! the system would end the process for.

use super::stats::Stats;
use std::sync::Arc;

/// A share grows in steps of this many bytes, so that most messages ask once.
const STEP: u64 = 64 << 10;

/// The share of one message, given back when it is dropped.
pub(super) struct Share {
    /// The sum of all shares is `memory` in there.
    stats: Arc<Stats>,
    bytes: u64,
}

impl Share {
    /// A message that needs nothing yet.
    pub(super) fn new(stats: &Arc<Stats>) -> Self {
        Self {
            stats: Arc::clone(stats),
            bytes: 0,
        }
    }

    /// The message needs this many bytes. `false`, and no change, if all
    /// together would need more than `limit`.
    #[must_use]
    pub(super) fn resize(&mut self, bytes: usize, limit: usize) -> bool {
        let bytes = (bytes as u64).div_ceil(STEP).saturating_mul(STEP);
        let is_granted = if bytes <= self.bytes {
            self.give_back(self.bytes.saturating_sub(bytes));
            true
        } else {
            let growth = bytes.saturating_sub(self.bytes);
            self.stats.memory.add_up_to(growth, limit as u64)
        };
        if is_granted {
            self.bytes = bytes;
        }
        is_granted
    }

    fn give_back(&self, bytes: u64) {
        if bytes > 0 {
            self.stats.memory.sub(bytes);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP_BYTES: usize = 64 << 10;

    #[test]
    fn what_is_beyond_the_limit_is_not_granted_and_what_is_given_back_is_free() {
        let stats = Arc::new(Stats::new());
        let limit = 4 * STEP_BYTES;
        let (mut a, mut b) = (Share::new(&stats), Share::new(&stats));
        assert!(a.resize(1, limit));
        assert_eq!(stats.memory(), STEP);
        assert!(a.resize(3 * STEP_BYTES, limit));
        assert!(!b.resize(STEP_BYTES + 1, limit), "that would be five");
        assert_eq!(stats.memory(), 3 * STEP);
        assert!(b.resize(STEP_BYTES, limit));
        assert!(a.resize(STEP_BYTES, limit));
        assert_eq!(stats.memory(), 2 * STEP);
        drop(a);
        drop(b);
        assert_eq!(stats.memory(), 0);
    }

    #[test]
    fn a_limit_that_was_lowered_takes_nothing_away() {
        let stats = Arc::new(Stats::new());
        let mut share = Share::new(&stats);
        assert!(share.resize(3 * STEP_BYTES, 4 * STEP_BYTES));
        assert!(!share.resize(4 * STEP_BYTES, STEP_BYTES));
        assert!(
            share.resize(2 * STEP_BYTES, STEP_BYTES),
            "less is always granted"
        );
        assert_eq!(stats.memory(), 2 * STEP);
    }
}
