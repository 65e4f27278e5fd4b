//! The one place where an event loses what must not be stored.
//!
//! Everything behind it (channel, store, review) sees only [`Entry`], so no
//! view and no later sink can miss it.

use super::{
    domain,
    entry::{
        Counts, Entry, FindingEntry, MAX_EVIDENCE, MAX_FINDINGS, MAX_NAME, MAX_RECIPIENTS,
        MAX_SAMPLES, Recipient, Sample, Vendor,
    },
    event::{Disposition, Event, Transaction},
    exclude::Exclude,
    keys::{Key, Keys, Ring, normal_address},
    privacy::{Level, is_full},
    shape::{self, Names},
};
use crate::{
    clean::{Finding, Outcome},
    judge::{Action, Verdict},
    url::Target,
};
use jiff::civil::Date;
use serde::Serialize;
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::UNIX_EPOCH,
};

/// The action of what the allowlist spared.
const ALLOW: &str = "allow";

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

/// Folds equal findings into one each. Returns how many found no place.
fn fold(findings: &[Finding], view: &View) -> (Vec<FindingEntry>, usize) {
    let mut entries: Vec<FindingEntry> = Vec::new();
    let mut places: HashMap<Fold<'_>, usize> = HashMap::new();
    let mut unlisted = 0_usize;
    for finding in findings.iter().filter(|f| is_telling(&f.verdict)) {
        let fold = Fold::of(finding);
        if let Some(entry) = places.get(&fold).and_then(|&n| entries.get_mut(n)) {
            add(entry, finding, view);
        } else if entries.len() < MAX_FINDINGS {
            places.insert(fold, entries.len());
            entries.push(first(finding, view));
        } else {
            unlisted = unlisted.saturating_add(1);
        }
    }
    (entries, unlisted)
}

fn first(finding: &Finding, view: &View) -> FindingEntry {
    let verdict = &finding.verdict;
    let outermost = verdict.rules.first();
    let tells: Vec<&str> = verdict.discloses.iter().map(|d| d.name()).collect();
    FindingEntry {
        part: finding.part.chars().take(64).collect(),
        vector: finding.vector.name(),
        action: action(verdict),
        opaque: verdict.opaque,
        allowed: verdict.spared.as_deref().map(name),
        rules: verdict.rules.iter().map(|rule| name(&rule.id)).collect(),
        vendor: outermost.map(|rule| Vendor {
            id: name(&rule.vendor.id),
            name: name(&rule.vendor.name),
            company: name(&rule.vendor.company),
            category: word(&rule.vendor.category),
        }),
        tells: tells.join(" "),
        host: finding
            .url
            .as_ref()
            .map(|url| shape::of_host(url.host(), &view.names))
            .unwrap_or_default(),
        domain: finding
            .url
            .as_ref()
            .map(|url| name(url.registrable_domain()))
            .unwrap_or_default(),
        destination: destination(&verdict.action).map(name),
        score: verdict.score,
        evidence: evidence(verdict, &view.names),
        count: 1,
        samples: vec![sample(finding, view)],
    }
}

fn add(entry: &mut FindingEntry, finding: &Finding, view: &View) {
    entry.count = entry.count.saturating_add(1);
    if finding.verdict.score > entry.score {
        entry.score = finding.verdict.score;
        entry.evidence = evidence(&finding.verdict, &view.names);
    }
    if entry.samples.len() < MAX_SAMPLES {
        let sample = sample(finding, view);
        if !entry.samples.contains(&sample) {
            entry.samples.push(sample);
        }
    }
}

fn sample(finding: &Finding, view: &View) -> Sample {
    let url = finding.url.as_ref();
    let text = url.map(Target::as_str).unwrap_or_default();
    Sample {
        shape: url.map_or_else(
            || shape::HIDDEN.to_owned(),
            |url| shape::of_url(url, &view.names),
        ),
        hash: view.key().map(|key| key.url(text)),
    }
}

/// What folded findings have in common.
#[derive(Eq, Hash, PartialEq)]
struct Fold<'a> {
    vector: &'static str,
    action: &'static str,
    opaque: bool,
    spared: Option<&'a Arc<str>>,
    rules: Vec<&'a Arc<str>>,
    host: &'a str,
    destination: Option<&'a str>,
}

