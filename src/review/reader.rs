//! Opens the block log for reading.

use super::{
    query::{Query, Sql},
    row::{FindingRow, MessageRow, RecipientRow},
};
use crate::telemetry::store::{Trouble, found_version, identity, schema};
use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;

/// How long a reader waits for a lock. Readers of a WAL only ever wait for a
/// recovery after a crash.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The block log cannot be read.
#[derive(Debug, Error)]
pub enum ReviewError {
    /// There is none.
    #[error("the block log {} does not exist yet; has the milter run?", .0.display())]
    Missing(PathBuf),
    /// The user may not read it.
    #[error(
        "the block log {} may not be read by this user; run as root, as the milter's user, \
         or in its group", .0.display()
    )]
    NotPermitted(PathBuf),
    /// It is damaged.
    #[error(
        "the block log {} is damaged: {error}; the milter sets it aside and begins a new one \
         when it next writes", path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What was found.
        error: rusqlite::Error,
    },
    /// It is something else.
    #[error("{} is no block log that this program can read: {trouble}", path.display())]
    NotOurs {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        trouble: Trouble,
    },
    /// Anything else.
    #[error("the block log {} cannot be read: {trouble}", path.display())]
    Failed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        trouble: Trouble,
    },
}

impl ReviewError {
    fn new(path: &Path, trouble: Trouble) -> Self {
        let path = path.to_owned();
        match trouble {
            Trouble::Io(e) if e.kind() == io::ErrorKind::NotFound => Self::Missing(path),
            Trouble::Io(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                Self::NotPermitted(path)
            }
            Trouble::Damaged(error) => Self::Damaged { path, error },
            Trouble::Foreign | Trouble::Newer { .. } => Self::NotOurs { path, trouble },
            trouble => Self::Failed { path, trouble },
        }
    }
}

/// The block log, open for reading. It may be written meanwhile.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    path: PathBuf,
    identity: (u64, u64),
}

impl Reader {
    /// Opens the block log.
    ///
    /// # Errors
    ///
    /// It is not there, not readable, damaged, or no block log.
    pub fn open(path: &Path) -> Result<Self, ReviewError> {
        let open = || -> Result<Self, Trouble> {
            // SQLite says only "unable to open" for every reason there is.
            fs::File::open(path)?;
            let identity = identity(path)?;
            Ok(Self {
                connection: connect(path)?,
                path: path.to_owned(),
                identity,
            })
        };
        open().map_err(|trouble| ReviewError::new(path, trouble))
    }

