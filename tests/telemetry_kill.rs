//! SIGKILL at any moment costs at most the last 200 ms of the block log, and
//! never the file.
//!
//! A child of this test binary records events and tells about each one it has
//! recorded; it is killed at random, over and over. What it told, and when by
//! its own clock, is compared with what the file holds. UNTRACKD_TEST_KILLS
//! changes how often (100).

mod telemetry_support;

use rusqlite::Connection;
use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use telemetry_support::{event, is_sound};
use tempfile::TempDir;
use untrackd::telemetry::{Record, Recorder, Settings};

const KILLS: u64 = 100;
/// Two at a time; more would measure the machine.
const LANES: u64 = 2;
/// Kills of one file, so that it has a past, but checking it stays quick.
const KILLS_A_FILE: u64 = 10;
/// From one event to the next in the child.
const PACE: Duration = Duration::from_micros(200);
/// What may be lost.
const WINDOW_US: u64 = 200_000;

/// A directory in memory, if there is one: what a disk needs, that other
/// programs write to, is no matter of ours, and a kill leaves the page cache
/// alone in either case.
fn directory() -> TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn settings(dir: &Path) -> Settings {
    Settings {
        // Containers have little memory for files.
        min_free_bytes: 0,
        ..telemetry_support::settings(dir)
    }
}

/// What the child told: one line an event.
#[derive(Clone, Copy, Debug)]
struct Told {
    /// The number of the event, which is in its queue id.
    n: u64,
    /// When it had been recorded, in microseconds of the child's clock.
    at_us: u64,
    /// How many events of this child were stored by then.
    stored: u64,
    /// How long the writer had been ready to run by then while other programs
    /// had the processors.
    waited_us: u64,
}

/// Not a test of its own: the child.
#[test]
fn record_until_killed() {
    let Some(dir) = env::var_os("UNTRACKD_TEST_KILL_DIR") else {
        return;
    };
    let dir = Path::new(&dir);
    let first: u64 = env::var("UNTRACKD_TEST_KILL_FIRST")
        .unwrap()
        .parse()
        .unwrap();
    let mut story = fs::File::create(dir.join("story")).unwrap();
    let recorder = Recorder::start(&settings(dir)).unwrap();
    let begun = Instant::now();
    let mut account = Account::default();
    for n in first.. {
        recorder.record(event(n));
        let stored = recorder.statistics().stored;
        // One write, so that a line is there or not.
        let at_us = u64::try_from(begun.elapsed().as_micros()).unwrap();
        let waited_us = account.waited_us(at_us);
        let line = format!("{n} {at_us} {stored} {waited_us}\n");
        story.write_all(line.as_bytes()).unwrap();
        thread::sleep(PACE);
        if begun.elapsed() > Duration::from_secs(20) {
            return;
        }
    }
}

/// The kernel's account of the writer.
#[derive(Default)]
struct Account {
    task: Option<PathBuf>,
    /// Nanoseconds on a processor and waiting for one, as last seen.
    seen: (u64, u64),
    /// When that was seen first, or the thread had nothing to do.
    since_us: u64,
}

impl Account {
    /// Where it is, once the thread has given itself its name.
    fn find(name: &str) -> Option<PathBuf> {
        let mut tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
        let is_it = |task: &PathBuf| {
            fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == name)
        };
        tasks.find_map(|task| Some(task.path()).filter(is_it))
    }

    /// How long it has waited for a processor so far.
    fn waited_us(&mut self, now_us: u64) -> u64 {
        if self.task.is_none() {
            self.task = Self::find("block-log");
        }
        let Some(task) = &self.task else {
            // It has had no processor at all.
            return now_us;
        };
        let read = |file: &str| fs::read_to_string(task.join(file)).ok();
        // sched-stats.rst
        let schedule = read("schedstat").unwrap();
        let mut times = schedule.split_whitespace().map(|n| n.parse().unwrap());
        let seen = (times.next().unwrap(), times.next().unwrap());
        // What it waits at this moment is added only when it runs again.
        let is_ready = read("stat").unwrap().contains(") R ");
        if !is_ready || seen != self.seen {
            (self.seen, self.since_us) = (seen, now_us);
        }
        seen.1 / 1_000 + (now_us - self.since_us)
    }
}

