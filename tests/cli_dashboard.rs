//! Users and tokens of the dashboard, on the command line.

mod cli_support;

use cli_support::World;
use std::{fs, os::unix::fs::MetadataExt};

const FILE: &str = "service/state/review/users";

fn passwd(world: &World, name: &str, more: &[&str], password: &str) -> cli_support::Run {
    let arguments = [&["dashboard", "passwd", name, "--stdin"], more].concat();
    world.run_with_input(&arguments, password.as_bytes())
}

#[test]
fn users_come_and_go() {
    let world = World::new();
    let run = world.run(&["dashboard", "users"]);
    assert_eq!((run.code, run.text()), (0, ""));
    assert!(run.err.contains("nobody yet"), "{}", run.err);
    assert_eq!(
        passwd(&world, "ada", &["--role", "admin"], "correct horse\n").code,
        0
    );
    assert_eq!(passwd(&world, "bob", &[], "battery staple").code, 0);
    let token = world.run(&["dashboard", "token", "nightly"]);
    assert_eq!(token.code, 0, "{}", token.err);
    assert_eq!(
        world.run(&["dashboard", "users"]).text(),
        "ada      admin      password\n\
         bob      read-only  password\n\
         nightly  read-only  token\n"
    );
    // Another password leaves the role alone.
    assert_eq!(passwd(&world, "ada", &[], "another password\n").code, 0);
    assert_eq!(world.run(&["dashboard", "remove", "bob"]).code, 0);
    assert_eq!(
        world.run(&["dashboard", "users"]).text(),
        "ada      admin      password\nnightly  read-only  token\n"
    );
    let again = world.run(&["dashboard", "remove", "bob"]);
    assert_eq!(again.code, 64);
    assert!(
        again.err.contains("nobody is called \"bob\""),
        "{}",
        again.err
    );
}

#[test]
fn neither_passwords_nor_tokens_stand_in_the_file() {
    let world = World::new();
    assert_eq!(passwd(&world, "ada", &[], "correct horse\n").code, 0);
    let run = world.run(&["dashboard", "token", "nightly"]);
    let token = run.text().trim();
    assert!(token.starts_with("utd_") && token.len() == 47, "{token}");
    assert!(run.err.contains("shown once") && !run.err.contains(token));
    let file = fs::read_to_string(world.path(FILE)).unwrap();
    assert!(file.contains("\nada:read-only:password:$argon2id$v=19$m=19456,t=2,p=1$"));
    assert!(!file.contains("correct horse") && !file.contains(token));
    assert_eq!(
        fs::metadata(world.path(FILE)).unwrap().mode() & 0o777,
        0o600
    );
    let audit = rusqlite::Connection::open(world.path("service/state/review/audit.db")).unwrap();
    let details: Vec<String> = audit
        .prepare("SELECT details FROM audit WHERE act = 'user-change' ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        details,
        ["password of ada (read-only)", "token nightly (read-only)"]
    );
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let world = World::new();
    assert_eq!(passwd(&world, "ada", &[], "correct horse\n").code, 0);
    let before = fs::read_to_string(world.path(FILE)).unwrap();
    for (name, password, expected) in [
        ("bob", "too short\n", "shorter than 10 characters"),
        ("bob", "", "shorter than 10 characters"),
        ("b:b", "correct horse\n", "is no name"),
        ("", "correct horse\n", "is no name"),
    ] {
        let run = passwd(&world, name, &[], password);
        assert_eq!(run.code, 64, "{name}: {}", run.err);
        assert!(run.err.contains(expected), "{}", run.err);
    }
    let run = world.run(&["dashboard", "token", "ada"]);
    assert_eq!((run.code, run.text()), (64, ""));
    assert!(run.err.contains("ada is there already"), "{}", run.err);
    // Without a terminal there is nobody to ask.
    let run = world.run_with_input(&["dashboard", "passwd", "bob"], b"");
    assert_eq!(run.code, 64);
    assert!(run.err.contains("--stdin"), "{}", run.err);
    assert_eq!(fs::read_to_string(world.path(FILE)).unwrap(), before);
}

#[test]
fn a_file_that_is_wrong_is_not_written_over() {
    let world = World::new();
    world.write(FILE, "ada:admin:password:plain\n");
    let run = world.run(&["dashboard", "users"]);
    assert_eq!(run.code, 78);
    assert!(run.err.contains("chmod 600"), "{}", run.err);
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(world.path(FILE), fs::Permissions::from_mode(0o600)).unwrap();
    let run = passwd(&world, "bob", &[], "correct horse\n");
    assert_eq!(run.code, 78);
    assert!(
        run.err.contains("line 1: this is no argon2id hash"),
        "{}",
        run.err
    );
    assert_eq!(
        fs::read_to_string(world.path(FILE)).unwrap(),
        "ada:admin:password:plain\n"
    );
}

#[test]
fn each_command_explains_itself() {
    let world = World::new();
    for (command, words) in [
        (
            vec!["dashboard", "--help"],
            vec!["--listen <ADDRESS>", "SIGHUP", "Examples:"],
        ),
        (
            vec!["dashboard", "passwd", "--help"],
            vec!["--role <ROLE>", "--stdin"],
        ),
        (
            vec!["dashboard", "token", "--help"],
            vec!["--role <ROLE>", "Bearer"],
        ),
    ] {
        let run = world.run(&command);
        assert_eq!(run.code, 0);
        for word in words {
            assert!(run.text().contains(word), "{command:?}: {word}");
        }
    }
}
