//! The report: a period's summary, as text, JSON, HTML or mail.
//!
//! ```text
//! Reader ─► gather ─► Report ─► JSON
//!                       │
//!                       ▼
//!                     View (tables of text and links) ─► text, HTML (chart), mail
//! ```
//!
//! The view makes everything printable that comes from mails; the templates
//! escape it.

mod gather;
mod html;
mod links;
mod mail;
mod model;
mod tables;
mod text;
mod view;

pub use gather::{Asked, gather};
pub use html::html;
pub use mail::{Envelope, mail};
pub use model::{
    Before, Expiring, LogHealth, NewCompany, Period, Remained, Report, Rules, Skipped, TopLine,
    TopList, VERSION,
};
pub use text::text;
