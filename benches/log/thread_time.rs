//! What one thread of this process has cost, from proc(5).

use std::{fs, time::Duration};

/// A file of proc(5) about the thread with this name.
fn thread_file(name: &str, file: &str) -> Option<String> {
    let tasks = fs::read_dir("/proc/self/task").ok()?.flatten();
    let mut tasks = tasks.map(|task| task.path());
    let task = tasks
        .find(|task| fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == name))?;
    fs::read_to_string(task.join(file)).ok()
}

/// CPU time of the thread with this name (fields 14 and 15 of `stat`, in
/// hundredths of a second).
pub(crate) fn cpu_time(name: &str) -> Option<Duration> {
    let stat = thread_file(name, "stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |n: usize| fields.get(n)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// Bytes that the thread with this name has written.
pub(crate) fn written(name: &str) -> Option<u64> {
    let io = thread_file(name, "io")?;
    let line = io.lines().find_map(|line| line.strip_prefix("wchar:"))?;
    line.trim().parse().ok()
}
