//! What the milter has done since it started, in numbers.

use super::histogram::{Histogram, SIZES, TIMES_US};
use crate::{judge::Verdict, sighting::Vector, skip::Skip, telemetry::Disposition};
use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

/// Why a message could not be cleaned as it should have been.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Failure {
    /// The cleaner reported an error or asked for the impossible.
    Error,
    /// The cleaner panicked.
    Panic,
    /// The connection to the MTA broke while the decision was written.
    Reply,
    /// The time allowed for one message ran out.
    Timeout,
}

impl Failure {
    /// Every cause, for tables and metrics.
    pub const ALL: &[Self] = &[Self::Error, Self::Panic, Self::Reply, Self::Timeout];

    /// The name as it is logged, counted and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Reply => "reply",
            Self::Timeout => "timeout",
        }
    }

    /// As the block log keeps it.
    pub(super) fn skip(self) -> Skip {
        match self {
            Self::Error | Self::Panic | Self::Reply => Skip::Error,
            Self::Timeout => Skip::Timeout,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What was done with a sighting, for the counters.
pub(super) const ACTIONS: &[&str] = &[
    "allow",
    "keep",
    "neutralize",
    "opaque",
    "remove",
    "trim",
    "unwrap",
];

fn action(verdict: &Verdict) -> &'static str {
    match (&verdict.spared, verdict.opaque) {
        (Some(_), _) => "allow",
        (None, true) if !verdict.action.changes() => "opaque",
        (None, _) => verdict.action.name(),
    }
}

/// A counter.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Adds `n` unless the sum would be above `limit`. Returns whether it did.
    pub(super) fn add_up_to(&self, n: u64, limit: u64) -> bool {
        let sum = |old: u64| old.checked_add(n).filter(|sum| *sum <= limit);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum)
            .is_ok()
    }

    pub(super) fn set(&self, n: u64) {
        self.0.store(n, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters of a running milter. They only grow, except the connections that
/// are open, the messages that are in flight and the memory they need.
#[derive(Debug)]
pub struct Stats {
    pub(super) accept_errors: Count,
    pub(super) aborted: Count,
    pub(super) broken: Count,
    pub(super) bytes_in: Count,
    pub(super) bytes_out: Count,
    pub(super) connections: Count,
    pub(super) in_flight: Count,
    pub(super) max_connections: Count,
    pub(super) memory: Count,
    pub(super) open: Count,
    pub(super) powerless: Count,
    pub(super) rebinds: Count,
    pub(super) stalled: Count,
    fail_open: Box<[Count]>,
    failures: Box<[Count]>,
    /// By vector, then by action.
    findings: Box<[Count]>,
    messages: Box<[Count]>,
    skips: Box<[Count]>,
    pub(super) end_time: Histogram,
    pub(super) sizes: Histogram,
    pub(super) work_time: Histogram,
}

impl Stats {
    /// All counters at nought.
    pub fn new() -> Self {
        Self {
            accept_errors: Count::default(),
            aborted: Count::default(),
            broken: Count::default(),
            bytes_in: Count::default(),
            bytes_out: Count::default(),
            connections: Count::default(),
            in_flight: Count::default(),
            max_connections: Count::default(),
            memory: Count::default(),
            open: Count::default(),
            powerless: Count::default(),
            rebinds: Count::default(),
            stalled: Count::default(),
            fail_open: counts(Failure::ALL.len()),
            failures: counts(Failure::ALL.len()),
            findings: counts(Vector::ALL.len().saturating_mul(ACTIONS.len())),
            messages: counts(Disposition::ALL.len()),
            skips: counts(Skip::ALL.len()),
            end_time: Histogram::new(TIMES_US),
            sizes: Histogram::new(SIZES),
            work_time: Histogram::new(TIMES_US),
        }
    }

    /// Messages that the MTA or its client gave up before their end.
    pub fn aborted(&self) -> u64 {
        self.aborted.value()
    }

    /// Connections that could not be accepted.
    pub fn accept_errors(&self) -> u64 {
        self.accept_errors.value()
    }

    /// Connections that broke while something was written to the MTA.
    pub fn broken(&self) -> u64 {
        self.broken.value()
    }

    /// How often the socket file was gone and was made anew.
    pub fn rebinds(&self) -> u64 {
        self.rebinds.value()
    }

    /// Connections that were ended because the MTA stopped in the middle of a
    /// command or of reading a reply.
    pub fn stalled(&self) -> u64 {
        self.stalled.value()
    }

    /// Bytes of message bodies as they came.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.value()
    }

    /// Bytes of message bodies as they were passed on.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.value()
    }

    /// Connections that were accepted.
    pub fn connections(&self) -> u64 {
        self.connections.value()
    }

    /// From the end of a message to the decision, in microseconds.
    pub fn end_time(&self) -> &Histogram {
        &self.end_time
    }

    /// Time spent on a message in all, in microseconds.
    pub fn work_time(&self) -> &Histogram {
        &self.work_time
    }

    /// Sizes of message bodies as they came, in bytes.
    pub fn sizes(&self) -> &Histogram {
        &self.sizes
    }

    /// Messages that could not be cleaned and passed as they came, by cause.
    pub fn fail_open(&self, cause: Failure) -> u64 {
        at(&self.fail_open, Failure::ALL, &cause).map_or(0, Count::value)
    }

    /// Findings other than none, with vector and action.
    pub fn findings(&self) -> impl Iterator<Item = (Vector, &'static str, u64)> {
        let of_vector = |(vector, counts): (Vector, &[Count])| {
            let counts: Vec<_> = counts.iter().map(Count::value).collect();
            let actions = ACTIONS.iter().copied().zip(counts);
            actions.map(move |(action, count)| (vector, action, count))
        };
        let vectors = Vector::ALL.iter().copied();
        vectors
            .zip(self.findings.chunks(ACTIONS.len()))
            .flat_map(of_vector)
            .filter(|(.., count)| *count > 0)
    }

    /// Messages that could not be cleaned, by cause.
    pub fn failures(&self, cause: Failure) -> u64 {
        at(&self.failures, Failure::ALL, &cause).map_or(0, Count::value)
    }

    /// Messages that are between MAIL and the reply to their end now.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.value()
    }

    /// Most connections that may be open at a time.
    pub fn max_connections(&self) -> u64 {
        self.max_connections.value()
    }

    /// Bytes of memory that the messages in flight need together, by estimate.
    pub fn memory(&self) -> u64 {
        self.memory.value()
    }

    /// Messages that came to their end, by what became of them.
    pub fn messages(&self, disposition: Disposition) -> u64 {
        at(&self.messages, Disposition::ALL, &disposition).map_or(0, Count::value)
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.open.value()
    }

    /// Messages that would have been changed if the MTA had agreed to it when
    /// the connection was opened.
    pub fn powerless(&self) -> u64 {
        self.powerless.value()
    }

    /// Parts and messages that were not cleaned, by reason.
    pub fn skips(&self, reason: Skip) -> u64 {
        at(&self.skips, Skip::ALL, &reason).map_or(0, Count::value)
    }

    pub(super) fn count_failure(&self, cause: Failure) {
        if let Some(count) = at(&self.failures, Failure::ALL, &cause) {
            count.add(1);
        }
    }

    pub(super) fn count_fail_open(&self, cause: Failure) {
        if let Some(count) = at(&self.fail_open, Failure::ALL, &cause) {
            count.add(1);
        }
    }

    pub(super) fn count_finding(&self, vector: Vector, verdict: &Verdict) {
        let vector = Vector::ALL.iter().position(|v| *v == vector);
        let name = action(verdict);
        let action = ACTIONS.iter().position(|a| *a == name);
        let place = vector
            .zip(action)
            .map(|(vector, action)| vector.saturating_mul(ACTIONS.len()).saturating_add(action));
        if let Some(count) = place.and_then(|place| self.findings.get(place)) {
            count.add(1);
        }
    }

    pub(super) fn count_message(&self, disposition: Disposition) {
        if let Some(count) = at(&self.messages, Disposition::ALL, &disposition) {
            count.add(1);
        }
    }

    pub(super) fn count_skip(&self, reason: Skip) {
        if let Some(count) = at(&self.skips, Skip::ALL, &reason) {
            count.add(1);
        }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self::new()
    }
}

