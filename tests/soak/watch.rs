//! What the kernel says about the milter while it works.

use super::common::usage::rss;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Resident memory at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Messages that had been answered.
    pub(crate) messages: f64,
    /// KiB.
    pub(crate) rss: f64,
}

/// Samples a process's memory until it is told to stop.
pub(crate) struct Watch {
    stop: AtomicBool,
    samples: Mutex<Vec<Sample>>,
}

impl Watch {
    pub(crate) fn new() -> Self {
        Self {
            stop: AtomicBool::new(false),
            samples: Mutex::new(Vec::new()),
        }
    }

    /// Samples every `interval`; `messages` says how far it is.
    pub(crate) fn run(&self, pid: u32, interval: Duration, messages: impl Fn() -> u64) {
        let mut next = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            if Instant::now() >= next {
                next += interval;
                if let Some(rss) = rss(pid) {
                    self.samples.lock().expect("samples").push(Sample {
                        messages: messages() as f64,
                        rss: rss as f64,
                    });
                }
            }
            thread::sleep(interval.min(Duration::from_millis(10)));
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.samples.lock().expect("samples").clone()
    }
}

/// How memory went.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Median after the warm-up: of the second fifth. KiB.
    pub(crate) early: f64,
    /// Median of the last fifth. KiB.
    pub(crate) late: f64,
    /// The most. KiB.
    pub(crate) max: f64,
    /// Least squares after the first fifth, in KiB for 1,000 messages.
    pub(crate) slope: f64,
    pub(crate) samples: usize,
}

impl Memory {
    /// Sums up samples in their order. Those from before the first message
    /// and after the last one do not count.
    pub(crate) fn of(samples: &[Sample]) -> Option<Self> {
        let (first, last) = (samples.first()?.messages, samples.last()?.messages);
        let begun = samples.iter().rposition(|s| s.messages == first)?;
        let ended = samples.iter().position(|s| s.messages == last)?;
        let samples = samples.get(begun..=ended)?;
        let n = samples.len();
        // Fifths of fewer would say nothing.
        if n < 10 {
            return None;
        }
        let fifth = |i: usize| median(&samples[n * i / 5..n * (i + 1) / 5]);
        Some(Self {
            early: fifth(1),
            late: fifth(4),
            max: samples.iter().map(|s| s.rss).fold(0.0, f64::max),
            slope: slope(&samples[n / 5..]) * 1000.0,
            samples: n,
        })
    }

    /// Whether the last fifth needs hardly more than the second one did.
    pub(crate) fn is_flat(&self) -> bool {
        self.late <= self.early * 1.1 + 16.0 * 1024.0
    }
}

fn median(samples: &[Sample]) -> f64 {
    let mut values: Vec<f64> = samples.iter().map(|s| s.rss).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The slope of the straight line with the least squares.
fn slope(samples: &[Sample]) -> f64 {
    let n = samples.len() as f64;
    let mean = |value: fn(&Sample) -> f64| samples.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|s| s.messages), mean(|s| s.rss));
    let covariance: f64 = samples.iter().map(|s| (s.messages - x) * (s.rss - y)).sum();
    let variance: f64 = samples.iter().map(|s| (s.messages - x).powi(2)).sum();
    if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    }
}

#[test]
fn memory_that_grows_is_told_from_memory_that_does_not() {
    let samples = |rss: fn(f64) -> f64| -> Vec<Sample> {
        (0..100)
            .map(|i| f64::from(i) * 100.0)
            .map(|messages| Sample {
                messages,
                rss: rss(messages),
            })
            .collect()
    };
    // 10 KiB a message: 100 MiB in 10,000.
    let growing = Memory::of(&samples(|m| 50_000.0 + 10.0 * m)).expect("enough samples");
    assert!((growing.slope - 10_000.0).abs() < 1e-6, "{growing:?}");
    assert!(!growing.is_flat());
    assert_eq!(growing.max, 50_000.0 + 99_000.0);
    // All of it in the warm-up.
    let warm = Memory::of(&samples(|m| if m < 1500.0 { 20_000.0 } else { 90_000.0 }));
    let warm = warm.expect("enough samples");
    assert!(warm.is_flat());
    assert_eq!(
        (warm.early, warm.late, warm.slope),
        (90_000.0, 90_000.0, 0.0)
    );
    assert!(Memory::of(&samples(|m| m)[..9]).is_none());
    // While nothing is done, memory is that of the start.
    let mut idle = vec![
        Sample {
            messages: 0.0,
            rss: 1.0
        };
        100
    ];
    idle.extend(samples(|_| 50_000.0));
    let busy = Memory::of(&idle).expect("enough samples");
    assert_eq!((busy.early, busy.samples), (50_000.0, 100));
}
