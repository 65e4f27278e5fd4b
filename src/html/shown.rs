//! Links whose visible text is their URL.

use super::Sighting;
use super::decode::decode;
use super::edit::is_plain;
use super::entity::Place;
use super::reach::is_remote;
use crate::edit::Edit;
use crate::url::Target;
use encoding_rs::UTF_8;
use std::ops::Range;

/// Most bytes of text that are compared with a URL, character references and
/// all.
const LONGEST: usize = 64 << 10;

/// The edit that makes the visible text of a link show `url`, for a link that
/// shows its own. `None` if it does not, or if that cannot be done exactly.
///
/// `html` is what the sighting was found in.
pub fn shown_edit(html: &[u8], sighting: &Sighting, url: &str) -> Option<Edit> {
    let span = sighting.facts.shown.clone()?;
    let is_same = shown(html, span.clone(), &sighting.url)? == span;
    if !is_same || !is_plain(url) {
        return None;
    }
    let text = url
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    Some(Edit::new(span, text))
}

/// Where `url` is shown in `content`, the whole content of its link; the span
/// leaves out the white space around it.
pub(super) fn shown(html: &[u8], content: Range<usize>, url: &str) -> Option<Range<usize>> {
    let raw = html.get(content.clone())?;
    let is_one_run = raw.len() <= LONGEST && raw.is_ascii() && memchr::memchr(b'<', raw).is_none();
    if !is_one_run {
        return None;
    }
    let start = raw.len() - raw.trim_ascii_start().len();
    let raw = raw.trim_ascii();
    let text = decode(raw, UTF_8, Some(Place::Text));
    let start = content.start + start;
    is_url(&text, url).then(|| start..start + raw.len())
}

/// Whether `text` shows `url`: as it is, without its scheme, or in another
/// spelling.
fn is_url(text: &str, url: &str) -> bool {
    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return false;
    }
    if text == url {
        return true;
    }
    if is_remote(text) {
        let text = Target::parse(text);
        return text.is_some() && text == Target::parse(url);
    }
    // Only a host can stand before the first slash.
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    if !host.contains('.') {
        return false;
    }
    let Some(target) = Target::parse(url) else {
        return false;
    };
    let scheme = target.as_str().split(':').next().unwrap_or_default();
    Target::parse(&format!("{scheme}://{text}")) == Some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_known_in_its_spellings() {
        let url = "https://example.org/a?b=1";
        for text in [
            url,
            "example.org/a?b=1",
            "HTTPS://Example.org/a?b=1",
            "https://example.org:443/./a?b=1",
        ] {
            assert!(is_url(text, url), "{text}");
        }
        assert!(is_url("example.org", "https://example.org/"));
        assert!(is_url("http://example.org", "http://example.org/"));
    }

    #[test]
    fn other_text_is_no_url() {
        let url = "https://example.org/a?b=1";
        for text in [
            "",
            "a?b=1",
            "https://example.org/a?b=2",
            "http://example.org/a?b=1",
            "see https://example.org/a?b=1",
            "https://example.org/ a?b=1",
            "www.example.org/a?b=1",
            "Example",
        ] {
            assert!(!is_url(text, url), "{text}");
        }
    }
}
