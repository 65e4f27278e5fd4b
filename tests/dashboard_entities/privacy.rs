//! What is stored about people, and look-ups by person.

use crate::{
    client::{get, page, post, request, submit},
    events::{NOON, mailgun_pixel, message},
    page::{between, fact, rows, text},
    site::{Plan, Site},
};
use std::fs;
use untrackd::telemetry::Event;

const JANE: &str = "jane.doe@corp.example";

fn events() -> Vec<Event> {
    let pixel = || vec![mailgun_pixel("https://mg.shop.example/o/1")];
    vec![
        message(NOON, "shop.example", "Jane.Doe@corp.example", pixel()),
        message(NOON + 1, "shop.example", "max@corp.example", pixel()),
    ]
}

#[test]
fn the_level_the_retention_and_the_keys_are_told_without_secrets() {
    let site = Site::new(events());
    let privacy = page(site.address, "/privacy");
    let current = between(&privacy, "<dt aria-current=\"true\">", "</dt>");
    assert_eq!(text(current[0]), "pseudonym");
    assert_eq!(
        fact(&privacy, "Messages and findings"),
        "30 days log.keep_days"
    );
    assert_eq!(
        fact(&privacy, "Daily sums"),
        "400 days log.keep_rollup_days"
    );
    let keys = rows(&privacy, "Keys of the pseudonyms");
    assert_eq!(keys.len(), 1);
    assert!(
        keys[0].starts_with("1 20") && keys[0].ends_with("makes new ones"),
        "{keys:?}"
    );
    let file = fs::read_to_string(site.path("log.keys")).unwrap();
    let secret = file.trim().rsplit(' ').next().unwrap();
    assert_eq!(secret.len(), 64);
    assert!(!privacy.contains(secret));
    assert!(text(&privacy).contains("Nothing has been recorded yet."));
    assert!(text(&privacy).contains("untrackd privacy erase ADDRESS"));
}

#[test]
fn an_administrator_looks_a_person_up_and_it_is_written_down() {
    let site = Site::with(events(), &Plan::admin());
    let answer = submit(
        site.address,
        "/privacy",
        "/privacy/person",
        &[("address", JANE)],
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.field("cache-control"), "no-store");
    // One of the two messages is hers.
    assert_eq!(between(&answer.body, "<a href=\"/message/", "\"").len(), 1);
    for address in crate::page::addresses(&answer.body) {
        assert!(
            !address.contains("jane") && !address.contains("corp"),
            "{address}"
        );
    }
    let privacy = page(site.address, "/privacy");
    let audit = rows(&privacy, "id=\"audit\"");
    assert_eq!(audit.len(), 1);
    assert!(audit[0].contains("looked a person up a_"), "{audit:?}");
    assert!(!privacy.contains("jane"), "{privacy}");
}

#[test]
fn nobody_is_looked_up_without_the_audit_log() {
    let plan = Plan {
        // A file where its folder should be.
        files: vec![("review", String::new())],
        ..Plan::admin()
    };
    let site = Site::with(events(), &plan);
    let answer = submit(
        site.address,
        "/privacy",
        "/privacy/person",
        &[("address", JANE)],
    );
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("/message/"), "{}", answer.body);
    assert!(
        text(&answer.body).contains("the audit log"),
        "{}",
        answer.body
    );
}

#[test]
fn readers_look_nobody_up() {
    let site = Site::new(events());
    let privacy = page(site.address, "/privacy");
    assert!(!privacy.contains("/privacy/person"), "{privacy}");
    assert!(text(&privacy).contains("only administrators look people up"));
    // Not even with the token, which another form may have.
    let fields = [("address", JANE), ("csrf", "0")];
    let answer = post(site.address, "/privacy/person", &fields);
    assert_eq!(answer.status, 403);
    assert!(!site.path("review/audit.db").exists());
}

#[test]
fn a_look_up_needs_the_token_of_our_own_page() {
    let site = Site::with(events(), &Plan::admin());
    for fields in [
        &[("address", JANE)][..],
        &[("address", JANE), ("csrf", "00")],
    ] {
        let answer = post(site.address, "/privacy/person", fields);
        assert_eq!(answer.status, 403, "{fields:?}");
    }
    let token = get(site.address, "/privacy").hidden("csrf");
    let form = crate::client::encode(&[("address", JANE), ("csrf", &token)]);
    let foreign = "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example\r\n";
    let answer = request(site.address, "POST /privacy/person", foreign, &form);
    assert_eq!(answer.status, 403);
    assert!(!site.path("review/audit.db").exists());
}

#[test]
fn levels_without_persons_offer_no_look_up() {
    let plan = Plan {
        level: "domain",
        ..Plan::admin()
    };
    let site = Site::with(events(), &plan);
    let privacy = page(site.address, "/privacy");
    assert!(
        text(&privacy).contains("nobody can be looked up"),
        "{privacy}"
    );
    assert!(!privacy.contains("action=\"/privacy/person\""), "{privacy}");
    assert!(
        text(&privacy).contains("There is no key file."),
        "{privacy}"
    );
}

#[test]
fn what_is_no_address_is_told_and_not_recorded() {
    let site = Site::with(events(), &Plan::admin());
    for wrong in ["", "jane", "r_abcdefghijklmnop"] {
        let fields = [("address", wrong)];
        let answer = submit(site.address, "/privacy", "/privacy/person", &fields);
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(text(&answer.body).contains("such as jane@example.com"));
    }
    assert!(!site.path("review/audit.db").exists());
}
