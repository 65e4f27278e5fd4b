//! Writes another URL in the place of one that was seen.

use super::css::escape;
use super::decode::decode;
use super::entity::Place;
use super::{Change, Context, Quote, Sighting, Vector};
use crate::edit::Edit;
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;
use std::fmt::Write;

/// An empty transparent image: GIF89a, one pixel by one, a colour table of
/// two, the first of which is transparent. Its 42 bytes need no padding, so
/// that the URL stands in unquoted attributes without a reference.
const EMPTY_IMAGE: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// An empty style sheet.
const EMPTY_STYLE_SHEET: &str = "data:text/css,";

/// The edit that makes `change` to `sighting`, which a scan of `html` found.
///
/// The edit stands exactly for the sighting's span, written as the context
/// demands; [`Change::Remove`] takes the whole start tag of an element
/// without content (`img`, `image`, `input`) and is [`Change::Neutralize`]
/// everywhere else.
///
/// `None` if it cannot be done exactly, and the sighting is to be left as it
/// is: its URL does not stand in `html` at that span, it is a link and not to
/// be replaced by another, or the new URL is not ASCII, holds control
/// characters or cannot be written there.
pub fn edit(html: &[u8], sighting: &Sighting, change: &Change<'_>) -> Option<Edit> {
    let raw = html.get(sighting.span.clone())?;
    if !stands_for(raw, sighting) {
        return None;
    }
    let is_link = sighting.vector.is_link();
    match change {
        Change::Replace(url) => replace(html, sighting, url),
        Change::Neutralize | Change::Remove if is_link => None,
        Change::Remove if is_removable(html, sighting) => {
            Some(Edit::new(sighting.tag.clone()?, Vec::new()))
        }
        Change::Neutralize | Change::Remove => replace(html, sighting, empty(sighting.vector)),
    }
}

fn empty(vector: Vector) -> &'static str {
    match vector {
        Vector::CssImport => EMPTY_STYLE_SHEET,
        _ => EMPTY_IMAGE,
    }
}

/// Whether `raw` is still what the sighting was read from.
fn stands_for(raw: &[u8], sighting: &Sighting) -> bool {
    let reads = |encoding| read(raw, sighting.context, encoding) == sighting.url;
    // The encoding of the part is not known here; only URLs with characters
    // beyond ASCII depend on it.
    reads(UTF_8) || (!raw.is_ascii() && LEGACY_ENCODINGS.iter().any(|encoding| reads(encoding)))
}

fn read<'r>(raw: &'r [u8], context: Context, encoding: &'static Encoding) -> Cow<'r, str> {
    let references = in_attribute(context).map(|_| Place::Attribute);
    let text = decode(raw, encoding, references);
    match context {
        Context::Attribute(_) | Context::Text => text,
        Context::Css(_) | Context::CssInAttribute(..) => match text {
            Cow::Borrowed(text) => escape::undo(text),
            Cow::Owned(text) => Cow::Owned(escape::undo(&text).into_owned()),
        },
    }
}

/// The ASCII-compatible encodings of the Encoding standard, but for UTF-8.
static LEGACY_ENCODINGS: &[&Encoding] = &[
    encoding_rs::WINDOWS_1252,
    encoding_rs::BIG5,
    encoding_rs::EUC_JP,
    encoding_rs::EUC_KR,
    encoding_rs::GB18030,
    encoding_rs::GBK,
    encoding_rs::IBM866,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_3,
    encoding_rs::ISO_8859_4,
    encoding_rs::ISO_8859_5,
    encoding_rs::ISO_8859_6,
    encoding_rs::ISO_8859_7,
    encoding_rs::ISO_8859_8,
    encoding_rs::ISO_8859_8_I,
    encoding_rs::ISO_8859_10,
    encoding_rs::ISO_8859_13,
    encoding_rs::ISO_8859_14,
    encoding_rs::ISO_8859_15,
    encoding_rs::ISO_8859_16,
    encoding_rs::KOI8_R,
    encoding_rs::KOI8_U,
    encoding_rs::MACINTOSH,
    encoding_rs::SHIFT_JIS,
    encoding_rs::WINDOWS_874,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1253,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_1257,
    encoding_rs::WINDOWS_1258,
    encoding_rs::X_MAC_CYRILLIC,
    encoding_rs::X_USER_DEFINED,
];

