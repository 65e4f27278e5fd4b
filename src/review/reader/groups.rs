//! How many people stand behind a name.

use super::{Reader, ReviewError};
use crate::review::{
    answers::{Days, Dimension},
    suppress,
};
use jiff::{civil::Date, tz::TimeZone};
use std::collections::HashMap;

impl Reader {
    /// How many different recipients each key of a dimension has at least in
    /// these days, as far as their messages are kept; see
    /// [`suppress::group_sizes`].
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn group_sizes(
        &self,
        dimension: Dimension,
        days: Days,
    ) -> Result<HashMap<String, u64>, ReviewError> {
        let until = days.last.tomorrow().unwrap_or(Date::MAX);
        let range = (midnight(days.first), midnight(until));
        self.ask(|| {
            let sizes =
                suppress::group_sizes(&self.connection, dimension, range, suppress::NEWEST)?;
            Ok(sizes)
        })
    }
}

/// In milliseconds since 1970.
fn midnight(day: Date) -> i64 {
    let start = day.to_zoned(TimeZone::UTC);
    start.map_or(i64::MAX, |start| start.timestamp().as_millisecond())
}
