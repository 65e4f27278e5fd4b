//! Reads the block log: queries for people and tools. It never writes to it,
//! and needs no running daemon.
//!
//! ```text
//! text ─► language ─► Query ─► Reader ─► answers ─► command line, report (chart), dashboard
//! ```

mod answers;
pub mod chart;
pub mod language;
mod query;
mod reader;
mod row;
#[cfg(test)]
pub(crate) mod testing;
pub mod words;

pub use answers::{
    Cursor, DIMENSIONS, Days, Dimension, DimensionInfo, Facet, Page, Series, Slot, Span, Sum, Top,
    TopRow, Totals,
};
pub use language::{Context, FIELDS, FieldInfo, Query, QueryError};
pub use reader::{Reader, ReviewError};
pub use row::{EvidenceRow, FindingRow, MessageRow, RecipientRow, SampleRow, Tally};
