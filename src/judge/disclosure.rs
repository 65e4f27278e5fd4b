//! What a request tells its receiver: kinds, never values.
//!
//! Three things say it: the way the request is made, the rules that know the
//! URL, and the URL itself, whose members are opened up offline and taken for
//! what their names and looks say.

mod names;
mod shape;

use super::{Judge, Verdict, context::Seen};
use crate::{
    limits::Limits,
    rules::Tells,
    sighting::Trigger,
    url::reveal::{self, Member, Origin},
};
use names::{Meaning, Names};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// About how many parameters of one URL the rules are asked. To answer may
/// take as long as the URL is, and a URL may have thousands.
const MAX_PARAMETERS: usize = 64;

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

impl Judge {
    /// What the request that a sighting stands for tells its receiver, or
    /// would have told: kinds, never values.
    ///
    /// The URL and what is packed into it are opened up within `limits`; see
    /// [`reveal::members`].
    pub fn discloses(
        &self,
        seen: &Seen<'_>,
        verdict: &Verdict,
        limits: &Limits,
    ) -> BTreeSet<Disclosure> {
        let mut kinds: BTreeSet<_> = verdict
            .rules
            .iter()
            .flat_map(|rule| rule.tells.iter().copied().map(Disclosure::from))
            .collect();
        kinds.extend(by_request(seen.sighting.vector.trigger()));
        if seen.address_spelling().is_some() {
            kinds.insert(Disclosure::Address);
        }
        let mut asked = 0;
        reveal::members(&seen.target, limits, &mut |member| {
            if member.parameter_of.is_some() && asked < MAX_PARAMETERS {
                asked += 1;
                kinds.extend(self.by_parameter_rule(member));
            }
            kinds.extend(by_name_and_looks(member, verdict).into_iter().flatten());
            // The URL as a whole was asked already.
            if member.origin != Origin::Url
                && let Some(value) = member.value
                && seen.recipients.spelling_in(value).is_some()
            {
                kinds.insert(Disclosure::Address);
            }
        });
        kinds
    }

    /// What a rule for this parameter says, whether or not it is dropped.
    fn by_parameter_rule(&self, member: &Member<'_>) -> Vec<Disclosure> {
        let is_void = member.value.is_some_and(shape::is_void);
        let known = member.parameter_of.zip(member.name).filter(|_| !is_void);
        let rule = known.and_then(|(url, name)| self.rules.parameter(url, name));
        let tells = rule.map(|rule| rule.tells.iter()).unwrap_or_default();
        tells.copied().map(Disclosure::from).collect()
    }
}

/// What every request of this kind tells.
pub(super) fn by_request(trigger: Trigger) -> [Disclosure; 3] {
    match trigger {
        Trigger::Receipt => [Disclosure::Address, Disclosure::Client, Disclosure::Time],
        Trigger::Click | Trigger::Ping | Trigger::Show | Trigger::Submit => {
            [Disclosure::Client, Disclosure::Network, Disclosure::Time]
        }
    }
}

/// What a member tells by its name and its value's looks.
fn by_name_and_looks(member: &Member<'_>, verdict: &Verdict) -> [Option<Disclosure>; 2] {
    if member.value.is_some_and(shape::is_void) {
        return [None, None];
    }
    let vendors = verdict.rules.iter().map(|rule| rule.vendor.id.as_str());
    let meaning = member
        .name
        .and_then(|name| Names::builtin().meaning(name, member.origin, vendors));
    let holds_address = || member.value.is_some_and(shape::holds_address);
    match meaning {
        None => [holds_address().then_some(Disclosure::Address), None],
        Some(Meaning::Address | Meaning::Recipient) if holds_address() => {
            [Some(Disclosure::Address), None]
        }
        Some(Meaning::Address) => [member.value.and_then(illegible_address), None],
        Some(Meaning::Campaign) => [Some(Disclosure::Campaign), None],
        Some(Meaning::Link) => [Some(Disclosure::Link), None],
        Some(Meaning::Other) => [None, None],
        Some(Meaning::Recipient) => [Some(Disclosure::Recipient), None],
        Some(Meaning::Variables) => [
            Some(Disclosure::Variables),
            holds_address().then_some(Disclosure::Address),
        ],
    }
}

/// What a value tells that is named for the address but is none to read: a
/// digest of it, or something that its owner can turn back.
fn illegible_address(value: &str) -> Option<Disclosure> {
    if shape::is_digest(value) {
        Some(Disclosure::Address)
    } else {
        shape::is_opaque(value).then_some(Disclosure::Recipient)
    }
}

#[cfg(test)]
mod tests;
