//! The block log: events, their redaction, and the store.

mod event;

pub use event::{Disposition, Event, Record, Transaction};
