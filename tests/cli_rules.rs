//! `rules`: looking rules up, testing and checking them.

mod cli_support;

use cli_support::World;
use serde_json::{Value, json};

const EXAMPLER: &str = r#"[vendor]
id = "exampler"
name = "Exampler"
company = "Example Ltd"

[[pixel]]
id = "exampler-open"
path = '^/o/[0-9a-f]{8}$'
needs = "hidden"
trust = "low"
tells = ["recipient"]
match = ["https://m.example.org/o/01234567"]
ignore = ["https://m.example.org/o/logo.png"]

[[redirect]]
id = "exampler-click"
hosts = ["click.example.org"]
decode = ["param:u", "percent"]
tells = ["link", "recipient"]
match = [{ url = "https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F", to = "https://shop.example.com/" }]
ignore = ["https://click.example.org.example.net/c?u=https%3A%2F%2Fshop.example.com%2F"]

[[parameter]]
id = "exampler-campaign"
names = ["ex_mailing", "ex_c_*"]
tells = ["campaign"]
"#;

const GATEWAY: &str = r#"[vendor]
id = "guard"
name = "Guard"
company = "Guard Inc"

[[redirect]]
id = "guard-link"
hosts = ["guard.example.com"]
opaque = true
tells = ["recipient"]
match = ["https://guard.example.com/x"]
ignore = ["https://notguard.example.com.example.net/x"]
"#;

/// A world with two rule files, named by its configuration.
fn world() -> World {
    let world = World::new();
    world.write("rules/mail/exampler.toml", EXAMPLER);
    world.write("rules/gateway/guard.toml", GATEWAY);
    configure(&world, "");
    world
}

/// Configures the world's rules, and `more`.
fn configure(world: &World, more: &str) {
    let rules = world.path("rules").display().to_string();
    world.write("empty.toml", format!("rules = \"{rules}\"\n{more}"));
}

