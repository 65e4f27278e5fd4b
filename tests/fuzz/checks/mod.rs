//! What must hold for every input, however hostile: one check a target.
//!
//! Each `check` takes bytes and panics if a promise is broken. The fuzz
//! targets (`tests/fuzz/targets`, built with libFuzzer) call them with what
//! they think up, and `tests/fuzz_seeds.rs` with the seeds, the inputs that
//! once broke something and mutations of both, on the stable toolchain.
//!
//! Nothing here asks the clock: how long an input takes is libFuzzer's
//! `-timeout`, and what its size costs is for the tests of bombs.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    unreachable_pub,
    reason = "tests, compiled once as a library of fuzz targets and once as a module"
)]

pub mod chance;
pub mod configuration;
pub mod html;
pub mod milter;
pub mod query;
pub mod rules;
pub mod splitter;
pub mod transfer;
pub mod url;

/// A target by name: what `make fuzz`, the seeds and the found inputs go by.
pub type Check = fn(&[u8]);

/// All targets.
pub const TARGETS: &[(&str, Check)] = &[
    ("configuration", configuration::check),
    ("html", html::check),
    ("milter", milter::check),
    ("query", query::check),
    ("rules", rules::check),
    ("splitter", splitter::check),
    ("transfer", transfer::check),
    ("url", url::check),
];
