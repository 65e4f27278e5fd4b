//! Walks the streams of a plan.

use super::{
    Order, Plan, check,
    stream::{Source, Stream, Way},
};
use rusqlite::Connection;

impl Plan {
    /// The ids of messages that fit, in this order. `patience` is asked now
    /// and then, and ends the walk with its error.
    pub(in crate::review) fn ids<E: From<rusqlite::Error>>(
        &self,
        connection: &Connection,
        order: Order,
        limit: usize,
        patience: impl Fn() -> Result<(), E>,
    ) -> Result<Vec<i64>, E> {
        let (way, first, last) = self.ends(order);
        let (mut place, end) = (way.turn(first), way.turn(last));
        let mut found = Vec::new();
        if self.is_empty || limit == 0 || place > end {
            return Ok(found);
        }
        let streams = |sources: &[Vec<Source>]| -> Vec<Stream> {
            let sources = sources.iter().cloned();
            sources.map(|sources| Stream::new(way, sources)).collect()
        };
        let mut wanted = streams(&self.wanted);
        let mut unwanted = streams(&self.unwanted);
        'next: loop {
            patience()?;
            let mut candidate = place;
            for stream in &mut wanted {
                match stream.at(connection, candidate)? {
                    Some(next) => candidate = next,
                    None => return Ok(found),
                }
            }
            if candidate > end {
                return Ok(found);
            }
            // The first of several streams may not have what the last has.
            if candidate > place && wanted.len() > 1 {
                place = candidate;
                continue;
            }
            place = candidate.saturating_add(1);
            for stream in &mut unwanted {
                if stream.at(connection, candidate)? == Some(candidate) {
                    continue 'next;
                }
            }
            let id = way.turn(candidate);
            if self.tests.is_empty() || check::fits(connection, &self.tests, id)? {
                found.push(id);
                if found.len() >= limit {
                    return Ok(found);
                }
            }
        }
    }

    /// Which way to go, and the first and the last id there.
    fn ends(&self, order: Order) -> (Way, i64, i64) {
        let (low, last) = (self.low, self.high.saturating_sub(1));
        match order {
            Order::Down(before) => (Way::Down, last.min(before.saturating_sub(1)), low),
            Order::Up(after) => (Way::Up, low.max(after.saturating_add(1)), last),
        }
    }
}
