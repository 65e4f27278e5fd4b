//! What the milter has done since it started, in numbers.

use crate::{skip::Skip, telemetry::Disposition};
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

/// A counter.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, n: u64) {
        self.0.fetch_sub(n, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counters of a running milter. They only grow, except the connections that
/// are open and the messages that are in flight.
#[derive(Debug)]
pub struct Stats {
    pub(super) accept_errors: Count,
    pub(super) aborted: Count,
    pub(super) broken: Count,
    pub(super) bytes_in: Count,
    pub(super) bytes_out: Count,
    pub(super) connections: Count,
    pub(super) in_flight: Count,
    pub(super) open: Count,
    pub(super) powerless: Count,
    failures: Box<[Count]>,
    messages: Box<[Count]>,
    skips: Box<[Count]>,
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
            open: Count::default(),
            powerless: Count::default(),
            failures: counts(Failure::ALL.len()),
            messages: counts(Disposition::ALL.len()),
            skips: counts(Skip::ALL.len()),
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

    /// Messages that could not be cleaned, by cause.
    pub fn failures(&self, cause: Failure) -> u64 {
        at(&self.failures, Failure::ALL, &cause).map_or(0, Count::value)
    }

    /// Messages that are between MAIL and the reply to their end now.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.value()
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
}
