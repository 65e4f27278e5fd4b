//! Cost against the number of findings in the block log.

use crate::{plot::Plot, show, thread_time::cpu_time, year::Year};
use std::{fs, thread, time::Duration};
use untrackd::telemetry::{Record, Recorder, Settings};

const FINDINGS: &[u64] = &[30_000, 100_000, 300_000, 1_000_000];

const QUEUE: usize = 8_192;

/// No queue takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plots it.
pub(crate) fn run() {
    let (mut time, mut size) = (Vec::new(), Vec::new());
    for findings in FINDINGS {
        let (micros, bytes) = fill(*findings);
        time.push((*findings as f64, micros));
        size.push((*findings as f64, bytes));
    }
    let plot = |title: &str, y_label: &str, line: &str, points| Plot {
        title: title.to_owned(),
        x_label: "findings".to_owned(),
        y_label: y_label.to_owned(),
        log_x: true,
        log_y: false,
        lines: vec![(line.to_owned(), points)],
    };
    let time = plot(
        "Writing the block log",
        "processor time a finding, µs",
        "writer",
        time,
    );
    show(&time, "log.svg");
    let size = plot("The block log's file", "bytes a finding", "file", size);
    show(&size, "log-size.svg");
}

/// Writes a year with so many findings: what one costs, in microseconds of the
/// writer, and in bytes.
fn fill(findings: u64) -> (f64, f64) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("log.db");
    let recorder = Recorder::start(&Settings {
        path: path.clone(),
        keys: dir.path().join("log.keys"),
        queue: QUEUE,
        // The whole year stays.
        keep_days: 36_500,
        keep_rollup_days: 36_500,
        max_bytes: 1 << 40,
        min_free_bytes: 0,
        ..Settings::default()
    })
    .expect("the recorder starts");
    let mut year = Year::new(findings);
    for event in year.by_ref() {
        while recorder.depth() >= QUEUE {
            thread::sleep(Duration::from_millis(2));
        }
        recorder.record(event);
    }
    assert!(recorder.flush(PATIENCE), "the queue drains");
    let computed = cpu_time("block-log").unwrap_or_default();
    assert!(recorder.stop(PATIENCE), "the recorder ends");
    assert_eq!(recorder.lost(), 0, "nothing is lost");
    let bytes = fs::metadata(&path).expect("the file").len();
    let count = year.findings as f64;
    (computed.as_secs_f64() * 1e6 / count, bytes as f64 / count)
}
