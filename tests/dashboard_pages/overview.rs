//! The first page.

use crate::{
    client::{get, page},
    html::{between, rows, unescape},
    site::{DAY, NOON, Site, event, newsletter, receipt, signed},
};
use untrackd::telemetry::Disposition;

const THAT_DAY: &str = "/?from=2026-11-20&to=2026-11-20";

/// Seven messages on 2026-11-20, one on the day before.
fn site() -> Site {
    // In order of time, which is what the log goes by.
    let mut events = vec![newsletter(NOON - DAY, "4OLD")];
    events.extend((0..3).map(|n| newsletter(NOON + n, &format!("4N{n}"))));
    events.push(receipt(NOON + 10, "4R0"));
    events.push(receipt(NOON + 11, "4R1"));
    events.push(signed(NOON + 12, "4S0"));
    events.push(event(NOON + 13, "4F0", Disposition::Failed));
    Site::new(events, "")
}

/// Label, number, note and address of each tile.
fn tiles(page: &str) -> Vec<[String; 4]> {
    let tiles = between(page, "<a class=\"tile", "</a>");
    let part = |tile: &str, class: &str| {
        let before = format!("<span class=\"tile-{class}\">");
        between(tile, &before, "</span>")[0].to_owned()
    };
    let read = |tile: &&str| {
        let href = unescape(between(tile, "href=\"", "\"")[0]);
        [
            part(tile, "label"),
            part(tile, "number"),
            part(tile, "note"),
            href,
        ]
    };
    tiles.iter().map(read).collect()
}

#[test]
fn tiles_count_and_lead_to_the_messages_they_count() {
    let site = site();
    let overview = page(site.address, THAT_DAY);
    // Label, number, compared with the day before, messages behind it.
    let expected = [
        ("Messages", "7", "+600 %", 7),
        // Three newsletters and two receipts; one before.
        ("Changed", "5", "+400 %", 5),
        // Two pixels in each newsletter; receipts are no trackers.
        ("Trackers stopped", "6", "+200 %", 3),
        ("Links restored", "3", "+200 %", 3),
        ("Receipts dropped", "2", "none before", 2),
        ("Not cleaned", "1", "none before", 1),
        ("Failures", "1", "none before", 1),
    ];
    let found = tiles(&overview);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ([label, number, note, href], (name, count, change, messages)) in found.iter().zip(expected)
    {
        assert_eq!([label, number, note], [name, count, change]);
        let log = page(site.address, href);
        assert_eq!(rows(&log).len(), messages, "{name}: {href}");
    }
}

#[test]
fn top_lists_lead_to_pages_and_to_the_log() {
    let site = site();
    let overview = page(site.address, THAT_DAY);
    // Three findings in each of three newsletters.
    for (name, href) in [
        ("Example Inc", "/company/Example%20Inc"),
        ("tracker.example", "/tracker/tracker.example"),
        ("example-open", "/rule/example-open"),
    ] {
        assert!(
            overview.contains(&format!("<a href=\"{href}\">{name}</a>")),
            "{name}"
        );
    }
    let company = "/log?q=company:%22Example%20Inc%22%20since:2026-11-20%20until:2026-11-20";
    assert!(
        overview.contains(&format!(
            "<a href=\"{company}\" aria-label=\"9: Example Inc in the log\">9</a>"
        )),
        "{overview}"
    );
    assert_eq!(rows(&page(site.address, company)).len(), 3);
}

#[test]
fn ranges_and_charts_are_in_the_query_string() {
    let site = site();
    let both = page(site.address, "/?from=2026-11-19&to=2026-11-20");
    assert_eq!(tiles(&both)[0][1], "8");
    let by_vector = page(site.address, &format!("{THAT_DAY}&by=vector"));
    assert!(by_vector.contains("Findings by vector"));
    assert!(by_vector.contains("img-src"));
    let by_outcome = page(site.address, THAT_DAY);
    assert!(by_outcome.contains("Messages by outcome"));
    let wrong = get(site.address, "/?range=%3Cb%3Eweek");
    assert_eq!(wrong.status, 200);
    assert!(wrong.body.contains("no range is called"), "{}", wrong.body);
    assert!(!wrong.body.contains("<b>week"));
}

#[test]
fn a_fresh_installation_is_told_so() {
    let site = Site::new([], "");
    let overview = page(site.address, "/");
    assert!(overview.contains("No message yet."));
    assert_eq!(tiles(&overview)[0][1], "0");
    let log = page(site.address, "/log");
    assert!(log.contains("The block log has no message yet."));
}
