//! Steps that undo an encoding of bytes as characters.

use super::{DecodeErrorKind, Step};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::{Encoding, HEXLOWER_PERMISSIVE, Specification};
use percent_encoding::percent_decode;
use std::sync::Arc;

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
    percent_decode(value).collect()
}

/// Decodes base64 of either alphabet, padded with `=` or `~` or not at all;
/// a last digit that stands alone is dropped.
pub(in crate::url) fn from_base64(value: &[u8]) -> Result<Vec<u8>, DecodeErrorKind> {
    let value = if value.contains(&b'%') {
        unescape(value)
    } else {
        value.to_vec()
    };
    let trimmed = trim_end(value.trim_ascii(), |b| matches!(b, b'=' | b'~'));
    let mut digits: Vec<u8> = trimmed
        .iter()
        .map(|b| match b {
            b'-' => b'+',
            b'_' => b'/',
            other => *other,
        })
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
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
