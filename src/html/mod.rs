//! Finds every place in an HTML part that makes a client send a request or
//! that records a click, and changes it by exact spans.
//!
//! [`scan`] reads the part once with lol_html and reports [`Sighting`]s;
//! [`edit`] turns one of them and a [`Change`] into the bytes to put in its
//! place; [`shown_edit`] does the same for the visible text of a link that
//! shows its own URL. What is looked for stands in one table, `vectors`.

mod css;
mod data_url;
mod decode;
mod edit;
mod entity;
mod facts;
mod reach;
mod refresh;
mod scan;
mod shown;
mod srcset;
mod vectors;
mod words;

pub use edit::edit;
pub use scan::{Scan, scan, scan_until};
pub use shown::shown_edit;

// So that the scanner's own files name them as they name their other types.
use crate::sighting::{Change, Context, CssForm, Facts, Hidden, Quote, Sighting, Vector};
