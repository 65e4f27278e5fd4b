//! Numbers for names that repeat.

use super::schema::{DICTIONARIES, PERISHABLE};
use ahash::AHashMap;
use rusqlite::{Connection, OptionalExtension};
use std::mem;

/// Names in one generation of what is held in memory. There are two: a name
/// that is used while the younger one fills up is kept.
const GENERATION: usize = 50_000;

type Names = AHashMap<&'static str, AHashMap<String, Known>>;

/// The numbers that the writer has looked up or given.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    young: Names,
    old: Names,
    /// Names in the younger generation.
    len: usize,
    /// The day (since 1970) of the message that is written.
    today: i64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    id: i64,
    /// The day that the file has for it; [`i64::MAX`] if it keeps none.
    seen: i64,
}

impl Dictionary {
    /// Names that are used from now on are used on this day (since 1970).
    /// Days never go back, like ids.
    pub(crate) fn set_day(&mut self, day: i64) {
        self.today = day;
    }

    /// The number of `name` in `table`, given now if it is new.
    pub(crate) fn id(
        &mut self,
        connection: &Connection,
        table: &'static str,
        name: &str,
    ) -> rusqlite::Result<i64> {
        debug_assert!(DICTIONARIES.contains(&table), "{table}");
        let held = self
            .young
            .get_mut(table)
            .and_then(|names| names.get_mut(name));
        if let Some(known) = held {
            if known.seen < self.today {
                see(connection, table, known.id, self.today)?;
                known.seen = self.today;
            }
            return Ok(known.id);
        }
        let held = self.old.get_mut(table).and_then(|names| names.remove(name));
        let mut known = match held {
            Some(known) => known,
            None => self.look_up(connection, table, name)?,
        };
        if known.seen < self.today {
            see(connection, table, known.id, self.today)?;
            known.seen = self.today;
        }
        if self.len >= GENERATION {
            self.old = mem::take(&mut self.young);
            self.len = 0;
        }
        self.len += 1;
        let names = self.young.entry(table).or_default();
        names.insert(name.to_owned(), known);
        Ok(known.id)
    }

    fn look_up(
        &self,
        connection: &Connection,
        table: &'static str,
        name: &str,
    ) -> rusqlite::Result<Known> {
        let seen = if PERISHABLE.contains(&table) {
            "seen"
        } else {
            "9223372036854775807"
        };
        let known = connection
            .prepare_cached(&format!("SELECT id, {seen} FROM {table} WHERE name = ?1"))?
            .query_row([name], |row| {
                Ok(Known {
                    id: row.get(0)?,
                    seen: row.get(1)?,
                })
            })
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        let (id, seen) = if PERISHABLE.contains(&table) {
            let id = connection
                .prepare_cached(&format!("INSERT INTO {table} (name, seen) VALUES (?1, ?2)"))?
                .insert((name, self.today))?;
            (id, self.today)
        } else {
            let id = connection
                .prepare_cached(&format!("INSERT INTO {table} (name) VALUES (?1)"))?
                .insert([name])?;
            (id, i64::MAX)
        };
        Ok(Known { id, seen })
    }

    /// The same for a name that may be missing.
    pub(crate) fn maybe_id(
        &mut self,
        connection: &Connection,
        table: &'static str,
        name: Option<&str>,
    ) -> rusqlite::Result<Option<i64>> {
        name.map(|name| self.id(connection, table, name))
            .transpose()
    }

    /// Drops what is held in memory: after a rollback or a clean-up the
    /// numbers may not be there any more.
    pub(crate) fn forget(&mut self) {
        self.young.clear();
        self.old.clear();
        self.len = 0;
    }
}

fn see(connection: &Connection, table: &str, id: i64, day: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(&format!("UPDATE {table} SET seen = ?2 WHERE id = ?1"))?
        .execute([id, day])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::schema, *};

    #[test]
    fn a_name_keeps_its_number_and_a_rollback_takes_it_away() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        let mut dictionary = Dictionary::default();
        let first = dictionary.id(&connection, "domain", "example.org").unwrap();
        assert_eq!(
            dictionary.id(&connection, "domain", "example.org").unwrap(),
            first
        );
        assert_eq!(
            dictionary.maybe_id(&connection, "rule", None).unwrap(),
            None
        );

        let transaction = connection.transaction().unwrap();
        dictionary
            .id(&transaction, "domain", "example.net")
            .unwrap();
        transaction.rollback().unwrap();
        dictionary.forget();
        let names: i64 = connection
            .query_row("SELECT count(*) FROM domain", [], |row| row.get(0))
            .unwrap();
        assert_eq!(names, 1);
        assert_eq!(
            dictionary.id(&connection, "domain", "example.org").unwrap(),
            first
        );
    }
}
