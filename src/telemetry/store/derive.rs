//! Makes the index anew from the rows, for migrations. New messages are
//! indexed as they come.

use super::{
    mark::{self, Keys, Kind, MARKS, OPAQUE, Source, Table},
    segment::{FULL, Indexer},
};
use rusqlite::{Connection, types::ValueRef};

impl Table {
    /// The table, the rows of the messages from `?1` to `?2`, and whose message
    /// a row is.
    fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Message => ("message m", "m.id BETWEEN ?1 AND ?2", "m.id"),
            Self::Recipient => ("recipient r", "r.message BETWEEN ?1 AND ?2", "r.message"),
            // FINDING_BITS of schema.rs.
            Self::Finding => (
                "finding f",
                "f.id >= ?1 << 8 AND f.id < (?2 + 1) << 8",
                "f.id >> 8",
            ),
        }
    }
}

/// Indexes every message of the file.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<()> {
    names(connection)?;
    let mut indexer = Indexer::default();
    let mut after = i64::MIN;
    loop {
        let ids: Vec<i64> = connection
            .prepare_cached("SELECT id FROM message WHERE id > ?1 ORDER BY id LIMIT ?2")?
            .query_map([after, FULL as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let Some(last) = ids.last() else {
            return indexer.write(connection);
        };
        after = *last;
        for (id, keys) in ids.iter().zip(keys(connection, &ids)?) {
            indexer.add(connection, *id, keys)?;
        }
    }
}

/// The keys of these messages, whose ids ascend.
pub(super) fn keys(connection: &Connection, ids: &[i64]) -> rusqlite::Result<Vec<Keys>> {
    let mut keys: Vec<Keys> = ids.iter().map(|_| Keys::default()).collect();
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
        return Ok(keys);
    };
    for mark in MARKS {
        for Source { table, value, join } in mark.sources {
            let (table, is_within, message) = table.sql();
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {message}, {value} FROM {table} {join}
                 WHERE {is_within} AND {value} IS NOT NULL"
            ))?;
            let mut rows = statement.query([first, last])?;
            while let Some(row) = rows.next()? {
                let n = ids.binary_search(&row.get(0)?);
                let Some(keys) = n.ok().and_then(|n| keys.get_mut(n)) else {
                    continue;
                };
                match (mark.kind, row.get_ref(1)?) {
                    (Kind::Name(_), ValueRef::Integer(id)) => keys.name(mark.number, Some(id)),
                    (Kind::Number, ValueRef::Integer(n)) => keys.number(mark.number, n),
                    (_, value) => keys.text(mark.number, value.as_str_or_null()?),
                }
            }
        }
    }
    Ok(keys)
}

/// The names in a text.
type Names = fn(&str) -> Vec<String>;

/// Gives numbers to all names that stand in the rows as text.
fn names(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "INSERT OR IGNORE INTO action (name)
         SELECT '{OPAQUE}' WHERE EXISTS (SELECT 1 FROM finding WHERE opaque)"
    ))?;
    let tallied: Names = |text| {
        let words = text.split_ascii_whitespace();
        let names = words.map(|word| word.rsplit_once(':').map_or(word, |(name, _)| name));
        names.map(str::to_owned).collect()
    };
    let words: Names = |text| text.split_ascii_whitespace().map(str::to_owned).collect();
    let kinds: Names = |text| mark::evidence_kinds(text).map(str::to_owned).collect();
    let texts = [
        ("kind", "SELECT name FROM tells", words),
        ("skip", "SELECT DISTINCT skips FROM message", tallied),
        (
            "ambiguity",
            "SELECT DISTINCT ambiguities FROM message",
            tallied,
        ),
        ("evidence_kind", "SELECT name FROM evidence", kinds),
        ("rule", "SELECT DISTINCT inner_rules FROM finding", words),
    ];
    for (dictionary, sql, names) in texts {
        let mut insert = connection.prepare(&format!(
            "INSERT OR IGNORE INTO {dictionary} (name) VALUES (?1)"
        ))?;
        let mut statement = connection.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for name in names(row.get_ref(0)?.as_str_or_null()?.unwrap_or_default()) {
                insert.execute([name])?;
            }
        }
    }
    Ok(())
}

/// Whether the index holds what the rows say, and how many marks it has.
#[cfg(test)]
pub(crate) fn check(connection: &Connection) -> (bool, usize) {
    use super::segment::{self, Probe};
    use std::collections::BTreeSet;

    let ids: BTreeSet<i64> = connection
        .prepare("SELECT id FROM message")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let everything = &Probe::of(vec![(0, i64::MAX >> 16)])[0];
    let (mut indexed, mut marks, mut is_right) = (0, 0, true);
    for segment in segment::all(connection, 0, i64::MAX).unwrap() {
        let of_segment = segment.ids(connection).unwrap();
        let mut found: Vec<Vec<i64>> = vec![Vec::new(); of_segment.len()];
        segment
            .scan(connection, everything, |key, ordinal| {
                if mark::dimension(key) < 127 {
                    found[ordinal].push(key);
                }
            })
            .unwrap();
        let expected = keys(connection, &of_segment).unwrap();
        for ((id, found), expected) in of_segment.iter().zip(found).zip(expected) {
            // Deleted messages are there until the whole segment goes.
            if ids.contains(id) {
                indexed += 1;
                marks += found.len();
                is_right &= found == expected.into_sorted();
            }
        }
    }
    (is_right && indexed == ids.len(), marks)
}
