//! A block log that is locked, deleted, damaged or somebody else's.

use crate::{
    common::process::Settings,
    rig::{PATIENCE, Rig},
};
use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn path(rig: &Rig) -> PathBuf {
    rig.untrackd.directory().join("log.db")
}

/// The database with its companions, as far as they are there. The database
/// is the last: once it is gone, the milter begins a new one with companions.
fn remove(path: &Path) {
    for suffix in ["-shm", "-wal", ""] {
        let _ = fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

#[test]
fn a_locked_log_is_written_when_the_lock_is_gone() {
    let rig = Rig::start(Settings::default());
    rig.cleans();
    let other = Connection::open(path(&rig)).expect("the block log");
    other
        .execute_batch("BEGIN EXCLUSIVE")
        .expect("nobody else writes for longer than a moment");
    rig.cleans();
    rig.told("log.db: locked by another program: ");
    rig.told("; mail goes on, ");
    rig.health_says("the block log cannot be written");
    assert_eq!(rig.metric("untrackd_log_healthy"), 0.0);
    other
        .execute_batch("ROLLBACK")
        .expect("the lock is given back");
    rig.told("log.db is written again");
    rig.health_says("\"status\":\"ok\"");
    assert_eq!(rig.metric("untrackd_log_healthy"), 1.0);
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 2.0);
    // Nothing is lost that fits the queue.
    rig.logs(2);
    rig.settle();
}

#[test]
fn a_log_that_is_deleted_is_begun_anew() {
    let rig = Rig::start(Settings::default());
    rig.cleans();
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 1.0);
    remove(&path(&rig));
    rig.cleans();
    rig.told("log.db was taken away; beginning a new one");
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 2.0);
    // What came since.
    rig.logs(1);
    rig.health_says("\"status\":\"ok\"");
    rig.settle();
}

#[test]
fn a_damaged_log_is_set_aside_and_a_foreign_one_is_left_alone() {
    let mut rig = Rig::start(Settings::default());
    rig.cleans();
    let path = path(&rig);

    rig.untrackd.terminate();
    assert!(rig.untrackd.wait(PATIENCE).success());
    let junk = "this was a database once ".repeat(1_000);
    fs::write(&path, &junk).expect("the block log");
    rig.untrackd.restart();
    rig.cleans();
    rig.told("log.db is set aside as ");
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 1.0);
    rig.logs(1);
    let aside = fs::read_dir(rig.untrackd.directory())
        .expect("the milter's directory")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| path.display().to_string().contains("log.db.damaged-"))
        .expect("the damaged file");
    assert_eq!(fs::read_to_string(aside).expect("it"), junk);

    rig.untrackd.terminate();
    assert!(rig.untrackd.wait(PATIENCE).success());
    remove(&path);
    let other = Connection::open(&path).expect("a database");
    other
        .execute_batch("CREATE TABLE precious (value); INSERT INTO precious VALUES (1);")
        .expect("a table");
    drop(other);
    let before = fs::read(&path).expect("it");
    rig.untrackd.restart();
    rig.cleans();
    rig.told("log.db: the file is a database of another program; mail goes on, ");
    rig.health_says("the block log cannot be written");
    assert_eq!(fs::read(&path).expect("it"), before, "it is as it was");
    let (code, text) = rig.command(&["log"]);
    assert_ne!(code, 0, "{text}");
    remove(&path);
    rig.told("log.db is written again");
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 1.0);
    rig.settle();
}
