//! What the block log holds about one person: finding it, writing it out,
//! taking it away.

mod connect;
mod erase;
mod export;
mod status;

pub use connect::PrivacyError;
pub use erase::{Erased, Eraser, Plan};
pub use export::{Export, Role};
pub use status::{DamagedFile, KeyStatus, Status, damaged, status};

use crate::telemetry::keys::{Keys, normal_address};
use rusqlite::{Connection, params_from_iter, types::Value};
use serde::Serialize;

/// Everything that a person may be stored as.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Person {
    /// What was asked for, in lower case.
    given: String,
    /// In clear and under each key.
    recipient: Vec<String>,
    sender: Vec<String>,
    /// How bulk senders put the address into their own (VERP), which only
    /// stands there in clear: `user=example.org`.
    within: Option<String>,
}

/// The pseudonyms of a person under one key.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Pseudonyms {
    /// Number of the key.
    pub key: u32,
    /// As a recipient.
    pub recipient: String,
    /// As an envelope sender.
    pub sender: String,
}

impl Person {
    /// Of an address, which is hashed with every key and also looked for in
    /// clear, or of a pseudonym of a recipient or sender. Of one, the other
    /// follows.
    pub fn of(person: &str, keys: Option<&Keys>) -> Self {
        let given = normal_address(person);
        let mut recipient = vec![given.clone()];
        let mut sender = vec![given.clone()];
        let hash = given.strip_prefix("r_").or(given.strip_prefix("s_"));
        match hash {
            Some(hash) if !given.contains('@') => {
                recipient.push(format!("r_{hash}"));
                sender.push(format!("s_{hash}"));
            }
            _ => {
                for key in keys.iter().flat_map(|keys| keys.all()) {
                    recipient.push(key.recipient(&given));
                    sender.push(key.sender(&given));
                }
            }
        }
        let within = given
            .rsplit_once('@')
            .map(|(local, domain)| format!("{local}={domain}"));
        Self {
            given,
            recipient,
            sender,
            within,
        }
    }

    /// What was asked for, in lower case.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The pseudonyms under each key, oldest key first.
    pub fn pseudonyms(&self, keys: &Keys) -> Vec<Pseudonyms> {
        if !self.given.contains('@') {
            return Vec::new();
        }
        let of = |key: &crate::telemetry::keys::Key| Pseudonyms {
            key: key.id(),
            recipient: key.recipient(&self.given),
            sender: key.sender(&self.given),
        };
        keys.all().map(of).collect()
    }

    /// The messages that the person has received or sent, oldest first.
    fn messages(&self, connection: &Connection) -> rusqlite::Result<Vec<i64>> {
        // Every row is looked at: the index only has hashes of recipients, and
        // nothing of senders.
        let sql = format!(
            "SELECT message FROM recipient WHERE who IN ({})
             UNION
             SELECT m.id FROM message m WHERE {}",
            marks(self.recipient.len()),
            self.is_sender()
        );
        let values = self.recipient.iter().chain(self.sender_values());
        connection
            .prepare(&sql)?
            .query_map(params_from_iter(values), |row| row.get(0))?
            .collect()
    }

    /// Whether the person is the sender of `m`, in SQL, with
    /// [`Person::sender_values`]. Only in clear does a sender hold an `@`.
    fn is_sender(&self) -> String {
        let within = match self.within {
            Some(_) => " OR (instr(m.sender, '@') > 0 AND instr(m.sender, ?) > 0)",
            None => "",
        };
        format!("(m.sender IN ({}){within})", marks(self.sender.len()))
    }

    fn sender_values(&self) -> impl Iterator<Item = &String> {
        self.sender.iter().chain(&self.within)
    }
}

/// The parameters of a condition on a person and on the id of a message.
fn values(texts: &mut dyn Iterator<Item = &String>, id: i64) -> Vec<Value> {
    let texts = texts.map(|text| Value::from(text.clone()));
    texts.chain([Value::from(id)]).collect()
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}

#[cfg(test)]
mod tests;
