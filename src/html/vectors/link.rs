//! Links, which are followed by a click, forms, and what is told of a click.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;

pub(super) const ENTRIES: &[Entry] = &[
    attribute_of(&["a"], "href", Value::Url, Vector::AHref),
    attribute_of(&["area"], "href", Value::Url, Vector::AreaHref),
    attribute_of(
        &["img", "iframe", "frame"],
        "longdesc",
        Value::Url,
        Vector::Longdesc,
    ),
    attribute_of(MATHML, "href", Value::Url, Vector::MathmlHref),
    attribute_of(&["a", "area"], "ping", Value::Urls, Vector::Ping),
    attribute_of(
        &["a", "area", "img", "image", "script"],
        "attributionsrc",
        Value::Urls,
        Vector::Attributionsrc,
    ),
    attribute_of(
        &["form", "isindex"],
        "action",
        Value::Url,
        Vector::FormAction,
    ),
    attribute_of(
        &["button", "input", "isindex"],
        "formaction",
        Value::Url,
        Vector::FormAction,
    ),
    // AMP mail.
    attribute_of(&["form"], "action-xhr", Value::Url, Vector::FormAction),
    attribute_of(&["form"], "verify-xhr", Value::Url, Vector::FormAction),
];

/// The elements of MathML, on any of which `href=` makes a link (MathML 3
/// section 2.1.6). By name, because HTML takes the content of some of them for
/// its own.
const MATHML: &[&str] = &[
    "annotation",
    "annotation-xml",
    "maction",
    "math",
    "menclose",
    "merror",
    "mfenced",
    "mfrac",
    "mi",
    "mmultiscripts",
    "mn",
    "mo",
    "mover",
    "mpadded",
    "mphantom",
    "mroot",
    "mrow",
    "ms",
    "mspace",
    "msqrt",
    "mstyle",
    "msub",
    "msubsup",
    "msup",
    "mtable",
    "mtd",
    "mtext",
    "mtr",
    "munder",
    "munderover",
    "semantics",
];
