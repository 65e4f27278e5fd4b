//! The log.

use crate::{
    client::{get, page},
    html::{between, rows, unescape},
    site::{NOON, Site, event, newsletter, receipt, signed},
};
use untrackd::{review::audit::Audit, telemetry::Disposition};

#[test]
fn a_row_says_what_was_found() {
    let site = Site::new([newsletter(NOON, "4N0"), signed(NOON + 1, "4S0")], "");
    let log = page(site.address, "/log");
    let [newest, oldest] = rows(&log)[..] else {
        panic!("{log}")
    };
    assert!(newest.contains(">skipped<") && newest.contains("signed"));
    for expected in [
        "datetime=\"2026-11-20T12:00:00.000Z\"",
        "2026-11-20 12:00:00",
        "sender.example",
        "changed",
        "2 trackers, 1 link",
        "Example Inc",
        "4N0",
    ] {
        assert!(oldest.contains(expected), "{expected} in {oldest}");
    }
    assert!(!log.contains("jane.doe"));
}

#[test]
fn pages_go_on_where_the_last_ended() {
    let events = (0..60).map(|n| newsletter(NOON + n, &format!("4Q{n:02}")));
    let site = Site::new(events, "");
    let ids = |page: &str| -> Vec<String> {
        let rows = rows(page);
        let id = |row: &&str| between(row, "4Q", "<")[0].to_owned();
        rows.iter().map(id).collect()
    };
    let link = |page: &str, rel: &str| {
        let pager = between(page, "<nav class=\"pages\"", "</nav>")[0];
        let found = between(pager, &format!("rel=\"{rel}\" href=\""), "\"");
        found.first().map(|href| unescape(href))
    };
    let expected = |from: usize, to: usize| -> Vec<String> {
        (to..from).rev().map(|n| format!("{n:02}")).collect()
    };
    let first = page(site.address, "/log?n=25");
    assert_eq!(ids(&first), expected(60, 35));
    assert_eq!(link(&first, "prev"), None);
    let second = page(site.address, &link(&first, "next").unwrap());
    assert_eq!(ids(&second), expected(35, 10));
    let third = page(site.address, &link(&second, "next").unwrap());
    assert_eq!(ids(&third), expected(10, 0));
    assert_eq!(link(&third, "next"), None);
    let back = page(site.address, &link(&third, "prev").unwrap());
    assert_eq!(ids(&back), expected(35, 10));
}

#[test]
fn facets_add_conditions_and_chips_take_them_away() {
    let events = [
        newsletter(NOON, "4N0"),
        newsletter(NOON + 1, "4N1"),
        receipt(NOON + 2, "4R0"),
    ];
    let site = Site::new(events, "");
    let log = page(site.address, "/log?q=is:changed");
    let links: Vec<String> = between(&log, "<a class=\"chip\" href=\"", "\"")
        .into_iter()
        .map(unescape)
        .collect();
    let only = "/log?q=is:changed%20vector:receipt-header";
    assert!(links.iter().any(|link| link == only), "{links:?}");
    assert_eq!(rows(&page(site.address, only)).len(), 1);
    let without = "/log?q=is:changed%20-vector:receipt-header";
    assert!(log.contains(without));
    let narrowed = page(site.address, without);
    assert_eq!(rows(&narrowed).len(), 2);
    // Each condition is a link to the query without it.
    let conditions = between(&narrowed, "aria-label=\"Conditions\"", "</ul>")[0];
    assert!(conditions.contains("href=\"/log?q=is:changed\""));
    assert!(conditions.contains("href=\"/log?q=-vector:receipt-header\""));
}

#[test]
fn a_wrong_query_stays_in_the_box_and_is_explained() {
    let site = Site::new([newsletter(NOON, "4N0")], "");
    let answer = get(site.address, "/log?q=is:changed+tracler:%3Cb%3Ex");
    assert_eq!(answer.status, 400);
    assert!(
        answer.body.contains("did you mean tracker?"),
        "{}",
        answer.body
    );
    assert!(answer.body.contains("at character 12"));
    let values = between(&answer.body, "name=\"q\" value=\"", "\"");
    assert_eq!(unescape(values[0]), "is:changed tracler:<b>x");
    // The place is marked.
    assert!(answer.body.contains("<mark>t</mark>"));
    assert_eq!(rows(&answer.body).len(), 0);
}

#[test]
fn only_administrators_look_people_up_and_it_is_recorded() {
    let events = || {
        [
            newsletter(NOON, "4N0"),
            event(NOON + 1, "4F0", Disposition::Failed),
        ]
    };
    let path = "/log?q=recipient:jane.doe@example.com";

    let site = Site::new(events(), "role = \"read-only\"");
    let refused = get(site.address, path);
    assert_eq!(refused.status, 403);
    assert!(
        refused
            .body
            .contains("Only administrators may look up a person")
    );
    let stream = get(site.address, "/log/live?q=recipient:jane.doe@example.com");
    assert_eq!(stream.status, 403);
    let export = get(
        site.address,
        "/export?view=log&q=recipient:jane.doe@example.com",
    );
    assert_eq!(export.status, 403);
    assert!(!site.audit.exists());

    let site = Site::new(events(), "role = \"admin\"");
    assert_eq!(rows(&page(site.address, path)).len(), 2);
    let other = page(site.address, "/log?q=recipient:joe@example.com");
    assert_eq!(rows(&other).len(), 0);
    let audit = Audit::open_for_reading(&site.audit).unwrap();
    let acts = audit.newest(10, None).unwrap();
    let acts: Vec<_> = acts
        .iter()
        .map(|row| {
            (
                row.act.as_str(),
                row.channel.as_str(),
                row.subject.is_some(),
            )
        })
        .collect();
    assert_eq!(acts, [("lookup", "dashboard", true); 2]);
}