fn counts(n: usize) -> Box<[Count]> {
    (0..n).map(|_| Count::default()).collect()
}

fn at<'a, T: PartialEq>(counts: &'a [Count], all: &[T], one: &T) -> Option<&'a Count> {
    let index = all.iter().position(|x| x == one)?;
    counts.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Action;

    #[test]
    fn each_reason_has_its_own_counter() {
        let stats = Stats::new();
        for (n, skip) in Skip::ALL.iter().enumerate() {
            for _ in 0..=n {
                stats.count_skip(*skip);
            }
        }
        for (n, skip) in (1..).zip(Skip::ALL) {
            assert_eq!(stats.skips(*skip), n, "{skip}");
        }
        assert_eq!(stats.messages(Disposition::Changed), 0);
    }

    #[test]
    fn findings_are_counted_by_vector_and_action() {
        let stats = Stats::new();
        let verdict = |action: Action| Verdict {
            action,
            ..Verdict::default()
        };
        let opaque = Verdict {
            opaque: true,
            ..Verdict::default()
        };
        let spared = Verdict {
            spared: Some("a-1".into()),
            ..Verdict::default()
        };
        let (first, last) = (Vector::ALL[0], *Vector::ALL.last().unwrap());
        stats.count_finding(first, &spared);
        stats.count_finding(first, &verdict(Action::Neutralize));
        stats.count_finding(first, &verdict(Action::Neutralize));
        stats.count_finding(last, &opaque);
        stats.count_finding(last, &verdict(Action::Remove));
        assert_eq!(
            stats.findings().collect::<Vec<_>>(),
            [
                (first, "allow", 1),
                (first, "neutralize", 2),
                (last, "opaque", 1),
                (last, "remove", 1)
            ]
        );
    }
}
