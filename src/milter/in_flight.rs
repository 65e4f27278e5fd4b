//! The number of messages between MAIL and the reply to their end.

use std::sync::Arc;
use tokio::sync::watch;

/// Counts the messages in flight, so that a stop can wait for them.
pub(super) struct InFlight(Arc<watch::Sender<usize>>);

impl InFlight {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    /// One more, until the returned value is dropped.
    pub(super) fn enter(&self) -> Flight {
        self.0.send_modify(|n| *n = n.saturating_add(1));
        Flight(Arc::clone(&self.0))
    }

    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until there is none.
    pub(super) async fn none(&self) {
        // The sender lives in `self`, so the channel cannot close.
        let _ = self.0.subscribe().wait_for(|n| *n == 0).await;
    }
}

/// One message in flight.
pub(super) struct Flight(Arc<watch::Sender<usize>>);

impl Drop for Flight {
    fn drop(&mut self) {
        self.0.send_modify(|n| *n = n.saturating_sub(1));
    }
}
