//! The dashboard: the block log in a browser.
//!
//! ```text
//! TCP ─► server ─► headers (host, answers) ─► auth (who) ─► pages ─► html
//! ```
//!
//! It only reads the block log, works without scripts, and makes no request to
//! anywhere.

mod app;
mod assets;
pub mod auth;
mod csrf;
mod fault;
mod frame;
mod headers;
mod hosts;
mod pages;
mod patient;
mod server;
mod streams;
mod theme;
mod view;
mod visitor;

pub use app::App;
pub use server::{BindError, BoundDashboard, bind, run};
