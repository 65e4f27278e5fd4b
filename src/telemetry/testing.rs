//! Events for the tests, made by hand.

pub(crate) mod mails;

use super::{Disposition, Event, Transaction};
use crate::{
    clean::{Finding, Outcome},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    url::{Target, decode::Destination},
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// 2026-11-21T12:00:00Z in milliseconds since 1970.
pub(crate) const NOON: i64 = 1_795_262_400_000;

pub(crate) fn time(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap())
}

pub(crate) fn target(url: &str) -> Target {
    Target::parse(url).unwrap()
}

pub(crate) fn rule(id: &str) -> RuleRef {
    RuleRef {
        id: Arc::from(id),
        vendor: Arc::new(Vendor {
            id: "example-mail".to_owned(),
            name: "Example Mail".to_owned(),
            company: "Example Inc".to_owned(),
            category: Category::Mail,
        }),
        tells: Arc::from([Tells::Recipient, Tells::Campaign]),
    }
}

pub(crate) fn pixel(url: &str) -> Finding {
    Finding {
        part: "1.2".to_owned(),
        vector: Vector::ImgSrc,
        url: Some(target(url)),
        verdict: Verdict {
            action: Action::Neutralize,
            rules: vec![rule("example-open")],
            evidence: vec![
                Evidence {
                    kind: "rule",
                    weight: 100,
                    detail: "example-open".into(),
                },
                Evidence {
                    kind: "size",
                    weight: 40,
                    detail: "1×1".into(),
                },
            ],
            score: 140,
            opaque: false,
            notable: true,
            discloses: [Disclosure::Campaign, Disclosure::Recipient].into(),
            spared: None,
        },
        facts: None,
    }
}

pub(crate) fn link(url: &str, to: &str) -> Finding {
    Finding {
        vector: Vector::AHref,
        verdict: Verdict {
            action: Action::Unwrap(Destination {
                target: target(to),
                text: to.to_owned(),
            }),
            rules: vec![rule("example-click"), rule("example-inner")],
            evidence: Vec::new(),
            score: 100,
            opaque: false,
            notable: true,
            discloses: [Disclosure::Campaign, Disclosure::Recipient].into(),
            spared: None,
        },
        ..pixel(url)
    }
}

pub(crate) fn event(at_ms: i64, disposition: Disposition, findings: Vec<Finding>) -> Event {
    Event {
        at: time(at_ms),
        transaction: Transaction {
            queue_id: Some("4ABCdef123z".to_owned()),
            message_id: Some("20261121.Jane=example.com@mta7.mail.example.org".to_owned()),
            sender: "bounce+jane.doe=example.com@b.example.org".to_owned(),
            from_domain: Some("News.Example.ORG".to_owned()),
            recipients: vec!["Jane.Doe@Example.com".to_owned()],
            client: Some([192, 0, 2, 77].into()),
        },
        disposition,
        outcome: Outcome {
            findings,
            parts: 2,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 1_000,
        size_after: 900,
        duration: Duration::from_micros(1_500),
        rules_version: "0123456789ab".to_owned(),
    }
}
