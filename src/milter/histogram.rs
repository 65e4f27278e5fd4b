//! How measured values are distributed, for a monitoring system.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Upper bounds of the buckets of times, in microseconds.
pub(super) const TIMES_US: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 10_000_000,
];
/// Upper bounds of the buckets of sizes, in bytes.
pub(super) const SIZES: &[u64] = &[
    1 << 10,
    4 << 10,
    16 << 10,
    64 << 10,
    256 << 10,
    1 << 20,
    4 << 20,
    16 << 20,
    64 << 20,
];

/// A histogram with fixed buckets. Counts only grow.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is above all of them.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram holds at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Distribution {
    /// Upper bound (included) of each bucket but the last, and how many values
    /// fell into it and no lower one.
    pub buckets: Vec<(u64, u64)>,
    /// How many values were above the last bound.
    pub above: u64,
    /// The sum of all values.
    pub sum: u64,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [u64]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }

    /// Counts a value.
    pub(super) fn observe(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time, in microseconds.
    pub(super) fn observe_time(&self, time: Duration) {
        self.observe(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// What it holds now.
    pub fn distribution(&self) -> Distribution {
        let count = |bucket: &AtomicU64| bucket.load(Ordering::Relaxed);
        let counts = self.buckets.iter().map(count);
        Distribution {
            buckets: self.bounds.iter().copied().zip(counts).collect(),
            above: self.buckets.last().map_or(0, count),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

impl Distribution {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        let within: u64 = self.buckets.iter().map(|(_, count)| count).sum();
        within.saturating_add(self.above)
    }

    /// The upper bound of the bucket in which the value lies that so many per
    /// cent of all values do not exceed; `None` without values, the last bound
    /// if it lies above all of them.
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let count = self.count();
        let rank = count.saturating_mul(percent).div_ceil(100).max(1);
        let mut below = 0;
        let reached = self.buckets.iter().find(|(_, count)| {
            below += count;
            below >= rank
        });
        let bound = reached.or(self.buckets.last()).map(|(bound, _)| *bound);
        bound.filter(|_| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let histogram = Histogram::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, 100] {
            histogram.observe(value);
        }
        let distribution = histogram.distribution();
        assert_eq!(distribution.buckets, [(10, 2), (20, 2)]);
        assert_eq!(distribution.above, 2);
        assert_eq!(distribution.sum, 162);
        assert_eq!(distribution.count(), 6);
    }

    #[test]
    fn a_percentile_is_the_bound_of_its_bucket() {
        let histogram = Histogram::new(&[10, 20, 30]);
        assert_eq!(histogram.distribution().percentile(95), None);
        for value in (1..=90).map(|_| 5).chain((0..5).map(|_| 15)) {
            histogram.observe(value);
        }
        for _ in 0..5 {
            histogram.observe(25);
        }
        // 90 values up to 10, 5 up to 20, 5 up to 30.
        let distribution = histogram.distribution();
        assert_eq!(distribution.percentile(50), Some(10));
        assert_eq!(distribution.percentile(90), Some(10));
        assert_eq!(distribution.percentile(95), Some(20));
        assert_eq!(distribution.percentile(96), Some(30));
        histogram.observe(1_000);
        assert_eq!(histogram.distribution().percentile(100), Some(30));
    }

    #[test]
    fn times_are_counted_in_microseconds() {
        let histogram = Histogram::new(TIMES_US);
        histogram.observe_time(Duration::from_millis(3));
        assert_eq!(histogram.distribution().sum, 3_000);
        assert!(TIMES_US.is_sorted() && SIZES.is_sorted());
    }
}
