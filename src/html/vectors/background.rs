//! `background=`: obsolete, and honoured by mail clients on any element.

use super::{Entry, Value, always};
use crate::html::Vector;

/// `background=` on any element.
pub(super) const BACKGROUND: Entry = Entry {
    elements: &[],
    attribute: "background",
    value: Value::Url,
    vector: Vector::Background,
    applies: always,
};
