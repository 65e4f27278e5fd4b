//! Streams of message ids in order.
//!
//! Streams know *places*, not ids: upwards the place of an id is the id itself,
//! downwards it is the complement. So every stream ascends.

use rusqlite::{CachedStatement, Connection, params, types::ToSql};
use std::{cmp::Reverse, collections::BinaryHeap};

/// Fewest and most ids that are read at once.
const FEWEST: usize = 16;
const MOST: usize = 2_048;

/// Which way places go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Way {
    Down,
    Up,
}

impl Way {
    /// The place of an id, and the id of a place.
    pub(super) fn turn(self, id: i64) -> i64 {
        match self {
            Self::Down => !id,
            Self::Up => id,
        }
    }
}

/// Messages that have one value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Source {
    /// By a key of the index of marks.
    Mark(i64),
    /// By the form that the Message-ID is stored in.
    MessageId(String),
    /// By the MTA's queue id.
    Queue(String),
    /// By the form that a recipient is stored in.
    Recipient(String),
}

impl Source {
    fn sql(&self, way: Way) -> &'static str {
        match (self, way) {
            (Self::Mark(_), Way::Down) => {
                "SELECT message FROM mark WHERE key = ?1 AND message <= ?2
                 ORDER BY message DESC LIMIT ?3"
            }
            (Self::Mark(_), Way::Up) => {
                "SELECT message FROM mark WHERE key = ?1 AND message >= ?2
                 ORDER BY message LIMIT ?3"
            }
            (Self::MessageId(_), Way::Down) => {
                "SELECT id FROM message WHERE message_id = ?1 AND id <= ?2
                 ORDER BY id DESC LIMIT ?3"
            }
            (Self::MessageId(_), Way::Up) => {
                "SELECT id FROM message WHERE message_id = ?1 AND id >= ?2
                 ORDER BY id LIMIT ?3"
            }
            (Self::Queue(_), Way::Down) => {
                "SELECT id FROM message WHERE queue_id = ?1 AND id <= ?2
                 ORDER BY id DESC LIMIT ?3"
            }
            (Self::Queue(_), Way::Up) => {
                "SELECT id FROM message WHERE queue_id = ?1 AND id >= ?2
                 ORDER BY id LIMIT ?3"
            }
            (Self::Recipient(_), Way::Down) => {
                "SELECT DISTINCT message FROM recipient WHERE who = ?1 AND message <= ?2
                 ORDER BY message DESC LIMIT ?3"
            }
            (Self::Recipient(_), Way::Up) => {
                "SELECT DISTINCT message FROM recipient WHERE who = ?1 AND message >= ?2
                 ORDER BY message LIMIT ?3"
            }
        }
    }

    fn value(&self) -> &dyn ToSql {
        match self {
            Self::Mark(key) => key,
            Self::MessageId(text) | Self::Queue(text) | Self::Recipient(text) => text,
        }
    }
}

/// The messages of one source, read in batches.
#[derive(Debug)]
struct Reading {
    source: Source,
    /// Places in ascending order, of which those before `next` are passed.
    batch: Vec<i64>,
    next: usize,
    size: usize,
    /// How many were asked for since the batch was read.
    asked: usize,
    /// Whether nothing follows the batch.
    is_last: bool,
}

impl Reading {
    fn new(source: Source) -> Self {
        Self {
            source,
            batch: Vec::new(),
            next: 0,
            size: FEWEST,
            asked: 0,
            is_last: false,
        }
    }

    /// The first place at or beyond this one.
    fn at(
        &mut self,
        connection: &Connection,
        way: Way,
        place: i64,
    ) -> rusqlite::Result<Option<i64>> {
        loop {
            let ahead = self.batch.get(self.next..).unwrap_or_default();
            self.next += match ahead {
                [first, ..] if *first >= place => 0,
                _ => ahead.partition_point(|&known| known < place),
            };
            if let Some(&found) = self.batch.get(self.next) {
                self.asked += 1;
                return Ok(Some(found));
            }
            if self.is_last {
                return Ok(None);
            }
            self.read(connection, way, place)?;
        }
    }

    fn read(&mut self, connection: &Connection, way: Way, place: i64) -> rusqlite::Result<()> {
        // Whoever takes one after another gets more at once, whoever jumps
        // gets few.
        let is_steady = self.asked.saturating_mul(2) >= self.batch.len();
        self.size = match (self.batch.is_empty(), is_steady) {
            (true, _) => self.size,
            (false, true) => self.size.saturating_mul(4).min(MOST),
            (false, false) => FEWEST,
        };
        self.batch.clear();
        (self.next, self.asked) = (0, 0);
        let mut statement: CachedStatement<'_> = connection.prepare_cached(self.source.sql(way))?;
        let limit = i64::try_from(self.size).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![self.source.value(), way.turn(place), limit])?;
        while let Some(row) = rows.next()? {
            self.batch.push(way.turn(row.get(0)?));
        }
        self.is_last = self.batch.len() < self.size;
        Ok(())
    }
}

/// The messages of any of several sources, each once.
#[derive(Debug)]
pub(super) struct Stream {
    way: Way,
    readings: Vec<Reading>,
    /// The next place of each reading that has one, and which reading it is.
    heads: BinaryHeap<Reverse<(i64, usize)>>,
    is_begun: bool,
}

impl Stream {
    pub(super) fn new(way: Way, sources: impl IntoIterator<Item = Source>) -> Self {
        Self {
            way,
            readings: sources.into_iter().map(Reading::new).collect(),
            heads: BinaryHeap::new(),
            is_begun: false,
        }
    }

    /// The first place at or beyond this one; nothing if there is none. Places
    /// must not descend from one call to the next.
    pub(super) fn at(
        &mut self,
        connection: &Connection,
        place: i64,
    ) -> rusqlite::Result<Option<i64>> {
        if !self.is_begun {
            self.is_begun = true;
            for (n, reading) in self.readings.iter_mut().enumerate() {
                if let Some(head) = reading.at(connection, self.way, place)? {
                    self.heads.push(Reverse((head, n)));
                }
            }
        }
        while let Some(mut head) = self.heads.peek_mut() {
            let Reverse((known, n)) = *head;
            if known >= place {
                return Ok(Some(known));
            }
            let Some(reading) = self.readings.get_mut(n) else {
                return Ok(None);
            };
            match reading.at(connection, self.way, place)? {
                Some(next) => *head = Reverse((next, n)),
                None => {
                    std::collections::binary_heap::PeekMut::pop(head);
                }
            }
        }
        Ok(None)
    }
}
