//! Messages as the milter reports them.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use untrackd::{
    clean::{Finding, Outcome},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    telemetry::{Disposition, Event, Transaction},
    url::{Target, decode::Destination},
};

/// 2026-11-20T12:00:00Z in milliseconds since 1970.
pub(crate) const NOON: u64 = 1_795_176_000_000;
pub(crate) const DAY: u64 = 86_400_000;
/// The parameters that ask for that day and the one before.
pub(crate) const THOSE_DAYS: &str = "from=2026-11-19&to=2026-11-20";

/// An hour ago, for what only looks back from now.
pub(crate) fn lately() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap() - 3_600_000
}

/// A message from `sender` to `recipient`, changed.
pub(crate) fn message(at_ms: u64, sender: &str, recipient: &str, findings: Vec<Finding>) -> Event {
    Event {
        at: UNIX_EPOCH + Duration::from_millis(at_ms),
        transaction: Transaction {
            queue_id: Some(format!("4Q{at_ms}")),
            message_id: Some(format!("{at_ms}@{sender}")),
            sender: format!("bounce@{sender}"),
            from_domain: Some(sender.to_owned()),
            recipients: vec![recipient.to_owned()],
            client: Some([192, 0, 2, 77].into()),
        },
        disposition: Disposition::Changed,
        outcome: Outcome {
            findings,
            parts: 2,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 2_048,
        size_after: 1_024,
        duration: Duration::from_micros(1_500),
        rules_version: "0123456789ab".to_owned(),
    }
}

/// A pixel of Mailgun, which a built-in rule knows.
pub(crate) fn mailgun_pixel(url: &str) -> Finding {
    found(
        url,
        Action::Neutralize,
        rule("mailgun-open", "mailgun", "Mailgun", "Sinch"),
    )
}

/// A click redirect of Mailgun.
pub(crate) fn mailgun_link(url: &str, to: &str) -> Finding {
    let target = Target::parse(to).unwrap();
    let action = Action::Unwrap(Destination {
        text: to.to_owned(),
        target,
    });
    Finding {
        vector: Vector::AHref,
        ..found(
            url,
            action,
            rule("mailgun-click", "mailgun", "Mailgun", "Sinch"),
        )
    }
}

pub(crate) fn found(url: &str, action: Action, rule: RuleRef) -> Finding {
    Finding {
        part: "1.2".to_owned(),
        vector: Vector::ImgSrc,
        url: Some(Target::parse(url).unwrap()),
        verdict: Verdict {
            action,
            rules: vec![rule],
            evidence: vec![Evidence {
                kind: "rule",
                weight: 100,
                detail: "".into(),
            }],
            score: 100,
            notable: true,
            discloses: [Disclosure::Time, Disclosure::Recipient].into(),
            ..Verdict::default()
        },
        facts: None,
    }
}

pub(crate) fn rule(id: &str, vendor: &str, name: &str, company: &str) -> RuleRef {
    RuleRef {
        id: Arc::from(id),
        vendor: Arc::new(Vendor {
            id: vendor.to_owned(),
            name: name.to_owned(),
            company: company.to_owned(),
            category: Category::Mail,
        }),
        tells: Arc::from([Tells::Recipient]),
    }
}
