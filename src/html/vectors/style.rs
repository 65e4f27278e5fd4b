//! `style=` on any element; `<style>` is read as a text, not an attribute.

use super::{Entry, Value, always};
use crate::html::Vector;

/// `url()` in `style=`.
pub(super) const STYLE: Entry = Entry {
    elements: &[],
    attribute: "style",
    value: Value::Css,
    vector: Vector::CssUrl,
    applies: always,
};
