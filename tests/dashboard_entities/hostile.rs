//! What strangers write into mails, rules and forms does nothing on any page.

use crate::{
    client::{get, submit},
    events::{NOON, THOSE_DAYS, found, message, rule},
    page::{assert_inert, links, text},
    site::{Plan, Site},
};
use std::collections::BTreeSet;
use untrackd::{judge::Action, telemetry::Event};

const NASTY: &str =
    "\"'><script>alert(1)</script><img src=https://a.example onerror=x>\u{202e}\u{7}";
/// Signs that mean something in a path or a query.
const SIGNS: &str = "a/b?c=d#e&f%20g;h:i,j\\k \"l\"";

/// Pages with tests of their own: they must be there, and are not followed.
const ELSEWHERE: &[&str] = &["/message/", "/log", "/export"];

fn events() -> Vec<Event> {
    let long = "x".repeat(10_000);
    let names = [NASTY, SIGNS, &long, "..", "(other)"];
    let event = |(n, name): (usize, &&str)| {
        let rule = rule(name, name, name, name);
        let url = "https://b\u{fc}cher.example/<script>?\"><b>=\u{202e}x";
        let mut event = message(
            NOON + n as u64,
            "b\u{fc}cher.example",
            &format!("{}@corp.example", name.replace('@', "")),
            vec![found(url, Action::Neutralize, rule)],
        );
        event.transaction.queue_id = Some((*name).to_owned());
        event
    };
    names.iter().enumerate().map(event).collect()
}

/// Every page that these pages lead to.
fn crawl(site: &Site, from: &[String]) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<(String, usize)> = from.iter().map(|path| (path.clone(), 0)).collect();
    while let Some((path, depth)) = next.pop() {
        let path = path.split('#').next().unwrap().to_owned();
        if path.is_empty() || !seen.insert(path.clone()) {
            continue;
        }
        let answer = get(site.address, &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let is_html = answer.field("content-type").starts_with("text/html");
        if is_html {
            assert_inert(&path, &answer.body);
        }
        let is_ours = !ELSEWHERE.iter().any(|other| path.starts_with(other));
        if is_html && is_ours && depth < 2 {
            let found = links(&answer.body).into_iter();
            next.extend(found.map(|path| (path, depth + 1)));
        }
    }
    seen
}

#[test]
fn every_address_of_every_page_answers_and_nothing_acts() {
    let site = Site::with(events(), &Plan::admin());
    let pages = [
        "/companies",
        "/trackers",
        "/senders",
        "/rules?show=gone",
        "/lists",
        "/allowlist",
        "/privacy",
        "/system",
    ];
    let from: Vec<String> = pages
        .iter()
        .map(|path| {
            let sign = if path.contains('?') { '&' } else { '?' };
            format!("{path}{sign}{THOSE_DAYS}")
        })
        .collect();
    let seen = crawl(&site, &from);
    for folder in ["/company/", "/tracker/", "/sender/", "/rule/"] {
        assert!(seen.iter().any(|path| path.starts_with(folder)), "{folder}");
    }
    let encoded = "/company/a%2Fb%3Fc%3Dd%23e%26f%2520g";
    assert!(
        seen.iter().any(|path| path.starts_with(encoded)),
        "{seen:?}"
    );
}

#[test]
fn a_name_with_signs_has_a_page_of_its_own() {
    let site = Site::new(events());
    let path = "/company/a%2Fb%3Fc%3Dd%23e%26f%2520g%3Bh%3Ai%2Cj%5Ck%20%22l%22";
    let answer = get(site.address, &format!("{path}?{THOSE_DAYS}"));
    assert_eq!(answer.status, 200);
    let shown = text(&answer.body);
    assert!(shown.contains(SIGNS), "{shown}");
    assert!(shown.contains("1 findings in these days"), "{shown}");
    assert!(!shown.contains("knows no company"), "{shown}");
}

#[test]
fn what_is_typed_into_a_form_comes_back_as_text() {
    let site = Site::with(events(), &Plan::admin());
    let fields = [
        ("choice", "own"),
        ("scope", "company"),
        ("value", NASTY),
        ("reason", NASTY),
        ("sender", NASTY),
        ("until", NASTY),
        ("message", NASTY),
    ];
    let answer = submit(site.address, "/allowlist/new", "/allowlist/new", &fields);
    assert_eq!(answer.status, 422);
    assert_inert("/allowlist/new", &answer.body);
    let fields = [("address", NASTY)];
    let answer = submit(site.address, "/privacy", "/privacy/person", &fields);
    assert_eq!(answer.status, 422);
    assert_inert("/privacy/person", &answer.body);
    let answer = get(site.address, "/allowlist?added=%3Cscript%3E%E2%80%AE");
    assert_eq!(answer.status, 200);
    assert_inert("/allowlist", &answer.body);
}
