//! The allowlist: what an administrator wants left alone, although rules or
//! evidence speak against it.
//!
//! ```text
//! allow.toml ─ AllowFile ─► Entry… ─► Allowlist (at a moment) ─► InForce (for a message) ─► spared?
//! ```
//!
//! The file is for people as well as for programs; every change of it is
//! whole or does not happen.

mod entry;
mod error;
mod file;
mod list;
mod text;
mod value;

pub use entry::{Entry, MAX_REASON, NewEntry, Scope};
pub use error::{AllowError, ValueError};
pub use file::{AllowFile, Stamp};
pub use list::{Allowlist, InForce, Subject};
pub use value::normal;
