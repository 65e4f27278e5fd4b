//! Proofpoint URL Defense version 3.
//!
//! `/v3/__URL__;ENC!…`: each `*` in URL stands for the next character of the
//! base64 text ENC; `**X` stands for a run of UTF-8 *bytes*, X = `A` for 2,
//! `B` for 3 and so on. A character that straddles the end of a run is left
//! for the next run, and what it would have filled is credited there.

use super::{
    DecodeErrorKind, Step,
    coding::{from_base64, unescape},
    text::{as_text, repair_slashes},
};
use std::sync::Arc;

const RUNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn v3(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        let (masked, replacements) = fields(as_text(value)?).ok_or(DecodeErrorKind::Missing)?;
        let masked = unescape(masked.as_bytes());
        let replacements = from_base64(replacements.as_bytes())?;
        let url = fill(as_text(&masked)?, as_text(&replacements)?)?;
        Ok(repair_slashes(&url).into_bytes())
    }))
}

fn fields(url: &str) -> Option<(&str, &str)> {
    let (_, rest) = url.split_once("/v3/__")?;
    // The masked URL has at least one character and may begin with `__;`.
    let first = rest.chars().next()?.len_utf8();
    let end = rest.get(first..)?.find("__;")?.checked_add(first)?;
    let (masked, rest) = (rest.get(..end)?, rest.get(end.checked_add(3)?..)?);
    Some((masked, rest.split('!').next().unwrap_or_default()))
}

fn fill(masked: &str, replacements: &str) -> Result<String, DecodeErrorKind> {
    let mut output = String::with_capacity(masked.len() + replacements.len());
    let mut replacements = replacements.chars().peekable();
    let mut masked = masked.chars();
    let mut carried = 0;
    while let Some(c) = masked.next() {
        if c != '*' {
            output.push(c);
            continue;
        }
        let mut ahead = masked.clone();
        let run = match (ahead.next(), ahead.next()) {
            (Some('*'), Some(letter)) => run_bytes(letter),
            _ => None,
        };
        let Some(run) = run else {
            output.push(replacements.next().ok_or(DecodeErrorKind::Missing)?);
            continue;
        };
        masked = ahead;
        let mut left = run + carried;
        carried = 0;
        while left > 0
            && let Some(next) = replacements.peek()
        {
            if next.len_utf8() > left {
                carried = left;
                break;
            }
            left -= next.len_utf8();
            output.push(*next);
            replacements.next();
        }
    }
    Ok(output)
}

fn run_bytes(letter: char) -> Option<usize> {
    RUNS.iter()
        .position(|r| char::from(*r) == letter)
        .map(|at| at + 2)
}
