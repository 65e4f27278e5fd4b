//! What is lost when the block log cannot be written: each case is counted by
//! its cause, mail goes on, and so does the log as soon as it can.

mod telemetry_support;

use rusqlite::Connection;
use std::{
    env, fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant, UNIX_EPOCH},
};
use telemetry_support::{PATIENCE, event, files, is_sound, settings, until};
use untrackd::telemetry::{Event, Record, Recorder, Settings};

fn queue_ids(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT queue_id FROM message ORDER BY id")
        .unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// How often this thread has waited for something (proc(5), status).
fn waits() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap()
}

fn messages(path: &Path) -> usize {
    queue_ids(path).len()
}

fn set_aside(dir: &Path) -> Vec<PathBuf> {
    let mut found = files(dir);
    found.retain(|path| {
        let path = path.display().to_string();
        path.contains("log.db.damaged-") && !path.ends_with("-wal") && !path.ends_with("-shm")
    });
    found
}

#[test]
fn a_locked_database_never_delays_mail() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue: 100,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    // Room for 512 in the writer's hand and 100 in the queue.
    let before = waits();
    for n in 1..=2_000 {
        recorder.record(event(n));
    }
    // Whoever waits for the database, or for room, gives the processor back
    // each time; the queue's lock is held by somebody else now and then.
    let waited = waits() - before;
    assert!(waited < 200, "{waited} of 2,000 waited");
    until("the lock is noticed", || {
        recorder.statistics().is_obstructed
    });
    let statistics = recorder.statistics();
    assert!(!statistics.is_healthy);
    assert!(statistics.lost >= 2_000 - 612, "{statistics:?}");
    assert_eq!(statistics.lost_by.space, 0);
    assert!(statistics.depth <= 100, "{statistics:?}");
    assert_eq!(statistics.stored, 1);
    assert!(!recorder.flush(Duration::from_millis(50)));

    other.execute_batch("ROLLBACK").unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    let statistics = recorder.statistics();
    assert_eq!(statistics.taken + statistics.lost, 2_001);
    assert_eq!(messages(&settings.path) as u64, statistics.stored);
    assert_eq!(statistics.stored, statistics.taken);
}

#[test]
fn stopping_gives_up_at_the_deadline_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 1..=5 {
        recorder.record(event(n));
    }
    let begun = Instant::now();
    assert!(!recorder.stop(Duration::from_millis(300)));
    assert!(begun.elapsed() < Duration::from_secs(5));
    until("the writer has ended", || recorder.lost() == 5);
    recorder.record(event(6));
    assert_eq!(recorder.lost(), 6);
}

#[test]
fn a_damaged_file_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let garbage = "this was a database once ".repeat(1_000);
    fs::write(&settings.path, &garbage).unwrap();
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(recorder.lost(), 0);
    let aside = set_aside(dir.path());
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(fs::read_to_string(&aside[0]).unwrap(), garbage);
    assert_eq!(messages(&settings.path), 1);
}

#[test]
fn a_file_of_junk_behind_a_sound_beginning_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..500 {
        recorder.record(event(n));
    }
    assert!(recorder.stop(PATIENCE));
    // Every page but the first is overwritten.
    let mut bytes = fs::read(&settings.path).unwrap();
    bytes[4_096..].fill(0xa5);
    fs::write(&settings.path, bytes).unwrap();
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..10 {
        recorder.record(event(n));
    }
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert!(is_sound(&settings.path));
    assert_eq!(messages(&settings.path), 10);
}

#[test]
fn a_file_that_is_taken_away_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    // Once the database is gone, a new one is begun, with companions.
    for suffix in ["-shm", "-wal", ""] {
        fs::remove_file(dir.path().join(format!("log.db{suffix}"))).unwrap();
    }
    recorder.record(event(1));
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(queue_ids(&settings.path), ["4QUEUE1"]);
}

#[test]
fn a_place_that_cannot_be_written_is_retried() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(dir.path());
    // A file where a folder should be.
    let obstacle = dir.path().join("sub");
    fs::write(&obstacle, "").unwrap();
    settings.path = obstacle.join("log.db");
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    until("the trouble is noticed", || {
        recorder.statistics().failures > 0
    });
    fs::remove_file(&obstacle).unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(recorder.lost(), 0);
}

/// Not a test of its own: the other program that locks the database.
#[test]
fn hold_a_lock_until_told() {
    let Some(path) = env::var_os("UNTRACKD_TEST_LOCK") else {
        return;
    };
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    fs::write(env::var_os("UNTRACKD_TEST_LOCKED").unwrap(), "").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn lock(path: &Path, flag: &Path) -> Child {
    let child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "hold_a_lock_until_told"])
        .env("UNTRACKD_TEST_LOCK", path)
        .env("UNTRACKD_TEST_LOCKED", flag)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until("the lock is held", || flag.exists());
    child
}

#[test]
fn a_lock_of_another_process_costs_what_does_not_fit_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue: 10,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let mut other = lock(&settings.path, &dir.path().join("locked"));
    recorder.record(event(1));
    until("the lock is noticed", || {
        recorder.statistics().is_obstructed
    });
    // 512 in the writer's hand, 10 in the queue.
    for n in 2..=1_000 {
        recorder.record(event(n));
    }
    let lost = recorder.statistics().lost_by;
    assert!(lost.database > 0, "{lost:?}");
    assert_eq!((lost.queue, lost.space), (0, 0));
    other.stdin.take().unwrap().write_all(b"x").unwrap();
    other.wait().unwrap();
    assert!(recorder.stop(PATIENCE));
    let statistics = recorder.statistics();
    assert!(statistics.is_healthy);
    assert_eq!(statistics.stored + statistics.lost, 1_001);
    assert_eq!(messages(&settings.path) as u64, statistics.stored);
}

