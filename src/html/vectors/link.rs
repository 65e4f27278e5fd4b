//! Links, which are followed by a click.

use super::{Entry, Value, always};
use crate::html::Vector;

/// `<a href>`.
pub(super) const A_HREF: Entry = Entry {
    elements: &["a"],
    attribute: "href",
    value: Value::Url,
    vector: Vector::AHref,
    applies: always,
};

/// `<area href>`.
pub(super) const AREA_HREF: Entry = Entry {
    elements: &["area"],
    attribute: "href",
    value: Value::Url,
    vector: Vector::AreaHref,
    applies: always,
};
