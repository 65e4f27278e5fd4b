//! What of an event is left at each level.

use super::{
    super::{
        entry::{MAX_FINDINGS, MAX_SAMPLES},
        keys::Schedule,
        testing::*,
    },
    *,
};
use crate::{
    clean::Finding,
    judge::{Action, Evidence, Verdict},
    message::Ambiguity,
    sighting::Vector,
    skip::Skip,
};

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
