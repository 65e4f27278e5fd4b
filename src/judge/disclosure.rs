//! What a request tells its receiver: kinds, never values.

use super::context::Seen;
use crate::{
    rules::{RuleRef, Tells},
    sighting::Trigger,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One kind of thing that the sender learns.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Disclosure {
    /// The recipient's address, legible or as a digest of it.
    Address,
    /// The mailing.
    Campaign,
    /// The mail program or browser, its language and system (User-Agent and
    /// other request header fields, RFC 9110 section 10.1.5).
    Client,
    /// Which link of the mailing.
    Link,
    /// The address of the reader's network, and with it the place.
    Network,
    /// The recipient, by a number or token that stands for them.
    Recipient,
    /// When the mail was opened, or the link followed.
    Time,
    /// Anything else that the sender stored about the recipient.
    Variables,
}

impl Disclosure {
    /// Every kind, for tables and tests.
    pub const ALL: &[Self] = &[
        Self::Address,
        Self::Campaign,
        Self::Client,
        Self::Link,
        Self::Network,
        Self::Recipient,
        Self::Time,
        Self::Variables,
    ];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Campaign => "campaign",
            Self::Client => "client",
            Self::Link => "link",
            Self::Network => "network",
            Self::Recipient => "recipient",
            Self::Time => "time",
            Self::Variables => "variables",
        }
    }
}

impl From<Tells> for Disclosure {
    fn from(tells: Tells) -> Self {
        match tells {
            Tells::Campaign => Self::Campaign,
            Tells::Link => Self::Link,
            Tells::Recipient => Self::Recipient,
            Tells::Variables => Self::Variables,
        }
    }
}

/// What any request of a kind discloses.
pub(super) fn by_trigger(trigger: Trigger) -> impl Iterator<Item = Disclosure> {
    let kinds = match trigger {
        Trigger::Receipt => [Disclosure::Address, Disclosure::Client, Disclosure::Time],
        Trigger::Click | Trigger::Ping | Trigger::Show | Trigger::Submit => {
            [Disclosure::Client, Disclosure::Network, Disclosure::Time]
        }
    };
    kinds.into_iter()
}

/// What loading or following a URL discloses.
pub(super) fn of(seen: &Seen<'_>, rules: &[RuleRef]) -> BTreeSet<Disclosure> {
    let mut kinds: BTreeSet<_> = rules
        .iter()
        .flat_map(|rule| rule.tells.iter().copied().map(Disclosure::from))
        .collect();
    kinds.extend(by_trigger(seen.sighting.vector.trigger()));
    if seen.spelling.is_some() {
        kinds.insert(Disclosure::Address);
    }
    kinds
}
