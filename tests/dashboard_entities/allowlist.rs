//! The allowlist: seen by all, changed by administrators.

use crate::{
    client::{Answer, get, page, post, submit},
    events::{lately, mailgun_link, mailgun_pixel, message},
    page::{between, fact, text},
    site::{Plan, Site},
};
use std::{fs, os::unix::fs::PermissionsExt};
use untrackd::{
    allow::{AllowFile, Entry, Scope},
    review::audit::{Audit, AuditRow},
    telemetry::Event,
};

/// Two messages of shop.example with two pixels and a link together, and one
/// of bank.example with a pixel, an hour ago.
fn events() -> Vec<Event> {
    let at = lately();
    vec![
        message(
            at,
            "shop.example",
            "jane@corp.example",
            vec![
                mailgun_pixel("https://mg.shop.example/o/1"),
                mailgun_link("https://mg.shop.example/c/2", "https://www.shop.example/"),
            ],
        ),
        message(
            at + 1,
            "shop.example",
            "max@home.example",
            vec![mailgun_pixel("https://mg.shop.example/o/3")],
        ),
        message(
            at + 2,
            "bank.example",
            "jane@corp.example",
            vec![mailgun_pixel("https://mg.bank.example/o/4")],
        ),
    ]
}

const COMPANY: &[(&str, &str)] = &[
    ("scope", "company"),
    ("value", "Sinch"),
    ("reason", "invoices need it"),
    ("expires", "never"),
];

fn send(site: &Site, path: &str, fields: &[(&str, &str)]) -> Answer {
    submit(site.address, "/allowlist/new", path, fields)
}

fn entries(site: &Site) -> Vec<Entry> {
    AllowFile::new(site.path("review/allow.toml"))
        .load()
        .unwrap()
}

fn audit(site: &Site) -> Vec<AuditRow> {
    let audit = Audit::open_for_reading(&site.path("review/audit.db")).unwrap();
    audit.newest(10, None).unwrap()
}

#[test]
fn an_entry_is_previewed_added_and_removed() {
    let site = Site::with(events(), &Plan::admin());
    let preview = send(&site, "/allowlist/new", COMPANY);
    assert_eq!(preview.status, 200, "{}", preview.body);
    let shown = text(&preview.body);
    // 2 + 1 + 1 findings, all of Sinch.
    assert!(
        shown.contains("It would have spared 4 findings in 3 messages from 2 sender domains."),
        "{shown}"
    );
    assert!(shown.contains("made harmless 3 unwrapped 1"), "{shown}");
    assert_eq!(fact(&preview.body, "Allows"), "company Sinch");
    assert_eq!(fact(&preview.body, "Holds"), "for good");
    assert!(entries(&site).is_empty(), "only a preview");

    // The button of that page sends its hidden fields.
    let fields: Vec<(&str, String)> = ["csrf", "scope", "value", "reason", "expires"]
        .iter()
        .map(|name| (*name, preview.hidden(name)))
        .collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let added = post(site.address, "/allowlist/add", &fields);
    assert_eq!(added.status, 303, "{}", added.body);
    let list = page(site.address, added.field("location"));
    let found = entries(&site);
    assert_eq!(found.len(), 1);
    let id = found[0].id.to_string();
    assert_eq!(found[0].scope, Scope::Company);
    assert_eq!(found[0].author, "dashboard (no login)");
    assert!(text(&list).contains(&format!("{id} was added.")), "{list}");
    assert_eq!(fact(&list, "Reason"), "invoices need it");
    assert_eq!(fact(&list, "Expires"), "never");
    assert_eq!(fact(&list, "Spared"), "0 findings in 0 messages");

    // Once more is too often.
    let again = send(&site, "/allowlist/add", COMPANY);
    assert_eq!(again.status, 409);
    assert!(text(&again.body).contains("says the same already"));

    let removed = submit(
        site.address,
        "/allowlist",
        "/allowlist/remove",
        &[("id", &id)],
    );
    assert_eq!(removed.status, 303, "{}", removed.body);
    let list = page(site.address, removed.field("location"));
    assert!(text(&list).contains("Nothing is spared."), "{list}");
    assert!(entries(&site).is_empty());

    let acts: Vec<(String, String)> = audit(&site)
        .into_iter()
        .map(|row| (row.act, row.outcome))
        .collect();
    let act = |act: &str, outcome: &str| (act.to_owned(), outcome.to_owned());
    assert_eq!(
        acts,
        [
            act("allow-remove", "done"),
            act("allow-add", "failed"),
            act("allow-add", "done"),
        ]
    );
}

#[test]
fn a_finding_has_proposals_the_narrowest_first() {
    let site = Site::with(events(), &Plan::admin());
    let log = page(site.address, "/log?q=sender:bank.example");
    let message = between(&log, "<a href=\"/message/", "\"")[0].to_owned();
    let path = format!("/allowlist/new?message={message}&finding=0");
    let form = get(site.address, &path);
    assert_eq!(form.status, 200, "{}", form.body);
    let labels: Vec<String> = between(&form.body, "<label for=\"choice-", "</label>")
        .iter()
        .map(|label| text(&format!("<label {label}")))
        .collect();
    assert_eq!(
        labels,
        [
            "Tracker host mg.bank.example, only from bank.example",
            "Tracker host mg.bank.example",
            "Rule mailgun-open",
            "Company Sinch",
            "Sender domain bank.example",
            "Recipient domain corp.example",
            "something else",
        ]
    );
    let chosen = [
        ("message", message.as_str()),
        ("finding", "0"),
        ("choice", "0"),
        ("reason", "a test"),
        ("expires", "7d"),
    ];
    let preview = submit(site.address, &path, "/allowlist/new", &chosen);
    let shown = text(&preview.body);
    assert!(shown.contains("spared 1 finding in 1 message"), "{shown}");
    assert!(shown.contains("trackers beyond doubt"), "{shown}");
    let added = submit(site.address, &path, "/allowlist/add", &chosen);
    assert_eq!(added.status, 303, "{}", added.body);
    let found = entries(&site);
    assert_eq!(found[0].value, "mg.bank.example");
    assert_eq!(found[0].sender.as_deref(), Some("bank.example"));
    assert!(found[0].expires.is_some());
    // A finding that is not there proposes nothing, and says so.
    let gone = page(site.address, "/allowlist/new?message=1&finding=0");
    assert!(text(&gone).contains("no longer in the log"), "{gone}");
}