    /// Whether the path still leads to the file that is open; if not, a new
    /// log was begun.
    pub fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|identity| identity == self.identity)
    }

    /// The newest messages that fit, newest first.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn newest(&self, query: &Query, limit: usize) -> Result<Vec<MessageRow>, ReviewError> {
        self.messages(query, None, limit)
    }

    /// The first messages that fit and came after the one with this id, oldest
    /// first. With 0, from the beginning.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn after(
        &self,
        id: i64,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<MessageRow>, ReviewError> {
        self.messages(query, Some(id), limit)
    }

    /// The id of the newest message; 0 if there is none.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn last_id(&self) -> Result<i64, ReviewError> {
        self.connection
            .query_row("SELECT coalesce(max(id), 0) FROM message", [], |row| {
                row.get(0)
            })
            .map_err(|error| self.error(error))
    }

    fn messages(
        &self,
        query: &Query,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<MessageRow>, ReviewError> {
        let read = || -> rusqlite::Result<Vec<MessageRow>> {
            // One transaction, so that a message and its findings belong
            // together while the writer deletes old ones.
            let transaction = self.connection.unchecked_transaction()?;
            let rows = self
                .ids(query, after, limit)?
                .into_iter()
                .filter_map(|id| self.message(id).transpose())
                .collect();
            transaction.finish()?;
            rows
        };
        read().map_err(|error| self.error(error))
    }

    /// The ids of messages that fit, each once.
    fn ids(&self, query: &Query, after: Option<i64>, limit: usize) -> rusqlite::Result<Vec<i64>> {
        let order = if after.is_some() { "ASC" } else { "DESC" };
        let (sql, values) = if query.asks_for_findings() {
            // Findings are in order of time, those of one message together.
            let mut sql = String::from("SELECT f.id >> 8 FROM finding f");
            let messages = query.message_sql();
            let mut values = Vec::new();
            if !messages.text.is_empty() {
                sql += " JOIN message m ON m.id = f.id >> 8";
            }
            sql += " WHERE ";
            push(&mut sql, &mut values, query.finding_sql());
            push(&mut sql, &mut values, messages);
            if let Some(id) = after {
                let first = schema::first_finding(id.saturating_add(1));
                push_one(&mut sql, &mut values, "f.id >= ?", first);
            }
            (format!("{sql} ORDER BY f.id {order}"), values)
        } else {
            let mut sql = String::from("SELECT m.id FROM message m WHERE ");
            let mut values = Vec::new();
            push(&mut sql, &mut values, query.message_sql());
            if let Some(id) = after {
                push_one(&mut sql, &mut values, "m.id > ?", id);
            }
            if values.is_empty() {
                sql += "true";
            }
            (format!("{sql} ORDER BY m.id {order}"), values)
        };
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut ids: Vec<i64> = Vec::new();
        while ids.len() < limit {
            let Some(row) = rows.next()? else { break };
            let id = row.get(0)?;
            if ids.last() != Some(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    fn message(&self, id: i64) -> rusqlite::Result<Option<MessageRow>> {
        let mut found = self
            .connection
            .prepare_cached("SELECT * FROM message_view WHERE id = ?1")?
            .query_map([id], MessageRow::read)?
            .next()
            .transpose()?;
        if let Some(message) = &mut found {
            message.recipients = self
                .connection
                .prepare_cached(
                    "SELECT who, domain.name FROM recipient
                     LEFT JOIN domain ON domain.id = recipient.domain
                     WHERE message = ?1 ORDER BY n",
                )?
                .query_map([id], |row| {
                    Ok(RecipientRow {
                        who: row.get(0)?,
                        domain: row.get(1)?,
                    })
                })?
                .collect::<Result<_, _>>()?;
            let first = schema::first_finding(id);
            let end = first.saturating_add(1 << schema::FINDING_BITS);
            message.findings = self
                .connection
                .prepare_cached(
                    "SELECT * FROM finding_view WHERE id >= ?1 AND id < ?2 ORDER BY id",
                )?
                .query_map([first, end], FindingRow::read)?
                .collect::<Result<_, _>>()?;
        }
        Ok(found)
    }

    fn error(&self, error: rusqlite::Error) -> ReviewError {
        ReviewError::new(&self.path, error.into())
    }
}

fn push(sql: &mut String, values: &mut Vec<Value>, more: Sql) {
    if more.text.is_empty() {
        return;
    }
    if !values.is_empty() {
        *sql += " AND ";
    }
    *sql += &more.text;
    values.extend(more.values);
}

fn push_one(sql: &mut String, values: &mut Vec<Value>, condition: &str, value: i64) {
    if !values.is_empty() {
        *sql += " AND ";
    }
    *sql += condition;
    values.push(value.into());
}

fn connect(path: &Path) -> Result<Connection, Trouble> {
    match try_connect(path, false) {
        // Without the milter running there is no shared memory file, and a
        // user who may not make one cannot read a WAL database. If the log is
        // at rest, it can be read as a plain file.
        Err(Trouble::Unreachable(_)) if is_at_rest(path) => try_connect(path, true),
        other => other,
    }
}

fn try_connect(path: &Path, is_immutable: bool) -> Result<Connection, Trouble> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_immutable {
        flags |= OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(format!("{}?immutable=1", file_uri(path)?), flags)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    match found_version(&connection)? {
        0 => Err(Trouble::Io(io::ErrorKind::NotFound.into())),
        found if found < schema::version() => Err(Trouble::Newer {
            found,
            known: schema::version(),
        }),
        _ => Ok(connection),
    }
}

fn is_at_rest(path: &Path) -> bool {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    fs::metadata(wal).map_or(true, |meta| meta.len() == 0)
}

fn file_uri(path: &Path) -> io::Result<String> {
    let path = std::path::absolute(path)?;
    ::url::Url::from_file_path(path)
        .map(|url| url.to_string())
        .map_err(|()| io::ErrorKind::InvalidInput.into())
}
