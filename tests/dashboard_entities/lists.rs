//! Where rules come from.

use crate::{
    client::page,
    events::{found, lately, mailgun_pixel, message, rule},
    page::{between, fact, text},
    site::{Plan, Site},
};
use untrackd::judge::Action;

const LISTS: &str = "[lists]\nhidden = [\"adblock:DIR/used.txt\", \"adblock:DIR/idle.txt\"]\n";

fn list(title: &str) -> String {
    format!("! Title: {title}\n! Version: 7\n! Licence: CC0\n||a.example^\n##.ad\n")
}

#[test]
fn lists_show_their_version_and_their_hits() {
    // Found by an earlier version of the list.
    let hit = rule("list-used-6-pixel", "list-used", "Used 6", "Used 6");
    let found = found("https://a.example/p.gif", Action::Neutralize, hit);
    let pixel = mailgun_pixel("https://mg.shop.example/o/1");
    let events = [message(
        lately(),
        "shop.example",
        "jane@corp.example",
        vec![found, pixel.clone(), pixel],
    )];
    let plan = Plan {
        sections: LISTS.to_owned(),
        files: vec![("used.txt", list("Used")), ("idle.txt", list("Idle"))],
        ..Plan::default()
    };
    let site = Site::with(events, &plan);
    let lists = page(site.address, "/lists");
    // Two equal pixels of the built-in rules.
    assert_eq!(fact(&lists, "Hits"), "2");
    let cards = between(&lists, "<h3>", "</section>");
    assert_eq!(cards.len(), 2);
    assert!(cards[0].starts_with("Used"), "{}", cards[0]);
    assert_eq!(fact(cards[0], "Hits"), "1");
    assert_eq!(fact(cards[0], "Version"), "7");
    assert_eq!(fact(cards[0], "Licence"), "CC0");
    assert!(fact(cards[0], "Entries").starts_with("1 used, 1 of no use"));
    assert!(!cards[0].contains("unused"), "{}", cards[0]);
    assert_eq!(fact(cards[1], "Hits"), "0");
    assert!(text(cards[1]).contains("unused"), "{}", cards[1]);
    // The number leads to the message.
    let log = between(cards[0], "<a href=\"", "\"")[0].replace("&#38;", "&");
    assert!(
        page(site.address, &log).contains("href=\"/message/"),
        "{log}"
    );
    // The rule that no file knows leads here.
    let rule = page(site.address, "/rule/list-used-6-pixel");
    assert!(text(&rule).contains("a list of others"), "{rule}");
}

#[test]
fn a_list_that_cannot_be_used_says_where_it_is_wrong() {
    let plan = Plan {
        sections: "[lists]\nhidden = [\"clearurls:DIR/broken.json\", \"adblock:DIR/fine.txt\"]\n"
            .to_owned(),
        files: vec![
            ("broken.json", "{\n  \"providers\": }".to_owned()),
            ("fine.txt", list("Fine")),
        ],
        ..Plan::default()
    };
    let site = Site::with([], &plan);
    let lists = page(site.address, "/lists");
    assert!(text(&lists).contains("broken.json:2:"), "{lists}");
    assert!(text(&lists).contains("cannot be used"), "{lists}");
    // The other one is shown all the same.
    assert!(lists.contains("<h3>Fine"), "{lists}");
    let system = page(site.address, "/system");
    assert!(text(&system).contains("A list cannot be used"), "{system}");
    assert!(text(&system).contains("in trouble"), "{system}");
}

#[test]
fn rules_with_a_mistake_are_shown_with_file_and_line() {
    let plan = Plan {
        keys: "rules = \"DIR/rules\"",
        files: vec![(
            "rules/mail/acme.toml",
            "[vendor]\nid = \"acme\"\nname = 7\n".to_owned(),
        )],
        ..Plan::default()
    };
    let site = Site::with([], &plan);
    for path in ["/lists", "/rules"] {
        let shown = text(&page(site.address, path));
        assert!(shown.contains("acme.toml:3:"), "{shown}");
        assert!(
            shown.contains("The milter keeps the set that it has"),
            "{shown}"
        );
    }
    let system = text(&page(site.address, "/system"));
    assert!(system.contains("The rules cannot be loaded"), "{system}");
}
