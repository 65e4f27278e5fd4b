//! One part, read for everything that makes a client send a request.
//!
//! lol_html reads the part once. What it passes over and a mail client may
//! render (conditional comments, `<noscript>`) is collected on the way and
//! read in a pass of its own, and so on for what is nested in that, up to
//! [`PASSES`].

mod comment;
mod element;
mod instruction;
mod kind;
mod lead;
mod link;
mod marks;
mod markup;
pub(crate) mod name;
mod nested;
mod open;
mod pass;
mod report;
mod setting;
mod signs;
mod source;
mod styles;
pub(crate) mod tag;
#[cfg(test)]
mod tests;
mod walk;

use super::Sighting;
use crate::limits::Limits;
use crate::sighting::Form;
use crate::skip::Skip;
use crate::url::Target;
use encoding_rs::Encoding;
use lead::TOO_DEEP;
use lol_html::AsciiCompatibleEncoding;
use setting::{Counters, Setting};
use source::Source;

/// How often text is read again that stands in text that is read again: the
/// part, a comment in it, a `<noscript>` in that, a comment in that.
const PASSES: usize = 4;

/// What was seen in a part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scan {
    /// In the order of their spans, which are those of the part.
    pub sightings: Vec<Sighting>,
    /// Whether a tag stood where it is open to doubt if what follows is raw
    /// text or HTML (`<select><xmp>`). Then the raw text of all elements was
    /// read as HTML as well.
    pub lenient: bool,
    /// The first `<base href>` that leads to a host, from which relative
    /// references are resolved wherever they stand.
    pub base: Option<Target>,
    /// Whether a link was passed over because it is longer than
    /// `limits.url_bytes`.
    pub has_long_url: bool,
}

/// Reads an HTML part for everything that makes a client send a request or
/// records a click.
///
/// `html` is in `encoding`, which must be ASCII-compatible. Only URLs that
/// can reach a host are reported: `http:`, `https:` and `//` in any disguise,
/// relative references where the document has a base that leads to a host,
/// and what is loaded by documents in `srcdoc=` and in `data:` URLs. A link
/// longer than `limits.url_bytes` is passed over; something longer that is
/// loaded is reported with the beginning of its URL. A tag that the end of
/// the part cuts off counts, because mail programs put text behind a part.
///
/// # Errors
///
/// [`Skip::Attributes`], [`Skip::HtmlSize`], [`Skip::HtmlMemory`] and
/// [`Skip::Sightings`] if the part is beyond a limit; [`Skip::Charset`] if
/// `encoding` is not ASCII-compatible.
pub fn scan(html: &[u8], encoding: &'static Encoding, limits: &Limits) -> Result<Scan, Skip> {
    scan_until(html, encoding, limits, &|| false)
}

/// The same with an end: `expired` is asked now and then.
///
/// # Errors
///
/// Those of [`scan`], and [`Skip::Timeout`] once `expired` says yes.
pub fn scan_until(
    html: &[u8],
    encoding: &'static Encoding,
    limits: &Limits,
    expired: &dyn Fn() -> bool,
) -> Result<Scan, Skip> {
    let counters = Counters::default();
    let mut scan = read(
        html,
        encoding,
        &Setting::outermost(limits, expired, &counters),
    )?;
    scan.has_long_url = counters.has_long_url();
    Ok(scan)
}

/// Reads a part, or a document in one.
fn read(html: &[u8], encoding: &'static Encoding, setting: &Setting<'_>) -> Result<Scan, Skip> {
    if html.len() > setting.limits.html_bytes {
        return Err(Skip::HtmlSize);
    }
    let encoding = AsciiCompatibleEncoding::new(encoding).ok_or(Skip::Charset)?;
    let scan = passes(html, encoding, setting)?;
    match &scan.base {
        // It may have come after what it bears on.
        Some(base) => passes(html, encoding, &setting.with_base(base)),
        None => Ok(scan),
    }
}

fn passes(
    html: &[u8],
    encoding: AsciiCompatibleEncoding,
    setting: &Setting<'_>,
) -> Result<Scan, Skip> {
    let mut scan = Scan::default();
    let mut source = Source::whole(html);
    for number in 1..=PASSES {
        let again = pass::run(&source, encoding, setting, &mut scan)?;
        if again.is_empty() || number == PASSES {
            break;
        }
        source = source.pieces(&again);
    }
    // Stable: of two readings of the same bytes the first one stays.
    scan.sightings
        .sort_by_key(|s| (s.span.start, s.span.end, s.vector));
    scan.sightings.dedup_by(|b, a| {
        let is_other = matches!(b.written.form, Form::Holder(_)) && a.url != b.url;
        a.span == b.span && a.vector == b.vector && !is_other
    });
    scan.base = scan.base.or_else(|| setting.base.cloned());
    Ok(scan)
}
