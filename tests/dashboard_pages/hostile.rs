//! What strangers write into mails and rules does nothing on any page.

use crate::{
    client::{get, page},
    html::{addresses, assert_inert},
    site::{NOON, Site, event, finding, newsletter, rule, signed},
};
use std::collections::BTreeSet;
use untrackd::{judge::Action, telemetry::Disposition, telemetry::Event};

const NASTY: &str =
    "\"'>\u{202e}<script>alert(1)</script>\u{7}<img src=https://a.example onerror=x>";

/// Addresses that take a form, or answer without end.
const ELSEWHERE: &[&str] = &["/theme", "/logout", "/log/live"];

fn events() -> Vec<Event> {
    let long = "x".repeat(10_000);
    let mut nasty = newsletter(NOON, NASTY);
    nasty.rules_version = NASTY.to_owned();
    nasty.transaction.sender = format!("{}@sender.example", NASTY.replace('@', ""));
    nasty.transaction.recipients = vec![
        format!("{NASTY}@example.com"),
        "b\u{fc}cher@b\u{fc}cher.example".to_owned(),
    ];
    nasty.transaction.message_id = Some(NASTY.to_owned());
    nasty.transaction.from_domain = Some("b\u{fc}cher.example".to_owned());
    for finding in &mut nasty.outcome.findings {
        finding.verdict.rules = vec![rule(NASTY, NASTY, NASTY)];
        finding.verdict.evidence[0].detail = NASTY.into();
        finding.part = NASTY.to_owned();
    }
    let url = "https://b\u{fc}cher.example/<script>alert(1)</script>?\"><b>=\u{202e}x";
    nasty
        .outcome
        .findings
        .push(finding(url, Action::Neutralize));
    let mut huge = newsletter(NOON + 1, &long);
    huge.rules_version = long.clone();
    for finding in &mut huge.outcome.findings {
        finding.verdict.rules = vec![rule(&long, &long, &long)];
        finding.verdict.evidence[0].detail = long.clone().into();
    }
    vec![
        nasty,
        huge,
        signed(NOON + 2, "-4S0 =1"),
        event(NOON + 3, "4F0", Disposition::Failed),
    ]
}

/// Every page that the pages lead to, from these on.
fn crawl(site: &Site, from: &[&str]) -> usize {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<(String, usize)> = from.iter().map(|path| ((*path).to_owned(), 0)).collect();
    while let Some((path, depth)) = next.pop() {
        let path = path.split('#').next().unwrap().to_owned();
        let is_elsewhere = ELSEWHERE.iter().any(|other| path.starts_with(other));
        if path.is_empty() || is_elsewhere || !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(site.address, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        if !answer.field("content-type").starts_with("text/html") {
            continue;
        }
        assert_inert(&path, &answer.body);
        if depth < 1 {
            let found = addresses(&answer.body).into_iter();
            next.extend(found.map(|path| (path, depth + 1)));
        }
    }
    seen.len()
}

#[test]
fn every_address_of_every_page_answers_and_nothing_acts() {
    for level in ["pseudonym", "full"] {
        let site = Site::of_level(events(), level, "role = \"admin\"");
        let log = page(site.address, "/log");
        let messages = addresses(&log)
            .into_iter()
            .filter(|path| path.starts_with("/message/"));
        let messages: Vec<String> = messages.collect();
        assert_eq!(messages.len(), 4);
        let mut from = vec![
            "/",
            "/?from=2026-11-20&to=2026-11-20",
            "/?from=2026-11-20&to=2026-11-20&by=vector",
            "/log?live=1",
            "/log?q=is:changed",
        ];
        from.extend(messages.iter().map(String::as_str));
        let pages = crawl(&site, &from);
        assert!(pages > 40, "only {pages} pages");
    }
}

#[test]
fn hostile_text_is_shown_as_text() {
    let site = Site::of_level(events(), "full", "");
    let log = page(site.address, "/log");
    assert!(
        log.contains("&#60;script&#62;alert(1)&#60;/script&#62;"),
        "{log}"
    );
    assert!(log.contains("\\u{202e}"));
    assert!(log.contains("xn--bcher-kva.example"));
    for query in [
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "company:%22%3Cb%3E%22",
        "%E2%80%AE",
    ] {
        let path = format!("/log?q={query}");
        assert_inert(&path, &page(site.address, &path));
    }
    let wrong = get(site.address, "/log?q=%3Cscript%3E:%E2%80%AE%22");
    assert_eq!(wrong.status, 400);
    assert_inert("a wrong query", &wrong.body);
}

#[test]
fn files_hold_no_control_characters() {
    let site = Site::of_level(events(), "full", "");
    for path in [
        "/export?view=log&format=csv",
        "/export?view=log&format=json",
        "/export?view=top&of=companies&format=csv&from=2026-11-20&to=2026-11-20",
        "/export?view=top&of=rules&format=json&from=2026-11-20&to=2026-11-20",
    ] {
        let file = get(site.address, path);
        assert_eq!(file.status, 200, "{path}");
        let unseen = file
            .body
            .chars()
            .find(|c| *c != '\n' && untrackd::visible::is_control(*c));
        assert_eq!(unseen, None, "{path}");
    }
}
