//! The block log: events, their redaction, and the store.
//!
//! ```text
//! mail path ─ Event ─► redact ─ Entry ─► bounded channel ─► writer thread ─► SQLite
//!                                        (full: counted)    (group commit, retention)
//! ```
//!
//! Redaction happens before the channel, so nothing behind it ever holds an
//! address in clear or the value of a URL. The mail path never waits: not for
//! the disk, not for a lock, not for a damaged file.

mod entry;
mod event;
mod exclude;
pub mod keys;
pub(crate) mod own;
pub mod privacy;
mod recorder;
mod redact;
mod settings;
mod shape;
pub mod store;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use crate::url::domain;
pub use event::{Disposition, Event, Record, Transaction};
pub use privacy::Level;
pub use recorder::{Discard, Recorder, StartError, Statistics};
pub use settings::{Settings, SettingsError};
pub use store::status::{Lost, Status};
