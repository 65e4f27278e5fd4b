//! How long a question may take.

use super::{Reader, ReviewError};
use rusqlite::Connection;
use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// SQLite's virtual machine looks at the clock every so many instructions.
const INSTRUCTIONS: i32 = 10_000;
/// No question is being asked, or it may take for ever.
const NEVER: u64 = u64::MAX;

/// The end of the question that is being asked.
#[derive(Debug)]
pub(super) struct Patience {
    begun: Instant,
    limit: Cell<Option<Duration>>,
    /// Milliseconds since `begun`.
    deadline: Arc<AtomicU64>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Stop {
    /// It took too long.
    TooLong,
    /// The database cannot be read.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => Self::TooLong,
            _ => Self::Sql(error),
        }
    }
}

impl Patience {
    /// Interrupts what runs on the connection past the deadline.
    pub(super) fn of(connection: &mut Connection) -> rusqlite::Result<Self> {
        let begun = Instant::now();
        let deadline = Arc::new(AtomicU64::new(NEVER));
        let watched = Arc::clone(&deadline);
        let is_over = move || since(begun) >= watched.load(Ordering::Relaxed);
        connection.progress_handler(INSTRUCTIONS, Some(is_over))?;
        Ok(Self {
            begun,
            limit: Cell::new(None),
            deadline,
        })
    }

    /// Whether the question takes too long; for work between statements.
    pub(super) fn check(&self) -> Result<(), Stop> {
        if since(self.begun) >= self.deadline.load(Ordering::Relaxed) {
            return Err(Stop::TooLong);
        }
        Ok(())
    }
}

fn since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(NEVER - 1)
}

impl Reader {
    /// Bounds the time that each further question may take; one that takes
    /// longer ends in [`ReviewError::TooLong`].
    pub fn set_patience(&self, limit: Duration) {
        self.patience.limit.set(Some(limit));
    }

    /// Asks a question in one read transaction, so that its parts belong
    /// together while the log is written.
    pub(super) fn ask<T>(
        &self,
        answer: impl FnOnce() -> Result<T, Stop>,
    ) -> Result<T, ReviewError> {
        let patience = &self.patience;
        if let Some(limit) = patience.limit.get() {
            let limit = u64::try_from(limit.as_millis()).unwrap_or(NEVER);
            let end = since(patience.begun).saturating_add(limit);
            patience.deadline.store(end, Ordering::Relaxed);
        }
        let result = (|| {
            let transaction = self.connection.unchecked_transaction()?;
            let answer = answer()?;
            transaction.finish()?;
            Ok(answer)
        })();
        // Also before anything else is done with the connection.
        patience.deadline.store(NEVER, Ordering::Relaxed);
        result.map_err(|stop| self.stopped(stop))
    }
}