impl<'a> Fold<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            vector: finding.vector.name(),
            action: action(&finding.verdict),
            opaque: finding.verdict.opaque,
            spared: finding.verdict.spared.as_ref(),
            rules: finding.verdict.rules.iter().map(|rule| &rule.id).collect(),
            host: finding.url.as_ref().map(Target::host).unwrap_or_default(),
            destination: destination(&finding.verdict.action),
        }
    }
}

/// Whether there is anything to say about a URL.
fn is_telling(verdict: &Verdict) -> bool {
    verdict.notable
}

/// The permanent name of what was done, or would have been.
fn action(verdict: &Verdict) -> &'static str {
    match verdict.spared {
        Some(_) => ALLOW,
        None => verdict.action.name(),
    }
}

fn destination(action: &Action) -> Option<&str> {
    match action {
        Action::Unwrap(to) => Some(to.target.registrable_domain()),
        Action::Keep | Action::Neutralize | Action::Remove | Action::Trim(_) => None,
    }
}

fn evidence(verdict: &Verdict, names: &Names) -> String {
    let mut lines = String::new();
    for (n, evidence) in verdict.evidence.iter().take(MAX_EVIDENCE).enumerate() {
        if n > 0 {
            lines.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = write!(lines, "{}:{}", evidence.kind, evidence.weight);
        let detail = shape::of_text(&evidence.detail, names);
        if !detail.is_empty() {
            lines.push(' ');
            lines += &detail;
        }
    }
    lines
}

/// What the allowlist spared is neither stopped nor left over: it has an
/// action of its own.
fn count(outcome: &Outcome) -> Counts {
    let mut counts = Counts::default();
    let counted = |f: &&Finding| is_telling(&f.verdict) && f.verdict.spared.is_none();
    for finding in outcome.findings.iter().filter(counted) {
        let count = match finding.verdict.action {
            Action::Keep if finding.verdict.opaque => &mut counts.opaque,
            Action::Keep => &mut counts.kept,
            Action::Neutralize => &mut counts.neutralized,
            Action::Remove => &mut counts.removed,
            Action::Trim(_) | Action::Unwrap(_) => &mut counts.unwrapped,
        };
        *count = count.saturating_add(1);
    }
    counts
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

/// The permanent name that an enum has in its serialised form.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{keys::Schedule, testing::*},
        *,
    };
    use crate::{judge::Evidence, message::Ambiguity, sighting::Vector, skip::Skip};

    const OPEN: &str = "https://u123456.ct.example.org/open/MTIzNDU2Nzg5/p.gif?uid=42&e=x";

    fn redactor(level: Level) -> Redactor {
        with(Policy {
            level,
            // The day of the events.
            full_until: Some(jiff::civil::date(2026, 11, 21)),
            ..Policy::default()
        })
    }

    fn with(policy: Policy) -> Redactor {
        let dir = tempfile::tempdir().unwrap();
        let never = Schedule {
            rotate_days: 0,
            keep_days: 30,
        };
        let ring = Ring::start(&dir.path().join("keys"), never, || None).unwrap();
        Redactor::of(policy, Some(ring))
    }

    fn changed(findings: Vec<Finding>) -> Event {
        event(NOON, Disposition::Changed, findings)
    }

    #[test]
    fn pseudonym_keeps_domains_and_hashes() {
        let entry = redactor(Level::Pseudonym).redact(&changed(vec![pixel(OPEN)]));
        assert_eq!(entry.at_ms, NOON);
        assert!(entry.is_kept);
        assert_eq!(entry.key, Some(1));
        assert_eq!(entry.queue_id.as_deref(), Some("4ABCdef123z"));
        assert_eq!(entry.sender_domain.as_deref(), Some("example.org"));
        assert_eq!(entry.from_domain.as_deref(), Some("example.org"));
        assert_eq!(entry.message_id_domain.as_deref(), Some("example.org"));
        assert_eq!(entry.client.as_deref(), Some("192.0.2.0/24"));
        for (value, prefix) in [
            (&entry.sender, "s_"),
            (&entry.message_id, "m_"),
            (&entry.recipients[0].who, "r_"),
        ] {
            let value = value.as_deref().unwrap();
            assert!(value.starts_with(prefix) && value.len() == 18, "{value}");
        }
        assert_eq!(entry.recipients[0].domain.as_deref(), Some("example.com"));
        assert_eq!(entry.duration_us, 1_500);
    }

    #[test]
    fn domain_keeps_nothing_that_stands_for_a_person() {
        let mut event = changed(vec![pixel(OPEN)]);
        event
            .transaction
            .recipients
            .extend(["joe@example.com".to_owned(), "ann@example.net".to_owned()]);
        let entry = redactor(Level::Domain).redact(&event);
        assert!(entry.is_kept);
        assert_eq!(
            (&entry.key, &entry.sender, &entry.message_id, &entry.client),
            (&None, &None, &None, &None)
        );
        assert_eq!(entry.findings[0].samples[0].hash, None);
        let domains: Vec<_> = entry
            .recipients
            .iter()
            .map(|r| (r.who.as_deref(), r.domain.as_deref()))
            .collect();
        assert_eq!(
            domains,
            [(None, Some("example.com")), (None, Some("example.net"))]
        );
        assert_eq!(entry.recipient_count, 3);
    }

    #[test]
    fn full_keeps_addresses_but_no_url_values() {
        let entry = redactor(Level::Full).redact(&changed(vec![pixel(OPEN)]));
        assert_eq!(
            entry.recipients[0].who.as_deref(),
            Some("jane.doe@example.com")
        );
        assert_eq!(
            entry.sender.as_deref(),
            Some("bounce+jane.doe=example.com@b.example.org")
        );
        assert_eq!(entry.client.as_deref(), Some("192.0.2.77"));
        assert_eq!(
            entry.findings[0].samples[0].shape,
            "https://….ct.example.org/open/…/p.gif?uid=…&e=…"
        );
    }

    #[test]
    fn full_ends_with_its_last_day() {
        let redactor = redactor(Level::Full);
        // The last millisecond of 2026-11-21, UTC, and the next one.
        let midnight = NOON + 12 * 3_600_000;
        for (at, level, who) in [
            (midnight - 1, Level::Full, "jane.doe@example.com"),
            (midnight, Level::Pseudonym, "r_"),
        ] {
            let entry = redactor.redact(&event(at, Disposition::Changed, vec![pixel(OPEN)]));
            assert_eq!(entry.privacy, level);
            assert!(entry.recipients[0].who.as_deref().unwrap().starts_with(who));
        }
        let forever = with(Policy {
            level: Level::Full,
            ..Policy::default()
        });
        let entry = forever.redact(&changed(vec![pixel(OPEN)]));
        assert_eq!(entry.privacy, Level::Pseudonym, "no end is no permission");
    }

    #[test]
    fn excluded_people_only_count() {
        for (pattern, is_kept) in [
            ("jane.doe@example.com", false),
            ("@example.com", false),
            ("@b.example.org", false),
            ("joe@example.com", true),
        ] {
            let redactor = with(Policy {
                exclude: Exclude::of(&[pattern.to_owned()]),
                ..Policy::default()
            });
            let entry = redactor.redact(&changed(vec![pixel(OPEN)]));
            assert_eq!(entry.is_kept, is_kept, "{pattern}");
            assert_eq!(entry.recipients[0].who.is_some(), is_kept, "{pattern}");
            assert_eq!(entry.findings[0].samples[0].hash.is_some(), is_kept);
            assert_eq!(entry.counts.neutralized, 1);
        }
    }

    #[test]
    fn without_keys_nobody_is_stored() {
        let redactor = Redactor::new(Level::Full, None, false);
        let entry = redactor.redact(&changed(vec![pixel(OPEN)]));
        assert_eq!(entry.privacy, Level::Domain);
        assert_eq!(entry.recipients[0].who, None);
    }

    #[test]
    fn aggregate_keeps_no_message() {
        let entry = redactor(Level::Aggregate).redact(&changed(vec![pixel(OPEN)]));
        assert!(!entry.is_kept);
        assert_eq!(entry.queue_id, None);
    }

    #[test]
    fn equal_findings_are_folded() {
        let base = "https://click.example.org/c/x";
        let mut strong = link(&format!("{base}?u=2"), "https://shop.example.net/b");
        strong.verdict.score = 120;
        strong.verdict.evidence.push(Evidence {
            kind: "recipient",
            weight: 120,
            detail: "as md5 in jane.doe@example.com https://a.example.org/?k=v".into(),
        });
        let mut findings = vec![
            link(&format!("{base}?u=1"), "https://www.shop.example.net/a"),
            strong,
            link(&format!("{base}?u=1"), "https://other.example.com/"),
            pixel(OPEN),
        ];
        for n in 3..9 {
            findings.push(link(&format!("{base}?u={n}"), "https://shop.example.net/c"));
        }
        let entry = redactor(Level::Pseudonym).redact(&changed(findings));
        let folded: Vec<_> = entry
            .findings
            .iter()
            .map(|f| (f.vector, f.count, f.score, f.destination.as_deref()))
            .collect();
        assert_eq!(
            folded,
            [
                ("a-href", 8, 120, Some("example.net")),
                ("a-href", 1, 100, Some("example.com")),
                ("img-src", 1, 140, None),
            ]
        );
        let first = &entry.findings[0];
        assert_eq!(first.rules, ["example-click", "example-inner"]);
        assert_eq!(first.tells, "campaign recipient");
        assert_eq!(first.samples.len(), MAX_SAMPLES);
        assert_eq!(
            first.evidence,
            "recipient:120 as md5 in … https://a.example.org/?k=…"
        );
        assert_eq!(
            entry.findings[2].evidence,
            "rule:100 example-open\nsize:40 1×1"
        );
        assert_eq!((entry.counts.unwrapped, entry.counts.neutralized), (9, 1));
    }

    #[test]
    fn too_many_different_findings_are_counted() {
        let findings = (0..300)
            .map(|n| pixel(&format!("https://h{n}.example.org/p.gif")))
            .collect();
        let entry = redactor(Level::Pseudonym).redact(&changed(findings));
        assert_eq!(entry.findings.len(), MAX_FINDINGS);
        assert_eq!(entry.unlisted, 300 - MAX_FINDINGS);
        assert_eq!(entry.counts.neutralized, 300);
    }

    #[test]
    fn clean_messages_have_no_row_unless_there_is_something_to_tell() {
        let kept = |notable| {
            let mut finding = pixel("https://www.example.org/logo.png");
            finding.verdict = Verdict {
                action: Action::Keep,
                rules: Vec::new(),
                evidence: Vec::new(),
                score: 0,
                opaque: false,
                notable,
                ..Verdict::default()
            };
            finding
        };
        let redactor = redactor(Level::Pseudonym);
        let is_kept = |event: &Event| redactor.redact(event).is_kept;
        let mut clean = event(NOON, Disposition::Clean, vec![kept(false)]);
        assert!(!is_kept(&clean));
        assert_eq!(redactor.redact(&clean).findings, []);
        clean.outcome.findings.push(kept(true));
        assert!(is_kept(&clean));
        clean.outcome = Outcome::untouched(Skip::Signed);
        assert!(is_kept(&clean));
        clean.outcome = Outcome::default();
        clean.disposition = Disposition::Failed;
        assert!(is_kept(&clean));
    }

    #[test]
    fn skips_and_ambiguities_are_tallied() {
        let mut event = changed(vec![link(
            "https://click.example.org/x",
            "https://shop.example.net/",
        )]);
        event.outcome.skips = [Skip::Charset, Skip::Signed, Skip::Charset]
            .map(|skip| crate::clean::SkipNote {
                part: "1".to_owned(),
                skip,
            })
            .into();
        event.outcome.ambiguities = vec![("1".to_owned(), Ambiguity::Nul)];
        let entry = redactor(Level::Pseudonym).redact(&event);
        assert_eq!(entry.skips, [("charset", 2), ("signed", 1)]);
        assert_eq!(entry.ambiguities, [("nul", 1)]);
        assert_eq!(entry.findings[0].vector, Vector::AHref.name());
    }

    #[test]
    fn networks_have_the_size_of_a_site() {
        for (ip, expected) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ] {
            assert_eq!(client(ip.parse().unwrap(), false), expected);
        }
    }
}
