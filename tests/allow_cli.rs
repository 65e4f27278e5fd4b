//! `untrackd allow`: arguments, errors, and several programs at a time.

mod cli_support;

use cli_support::{RULES, World};
use std::{fs, process::Stdio, thread};

fn add<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["allow", "add", "--reason", "a reason", "--yes"], words].concat()
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let world = World::new();
    for (words, part) in [
        (&["--tracker", "co.uk"][..], "is a public suffix"),
        (
            &["--tracker", "t.example.org", "--expires", "soon"],
            "is no time to expire",
        ),
        (
            &["--tracker", "t.example.org", "--expires", "2001-01-01"],
            "is over already",
        ),
        (&["--tracker", "a b"], "is no domain name"),
        (
            &["--sender", "a.example", "--only-from", "b.example"],
            "cannot be narrowed",
        ),
        (
            &["--tracker", "t.example.org", "--rule", "x"],
            "cannot be used with",
        ),
        (&[], "required"),
    ] {
        let run = world.run(&add(words));
        assert_eq!(run.code, 64, "{words:?}: {}", run.err);
        assert!(run.err.contains(part), "{words:?}: {}", run.err);
    }
    let run = world.run(&[
        "allow",
        "add",
        "--tracker",
        "t.example.org",
        "--reason",
        " ",
        "-y",
    ]);
    assert_eq!(run.code, 64);
    assert!(run.err.contains("reason is empty"), "{}", run.err);
    assert!(!world.path("service/state/review").exists());
}

#[test]
fn without_a_block_log_an_entry_can_be_added_all_the_same() {
    let world = World::new();
    let words = ["--tracker", "t.example.org", "--expires", "30d", "--json"];
    let run = world.run(&add(&words));
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("does not exist yet"), "{}", run.err);
    let added = &run.json()[0];
    assert_eq!(added["preview"], serde_json::Value::Null);
    let id = added["entry"]["id"].as_str().unwrap();

    let again = world.run(&add(&words));
    assert_eq!(again.code, 64);
    assert!(
        again.err.contains(&format!("{id} says the same")),
        "{}",
        again.err
    );

    let shown = world.run(&["allow", "list"]);
    let text = shown.text();
    assert!(text.contains("tracker t.example.org"), "{text}");
    assert!(
        text.contains("a reason") && text.contains(", until "),
        "{text}"
    );
    let check = world.run(&["check"]);
    assert!(
        check.text().contains(": 1 entries, 0 expired"),
        "{}",
        check.text()
    );

    let none = world.run(&["allow", "remove", "a-none"]);
    assert_eq!(none.code, 66);
    assert_eq!(world.run(&["allow", "remove", id]).code, 0);
    let empty = world.run(&["allow", "list"]);
    assert!(
        empty.text().contains("nothing is spared"),
        "{}",
        empty.text()
    );
}

#[test]
fn a_rule_or_company_that_nobody_knows_is_doubted() {
    let world = World::new();
    world.write("rules/mail/exampler.toml", RULES);
    let config = format!("rules = \"{}\"\n", world.path("rules").display());
    let config = world.write("u.toml", config).display().to_string();
    let run = |words: &[&str]| world.run(&[&["--config", &config][..], &add(words)].concat());
    for (words, is_known) in [
        (["--rule", "exampler-click"], true),
        (["--rule", "exampler-clack"], false),
        (["--company", "EXAMPLE ltd"], true),
        (["--company", "Example"], false),
    ] {
        let run = run(&words);
        assert_eq!(run.code, 0, "{}", run.err);
        assert_eq!(
            !run.err.contains("no rule in use knows"),
            is_known,
            "{words:?}"
        );
    }
}

#[test]
fn a_file_with_a_mistake_spares_nothing_and_is_told() {
    let world = World::new();
    let path = world.write(
        "service/state/review/allow.toml",
        "[[allow]]\nid = \"a\"\nscope = \"firm\"\nvalue = \"x\"\nreason = \"r\"\nauthor = \"a\"\n\
         created = 2026-11-22\n",
    );
    let place = format!("{}:3: scope \"firm\" is none", path.display());
    for words in [
        &["allow", "list"][..],
        &["allow", "remove", "a"],
        &["check"],
    ] {
        let run = world.run(words);
        assert_eq!(run.code, 78, "{words:?} {}", run.err);
        let said = run.err.clone() + run.text();
        assert!(said.contains(&place), "{words:?}: {said}");
    }
    let mail = cli_support::plain_mail("hello");
    let scan = world.run_with_input(&["scan", "-"], &mail);
    assert_eq!(scan.code, 0);
    assert!(scan.err.contains(&place) && scan.err.contains("nothing is spared"));
    let filter = world.run_with_input(&["filter"], &mail);
    assert_eq!((filter.code, filter.out), (0, mail), "mail goes on");
}

#[test]
fn an_expired_entry_is_shown_on_demand_only() {
    let world = World::new();
    world.write(
        "service/state/review/allow.toml",
        "[[allow]]\nid = \"old\"\nscope = \"tracker\"\nvalue = \"t.example.org\"\nreason = \"r\"\n\
         author = \"a\"\ncreated = 2001-01-01\nexpires = 2001-02-03\n",
    );
    assert!(world.run(&["allow", "list", "--json"]).json().is_empty());
    let text = world.run(&["allow", "list"]);
    assert!(
        text.text().contains("1 entry has expired"),
        "{}",
        text.text()
    );
    let all = world.run(&["allow", "list", "--expired", "--json"]).json();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["in_force"], false);
    assert_eq!(all[0]["expires"], "2001-02-04T00:00:00Z");
}

#[test]
fn programs_that_add_at_the_same_time_lose_nothing() {
    const EACH: usize = 50;
    let world = World::new();
    thread::scope(|scope| {
        for writer in 0..2 {
            let world = &world;
            scope.spawn(move || {
                for n in 0..EACH {
                    let host = format!("h{n}.w{writer}.example.org");
                    let words = add(&["--tracker", &host, "--quiet"]);
                    let mut command = world.command(&words);
                    command.stdout(Stdio::null()).stderr(Stdio::piped());
                    let output = command.output().unwrap();
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert!(output.status.success(), "{said}");
                }
            });
        }
    });
    let text = fs::read_to_string(world.path("service/state/review/allow.toml")).unwrap();
    assert_eq!(text.matches("[[allow]]").count(), 2 * EACH);
    for writer in 0..2 {
        for n in 0..EACH {
            let host = format!("value = \"h{n}.w{writer}.example.org\"\n");
            assert_eq!(text.matches(&host).count(), 1, "{host}");
        }
    }
    assert_eq!(
        world.run(&["allow", "list", "--json"]).json().len(),
        2 * EACH
    );
}
