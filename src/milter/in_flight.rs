//! The number of messages between MAIL and the reply to their end.

use super::stats::Stats;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// Counts the messages in flight, so that a stop can wait for them.
pub(super) struct InFlight {
    messages: Arc<watch::Sender<usize>>,
    stats: Arc<Stats>,
}

impl InFlight {
    pub(super) fn new(stats: Arc<Stats>) -> Self {
        Self {
            messages: Arc::new(watch::Sender::new(0)),
            stats,
        }
    }

    /// One more, until the returned value is dropped.
    pub(super) fn enter(&self) -> Flight {
        self.messages.send_modify(|n| *n = n.saturating_add(1));
        self.stats.in_flight.add(1);
        Flight {
            messages: Arc::clone(&self.messages),
            stats: Arc::clone(&self.stats),
        }
    }

    pub(super) fn count(&self) -> usize {
        *self.messages.borrow()
    }

    /// Waits until there has been none for a while.
    pub(super) async fn none_for(&self, quiet: Duration) {
        let mut messages = self.messages.subscribe();
        loop {
            // The sender lives in `self`, so the channel cannot close.
            let _ = messages.wait_for(|n| *n == 0).await;
            if timeout(quiet, messages.changed()).await.is_err() {
                return;
            }
        }
    }
}

/// One message in flight.
pub(super) struct Flight {
    messages: Arc<watch::Sender<usize>>,
    stats: Arc<Stats>,
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.messages.send_modify(|n| *n = n.saturating_sub(1));
        self.stats.in_flight.sub(1);
    }
}
