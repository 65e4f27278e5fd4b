//! Where a query is wrong.

use crate::review::{QueryError, dashboard::view::Shown};

/// Most characters that are shown before and after the place.
const AROUND: usize = 60;

/// An error with the place it is about.
#[derive(Debug)]
pub(super) struct Pointed {
    pub(super) text: Shown,
    pub(super) before: Shown,
    /// The character itself; a blank at the end.
    pub(super) at: Shown,
    pub(super) after: Shown,
}

impl Pointed {
    pub(super) fn new(query: &str, error: &QueryError) -> Self {
        let place = error.position.saturating_sub(1);
        let begin = place.saturating_sub(AROUND);
        let chars = |skip: usize, take: usize| {
            let text: String = query.chars().skip(skip).take(take).collect();
            Shown::new(&text)
        };
        let at = match query.chars().nth(place) {
            Some(c) if !c.is_whitespace() => Shown::new(c.encode_utf8(&mut [0; 4])),
            _ => Shown::new("_"),
        };
        Self {
            text: Shown::new(&error.to_string()),
            before: chars(begin, place.saturating_sub(begin)),
            at,
            after: chars(place.saturating_add(1), AROUND),
        }
    }
}
