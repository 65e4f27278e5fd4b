//! Recognises what a piece of a URL is packed in, and takes off one layer.

use super::fields;
use crate::url::{
    Target,
    decode::{
        DecodeErrorKind,
        coding::{from_base64, unescape},
        compression::{self, gunzip},
    },
};
use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;
use std::str;

/// Shorter runs of letters and digits are words, not base64.
const SHORTEST_BASE64: usize = 8;
/// Shorter runs of hex digits are numbers.
const SHORTEST_HEX: usize = 12;
/// What begins a gzip member (RFC 1952 section 2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// Longest name of a member of a query string.
const LONGEST_NAME: usize = 64;

/// What comes out of a piece.
pub(super) enum Opened {
    /// It is no package.
    Closed,
    /// It begins like something compressed; see [`inflate`].
    Deflated(Vec<u8>),
    /// It is made of members.
    Members(Vec<Inner>),
    /// The same thing without one layer of encoding.
    Same(Vec<u8>),
    /// It is a URL.
    Url(Target),
}

/// A member of a package.
pub(super) struct Inner {
    pub(super) name: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Inner {
    fn unnamed(bytes: &[u8]) -> Self {
        Self {
            name: None,
            bytes: bytes.to_vec(),
        }
    }
}

/// Takes one layer off `bytes`, unless it is compression. `text` is the same
/// if it is UTF-8.
pub(super) fn open(bytes: &[u8], text: Option<&str>) -> Opened {
    if is_closed(bytes) {
        return Opened::Closed;
    }
    let Some(text) = text else {
        return open_binary(bytes);
    };
    let trimmed = text.trim();
    let kinds = Kinds::of(trimmed);
    let is_plain = trimmed.len() == text.len() && !kinds.has(OTHER);
    if is_plain || is_shown(text) {
        open_text(trimmed, kinds)
    } else {
        open_binary(bytes)
    }
}

/// Whether it is no package, as far as can be seen at once: a short word or
/// number.
fn is_closed(bytes: &[u8]) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    bytes.len() < SHORTEST_BASE64 && bytes.iter().all(is_word)
}

/// Inflates what [`open`] took for compressed. What inflates to more than
/// `left` counts as closed and uses `left` up, so that a bomb is lit once only.
pub(super) fn inflate(bytes: &[u8], left: &mut usize) -> Opened {
    let inflated = if bytes.starts_with(GZIP) {
        gunzip(bytes, *left)
    } else {
        compression::inflate(bytes, *left)
    };
    match inflated {
        Ok(inflated) => Opened::Same(inflated),
        Err(DecodeErrorKind::TooLarge) => {
            *left = 0;
            Opened::Closed
        }
        Err(_) => open_fields(bytes),
    }
}

/// Whether it reads as text: UTF-8 without control characters but white
/// space.
pub(super) fn is_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_ok_and(is_shown)
}

fn is_shown(text: &str) -> bool {
    let is_space = |b: u8| matches!(b, b'\t' | b'\n' | b'\r');
    if text.is_ascii() {
        return text.bytes().all(|b| !b.is_ascii_control() || is_space(b));
    }
    text.chars()
        .all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

fn open_binary(bytes: &[u8]) -> Opened {
    if is_deflated(bytes) {
        Opened::Deflated(bytes.to_vec())
    } else {
        open_fields(bytes)
    }
}

fn is_deflated(bytes: &[u8]) -> bool {
    // RFC 1950 section 2.2: the method is 8, and the first two bytes are a
    // multiple of 31.
    let is_zlib = |a: u8, b: u8| a & 0x0f == 8 && u16::from_be_bytes([a, b]).is_multiple_of(31);
    bytes.starts_with(GZIP) || matches!(bytes, [a, b, ..] if is_zlib(*a, *b))
}

fn open_fields(bytes: &[u8]) -> Opened {
    let fields = fields::sparkpost(bytes).or_else(|| fields::protobuf(bytes));
    match fields {
        Some(fields) => Opened::Members(fields.into_iter().map(Inner::unnamed).collect()),
        None => Opened::Closed,
    }
}

fn open_text(text: &str, kinds: Kinds) -> Opened {
    if let Some(url) = as_url(text) {
        return Opened::Url(url);
    }
    if let Some(members) = as_json(text).or_else(|| as_query(text, kinds)) {
        return Opened::Members(members);
    }
    if kinds.has(PERCENT) && has_escape(text.as_bytes()) {
        return Opened::Same(unescape(text.as_bytes()));
    }
    if kinds.has(DOT) {
        return as_token(text).map_or(Opened::Closed, Opened::Members);
    }
    if let Some(bytes) = as_hex(text, kinds).filter(|bytes| is_text(bytes)) {
        return Opened::Same(bytes);
    }
    match as_base64(text, kinds) {
        Some(bytes) if is_text(&bytes) => Opened::Same(bytes),
        Some(bytes) => open_binary(&bytes),
        None => Opened::Closed,
    }
}

/// Hexadecimal digits.
const HEX: u8 = 1;
/// The other digits of base64, in either alphabet.
const BASE64: u8 = 2;
/// `=`
const EQUALS: u8 = 4;
/// `~`, with which some pad.
const TILDE: u8 = 8;
/// `%`
const PERCENT: u8 = 16;
/// `.`
const DOT: u8 = 32;
/// Anything else.
const OTHER: u8 = 64;

/// What kinds of bytes a text is made of: nearly all that it cannot be is
/// known from that.
#[derive(Clone, Copy)]
struct Kinds(u8);

/// The kind of each byte.
const KINDS: [u8; 256] = kinds();

#[expect(
    clippy::indexing_slicing,
    reason = "computed of constants while it is compiled"
)]
const fn kinds() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut b: u8 = 0;
    while b < 128 {
        table[b as usize] = match b {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' | b'G'..=b'Z' | b'+' | b'/' | b'-' | b'_' => BASE64,
            b'=' => EQUALS,
            b'~' => TILDE,
            b'%' => PERCENT,
            b'.' => DOT,
            _ => OTHER,
        };
        b += 1;
    }
    table
}

