//! Writes out what is stored about a person (GDPR article 15, DSAR).

use super::{Person, PrivacyError, connect, values};
use crate::{
    review::{FindingRow, MessageRow, RecipientRow},
    telemetry::store::{Trouble, schema},
};
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    vec,
};

/// What the person is in a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One of its recipients.
    Recipient,
    /// The envelope sender.
    Sender,
}

/// The messages of one person, read one by one, so that the milter never waits
/// for the export. Messages that go meanwhile are left out.
#[derive(Debug)]
pub struct Export {
    connection: Connection,
    path: PathBuf,
    person: Person,
    ids: vec::IntoIter<i64>,
}

impl Export {
    /// Finds the messages of a person.
    ///
    /// # Errors
    ///
    /// The block log cannot be read.
    pub fn begin(path: &Path, person: Person) -> Result<Self, PrivacyError> {
        let begin = || {
            let connection = connect::for_reading(path)?;
            let ids = person.messages(&connection)?;
            Ok::<_, Trouble>((connection, ids))
        };
        let (connection, ids) = begin().map_err(|e| PrivacyError::new(path, e))?;
        Ok(Self {
            connection,
            path: path.to_owned(),
            person,
            ids: ids.into_iter(),
        })
    }

    /// How many messages are still to come.
    pub fn left(&self) -> usize {
        self.ids.len()
    }

    fn message(&self, id: i64) -> rusqlite::Result<Option<(Vec<Role>, MessageRow)>> {
        let transaction = self.connection.unchecked_transaction()?;
        let Some(mut message) = transaction
            .prepare_cached("SELECT * FROM message_view WHERE id = ?1")?
            .query_row([id], MessageRow::read)
            .optional()?
        else {
            return Ok(None);
        };
        let own = &self.person.recipient;
        message.recipients = transaction
            .prepare_cached(
                "SELECT who, domain.name FROM recipient
                 LEFT JOIN domain ON domain.id = recipient.domain WHERE message = ?1 ORDER BY n",
            )?
            .query_map([id], |row| {
                Ok(RecipientRow {
                    who: row.get(0)?,
                    domain: row.get(1)?,
                })
            })?
            .filter(|row| match row {
                Ok(row) => row.who.as_ref().is_some_and(|who| own.contains(who)),
                Err(_) => true,
            })
            .collect::<Result<_, _>>()?;
        let first = schema::first_finding(id);
        let end = schema::first_finding(id.saturating_add(1));
        message.findings = transaction
            .prepare_cached("SELECT * FROM finding_view WHERE id >= ?1 AND id < ?2 ORDER BY id")?
            .query_map([first, end], FindingRow::read)?
            .collect::<Result<_, _>>()?;
        let is_sender: bool = transaction
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM message m WHERE {} AND m.id = ?)",
                self.person.is_sender()
            ))?
            .query_row(
                params_from_iter(values(&mut self.person.sender_values(), id)),
                |row| row.get(0),
            )?;
        transaction.finish()?;
        let mut roles = Vec::new();
        if !message.recipients.is_empty() {
            roles.push(Role::Recipient);
        }
        if is_sender {
            roles.push(Role::Sender);
        } else if message.sender.as_ref().is_some_and(|s| s.contains('@')) {
            // Another person's, in clear.
            message.sender = None;
        }
        Ok(Some((roles, message)))
    }
}

/// The messages, oldest first, and what the person is in each. Other people
/// in them are left out: they only count.
impl Iterator for Export {
    type Item = Result<(Vec<Role>, MessageRow), PrivacyError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let id = self.ids.next()?;
            match self.message(id) {
                Ok(None) => {}
                Ok(Some(found)) => return Some(Ok(found)),
                Err(e) => return Some(Err(PrivacyError::new(&self.path, e))),
            }
        }
    }
}
