//! The commands that ask the block log, over a log whose every text means
//! harm.

mod cli_support;
mod hostile_log;

use cli_support::World;
use hostile_log::assert_harmless;

fn world() -> World {
    let world = World::new();
    let state = world.path("service/state");
    hostile_log::record(&state.join("log.db"), &state.join("log.keys"));
    world
}

/// All that the commands can be asked for.
const COMMANDS: &[&[&str]] = &[
    &["log"],
    &["log", "--json"],
    &["log", "--csv"],
    &["log", "is:changed", "-company:nobody", "--color", "always"],
    &["log", "--fields"],
    &["top", "companies"],
    &["top", "companies", "--json"],
    &["top", "companies", "--csv"],
    &["top", "trackers", "vector:img-src"],
    &["top", "senders"],
    &["top", "rules", "--csv"],
    &["top", "vectors"],
    &["top", "recipients-domains"],
    &["top", "outcomes"],
    &["top", "skips"],
    &["stats"],
    &["stats", "--json"],
];

#[test]
fn nothing_of_a_mail_reaches_the_terminal_as_it_is() {
    let world = world();
    for command in COMMANDS {
        let run = world.run(command);
        assert_eq!(run.code, 0, "{command:?}: {}", run.err);
        // Colours are ours, and the only escapes there are.
        let plain = anstream_strip(run.text());
        assert_harmless(&format!("{command:?}"), &plain);
        assert!(!run.text().is_empty(), "{command:?}");
    }
}

/// Without the select-graphic-rendition sequences that colours are made of.
fn anstream_strip(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end {
            Some(end) if after[end..].starts_with('m') => {
                plain += before;
                rest = &after[end + 1..];
            }
            _ => return format!("{plain}{rest}"),
        }
    }
    plain + rest
}

#[test]
fn json_and_csv_hold_the_same_messages() {
    let world = world();
    let count = hostile_log::names().len() + 1;
    let json = world.run(&["log", "--json"]).text().to_owned();
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), count);
    // One line a finding, and the line with the names.
    let findings: usize = rows
        .iter()
        .map(|row| row["findings"].as_array().unwrap().len())
        .sum();
    assert!(findings >= 2 * count, "{findings}");
    let csv = world.run(&["log", "--csv"]).text().to_owned();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().unwrap().get(0), Some("id"));
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), findings);
    for record in &records {
        for cell in record {
            let is_number = cell.parse::<i64>().is_ok();
            assert!(
                is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell:?}"
            );
        }
    }
    let companies = csv.matches("'=HYPERLINK(").count();
    assert!(companies > 0, "the formula is there, as text");
}

#[test]
fn a_message_is_found_by_each_of_its_names() {
    let world = world();
    let json = world
        .run(&["log", "--json", "company:Example Inc"])
        .text()
        .to_owned();
    assert_eq!(json.lines().count(), 1, "{json}");
    let row: serde_json::Value = serde_json::from_str(&json).unwrap();
    let id = row["id"].to_string();
    let queue_id = row["queue_id"].as_str().unwrap();
    for name in [
        id.as_str(),
        queue_id,
        "99-Example Inc@mail.example.org",
        "<99-Example Inc@mail.example.org>",
    ] {
        let run = world.run(&["show", name]);
        assert_eq!(run.code, 0, "{name}: {}", run.err);
        for part in [
            "changed and passed on",
            "1. img-src: neutralize",
            "company   Example Inc",
            "rules     example-open",
            "tells",
        ] {
            assert!(run.text().contains(part), "{name}: {part}:\n{}", run.text());
        }
        assert_harmless(name, run.text());
    }
    let hostile = world
        .run(&["log", "--json", "-company:Example Inc"])
        .text()
        .to_owned();
    for line in hostile.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let run = world.run(&["show", &row["id"].to_string()]);
        assert_eq!(run.code, 0);
        assert_harmless("show", run.text());
    }
    let none = world.run(&["show", "4NOBODY"]);
    assert_eq!(none.code, 66);
    assert!(none.err.contains("no message 4NOBODY"), "{}", none.err);
}

#[test]
fn a_wrong_query_is_told_with_its_place() {
    let world = world();
    let run = world.run(&["log", "is:changed", "compny:x"]);
    assert_eq!(run.code, 64);
    assert_eq!(
        run.err,
        "untrackd: at character 12: there is no field \"compny\"; did you mean company?\n\
         untrackd:   is:changed compny:x\n\
         untrackd:              ^\n\
         untrackd: see \"untrackd log --fields\"\n"
    );
}

#[test]
fn a_look_up_by_person_is_audited_and_refused_if_it_cannot_be() {
    let world = world();
    let found = world.run(&["log", "--json", "recipient:Jane.Doe@example.com"]);
    assert_eq!(found.code, 0, "{}", found.err);
    assert_eq!(found.text().lines().count(), hostile_log::names().len() + 1);
    let audit = world.path("service/state/review/audit.db");
    let lookups = || -> i64 {
        rusqlite::Connection::open(&audit)
            .unwrap()
            .query_row("SELECT count(*) FROM audit WHERE act = 'lookup'", [], |r| {
                r.get(0)
            })
            .unwrap()
    };
    assert_eq!(lookups(), 1);
    // Nobody is looked up by a domain.
    world.run(&["log", "recipient-domain:example.com"]);
    assert_eq!(lookups(), 1);
    std::fs::write(&audit, "this is no audit log ".repeat(1_000)).unwrap();
    let refused = world.run(&["log", "recipient:jane.doe@example.com"]);
    assert_ne!(refused.code, 0);
    assert_eq!(refused.text(), "");
    assert!(
        refused.err.contains("nobody is looked up"),
        "{}",
        refused.err
    );
}

#[test]
fn top_lists_count_what_the_log_has() {
    let world = world();
    let messages = hostile_log::names().len() as u64 + 1;
    let json = world.run(&["top", "rules", "--json"]).text().to_owned();
    let line: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(line["key"], "example-open");
    assert_eq!(line["list"], "rules");
    let of_one = world.run(&["top", "rules", "company:Example Inc", "--json"]);
    let line: serde_json::Value = serde_json::from_str(of_one.text().trim()).unwrap();
    assert_eq!(line["sum"]["messages"], 1);
    let stats = world.run(&["stats", "--json"]).text().to_owned();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["periods"][2]["messages"], messages);
    assert_eq!(stats["periods"][2]["changed"], messages);
    assert_eq!(stats["log"]["is_healthy"], true);
}
