//! What belongs to the document or is a document of its own: style sheets,
//! scripts, frames, `<meta>`.

use super::{Entry, Value, attribute_of};
use crate::html::Vector;
use crate::html::scan::tag::Tag;

pub(super) const ENTRIES: &[Entry] = &[
    attribute_of(&[], "style", Value::Css, Vector::CssUrl),
    attribute_of(&["link"], "href", Value::Url, Vector::LinkRelHref),
    attribute_of(
        &["link"],
        "imagesrcset",
        Value::Srcset,
        Vector::LinkImagesrcset,
    ),
    attribute_of(
        &["script", "amp-script"],
        "src",
        Value::Url,
        Vector::ScriptSrc,
    ),
    attribute_of(&["script"], "href", Value::Url, Vector::ScriptSrc),
    attribute_of(FRAMES, "src", Value::Url, Vector::IframeSrc),
    attribute_of(&["iframe"], "srcdoc", Value::Html, Vector::IframeSrcdoc),
    attribute_of(&["html"], "manifest", Value::Url, Vector::HtmlManifest),
    attribute_of(&["head"], "profile", Value::Urls, Vector::HtmlManifest),
    attribute_of(&["meta"], "content", Value::Refresh, Vector::MetaRefresh).only(is_refresh),
    attribute_of(&["meta"], "content", Value::Text, Vector::MetaContent).only(is_acted_on),
    attribute_of(&["xml"], "src", Value::Url, Vector::XmlSrc),
    attribute_of(
        &["import"],
        "implementation",
        Value::Url,
        Vector::ImportImplementation,
    ),
];

/// `vmlframe` is one of VML, `layer` and `ilayer` were Netscape's.
const FRAMES: &[&str] = &[
    "iframe",
    "frame",
    "portal",
    "fencedframe",
    "amp-iframe",
    "vmlframe",
    "layer",
    "ilayer",
];

fn is_refresh(tag: &Tag<'_>, _: bool) -> bool {
    tag.value("http-equiv")
        .is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case("refresh"))
}

/// Whether a client does anything with the words of a `<meta>`: header fields
/// (reports to whoever a policy names), tiles and pinned pages, the page to
/// open instead, and markup that a reading view shows.
fn is_acted_on(tag: &Tag<'_>, prefixed: bool) -> bool {
    if is_refresh(tag, prefixed) {
        return false;
    }
    let starts = |attribute: &str, with: &str| {
        tag.value(attribute).is_some_and(|value| {
            let start = value.trim_ascii_start().get(..with.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(with))
        })
    };
    tag.value("http-equiv").is_some()
        || starts("name", "msapplication-")
        || starts("property", "al:")
        || tag
            .value("content")
            .is_some_and(|words| words.contains('<'))
}
