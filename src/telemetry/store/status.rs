//! What the writer says about itself, for the dashboard and `untrackd stats`,
//! which run in other processes: one row of the table `meta`, in JSON.

use super::super::privacy::Level;
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where it stands in the table `meta`.
const KEY: &str = "status";

/// Messages that are not in the log, by cause.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Lost {
    /// More came at once than the queue holds, or came after the end.
    pub queue: u64,
    /// The database was locked, damaged or out of reach for too long, or did
    /// not take the message.
    pub database: u64,
    /// The disk was full, or had less free than `log.min_free_bytes`.
    pub space: u64,
}

impl Lost {
    /// Each cause by its permanent name, with what it took.
    pub fn by_cause(&self) -> [(&'static str, u64); 3] {
        [
            ("database", self.database),
            ("queue", self.queue),
            ("space", self.space),
        ]
    }

    /// All causes together.
    pub fn total(&self) -> u64 {
        self.queue
            .saturating_add(self.database)
            .saturating_add(self.space)
    }
}

/// What a recorder last said about itself; every 10 seconds at most, while
/// something changes. Counts are since its start.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
pub struct Status {
    /// When this was written, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// When the recorder started, in milliseconds since 1970 (UTC).
    pub started_ms: i64,
    /// False once it has ended in order.
    pub is_running: bool,
    /// Version of the program.
    pub app_version: String,
    /// Version of the rules that the last message was read with.
    pub rules_version: Option<String>,
    /// How much is kept about people.
    pub privacy: Level,
    /// Messages that wait for the writer.
    pub queue_depth: u64,
    /// How many may wait.
    pub queue_capacity: u64,
    /// Messages that were taken from the mail path.
    pub taken: u64,
    /// Messages that are stored, in rows or only in sums.
    pub stored: u64,
    /// Messages that are lost.
    pub lost: Lost,
    /// Attempts at the database that failed.
    pub failures: u64,
    /// Whether the last attempt succeeded.
    pub is_healthy: bool,
    /// What the last failure was, even if all is well since.
    pub last_error: Option<String>,
    /// Messages deleted before their time because of `log.max_bytes`.
    pub evicted: u64,
    /// Size of the database, in bytes.
    pub file_bytes: u64,
    /// Size of its write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// What is free on its file system, in bytes, if that is known.
    pub free_bytes: Option<u64>,
    /// Time of the oldest message, in milliseconds since 1970 (UTC).
    pub oldest_ms: Option<i64>,
    /// What the rest of the program noted, such as its connections; see
    /// [`Recorder::note`](crate::telemetry::Recorder::note).
    pub gateway: BTreeMap<String, u64>,
}

/// Writes the status in place of the last one.
pub(crate) fn write(connection: &Connection, status: &Status) -> rusqlite::Result<()> {
    // A struct of numbers and texts always has a JSON form.
    let json = serde_json::to_string(status).unwrap_or_default();
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
        .execute([KEY, &json])?;
    Ok(())
}

/// The last status that was written, if it can be read.
pub(crate) fn read_status(connection: &Connection) -> Option<Status> {
    let json: String = connection
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .ok()?
        .query_row([KEY], |row| row.get(0))
        .optional()
        .ok()??;
    serde_json::from_str(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::schema, *};

    #[test]
    fn the_last_status_is_read_back() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        assert_eq!(read_status(&connection), None);
        let mut status = Status {
            at_ms: 7,
            lost: Lost {
                queue: 1,
                database: 2,
                space: 4,
            },
            last_error: Some("no space".to_owned()),
            gateway: [("connections".to_owned(), 3)].into(),
            ..Status::default()
        };
        assert_eq!(status.lost.total(), 7);
        write(&connection, &status).unwrap();
        status.at_ms = 8;
        write(&connection, &status).unwrap();
        assert_eq!(read_status(&connection), Some(status));
    }

    #[test]
    fn another_versions_status_is_read_as_far_as_it_goes() {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::migrate(&mut connection, 0).unwrap();
        let put = |json: &str| {
            connection
                .execute("INSERT OR REPLACE INTO meta VALUES ('status', ?1)", [json])
                .unwrap();
        };
        put(r#"{"at_ms": 7, "new": [1]}"#);
        assert_eq!(read_status(&connection).unwrap().at_ms, 7);
        put("at_ms");
        assert_eq!(read_status(&connection), None);
    }
}
