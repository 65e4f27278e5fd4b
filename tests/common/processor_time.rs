//! What work takes of the processor, so that what else the machine does
//! counts little, and how that grows with the input.

#![allow(dead_code, reason = "not every test uses all of it")]

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Times below are not told apart: too much of them is not the work.
const FLOOR: Duration = Duration::from_millis(2);

/// The time that this thread has used a processor for. (What /proc says of it
/// is only as new as the last tick.)
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// What one run takes.
pub(crate) fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = processor_time();
    drop(work());
    processor_time().saturating_sub(start)
}

/// Holds that work on an input made for `8 * size` takes less than 27 times as
/// long as on one made for `size`, each the shortest of three runs, or of up
/// to twenty while the machine is busy. What is quadratic takes 64 times as
/// long.
///
/// # Panics
///
/// If it takes longer.
pub(crate) fn grows_with_the_input<I, T>(
    name: &str,
    size: usize,
    input: impl Fn(usize) -> I,
    work: impl Fn(&I) -> T,
) {
    let (small, large) = (input(size), input(8 * size));
    let (mut before, mut after) = (Duration::MAX, Duration::MAX);
    for run in 1..=20 {
        before = before.min(time(|| work(&small)));
        after = after.min(time(|| work(&large)));
        if run >= 3 && after <= before.max(FLOOR) * 27 {
            return;
        }
    }
    panic!("{name}: {before:?}, and {after:?} for eight times the input");
}
