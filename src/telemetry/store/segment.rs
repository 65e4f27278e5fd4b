//! How marks are stored: sorted and packed, a segment of messages at a time.
//!
//! A segment is a run of messages of one day. In it a message has an ordinal,
//! and a mark is one integer: `key << 16 | ordinal`. The marks of a segment
//! stand in one ascending list, in blocks of which each holds its first mark
//! and then the differences; most take one byte. The messages with a value, or
//! with values from here to there, are one range of this list.
//!
//! Each commit appends a segment of its own, so that the index is never behind
//! and writing it touches the end of the file only. Small segments are put
//! together to larger ones. That takes reading and writing each mark two or
//! three times, which is far less than writing a page for each.
//!
//! What is deleted from the tables stays in the index until all messages of
//! its segment are gone: whoever reads it must see whether a message is there.

use super::{mark, rollup, schema};
use rusqlite::{Connection, OptionalExtension, params};
use std::mem;

/// Bits of a mark below the key.
const ORDINAL_BITS: u32 = 16;
/// Messages of a segment that does not grow any more.
pub(super) const FULL: usize = 4_096;
/// Smaller segments at the end are put together as soon as they have so many
/// messages. Until then as many segments are looked at one by one.
const TIERS: [usize; 2] = [64, FULL];
/// Most bytes of a block, so that four of them fit a page.
const BLOCK: usize = 960;
/// With more ranges of one dimension, all between them is read.
const SEPARATE: usize = 32;
/// The ids of the messages stand in the list as well, after the marks.
const IDS: i64 = 127 << IDS_BITS;
const IDS_BITS: u32 = 56;

/// Messages that were indexed together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Segment {
    /// The id of its first message, and of its last.
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// How many there were.
    pub(crate) messages: usize,
}

/// Ranges of keys of one dimension that are looked for in one go, in ascending
/// order. Both ends are included.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Probe {
    first: i64,
    last: i64,
    ranges: Vec<(i64, i64)>,
}

/// The segments that hold messages of this range of ids, both ends included,
/// in ascending order.
pub(crate) fn all(connection: &Connection, low: i64, high: i64) -> rusqlite::Result<Vec<Segment>> {
    connection
        .prepare_cached(
            "SELECT first, last, messages FROM segment
             WHERE first <= ?2 AND last >= ?1 ORDER BY first",
        )?
        .query_map([low, high], read)?
        .collect()
}

fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Segment> {
    Ok(Segment {
        first: row.get(0)?,
        last: row.get(1)?,
        messages: usize::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
    })
}

impl Segment {
    /// The ids of its messages by their ordinals.
    pub(crate) fn ids(&self, connection: &Connection) -> rusqlite::Result<Vec<i64>> {
        let mut ids = Vec::with_capacity(self.messages);
        self.range(connection, IDS, i64::MAX, |mark| {
            if mark >= IDS {
                ids.push(mark - IDS);
            }
            true
        })?;
        Ok(ids)
    }

    /// Shows the marks with these keys, by key and ordinal, in ascending order.
    pub(crate) fn scan(
        &self,
        connection: &Connection,
        probe: &Probe,
        mut see: impl FnMut(i64, usize),
    ) -> rusqlite::Result<()> {
        let (low, high) = (pack(probe.first, 0), pack(probe.last, usize::MAX));
        let mut ahead = probe.ranges.as_slice();
        self.range(connection, low, high, |mark| {
            let (key, ordinal) = unpack(mark);
            if ahead.first().is_some_and(|(_, last)| *last < key) {
                let passed = ahead.partition_point(|(_, last)| *last < key);
                ahead = ahead.get(passed..).unwrap_or_default();
            }
            match ahead.first() {
                Some((first, _)) if *first <= key => see(key, ordinal),
                Some(_) => {}
                None => return false,
            }
            true
        })
    }

    /// Shows what stands in the list from `low` to `high` and some of what
    /// stands before, until `see` has seen enough.
    fn range(
        &self,
        connection: &Connection,
        low: i64,
        high: i64,
        mut see: impl FnMut(i64) -> bool,
    ) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached(
            "SELECT first, rest FROM mark
             WHERE segment = ?1 AND first <= ?3 AND first >= coalesce(
                 (SELECT max(first) FROM mark WHERE segment = ?1 AND first <= ?2), ?2)
             ORDER BY first",
        )?;
        let mut rows = statement.query([self.first, low, high])?;
        while let Some(row) = rows.next()? {
            let block = Block::new(row.get(0)?, row.get_ref(1)?.as_blob()?);
            for mark in block {
                if mark > high || !see(mark) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn day(&self) -> i64 {
        day(self.first)
    }
}

impl Probe {
    /// Looks for keys in these ranges, in any order; both ends are included.
    pub(crate) fn of(mut ranges: Vec<(i64, i64)>) -> Vec<Self> {
        ranges.sort_unstable();
        let mut joined: Vec<(i64, i64)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => joined.push((first, last)),
            }
        }
        let of_one = |a: &(i64, i64), b: &(i64, i64)| mark::dimension(a.0) == mark::dimension(b.0);
        let mut probes = Vec::new();
        for ranges in joined.chunk_by(of_one) {
            let at_once = if ranges.len() > SEPARATE {
                ranges.len()
            } else {
                1
            };
            probes.extend(ranges.chunks(at_once).map(Self::new));
        }
        probes
    }

