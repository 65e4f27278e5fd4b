//! `scan`: files, directories, mailboxes, and what it writes.

mod cli_support;

use cli_support::{World, plain_mail, tree};
use std::{fs, os::unix::fs::PermissionsExt};

fn mbox() -> Vec<u8> {
    let mut mbox = Vec::new();
    for n in 1..=3 {
        mbox.extend_from_slice(b"From ann@example.org Sat Nov 21 18:40:00 2026\n");
        mbox.extend_from_slice(&plain_mail(&n.to_string()));
        mbox.extend_from_slice(b"\n");
    }
    mbox
}

#[test]
fn plain_mail_is_written_byte_for_byte() {
    let world = World::new();
    world.write("in/a.eml", plain_mail("a"));
    world.write("in/sub/b.eml", plain_mail("b"));
    world.write("in/box", mbox());
    world.write("in/empty", "");
    world.write("in/garbage", [0_u8, 255, 10, 13, 0]);
    let run = world.run(&["scan", "in", "--write", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.err, "");
    // What is no mail at all is not called clean.
    let text = run.text();
    assert!(text.starts_with("in/garbage: untouched\n"), "{text}");
    assert!(text.contains("skipped: ambiguous"), "{text}");
    assert!(text.contains("7 messages in 5 files: 0 changed"), "{text}");
    assert_eq!(tree(&world.path("in")), tree(&world.path("out")));
}

#[test]
fn a_copy_is_as_private_as_its_original() {
    let world = World::new();
    let mail = world.write("in/a.eml", plain_mail("a"));
    fs::set_permissions(&mail, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(world.run(&["scan", "in", "--write", "out"]).code, 0);
    let mode = |name: &str| fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("out/a.eml"), 0o640);
    assert_eq!(mode("out"), 0o700);
}

#[test]
fn json_has_one_object_a_message_and_the_totals() {
    let world = World::new();
    world.write("in/a.eml", plain_mail("a"));
    world.write("in/box", mbox());
    let run = world.run(&["scan", "--json", "--jobs", "3", "in"]);
    assert_eq!(run.code, 0);
    let objects = run.json();
    let kinds: Vec<_> = objects
        .iter()
        .map(|o| o["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["message", "message", "message", "message", "total"]);
    assert_eq!(objects[0]["file"], "in/a.eml");
    assert_eq!(objects[0]["message"], serde_json::Value::Null);
    assert_eq!(objects[0]["bytes"], plain_mail("a").len());
    let numbers: Vec<_> = objects[1..4]
        .iter()
        .map(|o| o["message"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(objects.iter().all(|o| o["v"] == 1));
    assert_eq!(objects[4]["messages"], 4);
    assert_eq!(objects[4]["files"], 2);
}

#[test]
fn of_a_maildir_the_delivered_messages_are_read() {
    let world = World::new();
    world.write("Maildir/cur/1:2,S", plain_mail("1"));
    world.write("Maildir/new/2", plain_mail("2"));
    world.write("Maildir/tmp/3", plain_mail("3"));
    world.write("Maildir/dovecot.index", "x");
    let run = world.run(&["scan", "Maildir", "--write", "out"]);
    assert_eq!(run.code, 0);
    let written = tree(&world.path("out"));
    let names: Vec<&str> = written.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["cur/1:2,S", "new/2"]);
}

#[test]
fn standard_input_is_a_message_too() {
    let world = World::new();
    let run = world.run_with_input(&["scan", "-v", "-"], &plain_mail("a"));
    assert_eq!(run.code, 0);
    assert!(run.text().starts_with("-: untouched\n"), "{}", run.text());
}

#[test]
fn one_bad_path_does_not_end_the_scan() {
    let world = World::new();
    world.write("a.eml", plain_mail("a"));
    let run = world.run(&["scan", "missing.eml", "a.eml"]);
    assert_eq!(run.code, 66);
    assert!(run.err.contains("missing.eml: "), "{}", run.err);
    assert!(
        run.text().contains("1 messages in 1 files") && run.text().contains("1 errors"),
        "{}",
        run.text()
    );
    let run = world.run(&["scan", "--json", "missing.eml", "a.eml"]);
    let objects = run.json();
    assert_eq!(objects[0]["type"], "error");
    assert_eq!(objects[2]["errors"], 1);
}

#[test]
fn an_original_is_never_overwritten() {
    let world = World::new();
    world.write("in/a.eml", plain_mail("a"));
    let run = world.run(&["scan", "in/a.eml", "--write", "in"]);
    assert_eq!(run.code, 66);
    assert!(run.err.contains("its own output"), "{}", run.err);
    assert_eq!(tree(&world.path("in")).len(), 1);
}

#[test]
fn a_message_above_the_limit_is_copied_unread_and_told() {
    let world = World::new();
    let mut mail = plain_mail("big");
    mail.resize(70_000, b'x');
    world.write("in/big.eml", &mail);
    let file = world.write(
        "u.toml",
        "[limits]\nmessage_bytes = 1000\nheader_bytes = 1000\n",
    );
    let config = ["--config", file.to_str().unwrap()];
    let run = world.run(&[&config[..], &["scan", "in", "--write", "out"]].concat());
    assert_eq!(run.code, 0);
    assert!(run.text().contains("skipped: oversize"), "{}", run.text());
    assert_eq!(tree(&world.path("in")), tree(&world.path("out")));
}

#[test]
fn nothing_found_is_no_finding() {
    let world = World::new();
    world.write("a.eml", plain_mail("a"));
    assert_eq!(world.run(&["scan", "--exit-code", "a.eml"]).code, 0);
}

#[test]
fn a_hostile_file_name_cannot_drive_the_terminal() {
    let world = World::new();
    world.write("in/\x1b[2Jx", plain_mail("a"));
    let run = world.run(&["scan", "-v", "in"]);
    assert!(run.text().starts_with("in/\\u{1b}[2Jx: "), "{}", run.text());
}
