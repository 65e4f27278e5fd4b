//! A small block log, and the program that reports about it.

#![allow(dead_code, reason = "each test file uses a part of it")]

#[path = "../cli_support/mod.rs"]
mod cli_support;

pub(crate) use cli_support::{Run, World};

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use untrackd::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Verdict},
    rules::{Category, RuleRef, Vendor},
    sighting::Vector,
    skip::Skip,
    telemetry::{Disposition, Event, Record, Recorder, Settings, Transaction},
    url::{Target, decode::Destination},
};

/// Noon of 18 November 2026 (UTC), in seconds since 1970.
const NOON: u64 = 1_795_003_200;

/// A name that is markup, controls a terminal and reverses what follows.
pub(crate) const HOSTILE: &str = "<script>alert('x')</script>\" & \u{202e}\x1b[2Jevil";

struct Found {
    vector: Vector,
    host: &'static str,
    action: Action,
    rule: &'static str,
    company: &'static str,
    opaque: bool,
}

fn finding(found: Found, n: usize) -> Finding {
    let url = format!("https://{}/o/{n}", found.host);
    Finding {
        part: "1".to_owned(),
        vector: found.vector,
        url: (!found.host.is_empty()).then(|| Target::parse(&url).unwrap()),
        verdict: Verdict {
            action: found.action,
            rules: vec![RuleRef {
                id: Arc::from(found.rule),
                vendor: Arc::new(Vendor {
                    id: "example".to_owned(),
                    name: "Example".to_owned(),
                    company: found.company.to_owned(),
                    category: Category::Mail,
                }),
                tells: Arc::from([]),
            }],
            evidence: Vec::new(),
            score: 100,
            opaque: found.opaque,
            notable: true,
            discloses: [].into(),
            spared: None,
        },
        facts: None,
    }
}

fn pixel(company: &'static str, host: &'static str) -> Found {
    Found {
        vector: Vector::ImgSrc,
        host,
        action: Action::Neutralize,
        rule: "example-open",
        company,
        opaque: false,
    }
}

fn event(
    day: u64,
    sender: &str,
    recipients: usize,
    disposition: Disposition,
    findings: Vec<Found>,
) -> Event {
    let findings = findings.into_iter().enumerate();
    let person = |n| format!("person{n}@example.com");
    Event {
        at: UNIX_EPOCH + Duration::from_secs(NOON + day * 86_400),
        transaction: Transaction {
            queue_id: Some("4ABC".to_owned()),
            sender: format!("news@{sender}"),
            recipients: (0..recipients).map(person).collect(),
            ..Transaction::default()
        },
        disposition,
        outcome: Outcome {
            findings: findings.map(|(n, found)| finding(found, n)).collect(),
            parts: 1,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 1_000,
        size_after: 900,
        duration: Duration::from_micros(700),
        rules_version: "0123456789ab".to_owned(),
    }
}

/// Four days, of which the report is about the last two:
///
/// - 18 November: one message, cleaned, with a pixel of Old Corp.
/// - 20 November: one, cleaned, to six people: three pixels of Old Corp, a link
///   of New Inc.
/// - 21 November: one with nothing to clean; one that is signed; one from which
///   a request for a receipt was removed; one in observe mode, with a pixel and
///   an opaque redirect of a hostile name.
fn events() -> Vec<Event> {
    use Disposition::{Changed, Clean, Skipped, WouldChange};
    let target = Target::parse("https://shop.example.com/").unwrap();
    let link = Found {
        vector: Vector::AHref,
        action: Action::Unwrap(Destination {
            text: target.as_str().to_owned(),
            target,
        }),
        rule: "example-click",
        ..pixel("New Inc", "click.new.example")
    };
    let receipt = Found {
        vector: Vector::ReceiptHeader,
        host: "",
        action: Action::Remove,
        rule: "example-receipt",
        ..pixel("Old Corp", "")
    };
    let opaque = Found {
        vector: Vector::AHref,
        action: Action::Keep,
        opaque: true,
        ..pixel(HOSTILE, "click.evil.example")
    };
    let old = || pixel("Old Corp", "open.old.example");
    let mut signed = event(3, "bank.example", 1, Skipped, vec![]);
    signed.outcome.skips = vec![SkipNote {
        part: "1".to_owned(),
        skip: Skip::Signed,
    }];
    vec![
        event(0, "large.example", 6, Changed, vec![old()]),
        event(
            2,
            "large.example",
            6,
            Changed,
            vec![old(), old(), old(), link],
        ),
        event(3, "friend.example", 1, Clean, vec![]),
        signed,
        event(3, "boss.example", 1, Changed, vec![receipt]),
        event(
            3,
            "small.example",
            2,
            WouldChange,
            vec![pixel(HOSTILE, "open.evil.example"), opaque],
        ),
    ]
}

/// A world with a block log.
pub(crate) fn world() -> World {
    let world = World::new();
    let settings = Settings {
        path: world.path("log.db"),
        keys: world.path("log.keys"),
        // The events are of fixed days.
        keep_days: 100_000,
        keep_rollup_days: 100_000,
        ..Settings::default()
    };
    let recorder = Recorder::start(&settings).unwrap();
    for event in events() {
        recorder.record(event);
    }
    assert!(recorder.stop(Duration::from_secs(30)));
    world
}

/// `untrackd report` about 20 and 21 November.
pub(crate) fn report(world: &World, more: &[&str]) -> Run {
    let database = world.path("log.db");
    let mut arguments = vec!["report", "--from", "2026-11-20", "--to", "2026-11-21"];
    arguments.extend(["--database", database.to_str().unwrap()]);
    arguments.extend(more);
    world.run(&arguments)
}
