//! Whether all is well.

use crate::{
    client::{get, page},
    events::{lately, mailgun_pixel, message},
    page::{fact, text},
    site::{Plan, Site},
};
use std::fs;

fn events() -> [untrackd::telemetry::Event; 1] {
    let pixel = mailgun_pixel("https://mg.shop.example/o/1");
    [message(
        lately(),
        "shop.example",
        "jane@corp.example",
        vec![pixel],
    )]
}

#[test]
fn a_stopped_milter_is_told_with_its_remedy() {
    let site = Site::new(events());
    let system = page(site.address, "/system");
    let shown = text(&system);
    // The test's recorder has ended in order.
    assert!(shown.contains("The milter was stopped"), "{shown}");
    assert!(shown.contains("systemctl start untrackd"), "{shown}");
    assert!(shown.contains("in trouble"), "{shown}");
    assert_eq!(fact(&system, "Dashboard"), env!("CARGO_PKG_VERSION"));
    assert_eq!(fact(&system, "Rules in force"), "0123456789ab");
    assert_eq!(fact(&system, "Taken since the start"), "1");
    assert_eq!(fact(&system, "Stored"), "1");
    assert_eq!(fact(&system, "Lost: queue full"), "0");
    assert_eq!(fact(&system, "Waiting"), "0 of 8,192");
    // The rules of the test are not the built-in ones.
    assert!(shown.contains("systemctl reload untrackd"), "{shown}");
}

#[test]
fn damaged_logs_and_risky_settings_are_told() {
    let plan = Plan {
        files: vec![("log.db.damaged-20261121T120000Z", "x".repeat(2_048))],
        ..Plan::default()
    };
    let site = Site::with(events(), &plan);
    let shown = text(&page(site.address, "/system"));
    assert!(shown.contains("1 damaged log was set aside."), "{shown}");
    assert!(
        shown.contains("log.db.damaged-20261121T120000Z , 2.0 KiB"),
        "{shown}"
    );
    assert!(shown.contains("log.privacy pseudonym"), "{shown}");
    assert!(shown.contains("dashboard.role read-only"), "{shown}");
}

#[test]
fn a_log_that_cannot_be_read_is_told_here() {
    let site = Site::new(events());
    // The dashboard has not opened it yet.
    fs::write(site.path("log.db"), "this is no database, but a letter").unwrap();
    assert_eq!(get(site.address, "/companies").status, 503);
    let system = page(site.address, "/system");
    assert!(text(&system).contains("in trouble"), "{system}");
    assert!(text(&system).contains("log.db"), "{system}");
}
