//! What the allowlist spares stays as it came, and says so.

use ahash::AHashSet;
use jiff::Timestamp;
use std::sync::Arc;
use untrackd::{
    allow::{Allowlist, Entry, NewEntry, Scope},
    clean::{Cleaner, Envelope, Outcome, raw},
    judge::{Action, Choices, Heuristics, Refusal},
    limits::Limits,
    rules::RuleSet,
};

/// Two services of the test's own: one that opens and redirects, one that
/// wraps links once more.
const RULES: &[(&str, &str)] = &[
    (
        "mail/exampler.toml",
        r#"
[vendor]
id = "exampler"
name = "Exampler"
company = "Example Ltd"

[[pixel]]
id = "exampler-open"
hosts = ["t.example.org"]
path = '^/o/'
tells = ["recipient"]
match = ["https://t.example.org/o/1"]
ignore = ["https://t.example.org/", "https://t.example.org.example.net/o/1"]

[[redirect]]
id = "exampler-click"
hosts = ["click.example.org"]
path = '^/c\?'
decode = ["param:u", "percent"]
tells = ["link", "recipient"]
match = [
    { url = "https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F", to = "https://shop.example.com/" },
]
ignore = ["https://click.example.org/", "https://click.example.org.example.net/c?u=https%3A%2F%2Fshop.example.com%2F"]
"#,
    ),
    (
        "mail/wrapper.toml",
        r#"
[vendor]
id = "wrapper"
name = "Wrapper"
company = "Wrapper Inc"

[[redirect]]
id = "wrapper-click"
hosts = ["w.example.net"]
path = '^/w\?'
decode = ["param:u", "percent"]
tells = ["link"]
match = [
    { url = "https://w.example.net/w?u=https%3A%2F%2Fshop.example.com%2F", to = "https://shop.example.com/" },
]
ignore = ["https://w.example.net/", "https://w.example.net.example.org/w?u=https%3A%2F%2Fshop.example.com%2F"]
"#,
    ),
];

