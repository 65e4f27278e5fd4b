//! One message.

use crate::{
    client::{get, page},
    html::{between, unescape},
    site::{NOON, Site, newsletter, receipt, signed},
};

fn first_message(site: &Site, query: &str) -> String {
    let log = page(site.address, &format!("/log?q={query}"));
    let links = between(&log, "href=\"/message/", "\"");
    format!("/message/{}", links[0])
}

#[test]
fn everything_about_a_message_is_on_its_page() {
    let site = Site::new([newsletter(NOON, "4ABCdef123z")], "role = \"admin\"");
    let path = first_message(&site, "");
    let page = page(site.address, &path);
    for expected in [
        "Message 4ABCdef123z",
        "grep 4ABCdef123z /var/log/mail.log",
        "2.0 KiB → 1.0 KiB (−1.0 KiB)",
        "1.5 ms",
        "192.0.2.0/24",
        "0123456789ab",
        // What it would have told, in words.
        "Opening it would have told:",
        "when it is opened; a number or token of the recipient",
        "Following its links would have told:",
        // The findings: two pixels are one line, and the link.
        "2 times",
        "made harmless",
        "leads to its destination directly",
        "https://open.tracker.example/o/2.gif",
        "shop.example",
        "nobody is meant to see it",
        "−10",
        "href=\"/rule/example-open\"",
        "href=\"/company/Example%20Inc\"",
        "href=\"/tracker/tracker.example\"",
        "href=\"/sender/sender.example\"",
        "&#34;queue_id&#34;: &#34;4ABCdef123z&#34;",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    let id = path.strip_prefix("/message/").unwrap();
    for finding in 0..2 {
        let button = format!("href=\"/allowlist/new?message={id}&#38;finding={finding}\"");
        assert!(page.contains(&button), "{button} in {page}");
    }
    assert!(!page.contains("jane.doe") && !page.contains("bounce-4711"));
}

#[test]
fn reasons_are_in_words() {
    let site = Site::new([signed(NOON, "4S0"), receipt(NOON + 1, "4R0")], "");
    let skipped = page(site.address, &first_message(&site, "is:skipped"));
    assert!(skipped.contains("it is signed, and a change would break the signature"));
    assert!(skipped.contains("Nothing that speaks for tracking was found."));
    let receipt = page(site.address, &first_message(&site, "is:changed"));
    assert!(receipt.contains("a request for a receipt"));
    // Readers cannot add to the allowlist.
    assert!(!receipt.contains("/allowlist/new"));
}

#[test]
fn it_can_be_taken_away_as_json() {
    let site = Site::new([newsletter(NOON, "4N0")], "");
    let page = page(site.address, &first_message(&site, ""));
    let links = between(&page, "href=\"/export?view=message", "\"");
    let link = format!("/export?view=message{}", unescape(links[0]));
    let file = get(site.address, &link);
    assert_eq!(file.status, 200);
    let json: serde_json::Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(json["v"], 1);
    assert_eq!(json["queue_id"], "4N0");
    assert_eq!(json["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_not_there_is_not_found() {
    let site = Site::new([newsletter(NOON, "4N0")], "");
    for path in [
        "/message/7",
        "/message/x%3Cb%3E",
        "/message/99999999999999999999",
    ] {
        let answer = get(site.address, path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("There is no message"), "{path}");
        assert!(!answer.body.contains("<b>"), "{path}");
    }
}
