//! Companies, trackers, senders and rules.

use crate::{
    client::{get, page},
    events::{DAY, NOON, THOSE_DAYS, found, mailgun_link, mailgun_pixel, message, rule},
    page::{between, fact, links, rows, text},
    site::Site,
};
use untrackd::{judge::Action, telemetry::Event};

/// On the 19th one message from shop.example, on the 20th one from
/// shop.example and one from bank.example.
///
/// Sinch: 2 pixels and 1 link on the 19th, 1 pixel on the 20th: 4 findings.
/// Acme: 1 pixel on the 20th.
fn events() -> Vec<Event> {
    let acme = rule("acme-open", "acme", "Acme Mail", "Acme");
    vec![
        message(
            NOON - DAY,
            "shop.example",
            "jane@corp.example",
            vec![
                mailgun_pixel("https://mg.shop.example/o/1"),
                mailgun_pixel("https://mg.shop.example/o/2"),
                mailgun_link("https://mg.shop.example/c/3", "https://www.shop.example/"),
            ],
        ),
        message(
            NOON,
            "shop.example",
            "jane@corp.example",
            vec![mailgun_pixel("https://mg.shop.example/o/4")],
        ),
        message(
            NOON + 1,
            "bank.example",
            "max@home.example",
            vec![found(
                "https://t.acme.example/p.gif",
                Action::Neutralize,
                acme,
            )],
        ),
    ]
}

#[test]
fn lists_show_the_largest_first_with_their_actions() {
    let site = Site::new(events());
    let list = |path: &str| page(site.address, &format!("{path}?{THOSE_DAYS}"));

    let companies = list("/companies");
    assert_eq!(
        rows(&companies, "2 companies"),
        [
            "Sinch 4 made harmless 3 unwrapped 1",
            "Acme 1 made harmless 1",
        ],
    );
    assert_eq!(
        rows(&list("/trackers"), "2 trackers"),
        [
            "shop.example 4 made harmless 3 unwrapped 1",
            "acme.example 1 made harmless 1",
        ],
    );
    assert_eq!(
        rows(&list("/senders"), "2 senders"),
        [
            "shop.example 4 2 made harmless 3 unwrapped 1",
            "bank.example 1 1 made harmless 1",
        ],
    );
    // Another day has other numbers, and one without mail none.
    let one = page(site.address, "/companies?from=2026-11-19&to=2026-11-19");
    assert_eq!(
        rows(&one, "1 company"),
        ["Sinch 3 made harmless 2 unwrapped 1"]
    );
    let none = page(site.address, "/companies?from=2026-11-01&to=2026-11-02");
    assert!(text(&none).contains("No company fits."), "{none}");
}

#[test]
fn a_list_is_ordered_and_narrowed_by_its_address() {
    let site = Site::new(events());
    let by_name = page(site.address, &format!("/companies?{THOSE_DAYS}&sort=name"));
    let names: Vec<String> = rows(&by_name, "2 companies")
        .iter()
        .map(|row| row.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["Acme", "Sinch"]);
    let narrowed = page(site.address, &format!("/companies?{THOSE_DAYS}&name=ACM"));
    assert_eq!(rows(&narrowed, "1 company").len(), 1);
    // What makes no sense is told, and the page is there all the same.
    let wrong = page(site.address, "/companies?range=8d&page=x&sort=?");
    assert!(text(&wrong).contains("no range is called"), "{wrong}");
}

#[test]
fn every_number_of_a_list_leads_to_as_many_messages() {
    let site = Site::new(events());
    for (path, table) in [
        ("/companies", "2 companies"),
        ("/trackers", "2 trackers"),
        ("/senders", "2 senders"),
    ] {
        let list = page(site.address, &format!("{path}?{THOSE_DAYS}"));
        let (_, rest) = list.split_once(table).unwrap();
        let (table, _) = rest.split_once("</table>").unwrap();
        let logs: Vec<String> = links(table)
            .into_iter()
            .filter(|link| link.starts_with("/log?q="))
            .collect();
        assert!(logs.len() >= 5, "{path}: {logs:?}");
        for log in logs {
            let shown = page(site.address, &log);
            assert!(shown.contains("href=\"/message/"), "{log}");
        }
    }
    // All of Sinch's: both messages of shop.example; its links: one.
    let sinch = format!("/log?q=company:Sinch%20since:2026-11-19T00:00:00Z");
    let shown = page(site.address, &sinch);
    assert_eq!(between(&shown, "<a href=\"/message/", "\"").len(), 2);
}

