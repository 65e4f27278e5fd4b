//! One part, read for everything that makes a client send a request.
//!
//! lol_html reads the part once. What it passes over and a mail client may
//! render (conditional comments, `<noscript>`) is collected on the way and
//! read in a pass of its own, and so on for what is nested in that, up to
//! [`PASSES`].

mod comment;
mod element;
mod link;
mod marks;
mod pass;
mod report;
mod source;
pub(crate) mod tag;
#[cfg(test)]
mod tests;
mod walk;

use super::Sighting;
use crate::limits::Limits;
use crate::skip::Skip;
use encoding_rs::Encoding;
use lol_html::AsciiCompatibleEncoding;
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
}

/// Reads an HTML part for everything that makes a client send a request or
/// records a click.
///
/// `html` is in `encoding`, which must be ASCII-compatible. Only URLs that
/// can reach a host are reported (`http:`, `https:`, `//`, in any disguise),
/// and none longer than `limits.url_bytes`. A tag that the end of the part
/// cuts off is no element.
///
/// # Errors
///
/// [`Skip::HtmlSize`], [`Skip::HtmlMemory`] and [`Skip::Sightings`] if the
/// part is beyond a limit; [`Skip::Charset`] if `encoding` is not
/// ASCII-compatible.
pub fn scan(html: &[u8], encoding: &'static Encoding, limits: &Limits) -> Result<Scan, Skip> {
    if html.len() > limits.html_bytes {
        return Err(Skip::HtmlSize);
    }
    let encoding = AsciiCompatibleEncoding::new(encoding).ok_or(Skip::Charset)?;
    let mut scan = Scan::default();
    let mut source = Source::whole(html);
    for number in 1..=PASSES {
        let again = pass::run(&source, encoding, limits, &mut scan)?;
        if again.is_empty() || number == PASSES {
            break;
        }
        source = source.pieces(&again);
    }
    // Stable: of two readings of the same bytes the first one stays.
    scan.sightings
        .sort_by_key(|s| (s.span.start, s.span.end, s.vector));
    scan.sightings
        .dedup_by(|b, a| a.span == b.span && a.vector == b.vector);
    Ok(scan)
}
