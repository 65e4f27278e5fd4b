//! Numbers for a monitoring system, in the OpenMetrics text format, and a
//! health check.
//!
//! The counters live where things happen ([`milter::Stats`](crate::milter::Stats),
//! [`Recorder`]); here they are only read, when
//! somebody asks. Every label has a bounded set of values: nothing that a mail
//! says ever becomes one.

mod collect;
mod gauges;
mod health;
mod process;
mod server;

pub use gauges::Gauges;
pub use health::{Health, State};
pub use server::{BindError, Server};

use crate::{milter::Stats, telemetry::Recorder};
use prometheus_client::registry::Registry;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// What the numbers are read from.
#[derive(Debug)]
pub struct Sources {
    /// The milter's counters.
    pub stats: Arc<Stats>,
    /// The block log, unless it is off.
    pub recorder: Option<Arc<Recorder>>,
    /// What changes with a reload.
    pub gauges: Arc<Gauges>,
    is_stopping: AtomicBool,
}

impl Sources {
    /// Reads from these.
    pub fn new(stats: Arc<Stats>, recorder: Option<Arc<Recorder>>, gauges: Arc<Gauges>) -> Self {
        Self {
            stats,
            recorder,
            gauges,
            is_stopping: AtomicBool::new(false),
        }
    }

    /// The milter takes no more connections.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Everything in the OpenMetrics text format
    /// (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).
    pub fn text(self: &Arc<Self>) -> String {
        let mut registry = Registry::with_prefix("untrackd");
        registry.register_collector(Box::new(collect::Milter(Arc::clone(self))));
        registry.register_collector(Box::new(collect::Log(Arc::clone(self))));
        let mut plain = Registry::default();
        plain.register_collector(Box::new(process::Process));
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::text::encode_registry(&mut text, &registry);
        let _ = prometheus_client::encoding::text::encode_registry(&mut text, &plain);
        let _ = prometheus_client::encoding::text::encode_eof(&mut text);
        text
    }
}
