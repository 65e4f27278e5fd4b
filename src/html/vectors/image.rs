//! Images in HTML.

use super::{Entry, Value};
use crate::html::Vector;
use crate::html::scan::tag::Tag;

/// `<img src>`, and `<image src>`, which HTML reads as `img` (HTML standard,
/// section 13.2.6.4.7).
pub(super) const SRC: Entry = Entry {
    elements: &["img", "image"],
    attribute: "src",
    value: Value::Url,
    vector: Vector::ImgSrc,
    applies: is_html,
};

/// `<img srcset>`.
pub(super) const SRCSET: Entry = Entry {
    elements: &["img", "image"],
    attribute: "srcset",
    value: Value::Srcset,
    vector: Vector::ImgSrcset,
    applies: is_html,
};

/// `<input type=image src>`.
pub(super) const INPUT_SRC: Entry = Entry {
    elements: &["input"],
    attribute: "src",
    value: Value::Url,
    vector: Vector::InputSrc,
    applies: is_image_button,
};

/// SVG has an `image` of its own, which knows no `src`.
fn is_html(tag: &Tag<'_>) -> bool {
    tag.is_html()
}

fn is_image_button(tag: &Tag<'_>) -> bool {
    tag.value("type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("image"))
}
