//! Times that can be compared with each other on a machine that does other
//! things too.
//!
//! What counts is the processor time of the thread that does the work. All
//! tasks of a comparison take turns, a short sample each, and the cheapest
//! sample of each counts, because others on the machine can only make a sample
//! dearer: they take caches, memory and clock rate away.

use rustix::time::{ClockId, clock_gettime};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Short samples are repeated up to this.
const SAMPLE: Duration = Duration::from_micros(300);

/// No figure comes from fewer samples.
const FEWEST: usize = 7;

/// Something that is measured.
pub struct Task<'a> {
    run: Box<dyn FnMut() -> usize + 'a>,
    repeats: u32,
    best: Duration,
}

impl<'a> Task<'a> {
    /// `run` does it once and returns anything that depends on the work.
    pub fn new(run: impl FnMut() -> usize + 'a) -> Self {
        Self {
            run: Box::new(run),
            repeats: 1,
            best: Duration::MAX,
        }
    }

    /// The time of one run in the cheapest sample.
    pub fn best(&self) -> Duration {
        self.best
    }

    fn sample(&mut self) -> Duration {
        let begun = processor_time();
        for _ in 0..self.repeats {
            black_box((self.run)());
        }
        processor_time().saturating_sub(begun) / self.repeats
    }
}

/// What this thread has computed so far.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Lets the tasks take turns for `budget`.
pub fn in_turn(tasks: &mut [Task<'_>], budget: Duration) {
    for task in &mut *tasks {
        // The first run fills caches.
        let _ = task.sample();
        let once = task.sample().max(Duration::from_nanos(1));
        let repeats = SAMPLE.as_nanos() / once.as_nanos();
        task.repeats = u32::try_from(repeats).unwrap_or(u32::MAX).max(1);
    }
    let begun = Instant::now();
    let mut rounds = 0;
    while rounds < FEWEST || begun.elapsed() < budget {
        rounds += 1;
        for task in &mut *tasks {
            let time = task.sample();
            task.best = task.best.min(time);
        }
    }
}
