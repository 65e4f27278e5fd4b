//! Images in HTML, and in AMP mail, which has elements of its own.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;
use crate::html::scan::tag::Tag;

pub(super) const ENTRIES: &[Entry] = &[
    // `<image src>` too, which HTML reads as `img` (HTML standard, section
    // 13.2.6.4.7).
    attribute_of(&["img", "image"], "src", Value::Url, Vector::ImgSrc).only(is_html),
    attribute_of(AMP_IMAGES, "src", Value::Url, Vector::ImgSrc),
    // MathML 3, section 3.2.1.2.
    attribute_of(&["mglyph"], "src", Value::Url, Vector::ImgSrc),
    attribute_of(
        &["img", "image", "source"],
        "srcset",
        Value::Srcset,
        Vector::ImgSrcset,
    )
    .only(is_html),
    attribute_of(AMP_IMAGES, "srcset", Value::Srcset, Vector::ImgSrcset),
    attribute_of(
        &["img", "image", "input"],
        "lowsrc",
        Value::Url,
        Vector::ImgLowsrc,
    ),
    attribute_of(
        &["img", "image", "input"],
        "dynsrc",
        Value::Url,
        Vector::ImgLowsrc,
    ),
    attribute_of(&["input", "isindex"], "src", Value::Url, Vector::InputSrc).only(is_image_button),
    attribute_of(
        &["video", "amp-video"],
        "poster",
        Value::Url,
        Vector::VideoPoster,
    ),
    attribute_of(
        &["menuitem", "command"],
        "icon",
        Value::Url,
        Vector::MenuitemIcon,
    ),
    attribute_of(&[], "background", Value::Url, Vector::Background),
];

const AMP_IMAGES: &[&str] = &["amp-img", "amp-anim", "amp-pixel"];

/// SVG has an `image` of its own, which knows no `src`, and so has VML.
fn is_html(tag: &Tag<'_>, _: bool) -> bool {
    tag.is_html() && tag.prefix().is_none()
}

fn is_image_button(tag: &Tag<'_>, _: bool) -> bool {
    tag.value("type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("image"))
}
