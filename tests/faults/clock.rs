//! A clock that jumps ahead.
//!
//! The machine's clock is not this test's to turn, so the block log's past is
//! moved instead: it was last written 400 days ago, or so it says. What a
//! clock does that jumps while the program runs, or back, the tests of the
//! reckoning show (`src/telemetry/store/reckoning.rs`).

#[path = "../telemetry_support/mod.rs"]
mod telemetry_support;

use crate::{
    common::{directory, process::Settings},
    rig::{PATIENCE, Rig},
};
use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Connection;
use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use untrackd::telemetry::{Event, Record, Recorder};

const DAYS_AGO: u64 = 400;
const OLD: usize = 5;

/// Notes what time the log's writer believed in, and for how long it has
/// doubted the clock since.
fn note(log: &Path, believed: SystemTime, doubted: Duration) {
    let believed = believed
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_millis();
    let value = format!("{believed} {}", doubted.as_millis());
    Connection::open(log)
        .expect("the block log")
        .execute("INSERT OR REPLACE INTO meta VALUES ('clock', ?1)", [value])
        .expect("the note");
}

#[test]
fn a_clock_that_is_far_ahead_deletes_nothing_for_a_day() {
    let home = directory();
    let settings = telemetry_support::settings(home.path());
    let log = settings.path.clone();
    let then = SystemTime::now() - Duration::from_secs(DAYS_AGO * 86_400);
    let recorder = Recorder::start(&settings).expect("the recorder");
    for n in 0..OLD {
        recorder.record(Event {
            at: then + Duration::from_secs(n as u64),
            ..telemetry_support::event(n as u64)
        });
    }
    assert!(recorder.stop(PATIENCE), "they are stored");
    note(&log, then, Duration::ZERO);
    // The key is as old, so that by the clock a new one is due.
    let keys = fs::read_to_string(&settings.keys).expect("the keys");
    let day = Timestamp::try_from(then).expect("a day");
    let day = day.to_zoned(TimeZone::UTC).date();
    let first = keys
        .lines()
        .find(|line| line.starts_with("1 "))
        .expect("the key");
    let secret = first.rsplit(' ').next().expect("its secret");
    let keys = format!("1 {day} {secret}\n");
    fs::write(&settings.keys, &keys).expect("the keys");

    let mut rig = Rig::start(Settings {
        log_path: Some(log.clone()),
        log: format!("keys = {:?}", settings.keys),
        ..Settings::default()
    });
    rig.told("block log: the clock is 9600 hours ahead of when the log was last written");
    rig.health_says("the clock is far ahead of when the block log was last written");
    rig.cleans();
    rig.logs(OLD + 1);
    assert_eq!(
        fs::read_to_string(&settings.keys).expect("the keys"),
        keys,
        "no key is renewed"
    );
    rig.untrackd.terminate();
    assert!(rig.untrackd.wait(PATIENCE).success());
    let (code, text) = rig.command(&["stats"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("clock_ahead_hours"), "{text}");

    // The day is over.
    note(&log, then, Duration::from_secs(86_400));
    rig.untrackd.restart();
    rig.cleans();
    // The old ones are gone.
    rig.logs(2);
    rig.told("block log: pseudonyms are made with a new key, number 2");
    rig.health_says("\"status\":\"ok\"");
    rig.settle();
}
