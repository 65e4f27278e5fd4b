//! Messages that fit a query.

use super::{Reader, ReviewError, patience::Stop};
use crate::{
    review::{
        Cursor, FindingRow, MessageRow, Page, Query, RecipientRow,
        language::message_id_forms,
        query::{Order, Plan},
    },
    telemetry::{keys::Keys, store::schema},
};

/// Most messages that a text finds.
const MAX_FOUND: usize = 100;

impl Reader {
    /// A page of messages that fit, newest first.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn page(&self, query: &Query, cursor: Cursor, limit: usize) -> Result<Page, ReviewError> {
        self.ask(|| {
            let plan = self.plan(query)?;
            let more = limit.saturating_add(1);
            let (mut ids, has_newer, has_older);
            match cursor {
                Cursor::Newest | Cursor::Before(_) => {
                    let end = match cursor {
                        Cursor::Before(id) => id,
                        _ => i64::MAX,
                    };
                    ids = self.ids(&plan, Order::Down(end), more)?;
                    has_older = ids.len() > limit;
                    ids.truncate(limit);
                    has_newer = end != i64::MAX
                        && !self
                            .ids(&plan, Order::Up(end.saturating_sub(1)), 1)?
                            .is_empty();
                }
                Cursor::After(id) => {
                    ids = self.ids(&plan, Order::Up(id), more)?;
                    has_newer = ids.len() > limit;
                    ids.truncate(limit);
                    ids.reverse();
                    let end = id.saturating_add(1);
                    has_older = !self.ids(&plan, Order::Down(end), 1)?.is_empty();
                }
            }
            Ok(Page {
                rows: self.rows(&ids)?,
                has_older,
                has_newer,
            })
        })
    }

    /// The newest messages that fit, newest first.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn newest(&self, query: &Query, limit: usize) -> Result<Vec<MessageRow>, ReviewError> {
        self.ask(|| self.rows(&self.ids(&self.plan(query)?, Order::Down(i64::MAX), limit)?))
    }

    /// The first messages that fit and came after the one with this id, oldest
    /// first. With 0, from the beginning.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn after(
        &self,
        id: i64,
        query: &Query,
        limit: usize,
    ) -> Result<Vec<MessageRow>, ReviewError> {
        self.ask(|| self.rows(&self.ids(&self.plan(query)?, Order::Up(id), limit)?))
    }

    /// The id of the newest message; 0 if there is none.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn last_id(&self) -> Result<i64, ReviewError> {
        self.ask(|| {
            Ok(self.connection.query_row(
                "SELECT coalesce(max(id), 0) FROM message",
                [],
                |row| row.get(0),
            )?)
        })
    }

    /// The message with this id.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn message(&self, id: i64) -> Result<Option<MessageRow>, ReviewError> {
        self.ask(|| self.row(id))
    }

    /// The messages that a text may mean, newest first: an id, a queue id or a
    /// Message-ID, with or without angle brackets. A Message-ID is looked for
    /// as it is and by the pseudonyms of every key.
    ///
    /// # Errors
    ///
    /// The database cannot be read.
    pub fn find(&self, text: &str, keys: Option<&Keys>) -> Result<Vec<MessageRow>, ReviewError> {
        let text = text.trim();
        let bare = text.trim_start_matches('<').trim_end_matches('>');
        self.ask(|| {
            // One that is not there is left out with the rows.
            let mut ids: Vec<i64> = text.parse().into_iter().collect();
            for plan in [
                Plan::of_queue_id(text),
                Plan::of_message_id(message_id_forms(bare, keys)),
            ] {
                ids.extend(self.ids(&plan, Order::Down(i64::MAX), MAX_FOUND)?);
            }
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.dedup();
            ids.truncate(MAX_FOUND);
            self.rows(&ids)
        })
    }

    /// How the query is answered.
    pub(super) fn plan(&self, query: &Query) -> Result<Plan, Stop> {
        Ok(Plan::of(&self.connection, query)?)
    }

    /// The ids of messages that fit, in this order.
    pub(super) fn ids(&self, plan: &Plan, order: Order, limit: usize) -> Result<Vec<i64>, Stop> {
        plan.ids(&self.connection, order, limit, || self.patience.check())
    }

    fn rows(&self, ids: &[i64]) -> Result<Vec<MessageRow>, Stop> {
        ids.iter()
            .filter_map(|id| self.row(*id).transpose())
            .collect()
    }

    fn row(&self, id: i64) -> Result<Option<MessageRow>, Stop> {
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
}