impl Kinds {
    fn of(text: &str) -> Self {
        let kind = |b: u8| KINDS.get(usize::from(b)).copied().unwrap_or(OTHER);
        Self(text.bytes().fold(0, |kinds, b| kinds | kind(b)))
    }

    fn has(self, kind: u8) -> bool {
        self.0 & kind != 0
    }

    fn are_within(self, kinds: u8) -> bool {
        self.0 & !kinds == 0
    }
}

fn as_url(text: &str) -> Option<Target> {
    let has_scheme = |scheme: &str| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    (has_scheme("http://") || has_scheme("https://"))
        .then(|| Target::parse(text))
        .flatten()
}

/// The members of a JSON object, or the parts of an array; a JSON string that
/// holds either is opened first.
fn as_json(text: &str) -> Option<Vec<Inner>> {
    if !text.starts_with(['{', '[', '"']) {
        return None;
    }
    let mut json: Value = serde_json::from_str(text).ok()?;
    if let Value::String(inner) = &json {
        json = serde_json::from_str(inner).ok()?;
    }
    let inner = |name: Option<String>, value: Value| Inner {
        name,
        bytes: match value {
            Value::String(text) => text.into_bytes(),
            Value::Null => Vec::new(),
            other => other.to_string().into_bytes(),
        },
    };
    match json {
        Value::Object(members) => Some(
            members
                .into_iter()
                .map(|(name, value)| inner(Some(name), value))
                .collect(),
        ),
        Value::Array(parts) => Some(parts.into_iter().map(|part| inner(None, part)).collect()),
        _ => None,
    }
}

/// The pairs of a query string. The `=` at the end of base64 makes none.
fn as_query(text: &str, kinds: Kinds) -> Option<Vec<Inner>> {
    let is_name = |name: &str| {
        (1..=LONGEST_NAME).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-.[]%".contains(&b))
    };
    if !kinds.has(EQUALS) {
        return None;
    }
    let mut pairs = Vec::new();
    let mut states_something = false;
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !is_name(name) || value.starts_with('=') {
            return None;
        }
        states_something |= !value.is_empty();
        pairs.push(Inner {
            name: Some(String::from_utf8_lossy(&unescape(name.as_bytes())).into_owned()),
            bytes: unescape(value.as_bytes()),
        });
    }
    states_something.then_some(pairs)
}

fn has_escape(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        let digits = text.get(at + 1..at + 3);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The parts of a signed token (RFC 7515 section 3.1 and its imitations): a
/// JSON object in base64 begins with `eyJ`, and a point stands before or
/// behind it.
fn as_token(text: &str) -> Option<Vec<Inner>> {
    let parts = || text.split('.');
    let is_token = parts().any(|part| part.starts_with("eyJ"))
        && parts().all(|part| part.is_empty() || is_base64(part));
    is_token.then(|| {
        parts()
            .filter(|part| part.starts_with("eyJ"))
            .map(|part| Inner::unnamed(part.as_bytes()))
            .collect()
    })
}

fn as_hex(text: &str, kinds: Kinds) -> Option<Vec<u8>> {
    let is_hex = text.len() >= SHORTEST_HEX && kinds.are_within(HEX);
    is_hex
        .then(|| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok())
        .flatten()
}

fn as_base64(text: &str, kinds: Kinds) -> Option<Vec<u8>> {
    let may_be = text.len() >= SHORTEST_BASE64 && kinds.are_within(HEX | BASE64 | EQUALS | TILDE);
    (may_be && is_base64(text))
        .then(|| from_base64(text.as_bytes()).ok())
        .flatten()
}

/// Either alphabet, padded with `=` or `~` or not at all.
fn is_base64(text: &str) -> bool {
    text.trim_end_matches(['=', '~'])
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b))
}
