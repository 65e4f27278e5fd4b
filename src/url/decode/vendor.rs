//! Steps for the formats of single vendors.

use super::{DecodeErrorKind, Step, coding::from_base64, text::as_text};
use std::sync::Arc;

/// SparkPost (Momentum): a byte holds the width of the length that follows in
/// its two high bits (no field, one byte, two bytes little-endian) and the
/// field number in the low six.
pub(super) fn sparkpost(field: &str) -> Result<Step, String> {
    let wanted = number(field, 63)?;
    Ok(Arc::new(move |value, _| {
        let mut rest = value;
        while let Some((tag, after)) = rest.split_first() {
            let (length, after) = match tag >> 6 {
                0 => {
                    rest = after;
                    continue;
                }
                1 => {
                    let (length, after) = after.split_first().ok_or(DecodeErrorKind::Encoding)?;
                    (usize::from(*length), after)
                }
                2 => {
                    let (length, after) = after
                        .split_first_chunk::<2>()
                        .ok_or(DecodeErrorKind::Encoding)?;
                    (usize::from(u16::from_le_bytes(*length)), after)
                }
                _ => return Err(DecodeErrorKind::Encoding),
            };
            let (content, after) = after
                .split_at_checked(length)
                .ok_or(DecodeErrorKind::Encoding)?;
            if u64::from(tag & 0x3f) == wanted {
                return Ok(content.to_vec());
            }
            rest = after;
        }
        Err(DecodeErrorKind::Missing)
    }))
}

/// A protocol buffer message: the first field of this number with wire type
/// 2, at the top level.
pub(super) fn protobuf(field: &str) -> Result<Step, String> {
    let wanted = number(field, (1 << 29) - 1)?;
    Ok(Arc::new(move |value, _| {
        let mut rest = value;
        while !rest.is_empty() {
            let tag = varint(&mut rest)?;
            match tag & 7 {
                0 => drop(varint(&mut rest)?),
                1 => drop(take(&mut rest, 8)?),
                5 => drop(take(&mut rest, 4)?),
                2 => {
                    let length = varint(&mut rest)?;
                    let content = take(&mut rest, length)?;
                    if tag >> 3 == wanted {
                        return Ok(content.to_vec());
                    }
                }
                _ => return Err(DecodeErrorKind::Encoding),
            }
        }
        Err(DecodeErrorKind::Missing)
    }))
}

fn varint(rest: &mut &[u8]) -> Result<u64, DecodeErrorKind> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(DecodeErrorKind::Encoding)?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(DecodeErrorKind::Encoding)
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], DecodeErrorKind> {
    let length = usize::try_from(length).map_err(|_| DecodeErrorKind::Encoding)?;
    let (content, after) = rest
        .split_at_checked(length)
        .ok_or(DecodeErrorKind::Encoding)?;
    *rest = after;
    Ok(content)
}

/// Zeta Global: a query of fields between slashes, each a letter and base64.
/// `V` is the URL, or `H` is `id,slot,url`; `q` is a query that the redirect
/// appends.
pub(super) fn zeta(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        let url = as_text(value)?.split('#').next().unwrap_or_default();
        let (_, fields) = url.split_once('?').ok_or(DecodeErrorKind::Missing)?;
        let (mut base, mut query) = (None, String::new());
        for field in fields.split('/') {
            let mut characters = field.chars();
            match characters.next() {
                Some('V') => base = Some(decoded(characters.as_str())?),
                Some('H') if base.is_none() => {
                    let list = decoded(characters.as_str())?;
                    base = list.splitn(3, ',').nth(2).map(str::to_owned);
                }
                Some('q') => query = decoded(characters.as_str())?,
                _ => {}
            }
        }
        let base = base
            .filter(|b| !b.is_empty())
            .ok_or(DecodeErrorKind::Missing)?;
        if base.contains('?') && query.starts_with('?') {
            query.replace_range(..1, "&");
        }
        Ok((base + &query).into_bytes())
    }))
}

fn decoded(field: &str) -> Result<String, DecodeErrorKind> {
    let bytes = from_base64(field.as_bytes())?;
    as_text(&bytes).map(str::to_owned)
}

fn number(text: &str, largest: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|n| (1..=largest).contains(n));
    number.ok_or_else(|| format!("write a number from 1 to {largest}"))
}
