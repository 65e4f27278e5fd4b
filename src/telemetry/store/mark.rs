//! The index that queries drive on: which messages have which value.
//!
//! A message has one mark for each value of each dimension, however many of
//! its findings have it: `mark(key, message)`, where the key is made of the
//! value's number in its dictionary and the dimension's number. The messages
//! with a value are then one range of the table, in order of time, and one
//! table does what an index on each column would do, in a fraction of the
//! space.

use rusqlite::Connection;

/// Bits of a key below the number of the value.
const NUMBER_BITS: u32 = 5;

// The numbers of the dimensions. They stand in the file: never change one.
pub(crate) const DISPOSITION: u8 = 0;
pub(crate) const SKIP: u8 = 1;
pub(crate) const SENDER: u8 = 2;
pub(crate) const RECIPIENT_DOMAIN: u8 = 3;
pub(crate) const CLIENT: u8 = 4;
pub(crate) const VECTOR: u8 = 5;
pub(crate) const ACTION: u8 = 6;
pub(crate) const RULE: u8 = 7;
pub(crate) const VENDOR: u8 = 8;
pub(crate) const COMPANY: u8 = 9;
pub(crate) const CATEGORY: u8 = 10;
pub(crate) const TRACKER_HOST: u8 = 11;
pub(crate) const TRACKER_DOMAIN: u8 = 12;
pub(crate) const DESTINATION: u8 = 13;
pub(crate) const TELLS: u8 = 14;
pub(crate) const ALLOWED: u8 = 15;
pub(crate) const RULES_VERSION: u8 = 16;

/// The action that marks a kept redirect whose destination cannot be read, in
/// place of `keep`; the daily sums call it the same.
pub(crate) const OPAQUE: &str = "opaque";

/// A dimension of the index.
#[derive(Debug)]
pub(crate) struct Mark {
    /// Its permanent number, 0 to 31.
    pub(crate) number: u8,
    /// Its permanent name.
    #[allow(dead_code, reason = "people and tests call it so")]
    pub(crate) name: &'static str,
    /// The dictionary that its values stand in.
    pub(crate) dictionary: &'static str,
    /// Where the values come from.
    sources: &'static [Source],
}

/// A column, or words of one, that marks are made of.
#[derive(Debug)]
struct Source {
    table: Table,
    /// The number of the value, in SQL.
    value: &'static str,
    /// What that needs besides the table.
    join: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Table {
    Message,
    Recipient,
    Finding,
}

impl Table {
    /// The table, the rows of the message `?1`, and whose message a row is.
    fn sql(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Message => ("message m", "m.id = ?1", "m.id"),
            Self::Recipient => ("recipient r", "r.message = ?1", "r.message"),
            // FINDING_BITS of schema.rs.
            Self::Finding => (
                "finding f",
                "f.id >= ?1 << 8 AND f.id < (?1 + 1) << 8",
                "f.id >> 8",
            ),
        }
    }
}

const fn column(table: Table, value: &'static str) -> Source {
    Source {
        table,
        value,
        join: "",
    }
}

const fn words(table: Table, join: &'static str) -> Source {
    Source {
        table,
        value: "d.id",
        join,
    }
}