    fn new(ranges: &[(i64, i64)]) -> Self {
        Self {
            first: ranges.first().map_or(0, |(first, _)| *first),
            last: ranges.last().map_or(0, |(_, last)| *last),
            ranges: ranges.to_vec(),
        }
    }
}

/// Collects the marks of the messages of a commit.
#[derive(Debug, Default)]
pub(crate) struct Indexer {
    ids: Vec<i64>,
    marks: Vec<i64>,
}

impl Indexer {
    /// Adds a message, which must follow all before. A segment that is
    /// complete with those before is written.
    pub(crate) fn add(
        &mut self,
        connection: &Connection,
        id: i64,
        keys: mark::Keys,
    ) -> rusqlite::Result<()> {
        let is_next = |first: &i64| day(*first) != day(id) || self.ids.len() >= FULL;
        if self.ids.first().is_some_and(is_next) {
            self.write(connection)?;
        }
        let ordinal = self.ids.len();
        let keys = keys.into_sorted().into_iter();
        self.marks.extend(keys.map(|key| pack(key, ordinal)));
        self.ids.push(id);
        Ok(())
    }

    /// Writes what was added, and puts segments together.
    pub(crate) fn write(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(first) = self.ids.first() else {
            return Ok(());
        };
        if let [newest, ..] = latest(connection, 1, usize::MAX)?.as_slice()
            && newest.day() != day(*first)
        {
            // Nothing comes to that day any more.
            let rest = latest(connection, FULL, FULL)?;
            merge(connection, &rest)?;
        }
        insert(
            connection,
            mem::take(&mut self.ids),
            mem::take(&mut self.marks),
        )?;
        for limit in TIERS {
            let small = latest(connection, limit, limit)?;
            if small.iter().map(|segment| segment.messages).sum::<usize>() >= limit {
                merge(connection, &small)?;
            }
        }
        Ok(())
    }
}

/// The newest segments of the newest day that have fewer messages than this,
/// newest first.
fn latest(connection: &Connection, most: usize, below: usize) -> rusqlite::Result<Vec<Segment>> {
    let mut statement = connection
        .prepare_cached("SELECT first, last, messages FROM segment ORDER BY first DESC LIMIT ?1")?;
    let mut rows = statement.query([i64::try_from(most).unwrap_or(i64::MAX)])?;
    let mut found: Vec<Segment> = Vec::new();
    while let Some(row) = rows.next()? {
        let segment = read(row)?;
        let is_same_day = found.first().is_none_or(|one| one.day() == segment.day());
        if segment.messages >= below || !is_same_day {
            break;
        }
        found.push(segment);
    }
    Ok(found)
}

/// Makes one segment of several that follow each other, given newest first.
fn merge(connection: &Connection, segments: &[Segment]) -> rusqlite::Result<()> {
    let ([newest, .., oldest], [_, _, ..]) = (segments, segments) else {
        return Ok(());
    };
    let (mut ids, mut marks) = (Vec::new(), Vec::new());
    for segment in segments.iter().rev() {
        let base = ordinal_bits(ids.len());
        segment.range(connection, i64::MIN, i64::MAX, |mark| {
            if mark < IDS {
                marks.push(mark.saturating_add(base));
            } else {
                ids.push(mark - IDS);
            }
            true
        })?;
    }
    delete(connection, oldest.first, newest.first)?;
    insert(connection, ids, marks)
}

fn insert(connection: &Connection, ids: Vec<i64>, mut marks: Vec<i64>) -> rusqlite::Result<()> {
    let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else {
        return Ok(());
    };
    let messages = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    connection
        .prepare_cached("INSERT INTO segment (first, last, messages) VALUES (?1, ?2, ?3)")?
        .execute([first, last, messages])?;
    // This sort makes use of runs that are in order already.
    marks.sort();
    marks.extend(ids.into_iter().map(|id| IDS | id));
    let mut statement =
        connection.prepare_cached("INSERT INTO mark (segment, first, rest) VALUES (?1, ?2, ?3)")?;
    each_block(&marks, |start, rest| {
        statement.execute(params![first, start, rest]).map(drop)
    })
}

