//! Whether something is spared.

use super::{Entry, Scope, value};
use ahash::{AHashMap, AHashSet};
use jiff::Timestamp;

/// Longest host that is looked at, in bytes (RFC 1035 section 2.3.4). A URL can
/// have a longer one, which no resolver takes, with half a million labels.
const MAX_HOST: usize = 253;

/// The entries that hold at a moment, ready to be asked.
///
/// Where several entries spare something, the one that stands first in the
/// file is named.
#[derive(Debug, Default)]
pub struct Allowlist {
    entries: Vec<Entry>,
    /// Places in `entries` by scope and value.
    rules: Places,
    trackers: Places,
    companies: Places,
    senders: Places,
    recipient_domains: Places,
    /// When the first of them ends.
    until: Option<Timestamp>,
}

type Places = AHashMap<String, Vec<usize>>;

/// An allowlist as one message sees it: its sender and its recipients are
/// settled.
pub struct InForce<'a> {
    list: &'a Allowlist,
    /// By place: whether the message is one that the entry is narrowed to.
    fits: Vec<bool>,
    /// The first entry that spares everything in the message.
    whole: Option<usize>,
}

/// What may be spared.
#[derive(Clone, Debug, Default)]
pub struct Subject<'a> {
    /// Identifiers of the rules that matched, of nested redirects all.
    pub rules: Vec<&'a str>,
    /// The hosts that are asked: that of the URL, and the one that an image
    /// proxy asks.
    pub hosts: Vec<&'a str>,
    /// The companies behind the rules' vendors.
    pub companies: Vec<&'a str>,
}

impl Allowlist {
    /// Those of `entries` that hold at `now`.
    pub fn new(entries: &[Entry], now: Timestamp) -> Self {
        let in_force = entries.iter().filter(|entry| entry.is_in_force(now));
        let mut list = Self {
            entries: in_force.cloned().collect(),
            ..Self::default()
        };
        for (place, entry) in list.entries.iter().enumerate() {
            let (places, key) = match entry.scope {
                Scope::Rule => (&mut list.rules, entry.value.clone()),
                Scope::Tracker => (&mut list.trackers, entry.value.clone()),
                Scope::Company => (&mut list.companies, value::folded(&entry.value)),
                Scope::Sender => (&mut list.senders, entry.value.clone()),
                Scope::RecipientDomain => (&mut list.recipient_domains, entry.value.clone()),
            };
            places.entry(key).or_default().push(place);
        }
        list.until = list.entries.iter().filter_map(|e| e.expires).min();
        list
    }

    /// The entries that hold, in the order of the file.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Whether nothing is spared.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether one of its entries has ended by `now`, so that it must be made
    /// anew.
    pub fn is_outdated(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// The list for a message from these senders (registrable domains) to
    /// these domains, all in lower case and punycode. One recipient is enough:
    /// all recipients of a transaction get the same message.
    pub fn for_message(
        &self,
        senders: &AHashSet<String>,
        recipient_domains: &AHashSet<String>,
    ) -> InForce<'_> {
        let fits = |entry: &Entry| {
            let among = |one: &Option<String>, all: &AHashSet<String>| {
                one.as_ref().is_none_or(|one| all.contains(one))
            };
            among(&entry.sender, senders) && among(&entry.recipient_domain, recipient_domains)
        };
        let mut message = InForce {
            list: self,
            fits: self.entries.iter().map(fits).collect(),
            whole: None,
        };
        let by_sender = senders.iter().filter_map(|s| self.senders.get(s));
        let by_recipient = recipient_domains
            .iter()
            .filter_map(|d| self.recipient_domains.get(d));
        let places = by_sender.chain(by_recipient).flatten();
        message.whole = places.copied().filter(|p| message.is_fit(*p)).min();
        message
    }
}

impl<'a> InForce<'a> {
    /// Whether nothing is spared.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The entry that spares this, if one does.
    pub fn spares(&self, subject: &Subject<'_>) -> Option<&'a Entry> {
        let list = self.list;
        let rules = subject.rules.iter().filter_map(|r| list.rules.get(*r));
        let hosts = subject
            .hosts
            .iter()
            .filter(|_| !list.trackers.is_empty())
            .flat_map(|host| and_above(host))
            .filter_map(|host| list.trackers.get(host));
        let companies = subject
            .companies
            .iter()
            .filter(|_| !list.companies.is_empty())
            .filter_map(|company| list.companies.get(&value::folded(company)));
        let places = rules.chain(hosts).chain(companies).flatten().copied();
        let first = places.filter(|p| self.is_fit(*p)).chain(self.whole).min();
        list.entries.get(first?)
    }

    fn is_fit(&self, place: usize) -> bool {
        self.fits.get(place).copied().unwrap_or_default()
    }
}

/// The host and the domains that it is below.
fn and_above(host: &str) -> impl Iterator<Item = &str> {
    let first = Some(host).filter(|host| host.len() <= MAX_HOST);
    std::iter::successors(first, |name| name.split_once('.').map(|(_, above)| above))
}

#[cfg(test)]
mod tests {
    use super::{super::NewEntry, *};

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn new(scope: Scope, value: &str) -> NewEntry {
        NewEntry {
            scope,
            value: value.to_owned(),
            sender: None,
            recipient_domain: None,
            reason: "a reason".to_owned(),
            author: "ann".to_owned(),
            expires: None,
        }
    }

    fn list(entries: &[NewEntry]) -> Allowlist {
        let entries: Vec<Entry> = entries
            .iter()
            .enumerate()
            .map(|(n, entry)| entry.checked(&format!("a-{n}"), now()).unwrap())
            .collect();
        Allowlist::new(&entries, now())
    }

