//! What the kernel says a process uses (proc(5)).

use std::{fs, time::Duration};

/// Resident memory in KiB.
pub(crate) fn rss(pid: u32) -> Option<u64> {
    status(pid, "VmRSS:")
}

/// The most resident memory so far, in KiB.
pub(crate) fn peak_rss(pid: u32) -> Option<u64> {
    status(pid, "VmHWM:")
}

/// Lets [`peak_rss`] begin anew at what is resident now. Says whether the
/// kernel did so: it does for the process's own user and for root.
pub(crate) fn forget_peak(pid: u32) -> bool {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").is_ok()
}

fn status(pid: u32, name: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Open file descriptors.
pub(crate) fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count)
}

/// Processor time of the threads that there are now, to the nanosecond.
pub(crate) fn processor_time(pid: u32) -> Duration {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return Duration::ZERO;
    };
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|stat| time_on_processor(&stat))
        .sum()
}

/// Processor time of the calling thread.
pub(crate) fn own_time() -> Duration {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|stat| time_on_processor(&stat))
        .unwrap_or_default()
}

fn time_on_processor(schedstat: &str) -> Option<Duration> {
    let nanoseconds = schedstat.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// Processor time of a process, user and system, with that of threads that
/// have ended; in steps of a clock tick, 10 ms.
pub(crate) fn total_time(pid: u32) -> Duration {
    let ticks = fs::read_to_string(format!("/proc/{pid}/stat"))
        .ok()
        .and_then(|stat| {
            // The name of the program, in parentheses, may hold anything.
            let (_, fields) = stat.rsplit_once(')')?;
            let mut fields = fields.split_ascii_whitespace().skip(11);
            let user: u64 = fields.next()?.parse().ok()?;
            let system: u64 = fields.next()?.parse().ok()?;
            Some(user + system)
        });
    let tick = Duration::from_secs(1) / TICKS;
    tick * u32::try_from(ticks.unwrap_or_default()).unwrap_or(u32::MAX)
}

/// Clock ticks a second, as proc(5) counts (`USER_HZ` of Linux).
const TICKS: u32 = 100;
