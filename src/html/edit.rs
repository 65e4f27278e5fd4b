//! Writes another URL in the place of one that was seen.

use super::css::escape;
use super::decode::decode;
use super::entity::Place;
use super::{Change, Context, Quote, Sighting, Vector};
use crate::edit::Edit;
use crate::sighting::{Form, Kind};
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;
use std::fmt::Write;

/// An empty transparent image: GIF89a, one pixel by one, a colour table of
/// two, the first of which is transparent. Its 42 bytes need no padding, so
/// that the URL stands in unquoted attributes without a reference.
const EMPTY_IMAGE: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// What takes the place of each kind of thing that is loaded: something empty
/// of the kind, so that no client looks for anything else. `None` for what
/// the reader asks for.
const fn neutral(kind: Kind) -> Option<&'static str> {
    match kind {
        // Not `data:`, which some clients refuse to show in a frame.
        Kind::Frame => Some("about:blank"),
        Kind::Image => Some(EMPTY_IMAGE),
        Kind::Markup => Some(" "),
        Kind::Other => Some("data:,"),
        Kind::Page => None,
        // A module must have the media type of a script.
        Kind::Script => Some("data:text/javascript,"),
        Kind::StyleSheet => Some("data:text/css,"),
        // No time to wait, and no policy, tile or expression. An empty value
        // would not do: without quotes it would swallow what follows.
        Kind::Words => Some("none"),
    }
}

/// The edit that makes `change` to `sighting`, which a scan of `html` found.
///
/// The edit stands exactly for the sighting's span, written as the context
/// demands. Neutralized, it loads nothing and is not seen again as a
/// sighting; [`Change::Remove`] takes the whole start tag of an element
/// without content (`img`, `image`, `input`) and is [`Change::Neutralize`]
/// everywhere else.
///
/// `None` if it cannot be done exactly, and the sighting is to be left as it
/// is: its URL does not stand in `html` at that span, it is a link and not to
/// be replaced by another, it stands in something that can only give way as a
/// whole and is to be replaced, or the new URL is not ASCII, holds control
/// characters or cannot be written there.
pub fn edit(html: &[u8], sighting: &Sighting, change: &Change<'_>) -> Option<Edit> {
    let raw = html.get(sighting.span.clone())?;
    if !stands_for(raw, sighting) {
        return None;
    }
    let neutral = neutral(sighting.vector.kind());
    match change {
        Change::Replace(url) if sighting.is_replaceable() && is_plain(url) => {
            write(html, sighting, url)
        }
        Change::Replace(_) => None,
        Change::Remove if neutral.is_some() && is_removable(html, sighting) => {
            Some(Edit::new(sighting.tag.clone()?, Vec::new()))
        }
        Change::Neutralize | Change::Remove => write(html, sighting, neutral?),
    }
}

/// Whether `raw` is still what the sighting was read from.
fn stands_for(raw: &[u8], sighting: &Sighting) -> bool {
    if let Form::Holder(beginning) | Form::Relative(beginning) = &sighting.written.form {
        return raw.starts_with(beginning);
    }
    let reads = |encoding| read(raw, sighting, encoding) == sighting.url;
    // The encoding of the part is not known here; only URLs with characters
    // beyond ASCII depend on it.
    reads(UTF_8) || (!raw.is_ascii() && LEGACY_ENCODINGS.iter().any(|encoding| reads(encoding)))
}

fn read<'r>(raw: &'r [u8], sighting: &Sighting, encoding: &'static Encoding) -> Cow<'r, str> {
    match sighting.written.within.split_last() {
        None => read_as(raw, sighting.context, encoding),
        Some((_, inner)) => {
            // From the outside in; what is decoded is UTF-8.
            let mut text = decode(raw, encoding, Some(Place::Attribute)).into_owned();
            for _ in inner {
                text = decode(text.as_bytes(), UTF_8, Some(Place::Attribute)).into_owned();
            }
            Cow::Owned(read_as(text.as_bytes(), sighting.context, UTF_8).into_owned())
        }
    }
}

fn read_as<'r>(raw: &'r [u8], context: Context, encoding: &'static Encoding) -> Cow<'r, str> {
    let references = match context {
        Context::Attribute(_) | Context::CssInAttribute(..) => Some(Place::Attribute),
        Context::CssInText(_) => Some(Place::Text),
        Context::Css(_) | Context::Text => None,
    };
    let text = decode(raw, encoding, references);
    match context {
        Context::Attribute(_) | Context::Text => text,
        Context::Css(_) | Context::CssInAttribute(..) | Context::CssInText(_) => match text {
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

/// Writes `url` in the place of a sighting.
fn write(html: &[u8], sighting: &Sighting, url: &str) -> Option<Edit> {
    if !fits(sighting, url) {
        return None;
    }
    let mut text = match sighting.context {
        Context::Attribute(quote) => attribute(url, quote),
        Context::CssInAttribute(quote, form) => attribute(&escape::write(url, form), quote),
        Context::Css(form) => escape::write(url, form),
        // `<` and `>` are already escaped.
        Context::CssInText(form) => escape::write(url, form).replace('&', "&amp;"),
        // No place in HTML.
        Context::Text => return None,
    };
    for quote in &sighting.written.within {
        text = attribute(&text, *quote);
    }
    let follows_reference = has_references(sighting)
        && before(html, sighting).is_some_and(|b| b.is_ascii_alphanumeric());
    if follows_reference {
        // A character reference without `;` ends here. White space keeps it
        // from reading on, and a client drops it from the URL.
        if quotes(sighting).any(|quote| quote == Quote::None) {
            return None;
        }
        text.insert(0, ' ');
    }
    Some(Edit::new(sighting.span.clone(), text))
}

/// Whether a URL can be written at all and is read as the same: no controls,
/// nothing beyond ASCII, no spaces that a client drops.
pub(super) fn is_plain(url: &str) -> bool {
    !url.is_empty()
        && url.bytes().all(|b| matches!(b, b' '..=b'~'))
        && !url.starts_with(' ')
        && !url.ends_with(' ')
}

/// Whether the URL stays one where it is put.
fn fits(sighting: &Sighting, url: &str) -> bool {
    match sighting.vector {
        // A list is split at spaces, and a comma at the edge is no part of a
        // URL.
        Vector::ImgSrcset | Vector::LinkImagesrcset => {
            !(url.contains(' ') || url.starts_with(',') || url.ends_with(','))
        }
        // The values of an animation are split at semicolons.
        Vector::SvgAnimate => !url.contains(';'),
        _ => true,
    }
}

/// The quotes of all attribute values that a sighting stands in.
fn quotes(sighting: &Sighting) -> impl Iterator<Item = Quote> {
    let own = match sighting.context {
        Context::Attribute(quote) | Context::CssInAttribute(quote, _) => Some(quote),
        Context::Css(_) | Context::CssInText(_) | Context::Text => None,
    };
    own.into_iter()
        .chain(sighting.written.within.iter().copied())
}

fn has_references(sighting: &Sighting) -> bool {
    matches!(sighting.context, Context::CssInText(_)) || quotes(sighting).next().is_some()
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
