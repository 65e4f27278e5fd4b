//! SVG. `href=` is found with any namespace prefix and with none.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;
use crate::html::scan::name::Name;
use crate::html::scan::tag::Tag;

pub(super) const ENTRIES: &[Entry] = &[
    attribute_of(
        &["image", "feimage"],
        "href",
        Value::Url,
        Vector::SvgImageHref,
    )
    .only(is_svg),
    attribute_of(REFERRING, "href", Value::Url, Vector::SvgHref).only(is_svg),
    animated("by", Value::Url).only(animates_href),
    animated("from", Value::Url).only(animates_href),
    animated("to", Value::Url).only(animates_href),
    animated("values", Value::Alternatives).only(animates_href),
    animated("by", Value::Css).only(animates_another),
    animated("from", Value::Css).only(animates_another),
    animated("to", Value::Css).only(animates_another),
    animated("values", Value::Css).only(animates_another),
    painted("clip-path"),
    painted("cursor"),
    painted("fill"),
    painted("filter"),
    painted("marker"),
    painted("marker-end"),
    painted("marker-mid"),
    painted("marker-start"),
    painted("mask"),
    painted("stroke"),
];

/// The elements that refer to another, or to a resource, by `href=` (SVG 1.1,
/// SVG Tiny 1.2 and SVG 2), other than links, pictures and scripts.
const REFERRING: &[&str] = &[
    "altglyph",
    "animate",
    "animatecolor",
    "animatemotion",
    "animatetransform",
    "animation",
    "audio",
    "clippath",
    "color-profile",
    "cursor",
    "discard",
    "filter",
    "font-face-uri",
    "foreignobject",
    "glyphref",
    "lineargradient",
    "marker",
    "mask",
    "mpath",
    "pattern",
    "prefetch",
    "radialgradient",
    "set",
    "textpath",
    "tref",
    "use",
    "video",
];

const ANIMATIONS: &[&str] = &[
    "animate",
    "animatecolor",
    "animatemotion",
    "animatetransform",
    "set",
];

/// A presentation attribute that can hold `url()` (SVG 1.1, appendix
/// "Presentation attributes").
const fn painted(attribute: &'static str) -> Entry {
    attribute_of(&[], attribute, Value::Css, Vector::SvgUrl)
}

const fn animated(attribute: &'static str, value: Value) -> Entry {
    attribute_of(ANIMATIONS, attribute, value, Vector::SvgAnimate)
}

/// With a prefix other than `svg` it is VML.
fn is_svg(tag: &Tag<'_>, _: bool) -> bool {
    tag.prefix().is_none_or(|prefix| prefix == Name::new("svg"))
}

fn animates_href(tag: &Tag<'_>, _: bool) -> bool {
    tag.value("attributename").is_some_and(|name| {
        let local = name.rsplit(':').next().unwrap_or_default();
        local.trim_ascii().eq_ignore_ascii_case("href")
    })
}

fn animates_another(tag: &Tag<'_>, prefixed: bool) -> bool {
    !animates_href(tag, prefixed)
}
