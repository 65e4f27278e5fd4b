//! What the last days would have looked like with another entry in the
//! allowlist, and which entry would spare a finding.

use super::{Context, Cursor, FindingRow, MessageRow, Query, Reader, ReviewError};
use crate::{
    allow::{self, Allowlist, Entry, Scope, Subject},
    judge::{Class, Heuristics},
    url::domain,
};
use ahash::AHashSet;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most messages that are looked at, the newest first.
const MAX_MESSAGES: u64 = 20_000;

/// How many are read in one go.
const AT_ONCE: usize = 500;

/// How many examples are given.
const EXAMPLES: usize = 5;

/// How many hosts are named.
const HOSTS: usize = 5;

/// What the log writes in place of a part of a host that may be a token.
const HIDDEN: char = '…';

/// The beginning of the ids of vendors that are lists of others.
const OF_LIST: &str = "list-";

/// What an entry would have spared.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Preview {
    /// Over how many days, until now.
    pub days: u32,
    /// Messages in which it would have spared something.
    pub messages: u64,
    /// Findings that it would have spared, those that another entry spared
    /// included.
    pub findings: u64,
    /// The same by what was done with them, or would have been.
    pub actions: BTreeMap<String, u64>,
    /// How many of them were changed by decisive evidence: a known endpoint,
    /// or the recipient's address.
    pub sure: u64,
    /// How many would be spared or not by a part of the host that the log
    /// hides.
    pub unsure: u64,
    /// From how many sender domains.
    pub senders: u64,
    /// The hosts with the most of them.
    pub hosts: Vec<(String, u64)>,
    /// The newest ones, of different kinds.
    pub examples: Vec<Example>,
    /// How many messages were looked at.
    pub scanned: u64,
    /// Whether these are all of those days.
    pub is_complete: bool,
}

/// A finding that would have been spared.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Example {
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// The message.
    pub queue_id: Option<String>,
    /// Domain of the From field, or else of the envelope sender.
    pub sender_domain: Option<String>,
    /// The host.
    pub tracker: String,
    /// The outermost rule.
    pub rule: Option<String>,
    /// How the URL is reached.
    pub vector: String,
    /// What was done.
    pub action: String,
}

/// An entry that would spare a finding.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Proposal {
    /// By what the finding is known.
    pub scope: Scope,
    /// The host, rule, company or domain.
    pub value: String,
    /// Narrowed to this sender domain.
    pub sender: Option<String>,
    /// Why one would take it, or not.
    pub why: &'static str,
}

/// What the last `days` days up to `now` would have looked like with this
/// entry, whether or not it has expired.
///
/// # Errors
///
/// The block log cannot be read.
pub fn preview(
    reader: &Reader,
    entry: &Entry,
    days: u32,
    now: Timestamp,
) -> Result<Preview, ReviewError> {
    let mut preview = Preview {
        days,
        ..Preview::default()
    };
    let Some(query) = query(entry, days, now) else {
        return Ok(preview);
    };
    let mut sums = Sums::new(entry);
    let mut cursor = Cursor::Newest;
    loop {
        let page = reader.page(&query, cursor, AT_ONCE)?;
        for row in &page.rows {
            sums.add(row, &mut preview);
        }
        let oldest = page.rows.last().map(|row| row.id);
        preview.scanned = preview.scanned.saturating_add(page.rows.len() as u64);
        match oldest {
            Some(id) if page.has_older && preview.scanned < MAX_MESSAGES => {
                cursor = Cursor::Before(id);
            }
            _ => {
                preview.is_complete = !page.has_older;
                break;
            }
        }
    }
    preview.senders = sums.senders.len() as u64;
    let mut hosts: Vec<(String, u64)> = sums.hosts.into_iter().collect();
    hosts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    hosts.truncate(HOSTS);
    preview.hosts = hosts;
    Ok(preview)
}