#[test]
fn a_lock_at_the_start_delays_the_log_only() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    let mut other = lock(&settings.path, &dir.path().join("locked"));
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    until("the lock is noticed", || {
        recorder.statistics().is_obstructed
    });
    other.stdin.take().unwrap().write_all(b"x").unwrap();
    other.wait().unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(recorder.lost(), 0);
    assert_eq!(messages(&settings.path), 1);
}

#[test]
fn bytes_overwritten_in_the_middle_cost_what_was_logged_before() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..2_000 {
        recorder.record(event(n));
    }
    assert!(recorder.stop(PATIENCE));
    let mut bytes = fs::read(&settings.path).unwrap();
    let third = bytes.len() / 3;
    bytes[third..2 * third].fill(0xa5);
    fs::write(&settings.path, bytes).unwrap();

    // It is noticed when one of these pages is needed, at the latest when the
    // messages in it are due to go.
    let recorder = Recorder::start(&settings).unwrap();
    let mut n = 10_000;
    until("the damage is noticed", || {
        recorder.record(event(n));
        n += 1;
        !set_aside(dir.path()).is_empty()
    });
    recorder.record(event(n));
    assert!(recorder.stop(PATIENCE));
    let statistics = recorder.statistics();
    assert!(statistics.failures > 0 && statistics.is_healthy);
    assert_eq!(statistics.lost, 0);
    assert!(is_sound(&settings.path));
    // What was being written when it was noticed is in the new file.
    assert_eq!(
        queue_ids(&settings.path).last(),
        Some(&format!("4QUEUE{n}"))
    );
}

#[test]
fn with_too_little_free_nothing_is_written_and_space_is_the_cause() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue: 10,
        // More than any disk has.
        min_free_bytes: u64::MAX,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    let mut n = 0;
    until("it is noticed", || {
        for _ in 0..100 {
            recorder.record(event(n));
            n += 1;
        }
        recorder.statistics().lost_by.space > 0
    });
    let noticed = recorder.statistics();
    assert!(!noticed.is_healthy);
    assert_eq!((noticed.stored, noticed.failures), (0, 0));
    assert!(!recorder.stop(Duration::from_millis(300)));
    until("the writer has ended", || recorder.lost() == n);
    let lost = recorder.statistics().lost_by;
    // What the queue refused before is none of it, what waited is.
    assert_eq!(lost.queue, noticed.lost_by.queue);
    assert_eq!(lost.database, 0);
    assert!(lost.space > noticed.taken, "{lost:?}");
    assert_eq!(messages(&settings.path), 0);
}

#[test]
fn with_too_little_free_old_messages_go_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..5 {
        recorder.record(Event {
            at: UNIX_EPOCH,
            ..event(n)
        });
    }
    assert!(recorder.stop(PATIENCE));
    assert_eq!(messages(&settings.path), 5);
    let recorder = Recorder::start(&Settings {
        keep_days: 1,
        min_free_bytes: u64::MAX,
        ..settings.clone()
    })
    .unwrap();
    recorder.record(event(5));
    until("they are gone", || messages(&settings.path) == 0);
    assert_eq!(recorder.statistics().stored, 0);
}

/// A small file system of its own; `None` if this user may not mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        mounted.then_some(Self(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_holds_messages_back_until_there_is_space() {
    // Once SQLite runs into the end, once untrackd stops before it.
    for min_free_bytes in [0, 3 << 20] {
        let Some(disk) = SmallDisk::new("12m") else {
            eprintln!("skipped: mounting a tmpfs needs root");
            return;
        };
        let settings = Settings {
            queue: 100,
            min_free_bytes,
            ..settings(disk.0.path())
        };
        let recorder = Recorder::start(&settings).unwrap();
        recorder.record(event(0));
        assert!(recorder.flush(PATIENCE));
        let filler = disk.0.path().join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        while file.write_all(&[0; 4_096]).is_ok() {}
        let mut n = 0;
        until("the end of the disk is noticed", || {
            n += 1;
            recorder.record(event(n));
            !recorder.statistics().is_healthy
        });
        let before = recorder.statistics().lost_by;
        for _ in 0..1_000 {
            n += 1;
            recorder.record(event(n));
        }
        let lost = recorder.statistics().lost_by;
        assert!(lost.space > before.space, "{lost:?}");
        assert_eq!((lost.queue, lost.database), (before.queue, 0));
        drop(file);
        fs::remove_file(&filler).unwrap();
        // Not all that waited fits: only that it goes on.
        let stored = recorder.statistics().stored;
        until("it goes on", || recorder.statistics().stored > stored);
        recorder.stop(PATIENCE);
        until("the writer has ended", || {
            let statistics = recorder.statistics();
            statistics.stored + statistics.lost == n + 1
        });
        let statistics = recorder.statistics();
        assert!(is_sound(&settings.path));
        assert_eq!(messages(&settings.path) as u64, statistics.stored);
    }
}
