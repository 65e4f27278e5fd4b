//! Finds the messages that fit a query.
//!
//! ```text
//! Query ─► resolve (names become keys) ─► walk: sets of messages, a segment at a time
//!                                     └─► check: what keys leave open, by lean rows, one by one
//! ```
//!
//! Each condition is some ranges of keys in the index of marks. In each segment
//! of the log, from the newest on, they give the set of the messages that have
//! one of them. A message fits if every wanted set has it and no unwanted one
//! does. What the index leaves open (whether several conditions hold for the
//! same finding, and whether a text is the one that has this hash) is looked up
//! in the rows.

mod check;
mod lean;
mod names;
mod resolve;
mod set;
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