/// The messages that the entry may be about: what else it asks is looked at
/// one by one.
fn query(entry: &Entry, days: u32, now: Timestamp) -> Option<Query> {
    let value = match entry.scope {
        // Also the hosts that the log keeps only in part.
        Scope::Tracker => domain::registrable(&entry.value).unwrap_or_else(|| entry.value.clone()),
        _ => entry.value.clone(),
    };
    let field = match entry.scope {
        Scope::Tracker => "domain",
        Scope::Rule => "rule",
        // Of nested redirects the log names the outermost company only.
        Scope::Company => "company",
        Scope::Sender => "sender",
        Scope::RecipientDomain => "recipient-domain",
    };
    let mut text = format!("since:{days}d {}", Query::term(field, &value));
    if let Some(sender) = &entry.sender {
        text += &format!(" {}", Query::term("sender", sender));
    }
    if let Some(domain) = &entry.recipient_domain {
        text += &format!(" {}", Query::term("recipient-domain", domain));
    }
    let now = now.to_zoned(TimeZone::UTC);
    let context = Context {
        now: &now,
        keys: None,
    };
    Query::parse(&text, &context).ok()
}

/// What is summed up on the way.
struct Sums<'a> {
    entry: &'a Entry,
    list: Allowlist,
    decisive: BTreeSet<String>,
    senders: AHashSet<String>,
    hosts: HashMap<String, u64>,
    kinds: AHashSet<(Option<String>, String, String)>,
}

impl<'a> Sums<'a> {
    fn new(entry: &'a Entry) -> Self {
        // How it would be if it held.
        let mut held = entry.clone();
        held.expires = None;
        let decisive = Heuristics::builtin().map(|heuristics| {
            let weights = heuristics.evidence.into_iter();
            let decisive = weights.filter(|(_, weight)| weight.class == Class::Decisive);
            decisive.map(|(kind, _)| kind).collect()
        });
        Self {
            entry,
            list: Allowlist::new(&[held], entry.created),
            decisive: decisive.unwrap_or_default(),
            senders: AHashSet::new(),
            hosts: HashMap::new(),
            kinds: AHashSet::new(),
        }
    }

    fn add(&mut self, row: &MessageRow, preview: &mut Preview) {
        let senders = [&row.sender_domain, &row.from_domain];
        let senders = senders.into_iter().flatten().cloned().collect();
        let recipients = row.recipients.iter();
        let recipients = recipients.filter_map(|r| r.domain.clone()).collect();
        let message = self.list.for_message(&senders, &recipients);
        let mut is_spared = false;
        for finding in &row.findings {
            let count = u64::try_from(finding.count).unwrap_or(1);
            let host = visible(&finding.tracker);
            let subject = Subject {
                rules: finding.rules.iter().map(String::as_str).collect(),
                hosts: vec![host],
                companies: finding.company.iter().map(String::as_str).collect(),
            };
            if message.spares(&subject).is_none() {
                if self.entry.scope == Scope::Tracker && may_be(&finding.tracker, &self.entry.value)
                {
                    preview.unsure = preview.unsure.saturating_add(count);
                }
                continue;
            }
            is_spared = true;
            preview.findings = preview.findings.saturating_add(count);
            *preview.actions.entry(finding.action.clone()).or_default() += count;
            if !finding.tracker.is_empty() {
                *self.hosts.entry(finding.tracker.clone()).or_default() += count;
            }
            let is_changed = !matches!(finding.action.as_str(), "allow" | "keep");
            let mut evidence = finding.evidence.iter();
            if is_changed && evidence.any(|e| self.decisive.contains(&e.kind)) {
                preview.sure = preview.sure.saturating_add(count);
            }
            let sender = row.from_domain.as_ref().or(row.sender_domain.as_ref());
            let rule = finding.rules.first();
            let kind = (
                rule.cloned(),
                finding.tracker_domain.clone(),
                finding.action.clone(),
            );
            if preview.examples.len() < EXAMPLES && self.kinds.insert(kind) {
                preview.examples.push(Example {
                    at_ms: row.at_ms,
                    queue_id: row.queue_id.clone(),
                    sender_domain: sender.cloned(),
                    tracker: finding.tracker.clone(),
                    rule: rule.cloned(),
                    vector: finding.vector.clone(),
                    action: finding.action.clone(),
                });
            }
        }
        if is_spared {
            preview.messages = preview.messages.saturating_add(1);
            let sender = row.from_domain.as_ref().or(row.sender_domain.as_ref());
            self.senders.extend(sender.cloned());
        }
    }
}

/// The end of a host that the log does not hide.
fn visible(host: &str) -> &str {
    match host.rfind(HIDDEN) {
        Some(at) => host
            .get(at..)
            .and_then(|rest| rest.split_once('.'))
            .map_or("", |(_, end)| end),
        None => host,
    }
}

/// Whether the host, of which the log hides a part, may be `value` or below
/// it.
fn may_be(host: &str, value: &str) -> bool {
    let shown = visible(host);
    shown.len() < host.len() && value.strip_suffix(shown).is_some_and(|v| v.ends_with('.'))
}