/// Every dimension, in order of its number.
pub(crate) const MARKS: &[Mark] = &[
    Mark {
        number: DISPOSITION,
        name: "disposition",
        dictionary: "disposition",
        sources: &[column(Table::Message, "m.disposition")],
    },
    Mark {
        number: SKIP,
        name: "skip",
        dictionary: "skip",
        sources: &[words(
            Table::Message,
            "CROSS JOIN skip d ON m.skips IS NOT NULL
             AND instr(' ' || m.skips, ' ' || d.name || ':') > 0",
        )],
    },
    // Of the envelope and of the From field.
    Mark {
        number: SENDER,
        name: "sender",
        dictionary: "domain",
        sources: &[
            column(Table::Message, "m.sender_domain"),
            column(Table::Message, "m.from_domain"),
        ],
    },
    Mark {
        number: RECIPIENT_DOMAIN,
        name: "recipient_domain",
        dictionary: "domain",
        sources: &[column(Table::Recipient, "r.domain")],
    },
    Mark {
        number: CLIENT,
        name: "client",
        dictionary: "client",
        sources: &[column(Table::Message, "m.client")],
    },
    Mark {
        number: VECTOR,
        name: "vector",
        dictionary: "vector",
        sources: &[column(Table::Finding, "f.vector")],
    },
    Mark {
        number: ACTION,
        name: "action",
        dictionary: "action",
        sources: &[words(
            Table::Finding,
            "JOIN action a ON a.id = f.action
             JOIN action d ON d.name = iif(f.opaque AND a.name = 'keep', 'opaque', a.name)",
        )],
    },
    // The outermost and those within.
    Mark {
        number: RULE,
        name: "rule",
        dictionary: "rule",
        sources: &[
            column(Table::Finding, "f.rule"),
            words(
                Table::Finding,
                "CROSS JOIN rule d ON f.inner_rules IS NOT NULL
                 AND instr(f.inner_rules, ' ' || d.name || ' ') > 0",
            ),
        ],
    },
    Mark {
        number: VENDOR,
        name: "vendor",
        dictionary: "vendor",
        sources: &[column(Table::Finding, "f.vendor")],
    },
    Mark {
        number: COMPANY,
        name: "company",
        dictionary: "company",
        sources: &[column(Table::Finding, "f.company")],
    },
    Mark {
        number: CATEGORY,
        name: "category",
        dictionary: "category",
        sources: &[column(Table::Finding, "f.category")],
    },
    Mark {
        number: TRACKER_HOST,
        name: "tracker_host",
        dictionary: "tracker",
        sources: &[column(Table::Finding, "f.tracker")],
    },
    Mark {
        number: TRACKER_DOMAIN,
        name: "tracker_domain",
        dictionary: "domain",
        sources: &[column(Table::Finding, "f.tracker_domain")],
    },
    Mark {
        number: DESTINATION,
        name: "destination",
        dictionary: "domain",
        sources: &[column(Table::Finding, "f.destination")],
    },
    // Each kind of what a URL tells by itself.
    Mark {
        number: TELLS,
        name: "tells",
        dictionary: "kind",
        sources: &[words(
            Table::Finding,
            "JOIN tells t ON t.id = f.tells
             CROSS JOIN kind d ON instr(' ' || t.name || ' ', ' ' || d.name || ' ') > 0",
        )],
    },
    Mark {
        number: ALLOWED,
        name: "allowed",
        dictionary: "allowed",
        sources: &[column(Table::Finding, "f.allowed")],
    },
    Mark {
        number: RULES_VERSION,
        name: "rules_version",
        dictionary: "version",
        sources: &[column(Table::Message, "m.rules_version")],
    },
];

/// The key of a value: its number in the dictionary and the dimension's.
pub(crate) fn key(number: u8, id: i64) -> i64 {
    id.saturating_mul(1 << NUMBER_BITS)
        .saturating_add(i64::from(number))
}

/// The keys of one message, each once.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<i64>);

impl Keys {
    pub(crate) fn add(&mut self, number: u8, id: Option<i64>) {
        self.0.extend(id.map(|id| key(number, id)));
    }

    /// Marks the message with what was added.
    pub(crate) fn write(mut self, connection: &Connection, message: i64) -> rusqlite::Result<()> {
        self.0.sort_unstable();
        self.0.dedup();
        let mut statement = connection.prepare_cached("INSERT INTO mark VALUES (?1, ?2)")?;
        for key in self.0 {
            statement.execute([key, message])?;
        }
        Ok(())
    }
}

/// Takes all marks of these messages away, while their rows are still there.
pub(crate) fn delete(connection: &Connection, messages: &[i64]) -> rusqlite::Result<()> {
    let keys = derived(|source, number| {
        let (table, is_of_message, _) = source.table.sql();
        let Source { value, join, .. } = source;
        format!(
            "SELECT {value} << {NUMBER_BITS} | {number} FROM {table} {join} \
             WHERE {is_of_message} AND {value} IS NOT NULL"
        )
    });
    let mut statement = connection.prepare_cached(&format!(
        "DELETE FROM mark WHERE message = ?1 AND key IN ({keys})"
    ))?;
    for message in messages {
        statement.execute([message])?;
    }
    Ok(())
}