/// Deletes the segments that begin with these messages or between them.
fn delete(connection: &Connection, low: i64, high: i64) -> rusqlite::Result<()> {
    for table in ["mark WHERE segment", "segment WHERE first"] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} BETWEEN ?1 AND ?2"))?
            .execute([low, high])?;
    }
    Ok(())
}

/// Deletes the segments of which no message is left: all that end before the
/// oldest message.
pub(crate) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    let oldest: Option<i64> =
        connection.query_row("SELECT min(id) FROM message", [], |row| row.get(0))?;
    let end: Option<i64> = connection
        .prepare_cached("SELECT max(first) FROM segment WHERE last < ?1 AND first < ?1")?
        .query_row([oldest.unwrap_or(i64::MAX)], |row| row.get(0))?;
    match end {
        Some(end) => delete(connection, 0, end),
        None => Ok(()),
    }
}

/// Takes these marks of a message away.
pub(crate) fn remove(connection: &Connection, message: i64, keys: &[i64]) -> rusqlite::Result<()> {
    let segment = connection
        .prepare_cached(
            "SELECT first, last, messages FROM segment WHERE first <= ?1
             ORDER BY first DESC LIMIT 1",
        )?
        .query_row([message], read)
        .optional()?;
    let Some(segment) = segment else {
        return Ok(());
    };
    let Ok(ordinal) = segment.ids(connection)?.binary_search(&message) else {
        return Ok(());
    };
    for &key in keys {
        let mark = pack(key, ordinal);
        let block: Option<(i64, Vec<i64>)> = connection
            .prepare_cached(
                "SELECT first, rest FROM mark WHERE segment = ?1 AND first <= ?2
                 ORDER BY first DESC LIMIT 1",
            )?
            .query_row([segment.first, mark], |row| {
                let first = row.get(0)?;
                let block = Block::new(first, row.get_ref(1)?.as_blob()?);
                Ok((first, block.collect()))
            })
            .optional()?;
        let Some((first, mut marks)) = block else {
            continue;
        };
        marks.retain(|known| *known != mark);
        connection
            .prepare_cached("DELETE FROM mark WHERE segment = ?1 AND first = ?2")?
            .execute([segment.first, first])?;
        let mut statement = connection
            .prepare_cached("INSERT INTO mark (segment, first, rest) VALUES (?1, ?2, ?3)")?;
        each_block(&marks, |start, rest| {
            let row = params![segment.first, start, rest];
            statement.execute(row).map(drop)
        })?;
    }
    Ok(())
}

fn day(id: i64) -> i64 {
    rollup::day(schema::time_of(id))
}

fn ordinal_bits(ordinal: usize) -> i64 {
    i64::try_from(ordinal.min((1 << ORDINAL_BITS) - 1)).unwrap_or_default()
}

fn pack(key: i64, ordinal: usize) -> i64 {
    key << ORDINAL_BITS | ordinal_bits(ordinal)
}

fn unpack(mark: i64) -> (i64, usize) {
    let ordinal = mark & ((1 << ORDINAL_BITS) - 1);
    (
        mark >> ORDINAL_BITS,
        usize::try_from(ordinal).unwrap_or_default(),
    )
}

/// Packs an ascending list: gives the first number of each block, and the
/// differences of the others as variable-length integers (LEB128).
fn each_block<E>(
    sorted: &[i64],
    mut give: impl FnMut(i64, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut rest: Vec<u8> = Vec::with_capacity(BLOCK);
    let mut numbers = sorted.iter().copied().peekable();
    while let Some(first) = numbers.next() {
        rest.clear();
        let mut previous = first;
        // The longest difference has ten bytes.
        while let Some(number) = numbers.next_if(|_| rest.len() + 10 <= BLOCK) {
            put(&mut rest, number.abs_diff(previous));
            previous = number;
        }
        give(first, &rest)?;
    }
    Ok(())
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = (number & 0x7f).to_le_bytes();
        number >>= 7;
        let more = if number == 0 { 0 } else { 0x80 };
        bytes.extend(low.first().map(|low| low | more));
        if number == 0 {
            return;
        }
    }
}

/// The numbers of a block.
struct Block<'a> {
    next: Option<i64>,
    rest: std::slice::Iter<'a, u8>,
}

impl<'a> Block<'a> {
    fn new(first: i64, rest: &'a [u8]) -> Self {
        Self {
            next: Some(first),
            rest: rest.iter(),
        }
    }
}

impl Iterator for Block<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        let current = self.next?;
        let mut difference = 0_u64;
        let mut shift = 0;
        self.next = None;
        for byte in self.rest.by_ref() {
            difference |= u64::from(byte & 0x7f).wrapping_shl(shift);
            shift += 7;
            if byte & 0x80 == 0 {
                self.next = current.checked_add_unsigned(difference);
                break;
            }
        }
        Some(current)
    }
}

#[cfg(test)]
mod tests;