    fn names(list: &[&str]) -> AHashSet<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    /// The id of the entry that spares this in a message from shop.example to
    /// example.org and dept.example.net.
    fn spared(list: &Allowlist, subject: &Subject<'_>) -> Option<String> {
        let senders = names(&["shop.example", "mailer.example"]);
        let recipients = names(&["example.org", "dept.example.net"]);
        let message = list.for_message(&senders, &recipients);
        message.spares(subject).map(|entry| entry.id.to_string())
    }

    fn of_host(host: &str) -> Subject<'_> {
        Subject {
            hosts: vec![host],
            ..Subject::default()
        }
    }

    #[test]
    fn a_host_stands_for_those_below_it_and_no_other() {
        let list = list(&[new(Scope::Tracker, "pixel.example.com")]);
        for (host, is_spared) in [
            ("pixel.example.com", true),
            ("u1.eu.pixel.example.com", true),
            ("example.com", false),
            ("notpixel.example.com", false),
            ("pixel.example.com.evil.example", false),
            ("", false),
        ] {
            assert_eq!(spared(&list, &of_host(host)).is_some(), is_spared, "{host}");
        }
        let proxied = Subject {
            hosts: vec!["ci3.googleusercontent.com", "pixel.example.com"],
            ..Subject::default()
        };
        assert_eq!(spared(&list, &proxied).as_deref(), Some("a-0"));
    }

    #[test]
    fn a_host_of_half_a_million_labels_is_cheap_and_not_spared() {
        let list = list(&[new(Scope::Tracker, "pixel.example.com")]);
        let host = "a.".repeat(500_000) + "pixel.example.com";
        assert_eq!(spared(&list, &of_host(&host)), None);
    }

    #[test]
    fn any_rule_of_a_chain_is_enough() {
        let list = list(&[new(Scope::Rule, "inner-click")]);
        let chain = |rules: Vec<&'static str>| Subject {
            rules,
            ..Subject::default()
        };
        let nested = chain(vec!["outer-click", "inner-click"]);
        assert_eq!(spared(&list, &nested).as_deref(), Some("a-0"));
        assert_eq!(spared(&list, &chain(vec!["outer-click"])), None);
        assert_eq!(spared(&list, &chain(vec!["inner-click-2"])), None);
    }

    #[test]
    fn companies_are_compared_without_regard_to_case() {
        let list = list(&[new(Scope::Company, "ÉXAMPLE Ltd")]);
        for (company, is_spared) in [
            ("éxample LTD", true),
            ("Éxample", false),
            ("Éxample Ltd & Co", false),
        ] {
            let subject = Subject {
                companies: vec![company],
                ..Subject::default()
            };
            assert_eq!(spared(&list, &subject).is_some(), is_spared, "{company}");
        }
    }

    #[test]
    fn a_sender_or_a_recipient_domain_spares_everything_in_its_mail() {
        for (scope, value, is_spared) in [
            (Scope::Sender, "shop.example", true),
            (Scope::Sender, "mailer.example", true),
            (Scope::Sender, "other.example", false),
            (Scope::RecipientDomain, "dept.example.net", true),
            (Scope::RecipientDomain, "example.net", false),
            (Scope::RecipientDomain, "shop.example", false),
        ] {
            let list = list(&[new(scope, value)]);
            let id = spared(&list, &Subject::default());
            assert_eq!(id.is_some(), is_spared, "{scope:?} {value}");
        }
    }

    #[test]
    fn a_second_condition_narrows() {
        for (sender, recipient_domain, is_spared) in [
            (None, Some("example.org"), true),
            (None, Some("example.com"), false),
            (Some("shop.example"), None, true),
            (Some("other.example"), None, false),
            (Some("shop.example"), Some("example.org"), true),
            (Some("shop.example"), Some("example.com"), false),
        ] {
            let list = list(&[NewEntry {
                sender: sender.map(str::to_owned),
                recipient_domain: recipient_domain.map(str::to_owned),
                ..new(Scope::Tracker, "pixel.example.com")
            }]);
            let id = spared(&list, &of_host("pixel.example.com"));
            assert_eq!(id.is_some(), is_spared, "{sender:?} {recipient_domain:?}");
        }
    }

    #[test]
    fn the_first_of_several_entries_is_named() {
        let list = list(&[
            NewEntry {
                recipient_domain: Some("elsewhere.example".to_owned()),
                ..new(Scope::Tracker, "pixel.example.com")
            },
            new(Scope::Sender, "shop.example"),
            new(Scope::Tracker, "pixel.example.com"),
        ]);
        let id = spared(&list, &of_host("pixel.example.com"));
        assert_eq!(id.as_deref(), Some("a-1"));
    }

    #[test]
    fn an_entry_ends_at_its_time() {
        let expires: Timestamp = "2026-11-22T13:00:00Z".parse().unwrap();
        let entry = NewEntry {
            expires: Some(expires),
            ..new(Scope::Tracker, "pixel.example.com")
        };
        let entries = [entry.checked("a-0", now()).unwrap()];
        let just_before = "2026-11-22T12:59:59.999Z".parse().unwrap();
        let list = Allowlist::new(&entries, just_before);
        assert!(!list.is_empty() && !list.is_outdated(just_before));
        assert!(list.is_outdated(expires));
        assert!(Allowlist::new(&entries, expires).is_empty());
        assert!(entry.checked("a-0", expires).is_err(), "over already");
    }
}
