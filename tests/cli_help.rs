//! The command line itself: help, version, usage errors.

mod cli_support;

use cli_support::World;

/// Each command with the options that its help must explain.
const COMMANDS: &[(&str, &[&str])] = &[
    ("milter", &["SIGHUP", "Postfix", "watchdog"]),
    ("check", &["78", "73"]),
    (
        "scan",
        &[
            "--json",
            "--write <DIR>",
            "--jobs <N>",
            "--to <ADDRESS>",
            "--exit-code",
        ],
    ),
    ("diff", &["--raw", "--to <ADDRESS>"]),
    (
        "explain",
        &[
            "--json",
            "--to <ADDRESS>",
            "--message <FILE>",
            "--part <PART>",
            "--vector <VECTOR>",
            "--action <ACTION>",
            "--url <TEXT>",
        ],
    ),
    (
        "filter",
        &["--to <ADDRESS>", "--report <FILE>", "--pass-through", "75"],
    ),
    (
        "log",
        &[
            "[QUERY]",
            "--follow",
            "--since <TIME>",
            "--before <ID>",
            "--json",
            "--csv",
            "--fields",
            "--database <FILE>",
        ],
    ),
    ("show", &["<ID>", "--json", "Message-ID"]),
    (
        "top",
        &[
            "companies",
            "recipient-domains",
            "--days <COUNT>",
            "--csv",
            "--json",
        ],
    ),
    ("stats", &["--json"]),
];

#[test]
fn each_command_explains_its_options_with_examples() {
    let world = World::new();
    for (command, words) in COMMANDS {
        let run = world.run(&[command, "--help"]);
        assert_eq!(run.code, 0, "{command}");
        let common = [
            "Examples:",
            "--config <FILE>",
            "--verbose",
            "--quiet",
            "--color <WHEN>",
        ];
        for word in words.iter().chain(&common) {
            assert!(run.text().contains(word), "{command}: {word}");
        }
    }
}

/// Each command of `rules` likewise.
const RULES_COMMANDS: &[(&str, &[&str])] = &[
    (
        "list",
        &[
            "--category <CATEGORY>",
            "--vendor <NAME>",
            "--kind <KIND>",
            "--trust <TRUST>",
            "--json",
        ],
    ),
    ("show", &["<ID>...", "--json"]),
    ("test", &["--category <CATEGORY>", "--json", "65"]),
    ("check", &["--category <CATEGORY>", "--json", "65"]),
];

#[test]
fn each_command_of_rules_explains_its_options_with_examples() {
    let world = World::new();
    for (command, words) in RULES_COMMANDS {
        let run = world.run(&["rules", command, "--help"]);
        assert_eq!(run.code, 0, "{command}");
        for word in words.iter().chain(&["Examples:", "--config <FILE>"]) {
            assert!(run.text().contains(word), "{command}: {word}");
        }
    }
    let run = world.run(&["--help"]);
    assert!(run.text().contains("\n  rules "), "{}", run.text());
}

#[test]
fn the_help_lists_commands_and_exit_codes() {
    let run = World::new().run(&["--help"]);
    assert_eq!(run.code, 0);
    for (command, _) in COMMANDS {
        assert!(run.text().contains(&format!("\n  {command} ")), "{command}");
    }
    for code in ["64", "65", "66", "69", "73", "74", "75", "77", "78"] {
        assert!(run.text().contains(&format!("\n   {code}  ")), "{code}");
    }
}

#[test]
fn the_version_names_the_rules() {
    let run = World::new().run(&["--version"]);
    assert_eq!(run.code, 0);
    let expected = format!("untrackd {} (rules ", env!("CARGO_PKG_VERSION"));
    assert!(run.text().starts_with(&expected), "{}", run.text());
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let world = World::new();
    for arguments in [
        &["scna"][..],
        &["scan"],
        &["scan", "--jobs", "0", "x"],
        &["milter", "--colour", "red"],
        &[],
    ] {
        let run = world.run(arguments);
        assert_eq!(run.code, 64, "{arguments:?}");
        assert!(run.out.is_empty());
        assert!(!run.err.is_empty());
    }
}

#[test]
fn colour_is_written_only_where_it_is_wanted() {
    let world = World::new();
    let plain = world.run(&["check"]);
    assert!(!plain.text().contains('\x1b'));
    let coloured = world.run(&["check", "--color", "always"]);
    assert!(coloured.text().contains('\x1b'));
}
