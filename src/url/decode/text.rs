//! Steps on text, and the way from bytes to text.

use super::{
    DecodeErrorKind, Step,
    destination::{authority, has_http_scheme},
};
use serde_json::Value;
use std::{str, sync::Arc};

/// `value` as text.
pub(super) fn as_text(value: &[u8]) -> Result<&str, DecodeErrorKind> {
    str::from_utf8(value).map_err(|_| DecodeErrorKind::NotText)
}

pub(super) fn json(names: &str) -> Result<Step, String> {
    let names: Vec<String> = names.split('|').map(str::to_owned).collect();
    Ok(Arc::new(move |value, _| {
        let read = |text: &str| serde_json::from_str(text).map_err(|_| DecodeErrorKind::Encoding);
        let mut json: Value = read(as_text(value)?)?;
        if let Value::String(inner) = &json {
            json = read(inner)?;
        }
        match names.iter().find_map(|name| json.get(name.as_str())) {
            Some(Value::String(text)) => Ok(text.clone().into_bytes()),
            Some(other) => Ok(other.to_string().into_bytes()),
            None => Err(DecodeErrorKind::Missing),
        }
    }))
}

/// Longest reference that `html` reads, without `&` and `;`.
const LONGEST_REFERENCE: usize = 8;

/// Only the references that a URL is escaped with, and only with their
/// semicolon: `&copy=1` and `&order=1` are parameters.
pub(super) fn html(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        let mut rest = as_text(value)?;
        let mut output = String::with_capacity(rest.len());
        while let Some(at) = rest.find('&') {
            let (before, from) = rest.split_at(at);
            output.push_str(before);
            match reference(from) {
                Some((character, after)) => {
                    output.push(character);
                    rest = after;
                }
                None => {
                    output.push('&');
                    rest = from.get(1..).unwrap_or_default();
                }
            }
        }
        output.push_str(rest);
        Ok(output.into_bytes())
    }))
}

fn reference(from: &str) -> Option<(char, &str)> {
    let end = from
        .bytes()
        .take(LONGEST_REFERENCE + 2)
        .position(|b| b == b';')?;
    let (name, after) = (from.get(1..end)?, from.get(end + 1..)?);
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character, after))
}

pub(super) fn substitute(argument: &str) -> Result<Step, String> {
    let (from, to) = argument
        .split_once(',')
        .ok_or("write FROM,TO, as in `-_,%/`")?;
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    if from.is_empty() || from.len() != to.len() || from.len() > 64 {
        return Err("FROM and TO need the same number of characters, 1 to 64".to_owned());
    }
    let pairs: Vec<(char, char)> = from.into_iter().zip(to).collect();
    Ok(Arc::new(move |value, _| {
        let replace = |c| pairs.iter().find(|(f, _)| *f == c).map_or(c, |(_, to)| *to);
        Ok(as_text(value)?
            .chars()
            .map(replace)
            .collect::<String>()
            .into_bytes())
    }))
}

pub(super) fn scheme(scheme: &str) -> Result<Step, String> {
    if !matches!(scheme, "http" | "https") {
        return Err("write `http` or `https`".to_owned());
    }
    let scheme = scheme.to_owned();
    Ok(Arc::new(move |value, _| {
        let text = as_text(value)?;
        let has_scheme = has_http_scheme(text) && text.contains("://");
        Ok(if has_scheme {
            value.to_vec()
        } else {
            format!("{scheme}://{text}").into_bytes()
        })
    }))
}

pub(super) fn slashes(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|value, _| {
        Ok(repair_slashes(as_text(value)?).into_bytes())
    }))
}

/// Puts exactly two slashes after `http:` and `https:`.
pub(super) fn repair_slashes(text: &str) -> String {
    for scheme in ["http:", "https:"] {
        if let Some(rest) = text.strip_prefix(scheme)
            && rest.starts_with('/')
        {
            return format!("{scheme}//{}", rest.trim_start_matches('/'));
        }
    }
    text.to_owned()
}

pub(super) fn strip_host_suffix(suffix: &str) -> Result<Step, String> {
    let suffix = suffix.to_owned();
    Ok(Arc::new(move |value, _| {
        let text = as_text(value)?;
        let shorter = authority(text).and_then(|host| {
            let bare = host.strip_suffix(suffix.as_str())?;
            text.replacen(host, bare, 1).into()
        });
        Ok(shorter.unwrap_or_else(|| text.to_owned()).into_bytes())
    }))
}
