//! Times that can be compared with each other on a machine that does other
//! things too.
//!
//! What counts is the processor time of the thread that does the work. All
//! tasks of a comparison take turns, a short sample each. Of a task by itself
//! the cheapest sample counts, because others on the machine can only make a
//! sample dearer: they take caches, memory and clock rate away. Of one beside
//! another the median of the rounds' ratios counts: what slows the machine down
//! for a while slows both of a round down.

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
pub(crate) struct Task<'a> {
    run: Box<dyn FnMut() -> usize + 'a>,
    repeats: u32,
    /// One of each round.
    samples: Vec<Duration>,
}

impl<'a> Task<'a> {
    /// `run` does it once and returns anything that depends on the work.
    pub(crate) fn new(run: impl FnMut() -> usize + 'a) -> Self {
        Self {
            run: Box::new(run),
            repeats: 1,
            samples: Vec::new(),
        }
    }

    /// The time of one run in the cheapest sample.
    pub(crate) fn best(&self) -> Duration {
        self.samples.iter().min().copied().unwrap_or_default()
    }

    /// How many times the time of `other` it takes: the median of the rounds.
    pub(crate) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.samples.iter().zip(&other.samples);
        let mut ratios: Vec<f64> = pairs
            .map(|(own, other)| own.as_secs_f64() / other.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
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
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Lets the tasks take turns for `budget`.
pub(crate) fn in_turn(tasks: &mut [Task<'_>], budget: Duration) {
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
            task.samples.push(time);
        }
    }
}
