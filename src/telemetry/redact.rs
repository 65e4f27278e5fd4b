//! The one place where an event loses what must not be stored.
//!
//! Everything behind it (channel, store, review) sees only [`Entry`], so no
//! view and no later sink can miss it.

mod finding;

use super::{
    domain,
    entry::{Entry, MAX_NAME, MAX_RECIPIENTS, Recipient},
    event::{Disposition, Event, Transaction},
    exclude::Exclude,
    keys::{Key, Keys, Ring, normal_address},
    privacy::{Level, is_full},
    shape::{self, Names},
};
use crate::clean::Outcome;
use finding::{count, fold, is_telling};
use jiff::civil::Date;
use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::UNIX_EPOCH,
};

/// What of an event is kept.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    pub(crate) level: Level,
    /// The last day (UTC) of level `full`.
    pub(crate) full_until: Option<Date>,
    pub(crate) exclude: Exclude,
    /// Whether messages without findings get a row, too.
    pub(crate) log_clean: bool,
}

impl Policy {
    /// The level that holds at this time.
    fn level_at(&self, at_ms: i64) -> Level {
        if self.level == Level::Full && !is_full(self.full_until, at_ms) {
            Level::Pseudonym
        } else {
            self.level
        }
    }
}

/// Turns events into entries.
#[derive(Debug)]
pub(crate) struct Redactor {
    policy: Policy,
    keys: Option<Ring>,
    /// Whether the end of level `full` has been told.
    has_told: AtomicBool,
}

/// How one event is redacted.
struct View {
    level: Level,
    /// Only at levels that keep persons.
    keys: Option<Arc<Keys>>,
    names: Names,
}

impl View {
    fn key(&self) -> Option<&Key> {
        self.keys.as_deref().map(Keys::current)
    }
}

impl Redactor {
    /// Without keys there are no pseudonyms: whatever the level, nothing then
    /// stands for a person.
    pub(crate) fn of(policy: Policy, keys: Option<Ring>) -> Self {
        let level = if keys.is_none() {
            policy.level.min(Level::Domain)
        } else {
            policy.level
        };
        Self {
            policy: Policy { level, ..policy },
            keys,
            has_told: AtomicBool::new(false),
        }
    }

    /// The same with keys that stay and `full` without an end, for tests.
    #[cfg(test)]
    pub(crate) fn new(level: Level, keys: Option<Keys>, log_clean: bool) -> Self {
        let policy = Policy {
            level,
            full_until: Some(Date::MAX),
            log_clean,
            ..Policy::default()
        };
        Self::of(policy, keys.map(Ring::fixed))
    }

    pub(crate) fn redact(&self, event: &Event) -> Entry {
        let transaction = &event.transaction;
        let outcome = &event.outcome;
        let at_ms = event
            .at
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        let is_excluded = self.is_excluded(transaction);
        let view = self.view(at_ms, is_excluded, event);
        let is_kept = view.level.keeps_messages()
            && !is_excluded
            && self.is_telling(event.disposition, outcome);
        let (findings, unlisted) = fold(&outcome.findings, &view);
        let mut entry = Entry {
            at_ms,
            is_kept,
            disposition: event.disposition,
            privacy: view.level,
            key: None,
            queue_id: None,
            message_id: None,
            message_id_domain: None,
            client: None,
            sender: None,
            sender_domain: domain::of_address(&transaction.sender).and_then(domain::registrable),
            // In no sum, so that only what is kept needs it.
            from_domain: transaction
                .from_domain
                .as_deref()
                .filter(|_| is_kept)
                .and_then(domain::registrable),
            recipients: recipients(&transaction.recipients, &view, is_kept),
            recipient_count: transaction.recipients.len(),
            size_before: event.size_before,
            size_after: event.size_after,
            duration_us: u64::try_from(event.duration.as_micros()).unwrap_or(u64::MAX),
            parts: outcome.parts,
            html_parts: outcome.html_parts,
            lenient_html: outcome.lenient_html,
            counts: count(outcome),
            skips: tally(outcome.skips.iter().map(|note| note.skip.name())),
            ambiguities: tally(outcome.ambiguities.iter().map(|(_, a)| a.name())),
            findings,
            unlisted,
            rules_version: name(&event.rules_version),
        };
        if entry.is_kept {
            identify(&mut entry, transaction, &view);
        }
        entry
    }