fn story(dir: &Path) -> Vec<Told> {
    let text = fs::read_to_string(dir.join("story")).unwrap_or_default();
    let lines = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    lines
        .map(|line| {
            let mut numbers = line.split_whitespace().map(|n| n.parse().unwrap());
            let mut next = || numbers.next().unwrap();
            Told {
                n: next(),
                at_us: next(),
                stored: next(),
                waited_us: next(),
            }
        })
        .collect()
}

/// The numbers of the stored events from this one on, in order of their ids.
fn stored(path: &Path, first: u64) -> Vec<u64> {
    if !path.exists() {
        return Vec::new();
    }
    let connection = Connection::open(path).unwrap();
    let Ok(mut statement) = connection.prepare("SELECT queue_id FROM message ORDER BY id") else {
        // Killed before there were tables.
        return Vec::new();
    };
    let ids = statement
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap();
    ids.map(|id| id.unwrap().trim_start_matches("4QUEUE").parse().unwrap())
        .filter(|n| *n >= first)
        .collect()
}

/// What one kill cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    events: u64,
    /// How long before the last sign of life the first lost event had been
    /// recorded.
    us: u64,
    /// How long of that the writer waited for a processor.
    waited_us: u64,
}

/// Starts the child, kills it after so long, and looks at what is left.
fn kill(dir: &Path, first: u64, after: Duration) -> (u64, Option<Cost>) {
    let _ = fs::remove_file(dir.join("story"));
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "record_until_killed", "--test-threads", "1"])
        .env("UNTRACKD_TEST_KILL_DIR", dir)
        .env("UNTRACKD_TEST_KILL_FIRST", first.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();

    let path = settings(dir).path;
    assert!(!path.exists() || is_sound(&path));
    let stored = stored(&path, first);
    // No gap, and in the order in which they were recorded.
    let expected: Vec<u64> = (first..).take(stored.len()).collect();
    assert_eq!(stored, expected);

    let story = story(dir);
    let next = first + stored.len() as u64;
    let Some(last) = story.last() else {
        return (next.max(first + 1), None);
    };
    // Whatever the child took for stored is there.
    assert!(
        stored.len() as u64 >= last.stored,
        "{} of {} that the child saw stored",
        stored.len(),
        last.stored
    );
    let lost = story.iter().find(|told| told.n >= next);
    let cost = Cost {
        events: (last.n + 1).saturating_sub(next),
        us: lost.map_or(0, |told| last.at_us - told.at_us),
        waited_us: lost.map_or(0, |told| last.waited_us.saturating_sub(told.waited_us)),
    };
    (next.max(last.n + 1), Some(cost))
}

fn lane(lane: u64, kills: u64) -> Vec<Cost> {
    let mut costs = Vec::new();
    let mut dir = directory();
    let mut first = 0;
    for n in 0..kills {
        if n % KILLS_A_FILE == 0 {
            dir = directory();
            first = 0;
        }
        // Any moment from before the file is opened to well after the window,
        // spread evenly (the golden ratio), with a start of its own each run.
        let spread = (n * LANES + lane).wrapping_mul(618_034) % 1_000_000;
        let shift = u64::from(std::process::id()) * 7_919 % 1_000_000;
        let after = Duration::from_micros((spread + shift) % 1_000_000 / 2);
        let cost;
        (first, cost) = kill(dir.path(), first, after);
        costs.extend(cost);
    }
    costs
}

#[test]
fn a_killed_process_loses_the_last_moment_only() {
    let kills = env::var("UNTRACKD_TEST_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    let lanes: Vec<_> = (0..LANES)
        .map(|n| thread::spawn(move || lane(n, kills.div_ceil(LANES))))
        .collect();
    let mut costs: Vec<Cost> = lanes
        .into_iter()
        .flat_map(|lane| lane.join().unwrap())
        .collect();
    costs.sort_by_key(|cost| cost.us);
    println!("{kills} kills, {} of them while recording", costs.len());
    for (which, cost) in [
        ("middle", costs.get(costs.len() / 2)),
        ("worst", costs.last()),
    ] {
        if let Some(cost) = cost {
            println!(
                "lost, {which}: {} events of {} ms, of which the writer had no processor for {} ms",
                cost.events,
                cost.us / 1_000,
                cost.waited_us / 1_000
            );
        }
    }
    // How busy the machine is beside is no matter of ours.
    let dear: Vec<&Cost> = costs
        .iter()
        .filter(|cost| cost.us - cost.waited_us.min(cost.us) > WINDOW_US)
        .collect();
    assert!(dear.is_empty(), "{dear:?} of {} kills", costs.len());
}
