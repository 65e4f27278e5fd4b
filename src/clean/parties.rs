//! Whom a message is from and for, as the allowlist knows them.

use super::Envelope;
use crate::url::domain;
use ahash::AHashSet;

/// Whom a message is from and for, by their domains.
#[derive(Default)]
pub(super) struct Parties {
    /// Registrable domains of the envelope sender and of the From field.
    pub(super) senders: AHashSet<String>,
    /// Domains of the recipients.
    pub(super) recipient_domains: AHashSet<String>,
}

impl Parties {
    /// Nobody if nothing is spared: then nobody asks.
    pub(super) fn of(envelope: &Envelope, from_domain: Option<&str>) -> Self {
        if envelope.allowlist.is_empty() {
            return Self::default();
        }
        let envelope_sender = envelope.sender.as_deref().and_then(domain::of_address);
        // Most recipients of a message share their domain.
        let domains: AHashSet<&str> = envelope
            .recipients
            .iter()
            .filter_map(|address| domain::of_address(address))
            .collect();
        Self {
            senders: [envelope_sender, from_domain]
                .into_iter()
                .flatten()
                .filter_map(domain::registrable)
                .collect(),
            recipient_domains: domains.into_iter().filter_map(domain::normal).collect(),
        }
    }
}
