//! The tables, and how an older file becomes a newer one.
//!
//! Time is the key. A message's id is its time in milliseconds since 2025
//! times 256 plus a running number, and a finding's id is its message's id
//! times 256 plus a running number: a range of time is a range of row ids, the
//! findings of a message are a range of row ids, and an index, which carries
//! the row id, is sorted by time. Finding ids fit 63 bits until the year 6484;
//! message ids need six bytes until 2042, and eight from then on.
//!
//! Names and texts that repeat stand once, in dictionary tables that all look
//! the same.

use super::derive;
use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Marks the file as ours (`PRAGMA application_id`): `uTrk`.
pub(crate) const APPLICATION_ID: i32 = 0x7554_726b;

/// 2025-01-01T00:00:00Z in milliseconds since 1970: where ids begin.
pub(crate) const EPOCH_MS: i64 = 1_735_689_600_000;
/// Bits of a message id below the milliseconds.
pub(crate) const SEQUENCE_BITS: u32 = 8;
/// Bits of a finding id below the message id.
pub(crate) const FINDING_BITS: u32 = 8;

/// The dictionary tables: `(id INTEGER PRIMARY KEY, name TEXT UNIQUE)`.
pub(crate) const DICTIONARIES: &[&str] = &[
    "action",
    "allowed",
    "ambiguity",
    "category",
    "client",
    "company",
    "disposition",
    "domain",
    "evidence",
    "evidence_kind",
    "kind",
    "privacy",
    "rule",
    "shape",
    "skip",
    "tells",
    "tracker",
    "vector",
    "vendor",
    "vendor_name",
    "version",
];

/// Dictionaries of names that come from mail. They have a column `seen`: the
/// last day (since 1970) that a message used the name.
pub(crate) const PERISHABLE: &[&str] = &["client", "domain", "evidence", "shape", "tracker"];

/// The version from which on marks are packed.
const PACKED: i32 = 4;

/// Makes version n+1 of version n.
type Step = fn(&Transaction<'_>) -> rusqlite::Result<()>;

/// A step that has been released is never changed.
const MIGRATIONS: &[Step] = &[version_1, version_2, version_3, version_4];

/// The version that this program writes and reads.
pub(crate) fn version() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// The first id that a message of this time (milliseconds since 1970) can
/// have.
pub(crate) fn first_id(at_ms: i64) -> i64 {
    at_ms
        .saturating_sub(EPOCH_MS)
        .max(0)
        .saturating_mul(1 << SEQUENCE_BITS)
}

/// The time that an id was given, in milliseconds since 1970.
pub(crate) fn time_of(id: i64) -> i64 {
    (id >> SEQUENCE_BITS).saturating_add(EPOCH_MS)
}

/// The first id that a finding of this message can have.
pub(crate) fn first_finding(message: i64) -> i64 {
    message.saturating_mul(1 << FINDING_BITS)
}

/// Pragmas of the connection that writes. The first two only take effect on an
/// empty file, before it is switched to WAL.
///
/// A group of messages touches the ends of the large tables, and some hundred
/// pages of sums and names, each for the sake of a few bytes: therefore pages
/// are small. The WAL is written back after 8 MiB, so that no commit waits long
/// for it.
pub(crate) const WRITER_PRAGMAS: &str = "
    PRAGMA page_size = 4096;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA cache_size = -32768;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA secure_delete = FAST;
    PRAGMA foreign_keys = OFF;
    PRAGMA trusted_schema = OFF;
";

/// Brings the file to the current version, in one transaction.
pub(crate) fn migrate(connection: &mut Connection, found: i32) -> rusqlite::Result<()> {
    migrate_to(connection, found, version())
}

/// The same to an older version, for the tests of the steps.
pub(super) fn migrate_to(
    connection: &mut Connection,
    found: i32,
    wanted: i32,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let steps = (1..).zip(MIGRATIONS);
    for (_, step) in steps.filter(|(made, _)| *made > found && *made <= wanted) {
        step(&transaction)?;
    }
    // The index is of the current tables, so it is made after all steps.
    if (1..PACKED).contains(&found) && wanted >= PACKED {
        derive::all(&transaction)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", wanted)?;
    transaction.commit()
}

fn version_1(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    const DICTIONARIES: &[&str] = &[
        "action",
        "category",
        "company",
        "disposition",
        "domain",
        "rule",
        "tells",
        "tracker",
        "vector",
        "vendor",
        "vendor_name",
        "version",
    ];
    for name in DICTIONARIES {
        transaction.execute_batch(&format!(
            "CREATE TABLE {name} (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
        ))?;
    }
    transaction.execute_batch(include_str!("version_1.sql"))
}

fn version_2(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("version_2.sql"))
}

fn version_3(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    // Sums that are packed keep no account of this.
    transaction.execute("DELETE FROM meta WHERE key = 'rollup_compact_until'", [])?;
    transaction.execute_batch(include_str!("version_3.sql"))
}

fn version_4(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute_batch(include_str!("version_4.sql"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_time_ordered() {
        // 2026-11-21T12:00:00Z is 1,795,262,400 s after 1970 and 689.5 days
        // after 2025 began.
        let at = 1_795_262_400_000;
        assert_eq!(first_id(at), 689 * 86_400_000 * 256 + 43_200_000 * 256);
        assert_eq!(time_of(first_id(at) + 255), at);
        assert_eq!(first_finding(first_id(at)), first_id(at) * 256);
        assert_eq!(first_id(-1), 0);
        // A message of 2200-01-01 has findings, too.
        let late = 7_258_118_400_000;
        assert_eq!(first_finding(first_id(late)), (late - EPOCH_MS) << 16);
    }

    #[test]
    fn every_dictionary_is_there_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, 0).unwrap();
        let found: i32 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(found, 4);
        for name in DICTIONARIES {
            let rows: i64 = connection
                .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert_eq!(rows, 0, "{name}");
        }
        for view in ["message_view", "finding_view"] {
            connection
                .prepare(&format!("SELECT * FROM {view}"))
                .unwrap();
        }
    }
}