#[test]
fn mistakes_stand_beside_their_fields_and_what_was_typed_stays() {
    let site = Site::with(events(), &Plan::admin());
    let wrong = [
        ("scope", "tracker"),
        ("value", "co.uk"),
        ("reason", ""),
        ("until", "yesterday"),
        ("recipient_domain", "corp.example"),
    ];
    for path in ["/allowlist/new", "/allowlist/add"] {
        let answer = send(&site, path, &wrong);
        assert_eq!(answer.status, 422, "{path}");
        let error = |field: &str| {
            let begin = format!("id=\"{field}-error\">");
            between(&answer.body, &begin, "<")
                .first()
                .copied()
                .unwrap_or("")
        };
        assert!(error("value").contains("public suffix"), "{}", answer.body);
        assert!(error("reason").contains("say why"), "{}", answer.body);
        assert!(error("until").contains("no date"), "{}", answer.body);
        assert_eq!(answer.hidden("recipient_domain"), "corp.example");
    }
    assert!(entries(&site).is_empty());
}

#[test]
fn readers_see_the_list_and_change_nothing() {
    let site = Site::new(events());
    AllowFile::new(site.path("review/allow.toml"))
        .add(
            &untrackd::allow::NewEntry {
                scope: Scope::Rule,
                value: "mailgun-open".to_owned(),
                sender: None,
                recipient_domain: None,
                reason: "because".to_owned(),
                author: "ada".to_owned(),
                expires: None,
            },
            "2026-11-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
    let list = page(site.address, "/allowlist");
    assert_eq!(fact(&list, "By"), "ada, 2026-11-01 00:00:00");
    assert!(
        text(&list).contains("only administrators add and remove"),
        "{list}"
    );
    for form in ["/allowlist/remove", "/allowlist/new"] {
        assert!(!list.contains(form), "{form}");
    }
    assert_eq!(get(site.address, "/allowlist/new").status, 403);
    for path in ["/allowlist/new", "/allowlist/add", "/allowlist/remove"] {
        assert_eq!(post(site.address, path, COMPANY).status, 403, "{path}");
    }
    assert_eq!(entries(&site).len(), 1);
}

#[test]
fn forms_without_our_token_change_nothing() {
    let site = Site::with(events(), &Plan::admin());
    for path in ["/allowlist/new", "/allowlist/add", "/allowlist/remove"] {
        assert_eq!(post(site.address, path, COMPANY).status, 403, "{path}");
        let mut fields = COMPANY.to_vec();
        fields.push(("csrf", "0123456789abcdef"));
        assert_eq!(post(site.address, path, &fields).status, 403, "{path}");
    }
    assert!(entries(&site).is_empty());
    assert!(!site.path("review/audit.db").exists());
}

#[test]
fn expired_entries_stand_apart() {
    let file = "[[allow]]\nid = \"a-old1\"\nscope = \"company\"\nvalue = \"Sinch\"\n\
                reason = \"was needed\"\nauthor = \"ada\"\ncreated = 2026-01-01T00:00:00Z\n\
                expires = 2026-02-01T00:00:00Z\n";
    let site = Site::with(events(), &Plan::admin());
    fs::create_dir_all(site.path("review")).unwrap();
    fs::write(site.path("review/allow.toml"), file).unwrap();
    let list = page(site.address, "/allowlist");
    let (before, after) = list.split_once("<h2>Expired</h2>").expect("a heading");
    assert!(!before.contains("a-old1"), "{list}");
    assert!(after.contains("a-old1"), "{list}");
}

#[test]
fn a_file_with_a_mistake_says_where() {
    let site = Site::with(events(), &Plan::admin());
    fs::create_dir_all(site.path("review")).unwrap();
    fs::write(site.path("review/allow.toml"), "\n\n[[allow]]\nid = 7\n").unwrap();
    let list = page(site.address, "/allowlist");
    assert!(text(&list).contains("allow.toml:"), "{list}");
    assert!(
        text(&list).contains("keeps the entries that it had"),
        "{list}"
    );
}

#[test]
fn a_file_that_cannot_be_written_says_the_remedy() {
    let site = Site::with(events(), &Plan::admin());
    let folder = site.path("review");
    fs::create_dir_all(folder.join("allow.toml")).unwrap();
    let answer = send(&site, "/allowlist/add", COMPANY);
    assert_eq!(answer.status, 500, "{}", answer.body);
    assert!(
        text(&answer.body).contains("Nothing was changed:"),
        "{}",
        answer.body
    );
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let failed = audit(&site);
    assert_eq!(failed[0].outcome, "failed");
}

#[test]
fn nothing_is_changed_that_cannot_be_written_down() {
    let site = Site::with(events(), &Plan::admin());
    fs::create_dir_all(site.path("review/audit.db")).unwrap();
    let answer = send(&site, "/allowlist/add", COMPANY);
    assert_eq!(answer.status, 500);
    assert!(
        text(&answer.body).contains("cannot be written down"),
        "{}",
        answer.body
    );
    assert!(entries(&site).is_empty());
}
