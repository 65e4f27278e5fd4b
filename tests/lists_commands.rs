//! Lists of others as the administrator meets them: configured, checked,
//! explained, refused.

mod cli_support;

use cli_support::{Run, World};
use std::path::Path;

const FILTERS: &str = "\
! Title: Test Filters
! Version: 7
! Licence: CC0
||pixel.example^
||broken.example^$no-such-option
";

fn mail(image: &str) -> Vec<u8> {
    format!(
        "From: ann@example.org\r\nTo: bob@example.com\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=us-ascii\r\n\r\n\
         <html><body><p>Text</p>{image}</body></html>\r\n"
    )
    .into_bytes()
}

const TINY: &str = "<img src=\"https://pixel.example/a.gif\" width=\"1\" height=\"1\">";
const VISIBLE: &str =
    "<img src=\"https://pixel.example/a.gif\" width=\"300\" height=\"80\" alt=\"A\">";

/// A configuration with the filters as a list of this kind.
fn configured(world: &World, kind: &str) -> std::path::PathBuf {
    let list = world.write("filters.txt", FILTERS);
    let text = format!("[lists]\n{kind} = [\"adblock:{}\"]\n", list.display());
    world.write("u.toml", text)
}

fn run(world: &World, config: &Path, arguments: &[&str]) -> Run {
    let config = ["--config", config.to_str().unwrap()];
    world.run(&[&config[..], arguments].concat())
}

#[test]
fn a_hidden_list_needs_a_presentation_and_a_decisive_one_does_not() {
    for (kind, image, is_tracker) in [
        ("hidden", TINY, true),
        ("hidden", VISIBLE, false),
        ("decisive", TINY, true),
        ("decisive", VISIBLE, true),
    ] {
        let world = World::new();
        let config = configured(&world, kind);
        let file = world.write("a.eml", mail(image));
        let run = run(&world, &config, &["scan", "--json", file.to_str().unwrap()]);
        let message = &run.json()[0];
        assert_eq!(
            message["changed"], is_tracker,
            "{kind} {image}: {}",
            run.err
        );
        if is_tracker {
            let finding = &message["findings"][0];
            assert_eq!(finding["action"], "neutralize");
            let rule = &finding["rules"][0];
            assert_eq!(rule["id"], "list-test-filters-7-pixel");
            assert_eq!(rule["vendor"], "Test Filters 7");
        }
    }
}

#[test]
fn a_finding_names_list_and_version() {
    let world = World::new();
    let config = configured(&world, "hidden");
    let file = world.write("a.eml", mail(TINY));
    let scan = run(&world, &config, &["scan", file.to_str().unwrap()]);
    assert!(
        scan.text()
            .contains("rule list-test-filters-7-pixel (Test Filters 7)\n"),
        "{}",
        scan.text()
    );
    let explain = run(&world, &config, &["explain", "https://pixel.example/a.gif"]);
    assert!(
        explain
            .text()
            .contains("rule list-test-filters-7-pixel (Test Filters 7) matches\n"),
        "{}",
        explain.text()
    );
}

#[test]
fn check_shows_each_list_and_what_was_not_understood() {
    let world = World::new();
    let config = configured(&world, "hidden");
    let check = run(&world, &config, &["check"]);
    let text = check.text();
    assert!(
        text.contains(
            "list Test Filters (adblock, hidden): version 7, 1 entries used, \
             0 of no use for mail, 1 not understood; licence CC0; SHA-256 "
        ),
        "{text}"
    );
    assert!(
        text.contains(&world.path("filters.txt").display().to_string()),
        "{text}"
    );
    assert!(
        text.contains("list Test Filters: line 5: ||broken.example^$no-such-option: "),
        "{text}"
    );
}

#[test]
fn a_list_that_cannot_be_used_refuses_the_configuration() {
    let world = World::new();
    let list = world.write("list.json", "[\n  { \"include\": ]\n]\n");
    let text = format!("[lists]\nhidden = [\"debounce:{}\"]\n", list.display());
    let config = world.write("u.toml", text);
    for arguments in [&["check"][..], &["explain", "https://example.org/"]] {
        let run = run(&world, &config, arguments);
        assert_eq!(run.code, 78, "{arguments:?}");
        let place = format!("{}:2:16: not in this format: ", list.display());
        assert!(run.err.contains(&place), "{}", run.err);
        assert!(run.out.is_empty());
    }
}

#[test]
fn links_and_parameters_of_lists_are_undone_but_never_an_unsubscribe_link() {
    let world = World::new();
    let redirects = r#"[{ "include": ["*://go.example/*"], "action": "redirect", "param": "u" }]"#;
    let redirects = world.write("redirects.json", redirects);
    let filters = r#"[{ "include": ["*://*/*"], "params": ["who"] }]"#;
    let filters = world.write("filters.json", filters);
    let text = format!(
        "[lists]\nhidden = [\"debounce:{}\", \"query-filter:{}\"]\n",
        redirects.display(),
        filters.display()
    );
    let config = world.write("u.toml", text);
    let wrapped = "https://go.example/?u=https%3A%2F%2Fshop.example%2Fa%3Fwho%3D1%26b%3D2";
    let unsubscribe = "https://go.example/?u=https%3A%2F%2Fshop.example%2Funsubscribe%3Fwho%3D1";
    let signed = "https://shop.example/a?who=1&amp;signature=2";
    let plain = "https://shop.example/a?who=1&amp;b=2#c";
    let links: String = [wrapped, unsubscribe, signed, plain]
        .iter()
        .map(|link| format!("<p><a href=\"{link}\">Text</a></p>"))
        .collect();
    world.write("in/a.eml", mail(&links));
    let run = run(&world, &config, &["scan", "in", "--write", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let cleaned = std::fs::read_to_string(world.path("out/a.eml")).unwrap();
    let found: Vec<&str> = cleaned
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        found,
        [
            "https://shop.example/a?b=2",
            unsubscribe,
            signed,
            "https://shop.example/a?b=2#c"
        ]
    );
}

#[test]
fn the_list_of_rules_ends_with_the_lists_of_others() {
    let world = World::new();
    let config = configured(&world, "hidden");
    let all = run(&world, &config, &["rules", "list"]);
    let all = String::from_utf8(all.out).unwrap();
    let last = all.lines().last().unwrap();
    assert!(
        last.starts_with("list Test Filters (adblock, hidden): version 7, 1 entries used"),
        "{last}"
    );
    let json = run(&world, &config, &["rules", "list", "--json"]).json();
    let list = json.last().unwrap();
    assert_eq!(list["type"], "list");
    assert_eq!(list["not_understood"], 1);
    let pixels = run(&world, &config, &["rules", "list", "--kind", "pixel"]);
    let pixels = String::from_utf8(pixels.out).unwrap();
    assert!(!pixels.contains("Test Filters"));
}
