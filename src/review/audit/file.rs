//! The file that the audit log stands in.

use super::error::AuditErrorKind;
use crate::telemetry::own;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

/// Marks the file as ours (`PRAGMA application_id`): `uTra`.
const APPLICATION_ID: i32 = 0x7554_7261;
/// The version of the tables.
const VERSION: i32 = 1;
/// How long a program waits while another one writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Mode of the folder, and of the file.
const MODES: (u32, u32) = (0o750, 0o640);

/// Few acts are recorded and none may be lost: each is on the disk before it
/// takes place. No WAL, so that one file is all of it.
const PRAGMAS: &str = "
    PRAGMA journal_mode = DELETE;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA trusted_schema = OFF;
";

const TABLES: &str = "
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,   -- milliseconds since 1970, UTC
    actor   TEXT NOT NULL,
    channel TEXT NOT NULL,
    act     TEXT NOT NULL,
    subject TEXT,               -- keyed hash of an address, a_...
    key     INTEGER,            -- of the hash
    details TEXT NOT NULL,
    outcome TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_failed ON audit (id) WHERE act = 'login-failed';
";

/// Opens it for writing; makes it if it is not there.
pub(super) fn connect(path: &Path) -> Result<Connection, AuditErrorKind> {
    make(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let found = version(&connection)?;
    connection.execute_batch(PRAGMAS)?;
    if found == 0 {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another program may have been faster.
        if version(&transaction)? == 0 {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
    }
    Ok(connection)
}

/// Opens it for reading.
pub(super) fn connect_for_reading(path: &Path) -> Result<Connection, AuditErrorKind> {
    // Says why it cannot be opened better than SQLite does.
    fs::File::open(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    match version(&connection)? {
        0 => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        _ => Ok(connection),
    }
}

/// The version of the tables; 0 if there are none.
fn version(connection: &Connection) -> Result<i32, AuditErrorKind> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let found = pragma("user_version")?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if pragma("application_id")? != APPLICATION_ID && (found != 0 || tables != 0) {
        return Err(AuditErrorKind::Foreign);
    }
    if found > VERSION {
        return Err(AuditErrorKind::Newer(found));
    }
    Ok(found)
}

/// Makes the file with its folder. What root makes belongs to whom the folder
/// above belongs, so that the dashboard can go on with it.
fn make(path: &Path) -> io::Result<()> {
    let (folder, file) = MODES;
    if let Some(dir) = path.parent() {
        own::make_folder(dir, folder)?;
    }
    match OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(file)
        .open(path)
    {
        Ok(made) => own::hand_over(&made, path),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            // Says that it may not be written better than SQLite does.
            OpenOptions::new().append(true).open(path).map(drop)
        }
        Err(e) => Err(e),
    }
}