/// Whether the sighting's element has no content, so that its start tag is
/// all of it.
fn is_removable(html: &[u8], sighting: &Sighting) -> bool {
    let Some(tag) = sighting.tag.clone() else {
        return false;
    };
    // What stands on both sides of the tag must not become a tag together.
    let opens_tag = tag.start.checked_sub(1).and_then(|at| html.get(at)) == Some(&b'<');
    let holds_url = tag.start <= sighting.span.start && sighting.span.end <= tag.end;
    let Some([b'<', name @ .., b'>']) = html.get(tag) else {
        return false;
    };
    holds_url
        && !opens_tag
        && [&b"img"[..], b"image", b"input"].iter().any(|void| {
            let (start, rest) = name.split_at_checked(void.len()).unwrap_or_default();
            let ends = rest
                .first()
                .is_none_or(|b| b.is_ascii_whitespace() || *b == b'/');
            ends && start.eq_ignore_ascii_case(void)
        })
}

fn replace(html: &[u8], sighting: &Sighting, url: &str) -> Option<Edit> {
    if !is_plain(url) || !fits(sighting, url) {
        return None;
    }
    let mut text = match sighting.context {
        Context::Attribute(quote) => attribute(url, quote),
        Context::CssInAttribute(quote, form) => attribute(&escape::write(url, form), quote),
        Context::Css(form) => escape::write(url, form),
        // No place in HTML.
        Context::Text => return None,
    };
    let follows_reference = in_attribute(sighting.context).is_some()
        && before(html, sighting).is_some_and(|b| b.is_ascii_alphanumeric());
    if follows_reference {
        // A character reference without `;` ends here. White space keeps it
        // from reading on, and a client drops it from the URL.
        match in_attribute(sighting.context) {
            Some(Quote::Double | Quote::Single) => text.insert(0, ' '),
            _ => return None,
        }
    }
    Some(Edit::new(sighting.span.clone(), text))
}

/// Whether a URL can be written at all and is read as the same: no controls,
/// nothing beyond ASCII, no spaces that a client drops.
fn is_plain(url: &str) -> bool {
    !url.is_empty()
        && url.bytes().all(|b| matches!(b, b' '..=b'~'))
        && !url.starts_with(' ')
        && !url.ends_with(' ')
}

/// Whether the URL stays one where it is put.
fn fits(sighting: &Sighting, url: &str) -> bool {
    // A list is split at spaces, and a comma at the edge is no part of a URL.
    sighting.vector != Vector::ImgSrcset
        || !(url.contains(' ') || url.starts_with(',') || url.ends_with(','))
}

fn in_attribute(context: Context) -> Option<Quote> {
    match context {
        Context::Attribute(quote) | Context::CssInAttribute(quote, _) => Some(quote),
        Context::Css(_) | Context::Text => None,
    }
}

fn before(html: &[u8], sighting: &Sighting) -> Option<u8> {
    html.get(sighting.span.start.checked_sub(1)?).copied()
}

/// Writes text into an attribute value.
///
/// `<` and `>` are references everywhere: the tag may stand in a comment or
/// in raw text, which a `>` or an end tag in a URL must not end.
fn attribute(text: &str, quote: Quote) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let special = match c {
            '&' => {
                out.push_str("&amp;");
                continue;
            }
            '<' | '>' => true,
            '"' => quote != Quote::Single,
            '\'' => quote != Quote::Double,
            ' ' | '=' | '`' => quote == Quote::None,
            _ => false,
        };
        if special {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
