//! What the mail path hands to the block log: one event a message.

use crate::clean::Outcome;
use std::{
    net::IpAddr,
    time::{Duration, SystemTime},
};

/// What the gateway knows about a message besides its content.
///
/// Sensitive: it is redacted before it is stored.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// The MTA's queue id (macro `i`).
    pub queue_id: Option<String>,
    /// The Message-ID field's value without angle brackets (RFC 5322 section
    /// 3.6.4).
    pub message_id: Option<String>,
    /// The envelope sender without angle brackets; empty for bounces (RFC
    /// 5321 section 4.5.5).
    pub sender: String,
    /// The domain of the first From address (RFC 5322 section 3.6.2).
    pub from_domain: Option<String>,
    /// The envelope recipients without angle brackets.
    pub recipients: Vec<String>,
    /// The SMTP client's address.
    pub client: Option<IpAddr>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Disposition {
    /// Changed and passed on.
    Changed,
    /// All of it was read, and nothing to change was found.
    Clean,
    /// Passed on as it came (or temporarily refused) after an error.
    Failed,
    /// Passed on as it came: policy or a limit said so, or a part of it could
    /// not be read and nothing was found in the others.
    Skipped,
    /// Observe mode: passed on as it came, would have been changed.
    WouldChange,
}

impl Disposition {
    /// Every disposition, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::Changed,
        Self::Clean,
        Self::Failed,
        Self::Skipped,
        Self::WouldChange,
    ];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Clean => "clean",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::WouldChange => "would-change",
        }
    }
}

/// One message as the mail path reports it.
#[derive(Clone, Debug)]
pub struct Event {
    /// When the message ended.
    pub at: SystemTime,
    /// The envelope and the identifiers.
    pub transaction: Transaction,
    /// What became of the message.
    pub disposition: Disposition,
    /// Findings and skips. The body is not needed here and is left out.
    pub outcome: Outcome,
    /// Body size as it came, in bytes.
    pub size_before: u64,
    /// Body size as it was passed on, in bytes.
    pub size_after: u64,
    /// From end of message to the decision.
    pub duration: Duration,
    /// Version of the rules that were used.
    pub rules_version: String,
}

/// Takes events off the mail path. Never blocks and never fails: an event
/// that cannot be taken is counted and dropped.
pub trait Record: Send + Sync {
    /// Takes one event.
    fn record(&self, event: Event);

    /// Whether more than sums is kept of a message of which this is known. Of
    /// one where it is not, the domain of the author
    /// ([`Transaction::from_domain`]) is not asked for.
    fn keeps(&self, disposition: Disposition, outcome: &Outcome) -> bool {
        let _ = (disposition, outcome);
        true
    }
}
