//! How fast the block log takes findings, and how much space they need: a
//! made-up year of mail goes through the recorder, as it would from the milter.
//!
//! `make bench`. LOG_BENCH_FINDINGS changes their number (5 million). The file
//! stays as target/log-bench/year.db, so that queries can be measured in it.

#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]

mod chance;
mod year;

use rusqlite::{Connection, OpenFlags};
use std::{
    env, fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};
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
    report(&path, &filled);
}

struct Filled {
    messages: u64,
    findings: u64,
    elapsed: Duration,
    /// How long the generator waited for the writer.
    waited: Duration,
}

fn fill(path: &Path, findings: u64) -> Filled {
    let settings = Settings {
        path: path.to_owned(),
        keys: path.with_extension("keys"),
        queue: QUEUE,
        // The whole year stays.
        keep_days: 36_500,
        keep_rollup_days: 36_500,
        max_bytes: 1 << 40,
        min_free_bytes: 0,
        ..Settings::default()
    };
    let recorder = Recorder::start(&settings).expect("the recorder starts");
    let begun = Instant::now();
    let mut waited = Duration::ZERO;
    let mut year = Year::new(findings);
    let mut messages = 0;
    for event in year.by_ref() {
        while recorder.depth() >= QUEUE {
            let before = Instant::now();
            thread::sleep(Duration::from_millis(2));
            waited += before.elapsed();
        }
        recorder.record(event);
        messages += 1;
    }
    assert!(recorder.flush(Duration::from_secs(60)), "the queue drains");
    let elapsed = begun.elapsed();
    assert!(recorder.stop(Duration::from_secs(60)), "the recorder ends");
    assert_eq!(recorder.lost(), 0, "nothing is lost");
    Filled {
        messages,
        findings: year.findings,
        elapsed,
        waited,
    }
}

fn report(path: &Path, filled: &Filled) {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the file can be read");
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        connection
            .query_row(&sql, [], |row| row.get(0))
            .expect("a table")
    };
    let bytes = fs::metadata(path).expect("the file").len();
    let rows = count("finding");
    let seconds = filled.elapsed.as_secs_f64();
    println!("block log, a made-up year");
    println!("  messages taken              {:>12}", filled.messages);
    println!("  findings, before folding    {:>12}", filled.findings);
    println!("  rows of messages            {:>12}", count("message"));
    println!("  rows of findings            {rows:>12}");
    println!("  marks                       {:>12}", count("mark"));
    println!("  seconds                     {seconds:>12.1}");
    println!(
        "    generator waited          {:>12.1}",
        filled.waited.as_secs_f64()
    );
    println!(
        "  findings a second           {:>12.0}",
        filled.findings as f64 / seconds
    );
    println!(
        "  rows of findings a second   {:>12.0}",
        rows as f64 / seconds
    );
    println!(
        "  messages a second           {:>12.0}",
        filled.messages as f64 / seconds
    );
    println!("  file, MB                    {:>12.1}", bytes as f64 / 1e6);
    println!(
        "  bytes a finding             {:>12.1}",
        bytes as f64 / filled.findings as f64
    );
    println!(
        "  bytes a row of findings     {:>12.1}",
        bytes as f64 / rows as f64
    );
    println!(
        "  bytes a message row         {:>12.1}",
        bytes as f64 / count("message") as f64
    );
}
