//! What changes with a reload.

use crate::rules::RuleSet;
use arc_swap::ArcSwap;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

/// The rules in force, and how the last reload went.
#[derive(Debug)]
pub struct Gauges {
    rules: ArcSwap<Rules>,
    is_reload_good: AtomicBool,
    reload_at: AtomicU64,
}

/// The rules in force.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) version: String,
    /// Seconds since 1970.
    pub(super) loaded_at: u64,
    /// How many there are.
    pub(super) count: u64,
}

impl Rules {
    fn of(rules: &RuleSet, now: SystemTime) -> Self {
        Self {
            version: rules.version().to_owned(),
            loaded_at: seconds(now),
            count: rules.len() as u64,
        }
    }
}

impl Gauges {
    /// The rules that the service started with.
    pub fn new(rules: &RuleSet, now: SystemTime) -> Self {
        Self {
            rules: ArcSwap::from_pointee(Rules::of(rules, now)),
            is_reload_good: AtomicBool::new(true),
            reload_at: AtomicU64::new(seconds(now)),
        }
    }

    /// A reload succeeded.
    pub fn reloaded(&self, rules: &RuleSet, now: SystemTime) {
        self.rules.store(Arc::new(Rules::of(rules, now)));
        self.is_reload_good.store(true, Ordering::Relaxed);
        self.reload_at.store(seconds(now), Ordering::Relaxed);
    }

    /// A reload was refused, and what was in force stays in force.
    pub fn refused(&self, now: SystemTime) {
        self.is_reload_good.store(false, Ordering::Relaxed);
        self.reload_at.store(seconds(now), Ordering::Relaxed);
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    pub(super) fn is_reload_good(&self) -> bool {
        self.is_reload_good.load(Ordering::Relaxed)
    }

    pub(super) fn reload_at(&self) -> u64 {
        self.reload_at.load(Ordering::Relaxed)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
