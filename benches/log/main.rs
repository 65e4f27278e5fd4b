//! How fast the block log takes findings, and how much space they need: a
//! made-up year of mail goes through the recorder, as it would from the milter.
//!
//! `make bench`. LOG_BENCH_FINDINGS changes their number (5 million). The file
//! stays as target/log-bench/year.db, so that queries can be measured in it.

#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]

mod chance;
mod thread_time;
mod year;

use rusqlite::{Connection, OpenFlags};
use std::{
    env, fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};
use thread_time::{cpu_time, written};
use untrackd::telemetry::{Record, Recorder, Settings};
use year::Year;

const FINDINGS: u64 = 5_000_000;
const QUEUE: usize = 8_192;

fn main() {
    // `cargo test --benches` only asks whether it can be built.
    if !env::args().any(|arg| arg == "--bench") {
        return;
    }
    let findings = env::var("LOG_BENCH_FINDINGS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(FINDINGS);
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/log-bench");
    let path = dir.join("year.db");
    fs::create_dir_all(&dir).expect("target can be written");
    for suffix in ["db", "db-wal", "db-shm", "keys"] {
        let _ = fs::remove_file(path.with_extension(suffix));
    }
    let filled = fill(&path, findings);
    let finished = finish(&path);
    report(&path, &filled, &finished);
}

/// The recorder's settings: the whole year stays.
fn settings(path: &Path) -> Settings {
    Settings {
        path: path.to_owned(),
        keys: path.with_extension("keys"),
        queue: QUEUE,
        keep_days: 36_500,
        keep_rollup_days: 36_500,
        max_bytes: 1 << 40,
        min_free_bytes: 0,
        ..Settings::default()
    }
}

struct Filled {
    messages: u64,
    findings: u64,
    elapsed: Duration,
    /// How long the generator waited for the writer.
    waited: Duration,
    /// What the writer computed, which other programs do not disturb as much;
    /// `None` where the system does not tell.
    computed: Option<Duration>,
    /// The same for the last tenth alone, and how many findings that was.
    last: Option<(u64, Duration)>,
    /// Bytes that the writer wrote, to the write-ahead log and to the file.
    written: Option<u64>,
}

fn fill(path: &Path, findings: u64) -> Filled {
    let recorder = Recorder::start(&settings(path)).expect("the recorder starts");
    let begun = Instant::now();
    let mut waited = Duration::ZERO;
    let mut year = Year::new(findings);
    let mut messages = 0;
    let mut before_last = None;
    while let Some(event) = year.next() {
        while recorder.depth() >= QUEUE {
            let before = Instant::now();
            thread::sleep(Duration::from_millis(2));
            waited += before.elapsed();
        }
        recorder.record(event);
        messages += 1;
        if before_last.is_none() && year.findings >= findings / 10 * 9 {
            assert!(recorder.flush(Duration::from_secs(60)), "the queue drains");
            before_last = cpu_time("block-log").map(|time| (year.findings, time));
        }
    }
    assert!(recorder.flush(Duration::from_secs(60)), "the queue drains");
    let elapsed = begun.elapsed();
    let computed = cpu_time("block-log");
    let written = written("block-log");
    assert!(recorder.stop(Duration::from_secs(60)), "the recorder ends");
    assert_eq!(recorder.lost(), 0, "nothing is lost");
    Filled {
        messages,
        findings: year.findings,
        elapsed,
        waited,
        computed,
        last: before_last
            .zip(computed)
            .map(|((before, then), now)| (year.findings - before, now.saturating_sub(then))),
        written,
    }
}

struct Finished {
    /// Rows of daily sums before.
    rows: u64,
    /// What the writer computed.
    computed: Option<Duration>,
}

/// Lets the writer clean up, which in a real year it does every hour: sums of
/// finished days are packed.
fn finish(path: &Path) -> Finished {
    let connection = open(path);
    let rows = number(&connection, "SELECT count(*) FROM rollup_daily");
    let recorder = Recorder::start(&settings(path)).expect("the recorder starts");
    let state = || {
        let left = "SELECT count(*) FROM rollup_daily WHERE day < unixepoch() / 86400";
        let free = number(&connection, "PRAGMA freelist_count");
        let packed = number(&connection, "SELECT count(*) FROM rollup_packed");
        (number(&connection, left) + free, packed)
    };
    // A step takes less than a second.
    let mut before = (u64::MAX, 0);
    loop {
        thread::sleep(Duration::from_secs(1));
        let now = state();
        if now.0 == 0 && now == before {
            break;
        }
        before = now;
    }
    let computed = cpu_time("block-log");
    assert!(recorder.stop(Duration::from_secs(60)), "the recorder ends");
    Finished { rows, computed }
}

fn open(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the file can be read")
}

fn number(connection: &Connection, sql: &str) -> u64 {
    let number: i64 = connection
        .query_row(sql, [], |row| row.get(0))
        .expect("a number");
    number.unsigned_abs()
}

fn report(path: &Path, filled: &Filled, finished: &Finished) {
    let connection = open(path);
    let count = |table: &str| number(&connection, &format!("SELECT count(*) FROM {table}"));
    let (messages, rows) = (count("message"), count("finding"));
    let bytes = fs::metadata(path).expect("the file").len() as f64;
    let seconds = filled.elapsed.as_secs_f64();
    let line = |what: &str, number: f64| println!("{what:<44}{number:>12.1}");
    println!("block log, a made-up year");
    for (what, number) in [
        ("messages", filled.messages),
        ("messages with a row", messages),
        ("findings", filled.findings),
        ("findings with a row (equal ones folded)", rows),
        ("segments of the index", count("segment")),
        ("blocks of marks", count("mark")),
        ("rows of daily sums before they are packed", finished.rows),
        (
            "bytes of packed sums",
            number(&connection, "SELECT sum(length(sums)) FROM rollup_packed"),
        ),
    ] {
        println!("{what:<44}{number:>10}");
    }
    line("seconds", seconds);
    line(
        "seconds that the generator waited",
        filled.waited.as_secs_f64(),
    );
    line("findings a second", filled.findings as f64 / seconds);
    line("findings with a row a second", rows as f64 / seconds);
    line("messages a second", filled.messages as f64 / seconds);
    if let Some(computed) = filled.computed.map(|time| time.as_secs_f64()) {
        line("CPU seconds of the writer", computed);
        line(
            "findings a CPU second of the writer",
            filled.findings as f64 / computed,
        );
    }
    if let Some(computed) = finished.computed {
        line("CPU seconds of packing them", computed.as_secs_f64());
    }
    if let Some((findings, computed)) = filled.last {
        line(
            "findings a CPU second, last tenth",
            findings as f64 / computed.as_secs_f64(),
        );
    }
    if let Some(written) = filled.written {
        line(
            "pages written a message with a row",
            written as f64 / 4_096.0 / messages as f64,
        );
    }
    line("size of the file, MB", bytes / 1e6);
    line("bytes a finding", bytes / filled.findings as f64);
    line("bytes a finding with a row", bytes / rows as f64);
    line("bytes a message with a row", bytes / messages as f64);
}