fn cleaner() -> Arc<Cleaner> {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in RULES {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    Arc::new(Cleaner::new(
        Arc::new(RuleSet::from_dir(dir.path()).unwrap()),
        Heuristics::builtin().unwrap(),
        Refusal::builtin().unwrap(),
        Choices::default(),
        untrackd::clean::HeaderPolicy::Changed,
        Limits::default(),
    ))
}

const PIXEL: &str = r#"<img src="https://t.example.org/o/4711" width="1" height="1">"#;
const LINK: &str =
    r#"<a href="https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F">Shop</a>"#;
const NESTED: &str = r#"<a href="https://w.example.net/w?u=https%3A%2F%2Fclick.example.org%2Fc%3Fu%3Dhttps%253A%252F%252Fshop.example.com%252F">Shop</a>"#;

fn mail(html: &str) -> Vec<u8> {
    format!(
        "From: Shop <news@mail.shop.example>\r\nTo: bob@example.com\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <html><body><p>Hello</p>{html}<p>Bye</p></body></html>\r\n"
    )
    .into_bytes()
}

fn entry(scope: Scope, value: &str) -> NewEntry {
    NewEntry {
        scope,
        value: value.to_owned(),
        sender: None,
        recipient_domain: None,
        reason: "asked for".to_owned(),
        author: "ann".to_owned(),
        expires: None,
    }
}

fn list(new: &NewEntry) -> Arc<Allowlist> {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let entries: Vec<Entry> = vec![new.checked("a-7k3q", now).unwrap()];
    Arc::new(Allowlist::new(&entries, now))
}

fn clean(new: Option<&NewEntry>, raw: &[u8]) -> (Option<Vec<u8>>, Outcome) {
    let envelope = Envelope {
        recipients: vec!["bob@Example.com".to_owned()],
        sender: Some("bounce@mailer.example".to_owned()),
        allowlist: new.map(list).unwrap_or_default(),
    };
    let cleaned = raw::clean(&cleaner(), envelope, raw, Box::new(|| false));
    (cleaned.bytes, cleaned.outcome)
}

#[test]
fn a_spared_pixel_leaves_the_message_byte_for_byte() {
    let raw = mail(PIXEL);
    let (changed, outcome) = clean(None, &raw);
    assert!(changed.is_some(), "without the entry it goes");
    assert_eq!(outcome.counts().trackers, 1);

    for new in [
        entry(Scope::Tracker, "t.example.org"),
        entry(Scope::Tracker, "example.org"),
        entry(Scope::Rule, "exampler-open"),
        entry(Scope::Company, "EXAMPLE ltd"),
        entry(Scope::Sender, "shop.example"),
        entry(Scope::Sender, "mailer.example"),
        entry(Scope::RecipientDomain, "example.com"),
    ] {
        let (changed, outcome) = clean(Some(&new), &raw);
        assert_eq!(changed, None, "{new:?}");
        let [finding] = outcome.findings.as_slice() else {
            panic!("{new:?}: {:?}", outcome.findings)
        };
        let verdict = &finding.verdict;
        assert_eq!(verdict.action, Action::Keep);
        assert_eq!(verdict.spared.as_deref(), Some("a-7k3q"));
        assert!(verdict.notable, "the log is told");
        assert_eq!(verdict.rules.len(), 1, "it still says what it is");
        let last = verdict.evidence.last().unwrap();
        assert_eq!(
            (last.kind, last.weight, &*last.detail),
            ("allowed", 0, "a-7k3q: asked for")
        );
        let counts = outcome.counts();
        assert_eq!((counts.trackers, counts.links, counts.opaque), (0, 0, 0));
    }
}

#[test]
fn an_entry_for_something_else_spares_nothing() {
    let raw = mail(PIXEL);
    for new in [
        entry(Scope::Tracker, "u.example.org"),
        entry(Scope::Rule, "exampler-click"),
        entry(Scope::Company, "Wrapper Inc"),
        entry(Scope::Sender, "example.com"),
        entry(Scope::RecipientDomain, "shop.example"),
        NewEntry {
            recipient_domain: Some("example.net".to_owned()),
            ..entry(Scope::Tracker, "t.example.org")
        },
        NewEntry {
            sender: Some("other.example".to_owned()),
            ..entry(Scope::Tracker, "t.example.org")
        },
    ] {
        let (changed, outcome) = clean(Some(&new), &raw);
        assert!(changed.is_some(), "{new:?}");
        assert_eq!(outcome.findings[0].verdict.spared, None);
    }
}

#[test]
fn what_is_not_spared_in_the_same_message_is_changed() {
    let raw = mail(&format!("{PIXEL}{LINK}"));
    let (changed, outcome) = clean(Some(&entry(Scope::Rule, "exampler-open")), &raw);
    let text = String::from_utf8(changed.unwrap()).unwrap();
    assert!(text.contains(PIXEL), "{text}");
    assert!(
        text.contains(r#"<a href="https://shop.example.com/">Shop</a>"#),
        "{text}"
    );
    assert!(
        text.contains("X-Untrackd: cleaned; trackers=0 links=1 opaque=0 skipped=0 rules="),
        "{text}"
    );
    let spared: Vec<bool> = outcome
        .findings
        .iter()
        .map(|f| f.verdict.spared.is_some())
        .collect();
    assert_eq!(spared, [true, false]);
}

#[test]
fn any_rule_of_a_nested_redirect_spares_the_whole_link() {
    let raw = mail(NESTED);
    let (_, outcome) = clean(None, &raw);
    let rules: Vec<&str> = outcome.findings[0]
        .verdict
        .rules
        .iter()
        .map(|rule| &*rule.id)
        .collect();
    assert_eq!(rules, ["wrapper-click", "exampler-click"]);
    for new in [
        entry(Scope::Rule, "wrapper-click"),
        entry(Scope::Rule, "exampler-click"),
        entry(Scope::Company, "Example Ltd"),
        entry(Scope::Tracker, "w.example.net"),
    ] {
        assert_eq!(clean(Some(&new), &raw).0, None, "{new:?}");
    }
}

#[test]
fn requests_for_a_receipt_are_spared_by_sender_and_recipient_only() {
    let mut raw = b"Disposition-Notification-To: ann@shop.example\r\n".to_vec();
    raw.extend(mail("<p>plain</p>"));
    assert!(clean(None, &raw).0.is_some());
    for new in [
        entry(Scope::Sender, "shop.example"),
        entry(Scope::RecipientDomain, "example.com"),
    ] {
        let (changed, outcome) = clean(Some(&new), &raw);
        assert_eq!(changed, None, "{new:?}");
        assert!(outcome.findings[0].verdict.spared.is_some());
        assert_eq!(outcome.counts().receipts, 0);
    }
    let new = entry(Scope::Tracker, "shop.example");
    assert!(clean(Some(&new), &raw).0.is_some(), "it has no host");
}

#[test]
fn an_ordinary_message_has_no_finding_for_being_allowed() {
    let raw = mail("<a href=\"https://www.shop.example/\">us</a>");
    let (changed, outcome) = clean(Some(&entry(Scope::Sender, "shop.example")), &raw);
    assert_eq!(changed, None);
    assert_eq!(outcome.findings, []);
}

#[test]
fn an_empty_list_spares_nobody() {
    let nobody = AHashSet::new();
    let list = Allowlist::default();
    let message = list.for_message(&nobody, &nobody);
    assert!(
        message
            .spares(&untrackd::allow::Subject::default())
            .is_none()
    );
}
