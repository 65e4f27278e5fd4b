//! `filter`, `diff` and `explain` on single messages and URLs.

mod cli_support;

use cli_support::{RULES, World, plain_mail};

#[test]
fn the_filter_passes_plain_mail_byte_for_byte() {
    let world = World::new();
    let separated = [
        b"From ann@example.org  Sat Nov 21 18:40:00 2026\n".to_vec(),
        plain_mail("a"),
    ];
    let bare_lines = plain_mail("a")
        .iter()
        .copied()
        .filter(|b| *b != b'\r')
        .collect();
    for mail in [
        plain_mail("a"),
        separated.concat(),
        bare_lines,
        Vec::new(),
        vec![0, 255, 10],
    ] {
        let run = world.run_with_input(&["filter", "--to", "bob@example.com"], &mail);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(run.out, mail);
        assert_eq!(run.err, "");
    }
}

#[test]
fn the_filter_reports_what_it_found() {
    let world = World::new();
    let run = world.run_with_input(&["filter", "--report", "report.json"], &plain_mail("a"));
    assert_eq!(run.code, 0);
    let report = std::fs::read(world.path("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["type"], "message");
    assert_eq!(report["changed"], false);
}

/// A caller that gets any other code returns the message to its sender.
#[test]
fn a_filter_that_cannot_work_asks_to_be_called_again() {
    let world = World::new();
    let file = world.write("bad.toml", "mod = \"observe\"\n");
    let file = file.to_str().unwrap();
    let mail = plain_mail("a");
    let run = world.run_with_input(&["filter", "--config", file], &mail);
    assert_eq!(run.code, 75);
    assert!(run.out.is_empty());
    assert!(run.err.contains(":1: mod: "), "{}", run.err);

    let run = world.run_with_input(&["filter", "--pass-through", "--config", file], &mail);
    assert_eq!(run.code, 0);
    assert_eq!(run.out, mail);
    assert!(run.err.contains(":1: mod: "), "{}", run.err);
}

#[test]
fn a_filter_that_cannot_report_writes_nothing() {
    let world = World::new();
    let run = world.run_with_input(&["filter", "--report", "/nonexistent/r"], &plain_mail("a"));
    assert_eq!(run.code, 75);
    assert!(run.out.is_empty());
}

#[test]
fn there_is_no_difference_in_plain_mail() {
    let world = World::new();
    world.write("a.eml", plain_mail("a"));
    let run = world.run(&["diff", "a.eml"]);
    assert_eq!((run.code, run.text()), (0, ""));
    let run = world.run_with_input(&["diff", "-"], &plain_mail("a"));
    assert_eq!((run.code, run.text()), (0, ""));
    assert_eq!(world.run(&["diff", "missing.eml"]).code, 66);
}

#[test]
fn a_url_is_explained() {
    let world = World::new();
    let run = world.run(&["explain", "HTTPS://www.Example.org:443/a"]);
    assert_eq!(run.code, 0);
    for part in [
        "https://www.example.org/a\n",
        "domain example.org\n",
        "as image: ",
        "as link: keep",
        "rules version ",
    ] {
        assert!(run.text().contains(part), "{part}: {}", run.text());
    }
    let run = world.run(&["explain", "--json", "https://www.example.org/a"]);
    assert_eq!(run.json()[0]["domain"], "example.org");
}

#[test]
fn what_is_no_url_is_told() {
    let run = World::new().run(&["explain", "mailto:ann@example.org", "https://example.org/"]);
    assert_eq!(run.code, 65);
    assert!(
        run.err.contains("mailto:ann@example.org: no http"),
        "{}",
        run.err
    );
    assert!(run.text().contains("https://example.org/"));
}

#[test]
fn a_url_is_explained_by_the_rules_that_know_it() {
    let world = World::new();
    world.write("rules/mail/exampler.toml", RULES);
    let config = format!("rules = \"{}\"\n", world.path("rules").display());
    let config = world.write("u.toml", config);
    let url = "https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2Fa";
    let arguments = [
        "--config",
        config.to_str().unwrap(),
        "explain",
        "--json",
        url,
    ];
    let run = world.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.err);
    let explanation = &run.json()[0];
    let rule = &explanation["rules"][0];
    assert_eq!(rule["id"], "exampler-click");
    assert_eq!(rule["kind"], "redirect");
    assert_eq!(rule["matches"], true);
    assert_eq!(rule["destination"], "https://shop.example.com/a");
    assert_eq!(
        explanation["tells"],
        serde_json::json!(["client", "link", "network", "recipient", "time"])
    );
    assert_eq!(explanation["link"]["tells"], explanation["tells"]);
    assert_eq!(
        explanation["image"]["tells"],
        serde_json::json!(["client", "network", "time"])
    );

    let other = "https://click.example.org/other";
    let run = world.run(&["--config", config.to_str().unwrap(), "explain", other]);
    assert!(run.text().contains("knows the host only"), "{}", run.text());
    assert!(
        run.text().contains(
            "    tells its owner: when it is followed, your network's address, your browser\n"
        ),
        "{}",
        run.text()
    );
}
