//! Goes through the index, a segment at a time.

use super::{Order, Plan, check, set::Set};
use crate::telemetry::store::segment::{self, Probe, Segment};
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
        let (low, high) = self.ends(order);
        let mut found = Vec::new();
        if self.is_empty || limit == 0 || low > high {
            return Ok(found);
        }
        let mut segments = segment::all(connection, low, high)?;
        if matches!(order, Order::Down(_)) {
            segments.reverse();
        }
        for segment in segments {
            patience()?;
            let candidates = self.candidates(connection, &segment)?;
            if candidates.as_ref().is_some_and(Set::is_empty) {
                continue;
            }
            let mut ids = segment.ids(connection)?;
            let mut ordinals = 0..ids.len();
            ids.retain(|id| {
                let is_candidate = ordinals
                    .next()
                    .is_some_and(|n| candidates.as_ref().is_none_or(|set| set.has(n)));
                is_candidate && (low..=high).contains(id)
            });
            if matches!(order, Order::Down(_)) {
                ids.reverse();
            }
            for id in ids {
                patience()?;
                if check::is_there(connection, id)?
                    && (self.tests.is_empty() || check::fits(connection, &self.tests, id)?)
                {
                    found.push(id);
                    if found.len() >= limit {
                        return Ok(found);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The messages of a segment that the index finds; nothing for all.
    fn candidates(
        &self,
        connection: &Connection,
        segment: &Segment,
    ) -> rusqlite::Result<Option<Set>> {
        let mut candidates: Option<Set> = None;
        for probes in &self.wanted {
            let found = set(connection, segment, probes)?;
            match &mut candidates {
                Some(candidates) => candidates.keep(&found),
                None => candidates = Some(found),
            }
            if candidates.as_ref().is_some_and(Set::is_empty) {
                return Ok(candidates);
            }
        }
        for probes in &self.unwanted {
            let found = set(connection, segment, probes)?;
            candidates
                .get_or_insert_with(|| Set::all(segment.messages))
                .drop(&found);
        }
        Ok(candidates)
    }

    /// The lowest and the highest id in question.
    fn ends(&self, order: Order) -> (i64, i64) {
        let (low, high) = (self.low, self.high.saturating_sub(1));
        match order {
            Order::Down(before) => (low, high.min(before.saturating_sub(1))),
            Order::Up(after) => (low.max(after.saturating_add(1)), high),
        }
    }
}

/// The messages of a segment that any of these finds.
fn set(connection: &Connection, segment: &Segment, probes: &[Probe]) -> rusqlite::Result<Set> {
    let mut set = Set::none(segment.messages);
    for probe in probes {
        segment.scan(connection, probe, |_, ordinal| set.add(ordinal))?;
    }
    Ok(set)
}