    fn view(&self, at_ms: i64, is_excluded: bool, event: &Event) -> View {
        let mut level = self.policy.level_at(at_ms);
        if level != self.policy.level && !self.has_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "log.full_until is over: the block log stores pseudonyms again; set \
                 log.privacy = \"pseudonym\""
            );
        }
        if is_excluded {
            level = level.min(Level::Aggregate);
        }
        let keys = self.keys.as_ref().filter(|_| level.keeps_persons());
        let people = event.transaction.recipients.iter().take(MAX_RECIPIENTS);
        // Names are hidden in findings, and nowhere else.
        let names = if event.outcome.findings.is_empty() {
            Names::default()
        } else {
            Names::of(people.map(String::as_str))
        };
        View {
            level,
            keys: keys.map(Ring::load),
            names,
        }
    }

    fn is_excluded(&self, transaction: &Transaction) -> bool {
        let exclude = &self.policy.exclude;
        exclude.has(&transaction.sender) || transaction.recipients.iter().any(|r| exclude.has(r))
    }

    /// Whether the message deserves a row of its own.
    pub(crate) fn is_telling(&self, disposition: Disposition, outcome: &Outcome) -> bool {
        self.policy.log_clean
            || disposition != Disposition::Clean
            || !outcome.skips.is_empty()
            || outcome.findings.iter().any(|f| is_telling(&f.verdict))
    }
}

/// What stands for this one message, as far as the level allows.
fn identify(entry: &mut Entry, transaction: &Transaction, view: &View) {
    entry.queue_id = transaction.queue_id.as_deref().map(name);
    let Some(key) = view.key() else { return };
    let is_clear = view.level.keeps_addresses();
    entry.key = Some(key.id());
    entry.client = transaction.client.map(|ip| client(ip, is_clear));
    if !transaction.sender.is_empty() {
        entry.sender = Some(if is_clear {
            name(&normal_address(&transaction.sender))
        } else {
            key.sender(&transaction.sender)
        });
    }
    if let Some(id) = &transaction.message_id {
        entry.message_id = Some(if is_clear {
            name(id)
        } else {
            key.message_id(id)
        });
        entry.message_id_domain = domain::of_address(id).and_then(domain::public);
    }
}

/// Persons only for a message that is kept: sums are by domain.
fn recipients(addresses: &[String], view: &View, is_kept: bool) -> Vec<Recipient> {
    let mut domains = HashSet::new();
    let mut recipients = Vec::new();
    for address in addresses.iter().take(MAX_RECIPIENTS) {
        let domain = domain::of_address(address).and_then(domain::normal);
        let who = view.key().filter(|_| is_kept).map(|key| {
            if view.level.keeps_addresses() {
                name(&normal_address(address))
            } else {
                key.recipient(address)
            }
        });
        if who.is_some() || domains.insert(domain.clone()) {
            recipients.push(Recipient { who, domain });
        }
    }
    recipients
}

/// How often each name occurs, in order of first occurrence. There are few
/// different names.
fn tally(names: impl Iterator<Item = &'static str>) -> Vec<(&'static str, usize)> {
    let mut tally: Vec<(&'static str, usize)> = Vec::new();
    for name in names {
        match tally.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => tally.push((name, 1)),
        }
    }
    tally
}

/// The client's address, or the network that it is in: /24 and /48, the usual
/// size of a site.
fn client(ip: IpAddr, is_clear: bool) -> String {
    match ip.to_canonical() {
        ip if is_clear => ip.to_string(),
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// A name of bounded length.
fn name(text: &str) -> String {
    let mut text = text.to_owned();
    shape::truncate(&mut text, MAX_NAME);
    text
}

#[cfg(test)]
mod tests;
