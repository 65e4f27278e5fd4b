//! Reads the block log: queries for people and tools. It never writes, and
//! needs no running daemon.

mod query;
mod reader;
mod row;

pub use query::Query;
pub use reader::{Reader, ReviewError};
pub use row::{EvidenceRow, FindingRow, MessageRow, RecipientRow, SampleRow, Tally};
