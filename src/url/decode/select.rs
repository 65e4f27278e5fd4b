//! Steps that select a piece of a URL or of a text.

use super::{DecodeErrorKind, Step, coding::unescape, text::as_text};
use regex::{Regex, RegexBuilder};
use std::sync::Arc;

/// Largest compiled program of a `regex` step, in bytes.
const REGEX_BYTES: usize = 256 << 10;

pub(super) fn param(names: &str) -> Result<Step, String> {
    let names: Vec<Vec<u8>> = names.split('|').map(|n| n.as_bytes().to_vec()).collect();
    Ok(Arc::new(move |url, _| {
        let query = query_of(as_text(url)?);
        let value = names.iter().find_map(|name| first(query, name));
        owned(value)
    }))
}

pub(super) fn param_last(name: &str) -> Result<Step, String> {
    let name = name.as_bytes().to_vec();
    Ok(Arc::new(move |url, _| {
        let query = query_of(as_text(url)?);
        owned(members(query, &name).last())
    }))
}

pub(super) fn raw_query(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|url, _| {
        owned(Some(query_of(as_text(url)?)).filter(|q| !q.is_empty()))
    }))
}

pub(super) fn query(name: &str) -> Result<Step, String> {
    let name = name.as_bytes().to_vec();
    Ok(Arc::new(move |query, _| {
        let value = first(as_text(query)?, &name);
        value
            .map(|v| unescape(v.as_bytes()))
            .ok_or(DecodeErrorKind::Missing)
    }))
}

pub(super) fn segment(number: &str) -> Result<Step, String> {
    let number = ordinal(number)?;
    Ok(Arc::new(move |url, _| {
        let mut segments = segments(as_text(url)?).ok_or(DecodeErrorKind::Missing)?;
        owned(segments.nth(number).filter(|s| !s.is_empty()))
    }))
}

pub(super) fn last_segment(_: &str) -> Result<Step, String> {
    Ok(Arc::new(|url, _| {
        let mut segments = segments(as_text(url)?).ok_or(DecodeErrorKind::Missing)?;
        owned(segments.rfind(|s| !s.is_empty()))
    }))
}

pub(super) fn rest_after(marker: &str) -> Result<Step, String> {
    let marker = marker.to_owned();
    Ok(Arc::new(move |value, _| {
        owned(as_text(value)?.split_once(&marker).map(|(_, rest)| rest))
    }))
}

pub(super) fn last_after(marker: &str) -> Result<Step, String> {
    let marker = marker.to_owned();
    Ok(Arc::new(move |value, _| {
        owned(as_text(value)?.rsplit_once(&marker).map(|(_, rest)| rest))
    }))
}

pub(super) fn split(argument: &str) -> Result<Step, String> {
    let shape = || "write SEPARATOR:N, as in `.:2`".to_owned();
    let (separator, number) = argument.rsplit_once(':').ok_or_else(shape)?;
    if separator.is_empty() {
        return Err(shape());
    }
    let (separator, number) = (separator.to_owned(), ordinal(number)?);
    Ok(Arc::new(move |value, _| {
        owned(as_text(value)?.split(&separator).nth(number - 1))
    }))
}

pub(super) fn pattern(pattern: &str) -> Result<Step, String> {
    let regex: Regex = RegexBuilder::new(pattern)
        .size_limit(REGEX_BYTES)
        .build()
        .map_err(|e| e.to_string())?;
    if regex.captures_len() < 2 {
        return Err("the pattern needs a group, which marks what to take".to_owned());
    }
    Ok(Arc::new(move |value, _| {
        let captures = regex
            .captures(as_text(value)?)
            .ok_or(DecodeErrorKind::Missing)?;
        let groups = captures.iter().skip(1).flatten();
        Ok(groups.flat_map(|g| g.as_str().bytes()).collect())
    }))
}

/// The URL's query without `?`, or nothing.
fn query_of(url: &str) -> &str {
    let url = up_to(url, memchr::memchr(b'#', url.as_bytes()));
    url.split_once('?').map_or("", |(_, query)| query)
}

/// The raw values of a query member that are not empty.
fn members<'a>(query: &'a str, name: &[u8]) -> impl Iterator<Item = &'a str> {
    query.split('&').filter_map(move |member| {
        let (key, value) = member.split_once('=')?;
        let is_it = key.as_bytes() == name || key.contains('%') && unescape(key.as_bytes()) == name;
        (is_it && !value.is_empty()).then_some(value)
    })
}

fn first<'a>(query: &'a str, name: &[u8]) -> Option<&'a str> {
    members(query, name).next()
}

/// The pieces of an absolute URL's path; what stands before the first slash
/// is the piece of number 0.
fn segments(url: &str) -> Option<std::str::Split<'_, char>> {
    let (_, rest) = url.split_once("://")?;
    let rest = up_to(rest, memchr::memchr2(b'?', b'#', rest.as_bytes()));
    let path = rest.find('/').and_then(|at| rest.get(at..))?;
    Some(path.split('/'))
}

/// What stands before `end`; all of it without.
fn up_to(text: &str, end: Option<usize>) -> &str {
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

fn ordinal(number: &str) -> Result<usize, String> {
    let number = number.parse().ok().filter(|n| (1..=64).contains(n));
    number.ok_or_else(|| "write a number from 1 to 64".to_owned())
}

fn owned(piece: Option<&str>) -> Result<Vec<u8>, DecodeErrorKind> {
    piece
        .map(|p| p.as_bytes().to_vec())
        .ok_or(DecodeErrorKind::Missing)
}