#[test]
fn a_company_has_its_sums_its_users_and_its_rules() {
    let site = Site::new(events());
    let sinch = page(site.address, &format!("/company/Sinch?{THOSE_DAYS}"));
    let tiles = between(&sinch, "class=\"tile\"", "</a>");
    let tiles: Vec<String> = tiles
        .iter()
        .map(|tile| text(&format!("<a{tile}")))
        .collect();
    assert_eq!(
        tiles,
        ["4 findings in these days", "3 made harmless", "1 unwrapped",]
    );
    let seen = "First seen on 2026-11-19 , last on 2026-11-20 (UTC), with 4 findings in all.";
    assert!(text(&sinch).contains(seen), "{sinch}");
    assert_eq!(rows(&sinch, "Who sends it"), ["shop.example 4 2"]);
    assert_eq!(rows(&sinch, "Where it goes"), ["corp.example 4 2"]);
    assert_eq!(rows(&sinch, "Tracker domains"), ["shop.example 4 2"]);
    assert_eq!(rows(&sinch, ">Hosts<"), ["mg.shop.example 4 2"]);
    assert_eq!(
        rows(&sinch, "Rules that matched"),
        ["mailgun-open 3 2", "mailgun-click 1 1"]
    );
    assert_eq!(
        rows(&sinch, "How it is reached"),
        ["img-src 3 2", "a-href 1 1"]
    );
    let told = rows(&sinch, "What the rules know");
    let open = told.iter().find(|row| row.starts_with("mailgun-open"));
    let open = open.expect("the built-in rule");
    assert!(open.contains("Mailgun of Sinch"), "{open}");
    assert!(open.contains("Decisive"), "{open}");
    assert!(
        open.contains("the recipient, by address or by a number"),
        "{open}"
    );
    assert_eq!(rows(&sinch, "Newest messages").len(), 2);
}

#[test]
fn a_rule_says_what_its_file_says() {
    let site = Site::new(events());
    let open = page(site.address, &format!("/rule/mailgun-open?{THOSE_DAYS}"));
    assert_eq!(fact(&open, "Kind"), "An open pixel");
    assert_eq!(fact(&open, "Company"), "Sinch");
    assert_eq!(fact(&open, "Hosts"), "any");
    assert_eq!(fact(&open, "Path"), r"^/o/eJ[A-Za-z0-9_-]{40,}/?(\?|$)");
    assert!(
        fact(&open, "File").starts_with("rules/mail/mailgun.toml:"),
        "{open}"
    );
    let click = page(site.address, "/rule/mailgun-click");
    assert!(fact(&click, "Decoding").contains("zlib"), "{click}");
    // Examples are text, even where they are URLs.
    assert!(text(&click).contains("http://email.mg.example.org/c/"));
    assert!(!click.contains("href=\"http"), "{click}");
}

#[test]
fn rules_without_a_hit_are_listed_too() {
    let site = Site::new(events());
    let idle = page(
        site.address,
        &format!("/rules?{THOSE_DAYS}&show=idle&name=mailgun"),
    );
    assert!(!idle.contains(">mailgun-open<"), "{idle}");
    let hit = page(site.address, &format!("/rules?{THOSE_DAYS}&show=hit"));
    let hits = rows(&hit, "3 rules");
    assert_eq!(
        hits,
        [
            "mailgun-open Mailgun mail pixel 3 made harmless 3",
            "mailgun-click Mailgun mail redirect 1 unwrapped 1",
            // No file of the built-in rules has this one.
            "acme-open of a list, or gone 1 made harmless 1",
        ]
    );
    let all = page(site.address, "/rules?show=idle");
    let caption = between(&all, "<caption>", "</caption>");
    let idle: usize = caption[0]
        .split(' ')
        .next()
        .unwrap()
        .replace(',', "")
        .parse()
        .unwrap();
    assert!(idle > 300, "{idle}");
}

#[test]
fn names_that_nobody_knows_are_said_to_be_unknown() {
    let site = Site::new(events());
    for path in [
        "/company/Nobody",
        "/tracker/(other)",
        "/rule/none",
        "/sender/none.example",
    ] {
        let unknown = page(site.address, path);
        assert!(text(&unknown).contains("The block log knows no "), "{path}");
    }
    assert_eq!(get(site.address, "/company/").status, 404);
}

#[test]
fn a_series_leads_to_its_days() {
    let site = Site::new(events());
    let sinch = page(site.address, &format!("/company/Sinch?{THOSE_DAYS}"));
    let slots: Vec<String> = links(&sinch)
        .into_iter()
        .filter(|link| link.contains("since:2026-11-19T00:00:00Z%20until:2026-11-20T00:00:00Z"))
        .collect();
    assert!(!slots.is_empty(), "{sinch}");
    for slot in slots {
        let shown = page(site.address, &slot);
        assert_eq!(
            between(&shown, "<a href=\"/message/", "\"").len(),
            1,
            "{slot}"
        );
    }
}

#[test]
fn the_neighbours_in_a_message_are_not_counted() {
    let acme = rule("acme-open", "acme", "Acme Mail", "Acme");
    let of_acme = |url: &str| found(url, Action::Neutralize, acme.clone());
    let both = message(
        NOON,
        "shop.example",
        "jane@corp.example",
        vec![
            mailgun_pixel("https://mg.shop.example/o/1"),
            of_acme("https://t.acme.example/1.gif"),
            of_acme("https://t.acme.example/2.gif"),
        ],
    );
    let site = Site::new([both]);
    let sinch = page(site.address, &format!("/company/Sinch?{THOSE_DAYS}"));
    assert_eq!(rows(&sinch, "Who sends it"), ["shop.example 1 1"]);
    assert_eq!(rows(&sinch, "Tracker domains"), ["shop.example 1 1"]);
    assert_eq!(rows(&sinch, "Rules that matched"), ["mailgun-open 1 1"]);
    // To a sender belongs all of it.
    let shop = page(site.address, &format!("/sender/shop.example?{THOSE_DAYS}"));
    assert_eq!(
        rows(&shop, "<h3>Companies<"),
        ["Acme 2 1", "Sinch 1 1"],
        "{shop}"
    );
}
