//! What a decoded link must be before it replaces its wrapper.

use super::{DecodeErrorKind, text::as_text};
use crate::{limits::Limits, url::Target};
use std::net::Ipv4Addr;

/// How many times longer than its wrapper a destination may be. Compression
/// makes a real payload no shorter than a third, and base64 makes that a third
/// longer again.
const GROWTH: usize = 4;

/// What a short wrapper may lead to all the same, in bytes.
const ALLOWANCE: usize = 512;

/// Where a wrapper leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Destination {
    /// The normal form, to judge by.
    pub target: Target,
    /// What is written into the mail: the URL as the wrapper states it, byte
    /// for byte; the normal form where that holds anything but ASCII, since
    /// a part in a legacy charset could not carry it. Always plain ASCII
    /// without spaces, control characters, `"`, `<`, `>` and `\`.
    pub text: String,
}

impl Destination {
    /// The destination that `value` states, which was read from `wrapper` in
    /// another way than by a [`Chain`](super::Chain).
    ///
    /// # Errors
    ///
    /// As [`Chain::run`](super::Chain::run) for the value that its last step
    /// leaves.
    pub fn of(
        mut value: Vec<u8>,
        wrapper: &Target,
        limits: &Limits,
    ) -> Result<Self, DecodeErrorKind> {
        inherit_fragment(&mut value, wrapper);
        // A hundred bytes can state sixteen thousand, and a message can hold
        // thousands of such links.
        let most = wrapper.as_str().len().saturating_mul(GROWTH);
        if value.len() > most.saturating_add(ALLOWANCE) {
            return Err(DecodeErrorKind::TooLarge);
        }
        Self::accept(&value, limits)
    }

    /// Checks the value that the last step left (facts/urls.md section 5.6).
    pub(super) fn accept(value: &[u8], limits: &Limits) -> Result<Self, DecodeErrorKind> {
        if value.len() > limits.url_bytes {
            return Err(DecodeErrorKind::TooLarge);
        }
        let text = as_text(value)?.trim_matches(|c: char| c.is_ascii_whitespace());
        if !has_http_scheme(text) {
            return Err(DecodeErrorKind::NotHttp);
        }
        // An escaped NUL ends the text early for some servers and libraries.
        if holds_forbidden(text) || text.contains("%00") {
            return Err(DecodeErrorKind::ForbiddenCharacter);
        }
        let target = Target::parse(text).ok_or(DecodeErrorKind::NotHttp)?;
        // "https:/x" and "https:///x" parse, but are not what a wrapper of
        // good faith holds.
        let authority = authority(text).ok_or(DecodeErrorKind::NotHttp)?;
        if target.has_user_info() || authority.contains('@') {
            return Err(DecodeErrorKind::UserInfo);
        }
        if !is_public(target.host()) || is_disguised(target.host(), authority) {
            return Err(DecodeErrorKind::Host);
        }
        if target.as_str().len() > limits.url_bytes {
            return Err(DecodeErrorKind::TooLarge);
        }
        let text = if text.is_ascii() {
            text
        } else {
            target.as_str()
        };
        Ok(Self {
            text: text.to_owned(),
            target,
        })
    }
}

/// A redirect passes the fragment on where its destination has none (Fetch
/// standard, "HTTP-redirect fetch"), so a link goes on working without it.
fn inherit_fragment(value: &mut Vec<u8>, wrapper: &Target) {
    if let Some(fragment) = wrapper.fragment()
        && !value.contains(&b'#')
    {
        value.truncate(value.trim_ascii_end().len());
        value.push(b'#');
        value.extend_from_slice(fragment.as_bytes());
    }
}

/// Whether `text` begins with `http:` or `https:`, in any case.
pub(super) fn has_http_scheme(text: &str) -> bool {
    scheme(text).is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"))
}

fn scheme(text: &str) -> Option<&str> {
    text.split_once(':').map(|(scheme, _)| scheme)
}

/// The non-empty text between `//` and the path, query or fragment.
pub(super) fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?', '#']).next().filter(|a| !a.is_empty())
}

/// Whether the host is an address, or a name of several labels none of which
/// is empty (RFC 1035 section 2.3.1).
fn is_public(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_name = name.contains('.') && name.split('.').all(|label| !label.is_empty());
    is_name || name.starts_with('[')
}

/// Whether `host` is an IPv4 address that the authority writes in another way
/// than with four decimal numbers: one number, hex, octal. Nobody who wants to
/// be reached does that.
fn is_disguised(host: &str, authority: &str) -> bool {
    let stated = authority.split(':').next().unwrap_or_default();
    host.parse::<Ipv4Addr>().is_ok() && stated != host
}

fn holds_forbidden(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes()
            .any(|b| !b.is_ascii_graphic() || matches!(b, b'"' | b'<' | b'>' | b'\\'))
    } else {
        text.chars().any(is_forbidden)
    }
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '"' | '<' | '>' | '\\')
        // Marks that change the direction of text, and characters without
        // width: they disguise a host and are in no honest URL.
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
