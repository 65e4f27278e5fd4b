//! Numbers for names that repeat.

use super::schema::DICTIONARIES;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// Most names that are held in memory; beyond it they are looked up anew.
const MAX_CACHED: usize = 50_000;

/// The numbers that the writer has looked up or given.
#[derive(Debug, Default)]
pub(crate) struct Dictionary {
    tables: HashMap<&'static str, HashMap<String, i64>>,
    len: usize,
}

impl Dictionary {
    /// The number of `name` in `table`, given now if it is new.
    pub(crate) fn id(
        &mut self,
        connection: &Connection,
        table: &'static str,
        name: &str,
    ) -> rusqlite::Result<i64> {
        debug_assert!(DICTIONARIES.contains(&table), "{table}");
        if let Some(&id) = self.tables.get(table).and_then(|names| names.get(name)) {
            return Ok(id);
        }
        let known = connection
            .prepare_cached(&format!("SELECT id FROM {table} WHERE name = ?1"))?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => connection
                .prepare_cached(&format!("INSERT INTO {table} (name) VALUES (?1)"))?
                .insert([name])?,
        };
        if self.len >= MAX_CACHED {
            self.forget();
        }
        self.len += 1;
        self.tables
            .entry(table)
            .or_default()
            .insert(name.to_owned(), id);
        Ok(id)
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
        self.tables.clear();
        self.len = 0;
    }
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