/// The entries that would spare this finding of this message, the narrowest
/// first.
///
/// A host is narrower than a rule, which counts for all customers of a
/// service; both are narrower than a company, and these than everything in the
/// mail of a sender or to a domain. A host in the mail of one sender is the
/// narrowest: many services serve all of their customers from one host.
pub fn proposals(message: &MessageRow, finding: &FindingRow) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    let mut add = |scope, value: &str, sender: Option<&String>, why| {
        let Ok(value) = allow::normal(scope, value) else {
            return;
        };
        proposals.push(Proposal {
            scope,
            value,
            sender: sender.cloned(),
            why,
        });
    };
    let sender = message
        .from_domain
        .as_ref()
        .or(message.sender_domain.as_ref());
    let host = visible(&finding.tracker);
    let is_whole = host.len() == finding.tracker.len();
    if sender.is_some() {
        let why = if is_whole {
            "this host, in mail that says it is from this sender"
        } else {
            "what the log shows of this host, in mail that says it is from this sender"
        };
        add(Scope::Tracker, host, sender, why);
    }
    let why = if is_whole {
        "this host, whoever sends"
    } else {
        "what the log shows of this host, and all hosts below it"
    };
    add(Scope::Tracker, host, None, why);
    // The names of lists change with their versions.
    let is_list = finding
        .vendor
        .as_ref()
        .is_some_and(|vendor| vendor.starts_with(OF_LIST));
    if !is_list {
        for rule in &finding.rules {
            let why = "this endpoint of the service, for all of its customers";
            add(Scope::Rule, rule, None, why);
        }
        if let Some(company) = &finding.company {
            let why = "everything of this company, which may run several services";
            add(Scope::Company, company, None, why);
        }
    }
    if let Some(sender) = sender {
        let why = "everything in mail that says it is from this sender, which anybody can write";
        add(Scope::Sender, sender, None, why);
    }
    let domains: BTreeSet<&String> = message
        .recipients
        .iter()
        .filter_map(|recipient| recipient.domain.as_ref())
        .collect();
    for domain in domains {
        let why = "everything in mail to this domain";
        add(Scope::RecipientDomain, domain, None, why);
    }
    proposals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        allow::NewEntry,
        telemetry::{
            Disposition, Record, Recorder, Settings,
            testing::{NOON, event, link, pixel},
        },
    };
    use std::time::Duration;

    const DAY: i64 = 86_400_000;

    /// Within the last 30 days: a changed message with a pixel at a host that
    /// the log keeps in part and two links, and one of another sender with a
    /// link. Before that: one more pixel.
    fn log() -> (tempfile::TempDir, Reader) {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            path: dir.path().join("log.db"),
            keys: dir.path().join("log.keys"),
            keep_days: 100_000,
            ..Settings::default()
        };
        let recorder = Recorder::start(&settings).unwrap();
        let open = || pixel("https://u4815162342.ct.example.org/open/aGVsbG8gd29ybGQ.gif");
        let click = |n: u32| {
            let url = format!("https://click.example.org/c?u=value{n}");
            link(&url, "https://shop.example.net/")
        };
        let changed = |at, findings| event(at, Disposition::Changed, findings);
        recorder.record(changed(NOON - 31 * DAY, vec![open()]));
        recorder.record(changed(NOON - DAY, vec![open(), click(1), click(2)]));
        let mut other = changed(NOON, vec![click(3)]);
        other.transaction.sender = "a@other.example".to_owned();
        other.transaction.from_domain = Some("other.example".to_owned());
        other.transaction.recipients = vec!["ann@example.net".to_owned()];
        recorder.record(other);
        assert!(recorder.stop(Duration::from_secs(60)));
        let reader = Reader::open(&settings.path).unwrap();
        (dir, reader)
    }

    fn now() -> Timestamp {
        Timestamp::from_millisecond(NOON + 1_000).unwrap()
    }

    fn new(scope: Scope, value: &str) -> NewEntry {
        NewEntry {
            scope,
            value: value.to_owned(),
            sender: None,
            recipient_domain: None,
            reason: "r".to_owned(),
            author: "a".to_owned(),
            expires: None,
        }
    }

    #[test]
    fn it_says_what_would_have_been_spared() {
        let (_dir, reader) = log();
        let narrowed = NewEntry {
            recipient_domain: Some("example.net".to_owned()),
            ..new(Scope::Rule, "example-inner")
        };
        // Findings, messages, sender domains, surely tracking, unsure.
        for (new, expected) in [
            (new(Scope::Tracker, "click.example.org"), (3, 2, 2, 0, 0)),
            (new(Scope::Tracker, "ct.example.org"), (1, 1, 1, 1, 0)),
            (new(Scope::Tracker, "u1.ct.example.org"), (0, 0, 0, 0, 1)),
            (new(Scope::Tracker, "example.org"), (4, 2, 2, 1, 0)),
            (new(Scope::Tracker, "elsewhere.example"), (0, 0, 0, 0, 0)),
            (new(Scope::Rule, "example-inner"), (3, 2, 2, 0, 0)),
            (narrowed, (1, 1, 1, 0, 0)),
            (new(Scope::Company, "example INC"), (4, 2, 2, 1, 0)),
            (new(Scope::Sender, "other.example"), (1, 1, 1, 0, 0)),
            (new(Scope::RecipientDomain, "example.com"), (3, 1, 1, 1, 0)),
        ] {
            let entry = new.checked("a-0", now()).unwrap();
            let p = preview(&reader, &entry, 30, now()).unwrap();
            let found = (p.findings, p.messages, p.senders, p.sure, p.unsure);
            assert_eq!(found, expected, "{}", entry.describe());
            assert!(p.is_complete);
            assert_eq!(p.actions.values().sum::<u64>(), p.findings);
            assert_eq!(p.examples.is_empty(), p.findings == 0);
        }
    }

    #[test]
    fn the_narrowest_entry_is_proposed_first() {
        let (_dir, reader) = log();
        let rows = reader.newest(&Query::default(), 3).unwrap();
        let row = rows.iter().find(|row| row.at_ms == NOON - DAY).unwrap();
        let of = |row: &MessageRow| -> Vec<String> {
            let mut findings = row.findings.iter();
            let finding = findings.find(|f| f.vector == "img-src").unwrap();
            let shown = |p: &Proposal| {
                let sender = p.sender.as_deref().unwrap_or("-");
                format!("{} {} {sender}", p.scope.name(), p.value)
            };
            proposals(row, finding).iter().map(shown).collect()
        };
        assert_eq!(
            of(row),
            [
                "tracker ct.example.org example.org",
                "tracker ct.example.org -",
                "rule example-open -",
                "company Example Inc -",
                "sender example.org -",
                "recipient-domain example.com -",
            ]
        );
        // The names of lists change, and the log may show of a host nothing
        // but a public suffix.
        let mut row = row.clone();
        for finding in &mut row.findings {
            finding.vendor = Some("list-easyprivacy".to_owned());
            finding.tracker = "….cloudfront.net".to_owned();
        }
        assert_eq!(
            of(&row),
            ["sender example.org -", "recipient-domain example.com -"]
        );
    }

    #[test]
    fn every_proposal_would_spare_its_finding() {
        let (_dir, reader) = log();
        let rows = reader.newest(&Query::default(), 2).unwrap();
        let mut tried = 0;
        for row in &rows {
            for finding in &row.findings {
                for proposal in proposals(row, finding) {
                    let new = NewEntry {
                        sender: proposal.sender.clone(),
                        ..new(proposal.scope, &proposal.value)
                    };
                    let entry = new.checked("a-0", now()).unwrap();
                    let preview = preview(&reader, &entry, 30, now()).unwrap();
                    assert!(preview.findings > 0, "{}", entry.describe());
                    tried += 1;
                }
            }
        }
        // A pixel with one rule, and twice links with two.
        assert_eq!(tried, 6 + 7 + 7);
    }

    #[test]
    fn what_the_log_hides_of_a_host_is_no_part_of_it() {
        for (host, expected) in [
            ("t.example.org", "t.example.org"),
            ("….ct.example.org", "ct.example.org"),
            ("a.….b.….example.org", "example.org"),
            ("", ""),
        ] {
            assert_eq!(visible(host), expected);
        }
        assert!(may_be("….ct.example.org", "u1.ct.example.org"));
        for (host, value) in [
            ("….ct.example.org", "ct.example.org"),
            ("….ct.example.org", "act.example.org"),
            ("ct.example.org", "u1.ct.example.org"),
        ] {
            assert!(!may_be(host, value), "{host} {value}");
        }
    }
}
