//! Bounds on trying out passwords.
//!
//! Every attempt counts as failed from its beginning until it has succeeded,
//! so that many at once gain nothing. After some failures an address, and a
//! name, has to wait, longer after each; and all together have a bound.

use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Most addresses and names that are remembered, some 400 KiB.
const REMEMBERED: usize = 4096;
/// Failures are forgotten after this time without another.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// Most failures of everybody together within [`WINDOW`].
const TOGETHER: usize = 120;
const WINDOW: Duration = Duration::from_secs(60);

/// How many failures are free, and the longest wait after one.
#[derive(Clone, Copy)]
struct Patience {
    free: u32,
    longest: Duration,
}

const OF_ADDRESS: Patience = Patience {
    free: 5,
    longest: Duration::from_secs(900),
};
/// Short, or a stranger could keep somebody out by their name.
const OF_NAME: Patience = Patience {
    free: 10,
    longest: Duration::from_secs(60),
};

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Key {
    /// Of IPv6 the network of a household or firm (/64).
    Address(IpAddr),
    /// A hash: a password that was typed into the wrong field is not kept.
    Name([u8; 32]),
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
    /// Until then nothing is tried.
    until: Instant,
}

#[derive(Debug, Default)]
struct Table {
    failures: HashMap<Key, Failures>,
    /// When the latest failures were, oldest first.
    together: VecDeque<Instant>,
}

/// Who has failed to log in.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Table>);

impl Attempts {
    /// Counts an attempt.
    ///
    /// # Errors
    ///
    /// It may not be made yet, but after this time.
    pub(super) fn begin(&self, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while table
            .together
            .front()
            .is_some_and(|&first| now.saturating_duration_since(first) >= WINDOW)
        {
            table.together.pop_front();
        }
        let keys = keys(address, name);
        let waits = keys.map(|(key, _)| {
            let failures = table.failures.get(&key)?;
            failures.until.checked_duration_since(now)
        });
        let is_full = table.together.len() >= TOGETHER;
        let first = table.together.front().filter(|_| is_full);
        let of_all =
            first.map(|&first| WINDOW.saturating_sub(now.saturating_duration_since(first)));
        let wait = waits.into_iter().chain([of_all]).flatten().max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        table.together.push_back(now);
        for (key, patience) in keys {
            table.make_room(now);
            let failures = table.failures.entry(key).or_insert(Failures {
                count: 0,
                last: now,
                until: now,
            });
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
            failures.until = now + patience.wait(failures.count);
        }
        Ok(())
    }

    /// The attempt was right after all.
    pub(super) fn succeeded(&self, address: IpAddr, name: &str) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.together.pop_back();
        for (key, _) in keys(address, name) {
            table.failures.remove(&key);
        }
    }
}

impl Table {
    fn make_room(&mut self, now: Instant) {
        if self.failures.len() < REMEMBERED {
            return;
        }
        let is_remembered = |f: &Failures| now.saturating_duration_since(f.last) < FORGOTTEN;
        self.failures.retain(|_, failures| is_remembered(failures));
        if self.failures.len() >= REMEMBERED {
            let oldest = self
                .failures
                .iter()
                .min_by_key(|(_, failures)| failures.last);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.failures.remove(&key);
            }
        }
    }
}

impl Patience {
    /// How long to wait after so many failures: 1 s after the last free one,
    /// and twice as long each time.
    fn wait(self, count: u32) -> Duration {
        match count.checked_sub(self.free) {
            None => Duration::ZERO,
            Some(over) => Duration::from_secs(1 << over.min(20)).min(self.longest),
        }
    }
}

fn keys(address: IpAddr, name: &str) -> [(Key, Patience); 2] {
    let address = match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    };
    let name = Sha256::digest(name.as_bytes()).into();
    [
        (Key::Address(address), OF_ADDRESS),
        (Key::Name(name), OF_NAME),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn address(n: u32) -> IpAddr {
        IpAddr::V4(n.into())
    }

    #[test]
    fn an_address_waits_longer_after_each_failure() {
        let attempts = Attempts::default();
        let mut now = Instant::now();
        for n in 0..5 {
            assert_eq!(attempts.begin(address(1), &n.to_string(), now), Ok(()));
        }
        assert_eq!(attempts.begin(address(1), "5", now), Err(SECOND));
        // Another address does not wait.
        assert_eq!(attempts.begin(address(2), "6", now), Ok(()));
        for (name, wait) in [("7", 2), ("8", 4), ("9", 8)] {
            now += SECOND * wait / 2;
            assert_eq!(attempts.begin(address(1), name, now), Ok(()));
            assert_eq!(attempts.begin(address(1), "x", now), Err(SECOND * wait));
        }
    }

    #[test]
    fn the_wait_has_a_bound() {
        assert_eq!(OF_ADDRESS.wait(4), Duration::ZERO);
        assert_eq!(OF_ADDRESS.wait(5), SECOND);
        assert_eq!(OF_ADDRESS.wait(u32::MAX), SECOND * 900);
        assert_eq!(OF_NAME.wait(u32::MAX), SECOND * 60);
    }

    #[test]
    fn a_name_waits_wherever_the_attempts_come_from() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..10 {
            assert_eq!(attempts.begin(address(n), "ada", now), Ok(()));
        }
        assert_eq!(attempts.begin(address(10), "ada", now), Err(SECOND));
        assert_eq!(attempts.begin(address(10), "bob", now), Ok(()));
    }

    #[test]
    fn success_forgets_the_failures() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..50 {
            assert_eq!(attempts.begin(address(1), "ada", now), Ok(()));
            attempts.succeeded(address(1), "ada");
        }
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let at = |n: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, n));
        for n in 0..5 {
            assert_eq!(attempts.begin(at(n), &n.to_string(), now), Ok(()));
        }
        assert_eq!(attempts.begin(at(77), "x", now), Err(SECOND));
    }

    #[test]
    fn all_together_have_a_bound_too() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..120 {
            assert_eq!(attempts.begin(address(n), &n.to_string(), now), Ok(()));
        }
        assert_eq!(attempts.begin(address(500), "ada", now), Err(SECOND * 60));
        assert_eq!(
            attempts.begin(address(500), "ada", now + SECOND * 60),
            Ok(())
        );
    }

    #[test]
    fn memory_has_a_bound() {
        let attempts = Attempts::default();
        let mut now = Instant::now();
        for n in 0..3_000 {
            now += SECOND;
            assert_eq!(attempts.begin(address(n), &n.to_string(), now), Ok(()));
        }
        let table = attempts.0.lock().unwrap();
        assert!(table.failures.len() <= REMEMBERED);
        assert!(table.together.len() <= TOGETHER);
    }
}
