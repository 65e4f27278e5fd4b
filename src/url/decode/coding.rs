//! Steps that undo an encoding of bytes as characters.

use super::{DecodeErrorKind, Step};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::{Encoding, HEXLOWER_PERMISSIVE, Specification};
use std::{borrow::Cow, sync::Arc};

/// Trackers leave stray bits at the end and forget the padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// How often `percent*` decodes at the most.
const ROUNDS: usize = 3;

pub(super) fn base64(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| from_base64(value)))
}

pub(super) fn base64_dash(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        from_base64(trim_end(value, |b| matches!(b, b'-' | b'.' | b'=')))
    }))
}

pub(super) fn base32(_: &str) -> Result<Step, String> {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
    specification.check_trailing_bits = false;
    let encoding: Encoding = specification.encoding().map_err(|e| e.to_string())?;
    Ok(Arc::new(move |value, _| {
        let value = unescape(value).to_ascii_uppercase();
        let digits = trim_end(&value, |b| b == b'=');
        encoding
            .decode(digits)
            .map_err(|_| DecodeErrorKind::Encoding)
    }))
}

pub(super) fn hex(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        HEXLOWER_PERMISSIVE
            .decode(value)
            .map_err(|_| DecodeErrorKind::Encoding)
    }))
}

pub(super) fn percent(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| Ok(unescape(value))))
}

pub(super) fn percent_repeated(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        let mut value = value.to_vec();
        for _ in 0..ROUNDS {
            if !begins_escaped(&value) {
                break;
            }
            value = unescape(&value);
        }
        Ok(value)
    }))
}

/// Percent-decodes once; what is no escape stays.
pub(in crate::url) fn unescape(value: &[u8]) -> Vec<u8> {
    unescaped(value).into_owned()
}

/// `value` with its escapes undone.
pub(in crate::url) fn unescaped(value: &[u8]) -> Cow<'_, [u8]> {
    let escape_at = |at: &usize| escaped_byte(value, *at).is_some();
    let Some(first) = memchr::memchr_iter(b'%', value).find(escape_at) else {
        // To find out that there is nothing to do must cost nothing.
        return Cow::Borrowed(value);
    };
    let mut plain = Vec::with_capacity(value.len());
    let mut from = 0;
    for at in memchr::memchr_iter(b'%', value).skip_while(|at| *at < first) {
        // The digits of an escape are no `%`.
        if let Some(byte) = escaped_byte(value, at) {
            plain.extend_from_slice(value.get(from..at).unwrap_or_default());
            plain.push(byte);
            from = at + 3;
        }
    }
    plain.extend_from_slice(value.get(from..).unwrap_or_default());
    Cow::Owned(plain)
}

/// What the escape at `at` stands for; `None` if there is none.
fn escaped_byte(value: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = value.get(at..at + 3)? else {
        return None;
    };
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    Some(digit(*high)? << 4 | digit(*low)?)
}

/// `text` with its escapes undone; what is no UTF-8 then is replaced.
pub(crate) fn unescape_text(text: &str) -> Cow<'_, str> {
    match unescaped(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        ),
    }
}

/// base64url (RFC 4648 section 5) in the digits of base64.
pub(crate) fn standard_alphabet(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'-', b'_', text).is_none() {
        return Cow::Borrowed(text);
    }
    let digit = |b: &u8| match b {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    Cow::Owned(text.iter().map(digit).collect())
}

/// Decodes base64 of either alphabet, padded with `=` or `~` or not at all;
/// a last digit that stands alone is dropped.
pub(in crate::url) fn from_base64(value: &[u8]) -> Result<Vec<u8>, DecodeErrorKind> {
    let value = unescaped(value);
    let trimmed = trim_end(value.trim_ascii(), |b| matches!(b, b'=' | b'~'));
    let whole = match trimmed.len() % 4 {
        1 => trimmed.len() - 1,
        _ => trimmed.len(),
    };
    let digits = standard_alphabet(trimmed.get(..whole).unwrap_or_default());
    LENIENT
        .decode(digits)
        .map_err(|_| DecodeErrorKind::Encoding)
}

/// Whether `value` begins with `http` or `https` and an escaped colon, which
/// may itself be escaped again (`%3A`, `%253A`, …).
fn begins_escaped(value: &[u8]) -> bool {
    let Some(rest) = strip_ignoring_case(value, b"http") else {
        return false;
    };
    let rest = strip_ignoring_case(rest, b"s").unwrap_or(rest);
    let Some(mut rest) = rest.strip_prefix(b"%") else {
        return false;
    };
    while let Some(shorter) = rest.strip_prefix(b"25") {
        rest = shorter;
    }
    strip_ignoring_case(rest, b"3a").is_some()
}

fn strip_ignoring_case<'a>(value: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = value.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn trim_end(mut value: &[u8], is_padding: fn(u8) -> bool) -> &[u8] {
    while let Some((last, rest)) = value.split_last()
        && is_padding(*last)
    {
        value = rest;
    }
    value
}
