//! How long the limit for cleaning HTML takes here and now.

use super::{common::usage::own_time, limit};
use encoding_rs::UTF_8;
use std::{hint::black_box, time::Duration};

/// Passes that are measured together: the kernel counts time in nanoseconds,
/// but brings it up to date only now and then.
const PASSES: u32 = 40;

/// Processor time of one pass.
pub(crate) fn time(html: &str) -> Duration {
    let begun = own_time();
    for _ in 0..PASSES {
        black_box(limit::attributes(black_box(html.as_bytes()), UTF_8));
    }
    own_time().saturating_sub(begun) / PASSES
}
