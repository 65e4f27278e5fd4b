//! Finds the messages that fit a query.

mod fits;

pub(super) use fits::fits;

/// Which ids are looked at, in which order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// Those below, the highest first.
    Down(i64),
    /// Those above, the lowest first.
    Up(i64),
}