#[test]
fn the_list_says_what_is_on_and_why_not() {
    let world = world();
    let run = world.run(&["rules", "list"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        run.text(),
        "RULE               KIND       CATEGORY     TRUST  VENDOR    STATE\n\
         guard-link         opaque     gateway      high   Guard     off: links.unwrap lacks \"gateway\"\n\
         exampler-open      pixel      mail         low    Exampler  off: low_trust is not set\n\
         exampler-click     redirect   mail         high   Exampler  on\n\
         exampler-campaign  parameter  mail         high   Exampler  off: links.parameters keeps what it names\n"
    );
    configure(
        &world,
        "low_trust = true
[links]
unwrap = [\"gateway\"]
parameters = \"all\"
",
    );
    let run = world.run(&["rules", "list", "--json"]);
    let states: Vec<_> = run.json().iter().map(|o| o["on"].clone()).collect();
    assert_eq!(states, [true, true, false, true]);
    assert_eq!(run.json()[2]["why_off"], "links.unwrap lacks \"mail\"");
}

#[test]
fn the_list_is_narrowed_down() {
    let world = world();
    let shown = |filter: &[&str]| -> Vec<String> {
        let run = world.run(&[&["-q", "rules", "list"], filter].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        let lines = run.text().lines();
        lines
            .map(|l| l.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(shown(&["--kind", "pixel"]), ["exampler-open"]);
    assert_eq!(shown(&["--category", "gateway"]), ["guard-link"]);
    assert_eq!(shown(&["--vendor", "guard inc"]), ["guard-link"]);
    assert_eq!(shown(&["--trust", "low"]), ["exampler-open"]);
    assert_eq!(shown(&["--vendor", "exampler"]).len(), 3);
    assert_eq!(shown(&["--vendor", "nobody"]), [""; 0]);
    assert_eq!(world.run(&["rules", "list", "--kind", "x"]).code, 64);
}

#[test]
fn a_rule_is_shown_with_all_there_is() {
    let world = world();
    let run = world.run(&["rules", "show", "exampler-click"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let dir = format!("{}/", world.path("").join("rules").display());
    assert_eq!(
        run.text().replace(&dir, "rules/"),
        "exampler-click\n\
         \x20 kind       redirect (a click redirect whose destination can be read)\n\
         \x20 vendor     Exampler by Example Ltd (exampler)\n\
         \x20 category   mail\n\
         \x20 state      on\n\
         \x20 trust      high\n\
         \x20 hosts      click.example.org\n\
         \x20 path       any\n\
         \x20 tells      link, recipient\n\
         \x20 decode     param:u (the first value of a query parameter of the URL, as it stands)\n\
         \x20 decode     percent (decode `%XX` once)\n\
         \x20 match      https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F\n\
         \x20   to       https://shop.example.com/\n\
         \x20 ignore     https://click.example.org.example.net/c?u=https%3A%2F%2Fshop.example.com%2F\n\
         \x20 file       rules/mail/exampler.toml:16\n"
    );
}

#[test]
fn a_vendor_stands_for_its_rules() {
    let run = world().run(&["rules", "show", "--json", "exampler", "guard-link"]);
    let objects = run.json();
    let ids: Vec<_> = objects.iter().map(|o| o["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "exampler-open",
            "exampler-click",
            "exampler-campaign",
            "guard-link"
        ]
    );
    let open = &objects[0];
    assert_eq!(open["needs"], "hidden");
    assert_eq!(open["trust"], "low");
    assert_eq!(open["hosts"], json!([]));
    assert_eq!(open["path"], "^/o/[0-9a-f]{8}$");
    assert_eq!(
        open["match"],
        json!([{ "url": "https://m.example.org/o/01234567" }])
    );
    assert_eq!(objects[1]["decode"], json!(["param:u", "percent"]));
    assert_eq!(objects[1]["needs"], Value::Null);
    assert_eq!(objects[2]["parameters"], json!(["ex_mailing", "ex_c_*"]));
    assert_eq!(objects[3]["category"], "gateway");
    assert_eq!(objects[3]["file_line"], 7);
}

#[test]
fn a_misspelt_id_is_answered_with_the_nearest() {
    let run = world().run(&["rules", "show", "exampler-clik", "colour", "guard-link"]);
    assert_eq!(run.code, 65);
    assert_eq!(
        run.err,
        "untrackd: exampler-clik: no such rule or vendor; did you mean exampler-click?\n\
         untrackd: colour: no such rule or vendor; see untrackd rules list\n"
    );
    assert!(run.text().starts_with("guard-link\n"), "{}", run.text());
}

#[test]
fn examples_that_hold_are_told() {
    let world = world();
    let run = world.run(&["rules", "test", "rules/mail/exampler.toml"]);
    assert_eq!(run.code, 0, "{}", run.text());
    assert_eq!(
        run.text(),
        "ok      exampler-open match https://m.example.org/o/01234567\n\
         ok      exampler-open ignore https://m.example.org/o/logo.png\n\
         ok      exampler-click match https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F\n\
         ok      exampler-click ignore https://click.example.org.example.net/c?u=https%3A%2F%2Fshop.example.com%2F\n\
         4 examples of 3 rules in 1 files: 4 passed, 0 failed, 0 not run; 0 other mistakes\n"
    );
    let run = world.run(&["-q", "rules", "test"]);
    assert_eq!(
        run.text(),
        "6 examples of 4 rules in 2 files: 6 passed, 0 failed, 0 not run; 0 other mistakes\n"
    );
}

#[test]
fn the_shipped_examples_hold() {
    let run = World::new().run(&["-q", "rules", "test"]);
    assert_eq!(run.code, 0, "{}", run.text());
    let expected = " 0 failed, 0 not run; 0 other mistakes\n";
    assert!(run.text().ends_with(expected), "{}", run.text());
    assert_eq!(run.text().lines().count(), 1);
}

#[test]
fn an_example_that_fails_is_told_with_its_place() {
    let world = world();
    let wrong = EXAMPLER.replace("/o/01234567", "/o/0123456").replace(
        "to = \"https://shop.example.com/\"",
        "to = \"https://shop.example.com\"",
    );
    world.write("my/mail/exampler.toml", wrong);
    let run = world.run(&["-q", "rules", "test", "my"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.text(),
        "FAILED  exampler-open match https://m.example.org/o/0123456\n\
         \x20       my/mail/exampler.toml:12:10: the rule does not match this URL: the path pattern \
         does not fit its path and query\n\
         FAILED  exampler-click match https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F\n\
         \x20       my/mail/exampler.toml:20:10: this decodes to \"https://shop.example.com/\", not to \
         \"https://shop.example.com\"\n\
         4 examples of 3 rules in 1 files: 2 passed, 2 failed, 0 not run; 0 other mistakes\n"
    );
    let run = world.run(&["rules", "test", "--json", "my"]);
    let failed: Vec<_> = run
        .json()
        .into_iter()
        .filter(|o| o["result"] == "failed")
        .collect();
    assert_eq!(failed.len(), 2);
    assert_eq!(
        (&failed[0]["line"], &failed[0]["column"]),
        (&json!(12), &json!(10))
    );
    assert_eq!(failed[1]["to"], "https://shop.example.com");
    assert_eq!(run.json().last().unwrap()["failed"], 2);
}

#[test]
fn a_rule_with_a_mistake_is_not_run() {
    let world = world();
    world.write(
        "my/mail/exampler.toml",
        EXAMPLER.replace("param:u", "parm:u"),
    );
    let run = world.run(&["rules", "test", "my"]);
    assert_eq!(run.code, 65);
    let text = run.text();
    assert!(text.contains("not run exampler-click match "), "{text}");
    assert!(text.contains("ok      exampler-open match "), "{text}");
    assert!(
        text.contains("\nMISTAKE my/mail/exampler.toml:18:11: unknown decode step \"parm\"; the steps are base32, "),
        "{text}"
    );
    assert!(
        text.contains(": 2 passed, 0 failed, 2 not run; 1 other mistakes\n"),
        "{text}"
    );
    // Of a file that does not read as rules, nothing is run.
    world.write(
        "my/mail/exampler.toml",
        EXAMPLER.replace("trust =", "trusts ="),
    );
    let run = world.run(&["-q", "rules", "test", "my"]);
    assert_eq!(run.code, 65);
    assert!(
        run.text()
            .contains(": 0 passed, 0 failed, 4 not run; 1 other mistakes\n"),
        "{}",
        run.text()
    );
}

#[test]
fn a_sound_set_is_counted() {
    let world = world();
    let run = world.run(&["rules", "check", "--json"]);
    assert_eq!(run.code, 0, "{}", run.text());
    let loaded = &run.json()[0];
    let version = loaded["version"].as_str().unwrap().to_owned();
    assert_eq!(
        loaded,
        &json!({
            "v": 1, "type": "loaded", "files": 2, "vendors": 2, "rules": 4, "off": 3,
            "kinds": { "opaque": 1, "parameter": 1, "pixel": 1, "redirect": 1 },
            "categories": { "gateway": 1, "mail": 3 }, "examples": 6, "version": version,
        })
    );
    let run = world.run(&["rules", "check", "rules"]);
    assert_eq!(
        run.text(),
        format!(
            "4 rules of 2 vendors in 2 files, 3 of them off; 6 examples hold\n\
             \x20 kinds: opaque 1, parameter 1, pixel 1, redirect 1\n\
             \x20 categories: gateway 1, mail 3\n\
             \x20 version {version}\n"
        )
    );
    // It is the version that the service names.
    let run = world.run(&["check"]);
    assert!(
        run.text().contains(&format!("version {version}")),
        "{}",
        run.text()
    );
}

#[test]
fn a_file_is_checked_without_its_directory() {
    let world = world();
    let run = world.run(&["rules", "check", "rules/gateway/guard.toml"]);
    assert_eq!(run.code, 0, "{}", run.text());
    assert!(!run.text().contains("version"), "{}", run.text());
    world.write("drafts/exampler.toml", EXAMPLER);
    let run = world.run(&["rules", "check", "drafts/exampler.toml"]);
    assert_eq!(run.code, 65);
    assert!(
        run.text()
            .starts_with("drafts/exampler.toml: the folder is no category: "),
        "{}",
        run.text()
    );
    let run = world.run(&[
        "rules",
        "check",
        "--category",
        "sales",
        "drafts/exampler.toml",
    ]);
    assert_eq!(run.code, 0, "{}", run.text());
    assert!(
        run.text().contains("  categories: sales 3\n"),
        "{}",
        run.text()
    );
}

#[test]
fn every_mistake_is_named() {
    let world = world();
    world.write(
        "my/mail/exampler.toml",
        EXAMPLER.replace("ex_mailing", "ex&mailing"),
    );
    world.write("my/mail/other.toml", GATEWAY);
    world.write("my/heuristics.toml", "not = \"ours\"\n");
    let run = world.run(&["rules", "check", "my"]);
    assert_eq!(run.code, 65);
    assert_eq!(
        run.text(),
        "my/mail/exampler.toml:25:10: \"ex&mailing\" is not a parameter's name; write it without `=`; \
         a `*` may stand at the end\n\
         my/mail/other.toml:2:6: the vendor's id must be the file's name: write id = \"other\" or \
         rename the file to guard.toml\n\
         2 mistakes in 2 files: nothing would be loaded\n"
    );
    let run = world.run(&["rules", "check", "--json", "my"]);
    let places: Vec<_> = run
        .json()
        .iter()
        .map(|o| (o["line"].clone(), o["column"].clone()))
        .collect();
    assert_eq!(places, [(json!(25), json!(10)), (json!(2), json!(6))]);
    let run = world.run(&["rules", "check", "missing.toml"]);
    assert_eq!(run.code, 65);
    assert!(
        run.text().starts_with("missing.toml: cannot read this: "),
        "{}",
        run.text()
    );
    assert_eq!(world.run(&["rules", "check", "my", "rules"]).code, 64);
}

#[test]
fn a_broken_set_is_not_listed() {
    let world = world();
    world.write("rules/mail/exampler.toml", "x");
    for command in [&["rules", "list"][..], &["rules", "show", "guard-link"]] {
        let run = world.run(command);
        assert_eq!((run.code, run.text()), (78, ""), "{command:?}");
        assert!(
            run.err.contains("rules/mail/exampler.toml:1:2: "),
            "{}",
            run.err
        );
    }
}
