//! Events and helpers for the tests of the block log.

#![allow(dead_code, reason = "no test uses all of it")]

use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};
use untrackd::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    skip::Skip,
    telemetry::{Disposition, Event, Settings, Transaction},
    url::{Target, decode::Destination},
};

/// 2026-11-21T12:00:00Z in milliseconds since 1970.
pub(crate) const NOON: u64 = 1_795_262_400_000;
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn settings(dir: &Path) -> Settings {
    Settings {
        path: dir.join("log.db"),
        keys: dir.join("private/log.keys"),
        rotate_keys_days: 0,
        // The events are of a fixed day.
        keep_days: 100_000,
        keep_rollup_days: 100_000,
        ..Settings::default()
    }
}

fn finding(vector: Vector, url: &str, action: Action) -> Finding {
    Finding {
        part: "1.2".to_owned(),
        vector,
        url: Some(Target::parse(url).unwrap()),
        verdict: Verdict {
            action,
            rules: vec![RuleRef {
                id: Arc::from("example-open"),
                vendor: Arc::new(Vendor {
                    id: "example-mail".to_owned(),
                    name: "Example Mail".to_owned(),
                    company: "Example Inc".to_owned(),
                    category: Category::Mail,
                }),
                tells: Arc::from([Tells::Recipient]),
            }],
            evidence: vec![Evidence {
                kind: "recipient",
                weight: 100,
                // More than the contract allows, to see that it is filtered.
                detail: format!("jane.doe@example.com in {url} as WmFub255bWl0eQ").into(),
            }],
            score: 100,
            opaque: false,
            notable: true,
            discloses: [Disclosure::Recipient].into(),
            spared: None,
        },
        facts: None,
    }
}

pub(crate) fn event(n: u64) -> Event {
    let open = "https://u48151623.ct.tracker.example/wf/open/eyJhbGciOiJIUzI1NiJ9.gif\
                ?upn=u001.S3cr3tT0ken&email=jane.doe%40example.com";
    let click = "https://click.tracker.example/ls/click/jane.doe/9f86d081884c7d65\
                 ?token=Magic-L0gin-Link#Fr4gmentValue";
    let to = Target::parse("https://login.shop.example/reset?code=0neT1meC0de").unwrap();
    Event {
        at: UNIX_EPOCH + Duration::from_millis(NOON + n),
        transaction: Transaction {
            queue_id: Some(format!("4QUEUE{n}")),
            message_id: Some("CAF7x.Jane.Doe-98765@mail.example.org".to_owned()),
            sender: "bounce-4711-jane.doe=example.com@mail.sender.example".to_owned(),
            from_domain: Some("news.sender.example".to_owned()),
            recipients: vec![
                "Jane.Doe@example.com".to_owned(),
                "max.mustermann@example.com".to_owned(),
            ],
            client: Some([192, 0, 2, 77].into()),
        },
        disposition: Disposition::Changed,
        outcome: Outcome {
            findings: vec![
                finding(Vector::ImgSrc, open, Action::Neutralize),
                finding(
                    Vector::AHref,
                    click,
                    Action::Unwrap(Destination {
                        text: to.as_str().to_owned(),
                        target: to,
                    }),
                ),
            ],
            skips: vec![SkipNote {
                part: "2".to_owned(),
                skip: Skip::Charset,
            }],
            parts: 3,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 2_000,
        size_after: 1_800,
        duration: Duration::from_micros(700),
        rules_version: "0123456789ab".to_owned(),
    }
}

pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

pub(crate) fn is_sound(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    let verdict: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    verdict == "ok"
}

pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}
