//! Links in plain text: where mail programs see one, and its exact edit.
//!
//! Plain text says nowhere that something is a link. Mail programs guess, and
//! they guess differently at the edges, so a URL is looked at only where its
//! end is beyond doubt: cut in another place than the reader's program cuts
//! it, it would be judged, and changed, by half.

mod edit;
mod flow;
mod footnote;
mod label;
mod scan;
mod word;

pub use edit::edit;
pub use scan::{Scan, may_hold_links, scan};
