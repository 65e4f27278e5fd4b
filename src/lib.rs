//! untrackd takes tracking out of mail before it reaches the mailbox.
//!
//! # The flow
//!
//! ```text
//! MTA ─ milter ─► splitter ─► transfer decoder ─► lol_html scan ─► judge ─► splice + encode ─► MTA
//!         │         parts         bytes             sightings       verdicts     edits
//!         └── policy: who is exempt                                    └─► findings ─► block log ─► review
//! ```
//!
//! # The layers
//!
//! `main → cli → {milter, metrics, review} → config → telemetry → clean → judge →
//! {html, rules, message, text, allow} → {sighting, url, edit, limits, skip, visible}`. An
//! arrow never turns back, and `html`, `rules`, `message` and `text` do not know each
//! other: [`clean`] joins them. `tests/layers.rs` reads the `use crate::` lines and holds
//! this.
//!
//! # The promises
//!
//! 1. A message in which nothing is changed is not replaced at all.
//! 2. An edit changes its own span only.
//! 3. Signed and encrypted content is left alone.
//! 4. Nothing in a message is ever fetched or resolved.
//! 5. A visible image stays, a working link works.
//! 6. It fails open, and says so.
//! 7. Time, memory, nesting, parts and sizes all have limits with names.
//! 8. Every decision explains itself.
//! 9. The log never delays mail and is not a tracker itself.

// Nothing that a message can influence may panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]

pub mod allow;
pub mod clean;
pub mod cli;
pub mod config;
pub mod edit;
pub mod html;
pub mod judge;
pub mod limits;
pub mod message;
pub mod metrics;
pub mod milter;
pub mod review;
pub mod rules;
pub mod sighting;
pub mod skip;
pub mod telemetry;
pub mod text;
pub mod url;
pub mod visible;
