//! How long the limit for cleaning HTML takes here and now.

use super::{common::usage::own_time, limit};
use encoding_rs::UTF_8;
use std::{
    hint::black_box,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// How long is measured: the kernel counts time in nanoseconds, but brings it
/// up to date only now and then.
const LONG_ENOUGH: Duration = Duration::from_millis(80);

/// Processor time of one pass, while a second thread does the same: the milter
/// has never both processors to itself, and where they are two halves of one
/// core, each takes twice as long for the same work when both are busy.
pub(crate) fn time(html: &str) -> Duration {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                pass(html);
            }
        });
        let begun = own_time();
        let (mut passes, mut spent) = (0, Duration::ZERO);
        while spent < LONG_ENOUGH {
            pass(html);
            passes += 1;
            spent = own_time().saturating_sub(begun);
        }
        is_done.store(true, Ordering::Relaxed);
        spent / passes
    })
}

fn pass(html: &str) {
    black_box(limit::attributes(black_box(html.as_bytes()), UTF_8));
}
