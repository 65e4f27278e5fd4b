//! `untrackd report` as text, JSON and HTML, out of a small block log.

mod report_support;

use report_support::{HOSTILE, report, world};
use serde_json::{Value, json};
use std::fs;
use untrackd::cli::printable;

/// What a hostile name looks like where it is made printable.
fn shown() -> String {
    printable(HOSTILE).into_owned()
}

/// … and as text of HTML.
fn escaped() -> String {
    let text = shown().replace('&', "&#38;").replace('<', "&#60;");
    let text = text.replace('>', "&#62;").replace('"', "&#34;");
    text.replace('\'', "&#39;")
}

fn has_controls(text: &str) -> bool {
    let lines = text.replace('\n', "");
    printable(&lines) != lines
}

#[test]
fn json_has_the_numbers() {
    let world = world();
    let run = report(&world, &["--format", "json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let found = &run.json()[0];
    assert_eq!(found["v"], 1);
    assert_eq!(found["type"], "report");
    assert_eq!(
        found["period"],
        json!({"first": "2026-11-20", "last": "2026-11-21", "days": 2})
    );
    // Old Corp's three pixels and the hostile one; the receipt is no tracker.
    assert_eq!(
        found["totals"],
        json!({
            "messages": 5, "changed": 2, "would_change": 1, "clean": 1, "skipped": 1, "failed": 0,
            "trackers": 4, "links": 1, "receipts": 1, "kept": 0, "opaque": 1, "allowed": 0,
        })
    );
    let before = &found["before"];
    assert_eq!(before["period"]["first"], "2026-11-18");
    assert_eq!(before["totals"]["messages"], 1);
    assert_eq!(before["totals"]["trackers"], 1);
    let line = |key: &str, findings: u64, messages: u64, before: Value| {
        json!({
            "key": key, "findings": findings, "messages": messages, "findings_before": before,
        })
    };
    let top = |of: &str| {
        let lists = found["top"].as_array().unwrap();
        lists.iter().find(|list| list["of"] == of).cloned()
    };
    // The receipt is Old Corp's, too. Messages are counted for each action.
    assert_eq!(
        top("companies").unwrap()["rows"],
        json!([
            line("Old Corp", 4, 2, json!(1)),
            line(HOSTILE, 2, 2, json!(0)),
            line("New Inc", 1, 1, json!(0)),
        ])
    );
    assert_eq!(
        top("trackers").unwrap()["rows"],
        json!([
            line("old.example", 3, 1, json!(1)),
            line("evil.example", 2, 2, json!(0)),
            line("new.example", 1, 1, json!(0)),
        ])
    );
    // Four findings round to five, one message to none; boss.example and
    // small.example have fewer than five recipients.
    let senders = top("senders").unwrap();
    assert_eq!(
        senders["rows"],
        json!([line("large.example", 5, 0, Value::Null)])
    );
    assert_eq!(senders["withheld"], 2);
    assert_eq!(senders["min_group"], 5);
    assert_eq!(top("recipient-domains"), None);
    assert_eq!(
        found["skips"],
        json!([{"reason": "signed", "messages": 1, "messages_before": 0}])
    );
    assert_eq!(
        found["remained"],
        json!([{"tracker": "evil.example", "opaque": 1, "kept": 0}])
    );
    assert_eq!(
        found["new_companies"],
        json!([
            {"company": HOSTILE, "first": "2026-11-21", "findings": 2, "messages": 2},
            {"company": "New Inc", "first": "2026-11-20", "findings": 1, "messages": 1},
        ])
    );
    let rules = &found["rules"];
    let idle = rules["without_hit"].as_array().unwrap().len();
    // None of the shipped rules is called as those of the test.
    assert_eq!(rules["loaded"], idle);
    assert!(idle > 100);
    assert_eq!(found["log"]["first"], "2026-11-18");
    assert_eq!(found["log"]["lost"], 0);
    let counts: Vec<_> = found["outcomes"]["slots"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(counts.len(), 2);
    assert_eq!(found["outcomes"]["keys"][0], "changed");
    assert_eq!(counts[0]["counts"][0], 1);
    assert!(!run.text().contains(['\x1b', '\u{202e}']));
}

#[test]
fn recipients_are_listed_only_if_that_is_set() {
    let world = world();
    let database = world.path("log.db");
    world.write(
        "own.toml",
        "[review]\nrecipient_reports = true\nmin_group = 1\n",
    );
    let run = world.run(&[
        "--config",
        world.path("own.toml").to_str().unwrap(),
        "report",
        "--from=2026-11-20",
        "--to=2026-11-21",
        "--format=json",
        "--database",
        database.to_str().unwrap(),
    ]);
    assert_eq!(run.code, 0, "{}", run.err);
    let found = &run.json()[0];
    let lists = found["top"].as_array().unwrap();
    let list = |of: &str| lists.iter().find(|list| list["of"] == of).unwrap();
    let domains = list("recipient-domains");
    assert_eq!(domains["rows"][0]["key"], "example.com");
    // 3 + 1 + 1 + 2, in all five messages.
    assert_eq!(domains["rows"][0]["findings"], 7);
    assert_eq!(domains["rows"][0]["messages"], 5);
    let senders = list("senders");
    assert_eq!(senders["withheld"], 0);
    assert_eq!(senders["rows"].as_array().unwrap().len(), 3);
}

#[test]
fn without_earlier_days_nothing_is_compared() {
    let world = world();
    let database = world.path("log.db");
    let run = world.run(&[
        "report",
        "--from=2026-11-17",
        "--to=2026-11-21",
        "--format=json",
        "--database",
        database.to_str().unwrap(),
    ]);
    let found = &run.json()[0];
    assert_eq!(found["before"], Value::Null);
    assert_eq!(found["new_companies"], Value::Null);
    assert_eq!(found["totals"]["messages"], 6);
    let run = world.run(&[
        "report",
        "--from=2026-11-17",
        "--to=2026-11-21",
        "--database",
        database.to_str().unwrap(),
    ]);
    assert!(run.text().contains("The block log begins on 18 Nov 2026."));
}

#[test]
fn text_fits_a_terminal() {
    let world = world();
    let run = report(&world, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = run.text();
    assert!(!has_controls(text), "{text}");
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert_eq!(line.trim_end(), line);
    }
    for expected in [
        "Tracking in mail, 20 Nov 2026 to 21 Nov 2026\n====",
        "2 days in UTC, compared with 18 Nov 2026 to 19 Nov 2026.\n",
        "\nMessages seen ",
        " 5  +400%\n",
        "\nsigned: it is signed, and a change would break the signature ",
        "\nold.example  ",
        "Without 2 names of fewer than 5 known recipients; numbers are rounded to fives.",
        " had no finding.\n",
    ] {
        assert!(text.contains(expected), "{expected:?} in {text}");
    }
    assert!(
        text.contains("<script>alert('x')</script>\" & \\u{202e}"),
        "{text}"
    );
}

#[test]
fn html_stands_alone() {
    let world = world();
    let file = world.path("report.html");
    let file = file.to_str().unwrap();
    let run = report(&world, &["--format", "html", "--output", file]);
    assert_eq!((run.code, run.out.as_slice()), (0, &b""[..]), "{}", run.err);
    let html = fs::read_to_string(file).unwrap();
    assert!(!has_controls(&html));
    assert!(html.contains(&escaped()), "{html}");
    for unwanted in ["<script", "src=", "href=", "@import", "http:", "https:"] {
        assert!(!html.contains(unwanted), "{unwanted}");
    }
    // Only what draws patterns inside of the charts.
    assert_eq!(
        html.matches("url(").count(),
        html.matches("url(#by-").count()
    );
    assert!(html.contains("default-src 'none'"));
    assert!(html.contains("<svg class=\"chart-wide\""));
    assert!(html.contains("prefers-color-scheme: dark"));
    assert!(html.contains("<span class=\"number\">5</span> <span class=\"change\">+400%</span>"));
}

#[test]
fn numbers_lead_to_the_dashboard_if_there_is_one() {
    let world = world();
    let more = ["--format=html", "--dashboard=https://gw.example/untrackd/"];
    let run = report(&world, &more);
    assert_eq!(run.code, 0, "{}", run.err);
    let html = run.text();
    let days = "since:2026-11-20T00:00:00Z%20until:2026-11-22T00:00:00Z\"";
    for query in [
        "",
        "is:changed%20",
        "company:%22Old%20Corp%22%20",
        "skip:signed%20",
    ] {
        let link = format!("href=\"https://gw.example/untrackd/log?q={query}{days}");
        assert!(html.contains(&link), "{link}");
    }
    // A bar of the chart leads to its day.
    let day = "is:skipped%20since:2026-11-21T00:00:00Z%20until:2026-11-22T00:00:00Z\"";
    assert!(html.contains(day));
    for address in html.split("href=\"").skip(1) {
        assert!(
            address.starts_with("https://gw.example/untrackd/"),
            "{address}"
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = world();
    let database = world.path("log.db");
    let database = database.to_str().unwrap();
    for arguments in [
        &["report", "--since", "2h"][..],
        &["report", "--to", "2026-11-01"],
        &["report", "--from", "2026-11-02", "--to", "2026-11-01"],
        &["report", "--period", "week", "--since", "7d"],
        &[
            "report",
            "--format",
            "html",
            "--mail-to",
            "root@example.com",
        ],
        &["report", "--mail-to", "-oQ/tmp@example.com"],
        &["report", "--dashboard", "javascript:alert(1)"],
    ] {
        let run = world.run(&[arguments, &["--database", database]].concat());
        assert_eq!(run.code, 64, "{arguments:?}: {}", run.err);
    }
    let run = world.run(&["report", "--database", "/nonexistent/log.db"]);
    assert_eq!(run.code, 66, "{}", run.err);
}
