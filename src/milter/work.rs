//! The cleaner as the milter sees it.

use crate::clean::{Cleaner, Cleaning, Envelope, Outcome};
use std::sync::Arc;

/// Says whether the time for a message has run out.
pub type Expired = Box<dyn Fn() -> bool + Send>;

/// Begins the work on messages. [`Cleaner`] is the one in service; a trait,
/// so that tests can have one that panics, hangs or changes what they like.
pub trait Clean: Send + Sync {
    /// Begins a message.
    fn begin(self: Arc<Self>, envelope: Envelope, expired: Expired) -> Box<dyn Work>;

    /// Largest body that is read, in bytes.
    fn message_bytes(&self) -> usize;

    /// Most memory that all messages together may need, in bytes.
    fn memory_bytes(&self) -> usize;

    /// Version of the rules.
    fn rules_version(&self) -> &str;
}

/// The work on one message. See [`Cleaning`].
pub trait Work: Send {
    /// A header field; the value with the space after the colon.
    fn header(&mut self, name: &[u8], value: &[u8]);

    /// The next bytes of the body.
    fn body(&mut self, chunk: &[u8]);

    /// Bytes of memory that the message holds, and its end will take on top at
    /// the most; an estimate.
    fn memory(&self) -> usize;

    /// The end of the message.
    fn finish(self: Box<Self>) -> Outcome;
}

impl Clean for Cleaner {
    fn begin(self: Arc<Self>, envelope: Envelope, expired: Expired) -> Box<dyn Work> {
        Box::new(Cleaner::begin(&self, envelope, expired))
    }

    fn message_bytes(&self) -> usize {
        self.limits().message_bytes
    }

    fn memory_bytes(&self) -> usize {
        self.limits().memory_bytes
    }

    fn rules_version(&self) -> &str {
        self.rules().version()
    }
}

impl Work for Cleaning {
    fn header(&mut self, name: &[u8], value: &[u8]) {
        Cleaning::header(self, name, value);
    }

    fn body(&mut self, chunk: &[u8]) {
        Cleaning::body(self, chunk);
    }

    fn memory(&self) -> usize {
        Cleaning::memory(self)
    }

    fn finish(self: Box<Self>) -> Outcome {
        Cleaning::finish(*self)
    }
}
