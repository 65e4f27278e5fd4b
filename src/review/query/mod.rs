//! Finds the messages that fit a query.
//!
//! ```text
//! Query ─► resolve (names become numbers) ─► streams of message ids, by the index of marks
//!                                        └─► what no index answers: lean rows, checked one by one
//! ```
//!
//! Each condition that the index answers is a stream of ids in order of time,
//! which can be asked for the next one at or beyond some id. A message fits if
//! every wanted stream has it and no unwanted one does; each stream jumps to
//! where the others are, so the rarest decides how much is read.

mod check;
mod lean;
mod names;
mod resolve;
mod stream;
mod walk;

#[cfg(test)]
mod fits;
#[cfg(test)]
mod tests;

pub(super) use lean::{Lean, LeanFinding, LeanMessage, tallied};
pub(super) use resolve::Plan;

/// In which order ids are looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Those below, the highest first.
    Down(i64),
    /// Those above, the lowest first.
    Up(i64),
}
