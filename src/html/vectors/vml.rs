//! VML, which Outlook draws, mostly from conditional comments. Its elements
//! have whatever prefix the document chose, or none.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;
use crate::html::scan::name::Name;
use crate::html::scan::tag::Tag;

pub(super) const ENTRIES: &[Entry] = &[
    attribute_of(FILLINGS, "src", Value::Url, Vector::VmlSrc),
    attribute_of(FILLINGS, "href", Value::Url, Vector::VmlSrc),
    attribute_of(FILLINGS, "althref", Value::Url, Vector::VmlSrc),
    attribute_of(PICTURES, "src", Value::Url, Vector::VmlSrc).only(is_vml),
    attribute_of(PICTURES, "althref", Value::Url, Vector::VmlSrc).only(is_vml),
    attribute_of(PICTURES, "href", Value::Url, Vector::VmlSrc).only(is_vml_resource),
    attribute_of(SHAPES, "href", Value::Url, Vector::VmlHref).only(is_vml_link),
    attribute_of(
        &["line", "rect", "group"],
        "href",
        Value::Url,
        Vector::VmlHref,
    )
    .only(is_unprefixed),
];

const FILLINGS: &[&str] = &["fill", "stroke", "imagedata"];

/// Known by a prefix only: without one they are other elements.
const PICTURES: &[&str] = &["background", "image"];

const SHAPES: &[&str] = &[
    "arc",
    "curve",
    "group",
    "image",
    "line",
    "oval",
    "polyline",
    "rect",
    "roundrect",
    "shape",
];

fn is_vml(tag: &Tag<'_>, _: bool) -> bool {
    tag.prefix()
        .is_some_and(|prefix| prefix != Name::new("svg"))
}

/// `o:href=` names the picture, `href=` the page that a click leads to.
fn is_vml_resource(tag: &Tag<'_>, prefixed: bool) -> bool {
    prefixed && is_vml(tag, prefixed)
}

fn is_vml_link(tag: &Tag<'_>, prefixed: bool) -> bool {
    !prefixed && is_vml(tag, prefixed)
}

fn is_unprefixed(tag: &Tag<'_>, prefixed: bool) -> bool {
    !prefixed && tag.prefix().is_none()
}
