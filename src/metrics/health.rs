//! Whether all is well, for load balancers and monitoring.

use super::Sources;
use crate::milter::Failure;
use serde::Serialize;
use std::sync::atomic::Ordering;

/// How the service is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// All is well.
    Ok,
    /// Mail is cleaned, and something else needs attention.
    Degraded,
    /// No more mail is taken.
    Stopping,
}

/// How the service is, and what needs attention.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Health {
    /// In one word.
    pub status: State,
    /// Why it is not `ok`; empty otherwise.
    pub problems: Vec<String>,
    /// Messages that were not cleaned because something failed.
    pub failures: u64,
    /// Version of the program.
    pub version: &'static str,
    /// Version of the rules.
    pub rules: String,
}

impl Sources {
    /// How the service is now.
    pub fn health(&self) -> Health {
        let mut problems = Vec::new();
        if let Some(recorder) = &self.recorder {
            let log = recorder.statistics();
            if log.is_obstructed {
                problems.push("the block log cannot be written".to_owned());
            }
            if log.is_clock_doubted {
                problems.push(
                    "the clock is far ahead of when the block log was last written".to_owned(),
                );
            }
            if log.lost > 0 {
                problems.push(format!(
                    "{} messages are missing in the block log",
                    log.lost
                ));
            }
        }
        if !self.gauges.is_reload_good() {
            problems.push("the last reload was refused; what was in force stays".to_owned());
        }
        let status = match problems.is_empty() {
            _ if self.is_stopping.load(Ordering::Relaxed) => State::Stopping,
            true => State::Ok,
            false => State::Degraded,
        };
        let failures = Failure::ALL.iter().map(|f| self.stats.failures(*f)).sum();
        Health {
            status,
            problems,
            failures,
            version: env!("CARGO_PKG_VERSION"),
            rules: self.gauges.rules().version.clone(),
        }
    }
}
