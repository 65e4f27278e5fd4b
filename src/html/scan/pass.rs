//! One pass of lol_html.

use super::Scan;
use super::setting::Setting;
use super::signs::Signs;
use super::source::{Excerpt, Source};
use super::walk::Walk;
use crate::skip::Skip;
use lol_html::errors::RewritingError;
use lol_html::html_content::{Comment, Element};
use lol_html::{
    AsciiCompatibleEncoding, DocumentContentHandlers, ElementContentHandlers, HtmlRewriter,
    MemorySettings, Selector, Settings,
};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

#[expect(
    clippy::expect_used,
    reason = "a constant, which every test of the scan parses"
)]
static ANY: LazyLock<Selector> =
    LazyLock::new(|| "*".parse().expect("a constant selector is valid"));

/// Ends a tag that the end of the part cuts off, within quotes or not. Mail
/// programs put a part into a page of their own, or behind another part, and
/// what follows there ends the tag.
const CLOSER: &[u8] = b">\">'>";

/// Why lol_html stopped.
enum Stop {
    Ambiguous,
    Skip(Skip),
}

/// Adds the sightings in `source` to `scan` and returns what is to be read
/// again.
///
/// Where lol_html cannot tell whether a text is raw, everything is read a
/// second time with the raw texts as HTML too.
pub(super) fn run(
    source: &Source<'_>,
    encoding: AsciiCompatibleEncoding,
    setting: &Setting<'_>,
    scan: &mut Scan,
) -> Result<Vec<Excerpt>, Skip> {
    let before = scan.sightings.len();
    if !scan.lenient {
        match read(source, encoding, setting, scan) {
            Ok(again) => return Ok(again),
            Err(Stop::Skip(skip)) => return Err(skip),
            Err(Stop::Ambiguous) => {
                scan.sightings.truncate(before);
                scan.lenient = true;
            }
        }
    }
    read(source, encoding, setting, scan).map_err(|stop| match stop {
        Stop::Ambiguous => Skip::Ambiguous,
        Stop::Skip(skip) => skip,
    })
}

fn read(
    source: &Source<'_>,
    encoding: AsciiCompatibleEncoding,
    setting: &Setting<'_>,
    scan: &mut Scan,
) -> Result<Vec<Excerpt>, Stop> {
    let strict = !scan.lenient;
    let signs = Signs::of(&source.bytes);
    let walk = RefCell::new(Walk::new(source, encoding.into(), setting, scan));
    let on_element = |element: &mut Element<'_, '_>| Ok(walk.borrow_mut().element(element)?);
    let on_comment = |comment: &mut Comment<'_>| Ok(walk.borrow_mut().comment(comment)?);

    let memory = MemorySettings::new().with_max_allowed_memory_usage(setting.limits.html_memory);
    let mut settings = Settings::new()
        .with_encoding(encoding)
        .with_strict(strict)
        .with_memory_settings(memory)
        .append_element_content_handler((
            Cow::Borrowed(&*ANY),
            ElementContentHandlers::default().element(on_element),
        ));
    if signs.conditional || signs.instruction {
        // Comments cost time even where there are none.
        settings = settings.append_document_content_handler(
            DocumentContentHandlers::default().comments(on_comment),
        );
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| ());
    let closer = if source.is_whole() { CLOSER } else { b"" };
    let outcome = rewriter
        .write(source.for_parser())
        .and_then(|()| rewriter.write(closer))
        .and_then(|()| rewriter.end());
    let walk = walk.into_inner();
    match outcome {
        Ok(()) => walk.finish(signs).map_err(Stop::Skip),
        Err(RewritingError::ParsingAmbiguity(_)) => Err(Stop::Ambiguous),
        Err(RewritingError::MemoryLimitExceeded(_)) => Err(Stop::Skip(Skip::HtmlMemory)),
        Err(_) => Err(Stop::Skip(walk.stopped().unwrap_or(Skip::Error))),
    }
}