/// Marks every message of the file by what its rows say. For a migration; new
/// messages are marked as they come.
pub(crate) fn derive_all(connection: &Connection) -> rusqlite::Result<()> {
    let marks = all();
    connection.execute_batch(&format!(
        "INSERT OR IGNORE INTO kind (name)
         WITH RECURSIVE word (word, rest) AS (
             SELECT '', name || ' ' FROM tells
             UNION
             SELECT substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
             FROM word WHERE rest <> ''
         )
         SELECT word FROM word WHERE word <> '';
         INSERT OR IGNORE INTO skip (name)
         WITH RECURSIVE word (word, rest) AS (
             SELECT '', skips || ' ' FROM message WHERE skips IS NOT NULL
             UNION
             SELECT substr(rest, 1, instr(rest, ':') - 1), substr(rest, instr(rest, ' ') + 1)
             FROM word WHERE rest <> ''
         )
         SELECT word FROM word WHERE word <> '';
         INSERT OR IGNORE INTO action (name)
         SELECT '{OPAQUE}' WHERE EXISTS (SELECT 1 FROM finding WHERE opaque);
         INSERT OR IGNORE INTO rule (name)
         WITH RECURSIVE word (word, rest) AS (
             SELECT DISTINCT '', ltrim(inner_rules) FROM finding WHERE inner_rules IS NOT NULL
             UNION
             SELECT substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
             FROM word WHERE rest <> ''
         )
         SELECT word FROM word WHERE word <> '';
         INSERT INTO mark SELECT key, message FROM ({marks}) ORDER BY key, message;"
    ))
}

/// `(key, message)` of every mark that there should be, each once.
fn all() -> String {
    let marks = derived(|source, number| {
        let (table, _, message) = source.table.sql();
        let Source { value, join, .. } = source;
        format!(
            "SELECT {value} << {NUMBER_BITS} | {number} AS key, {message} AS message \
             FROM {table} {join} WHERE {value} IS NOT NULL"
        )
    });
    format!("SELECT DISTINCT key, message FROM ({marks})")
}

fn derived(select: impl Fn(&Source, u8) -> String) -> String {
    let selects: Vec<String> = MARKS
        .iter()
        .flat_map(|mark| mark.sources.iter().map(|s| select(s, mark.number)))
        .collect();
    selects.join(" UNION ALL ")
}

/// Whether the marks are those that the rows say, and how many there are.
#[cfg(test)]
pub(crate) fn check(connection: &Connection) -> (bool, i64) {
    let all = all();
    let count = |sql: &str| -> i64 { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    let missing = count(&format!(
        "SELECT count(*) FROM (SELECT key, message FROM ({all})
         EXCEPT SELECT key, message FROM mark)"
    ));
    let stray = count(&format!(
        "SELECT count(*) FROM (SELECT key, message FROM mark
         EXCEPT SELECT key, message FROM ({all}))"
    ));
    (
        missing == 0 && stray == 0,
        count("SELECT count(*) FROM mark"),
    )
}

#[cfg(test)]
mod tests {
    use super::{super::schema, *};

    #[test]
    fn numbers_are_permanent_and_dictionaries_exist() {
        for (n, mark) in MARKS.iter().enumerate() {
            assert_eq!(usize::from(mark.number), n, "{}", mark.name);
            assert!(
                schema::DICTIONARIES.contains(&mark.dictionary),
                "{}",
                mark.dictionary
            );
        }
        assert!(MARKS.len() <= 1 << NUMBER_BITS);
        assert_eq!(MARKS[usize::from(RULES_VERSION)].name, "rules_version");
    }

    #[test]
    fn a_key_holds_the_value_and_the_dimension() {
        assert_eq!(key(SENDER, 3), 3 * 32 + 2);
        assert_eq!(key(RULES_VERSION, 0), 16);
    }

    #[test]
    fn a_message_is_marked_once_with_each_value() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        let mut keys = Keys::default();
        keys.add(VECTOR, Some(1));
        keys.add(VECTOR, Some(1));
        keys.add(RULE, Some(1));
        keys.add(RULE, None);
        keys.write(&connection, 7).unwrap();
        let marks: String = connection
            .query_row(
                "SELECT group_concat(key || ' ' || message, ', ') FROM mark",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(marks, "37 7, 39 7");
    }
}
