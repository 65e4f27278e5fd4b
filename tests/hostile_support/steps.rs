//! Each decode step of a rule in both directions, written anew: forth to see
//! what a step makes of an example, back to put something else in its place.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use data_encoding::{BASE32_NOPAD, HEXLOWER_PERMISSIVE};
use flate2::{Compression, read, write};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};
use regex::Regex;
use std::{
    cell::RefCell,
    collections::HashMap,
    io::{Read, Write},
    str,
};

/// What a step makes of `value`; none if it does not apply.
pub(crate) fn forth(step: &str, value: &[u8]) -> Option<Vec<u8>> {
    let (name, argument) = step.split_once(':').unwrap_or((step, ""));
    match name {
        "base32" => BASE32_NOPAD
            .decode(
                text(value)?
                    .to_ascii_uppercase()
                    .trim_end_matches('=')
                    .as_bytes(),
            )
            .ok(),
        "base64" => base64(value),
        "base64-dash" => base64(text(value)?.trim_end_matches(['-', '.', '=']).as_bytes()),
        "check-host" | "check-slug" => Some(value.to_vec()),
        "gzip" => {
            let mut out = Vec::new();
            read::GzDecoder::new(value).read_to_end(&mut out).ok()?;
            Some(out)
        }
        "hex" => HEXLOWER_PERMISSIVE.decode(value).ok(),
        "html" => Some(unescaped(text(value)?).into_bytes()),
        "json" => {
            let json = parsed(value)?;
            match argument.split('|').find_map(|name| json.get(name))? {
                serde_json::Value::String(text) => Some(text.clone().into_bytes()),
                other => Some(other.to_string().into_bytes()),
            }
        }
        "percent" => Some(percent_decode(value).collect()),
        "percent*" => {
            let mut value = value.to_vec();
            let escaped = regex("(?i)^https?%(25)*3a");
            for _ in 0..3 {
                if str::from_utf8(&value).is_ok_and(|v| escaped.is_match(v)) {
                    value = percent_decode(&value).collect();
                }
            }
            Some(value)
        }
        "proofpoint-v3" => {
            // For examples without runs, which is all that is needed here.
            let captures = v3().captures(text(value)?)?;
            let mut filling = base64(captures[3].as_bytes())?.into_iter();
            let masked: Vec<u8> = percent_decode(captures[2].as_bytes()).collect();
            let filled = masked.into_iter().map(|b| match b {
                b'*' => filling.next().unwrap_or(b'*'),
                other => other,
            });
            let filled = String::from_utf8(filled.collect()).ok()?;
            Some(slashes(&filled).into_bytes())
        }
        "protobuf" => {
            let fields = protobuf(value);
            let wanted: u64 = argument.parse().ok()?;
            let field = fields.into_iter().find(|f| f.number == wanted)?;
            field.content
        }
        "query" => {
            let span = pair(text(value)?, 0, argument, false)?;
            Some(percent_decode(&value[span]).collect())
        }
        "scheme" => {
            let text = text(value)?;
            let lower = text.to_ascii_lowercase();
            let has = lower.starts_with("http:") || lower.starts_with("https:");
            Some(if has && text.contains("://") {
                value.to_vec()
            } else {
                format!("{argument}://{text}").into_bytes()
            })
        }
        "slashes" => Some(slashes(text(value)?).into_bytes()),
        "sparkpost" => {
            let wanted: u8 = argument.parse().ok()?;
            let mut fields = sparkpost(value).into_iter();
            fields.find(|(n, _)| *n == wanted).map(|(_, c)| c)
        }
        "strip-host-suffix" => {
            let text = text(value)?;
            Some(text.replacen(argument, "", 1).into_bytes())
        }
        "substitute" => substituted(argument, value, false),
        "zeta" => {
            let (span, is_list) = zeta(text(value)?)?;
            let mut url = String::from_utf8(base64(&value[span])?).ok()?;
            if is_list {
                url = url.splitn(3, ',').nth(2)?.to_owned();
            }
            let query = text(value)?
                .split('/')
                .rfind(|field| field.starts_with('q'));
            let query = base64(query.map_or(b"", |q| &q.as_bytes()[1..]))?;
            let query = String::from_utf8(query).ok()?;
            let joined = url.contains('?') && query.starts_with('?');
            let query = if joined {
                query.replacen('?', "&", 1)
            } else {
                query
            };
            Some([url, query].concat().into_bytes())
        }
        "zlib" => {
            let mut out = Vec::new();
            // A stream that was cut off ends in an error, after its content.
            let end = read::ZlibDecoder::new(value).read_to_end(&mut out);
            (end.is_ok() || !out.is_empty()).then_some(out)
        }
        _ => selected(step, value).map(|piece| value[piece].to_vec()),
    }
}

/// What a step must be given so that it makes `wanted`, where it was given
/// `before` in the example. None if that cannot be written.
pub(crate) fn back(step: &str, wanted: &[u8], before: &[u8]) -> Option<Vec<u8>> {
    let (name, argument) = step.split_once(':').unwrap_or((step, ""));
    match name {
        "base32" => Some(BASE32_NOPAD.encode(wanted).into_bytes()),
        "base64" => Some(URL_SAFE_NO_PAD.encode(wanted).into_bytes()),
        "base64-dash" => Some(STANDARD_NO_PAD.encode(wanted).into_bytes()),
        "check-host" | "check-slug" | "html" | "slashes" => Some(wanted.to_vec()),
        "gzip" => {
            let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(wanted).unwrap();
            encoder.finish().ok()
        }
        "hex" => Some(HEXLOWER_PERMISSIVE.encode(wanted).into_bytes()),
        "json" => {
            let mut json = parsed(before)?;
            let name = argument.split('|').find(|name| json.get(name).is_some())?;
            *json.get_mut(name)? = text(wanted)?.into();
            let written = json.to_string();
            let is_string = serde_json::from_slice::<String>(before).is_ok();
            Some(if is_string {
                serde_json::to_vec(&written).unwrap()
            } else {
                written.into_bytes()
            })
        }
        "percent" => Some(escaped(wanted)),
        // Escaped only where the example is.
        "percent*" if forth(step, before).as_deref() == Some(before) => Some(wanted.to_vec()),
        "percent*" => Some(escaped(wanted)),
        "proofpoint-v3" => {
            let captures = v3().captures(text(before)?)?;
            let masked = "*".repeat(text(wanted)?.chars().count());
            let filling = URL_SAFE_NO_PAD.encode(wanted);
            let url = format!("{}{masked}__;{filling}!{}", &captures[1], &captures[4]);
            Some(url.into_bytes())
        }
        "protobuf" => {
            let number: u64 = argument.parse().ok()?;
            let mut fields = protobuf(before);
            fields.iter_mut().find(|f| f.number == number)?.content = Some(wanted.to_vec());
            Some(fields.iter().flat_map(Field::bytes).collect())
        }
        "query" => {
            let span = pair(text(before)?, 0, argument, false)?;
            Some(replaced(before, span, &escaped(wanted)))
        }
        "scheme" => {
            let prefix = format!("{argument}://");
            let had = before.starts_with(prefix.as_bytes());
            let bare = wanted.strip_prefix(prefix.as_bytes()).filter(|_| !had);
            Some(bare.unwrap_or(wanted).to_vec())
        }
        "sparkpost" => {
            let number: u8 = argument.parse().ok()?;
            let mut fields = sparkpost(before);
            fields.iter_mut().find(|(n, _)| *n == number)?.1 = wanted.to_vec();
            let fields: Option<Vec<_>> = fields.iter().map(|(n, c)| tagged(*n, c)).collect();
            Some(fields?.concat())
        }
        "strip-host-suffix" => {
            let text = text(wanted)?;
            let start = text.find("://")? + 3;
            let end = text[start..]
                .find(['/', '?', '#'])
                .map_or(text.len(), |at| start + at);
            Some(format!("{}{argument}{}", &text[..end], &text[end..]).into_bytes())
        }
        "substitute" => substituted(argument, wanted, true),
        "zeta" => {
            let (span, is_list) = zeta(text(before)?)?;
            let content = if is_list {
                [b"1,2,", wanted].concat()
            } else {
                wanted.to_vec()
            };
            let encoded = URL_SAFE_NO_PAD.encode(content);
            let url = String::from_utf8(replaced(before, span, encoded.as_bytes())).ok()?;
            // The query stands in the destination now.
            let fields = url.split('/').filter(|field| !field.starts_with('q'));
            Some(fields.collect::<Vec<_>>().join("/").into_bytes())
        }
        "zlib" => {
            let mut encoder = write::ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(wanted).unwrap();
            encoder.finish().ok()
        }
        _ => selected(step, before).map(|piece| replaced(before, piece, wanted)),
    }
}

/// Where the piece stands that a step selects.
fn selected(step: &str, value: &[u8]) -> Option<std::ops::Range<usize>> {
    let (name, argument) = step.split_once(':').unwrap_or((step, ""));
    let text = text(value)?;
    let without_fragment = text.find('#').unwrap_or(text.len());
    let path_end = text.find(['?', '#']).unwrap_or(text.len());
    let query = || text[..without_fragment].find('?').map(|at| at + 1);
    match name {
        "param" => argument
            .split('|')
            .find_map(|name| pair(&text[..without_fragment], query()?, name, false)),
        "param-last" => pair(&text[..without_fragment], query()?, argument, true),
        "raw-query" => Some(query()?..without_fragment),
        "segment" => {
            let number: usize = argument.parse().ok()?;
            let piece = segments(&text[..path_end])?.into_iter().nth(number - 1)?;
            Some(piece).filter(|p| !p.is_empty())
        }
        "last-segment" => {
            let pieces = segments(&text[..path_end])?;
            pieces.into_iter().rfind(|p| !p.is_empty())
        }
        "rest-after" => Some(text.find(argument)? + argument.len()..text.len()),
        "last-after" => Some(text.rfind(argument)? + argument.len()..text.len()),
        "split" => {
            let (separator, number) = argument.rsplit_once(':')?;
            let number: usize = number.parse().ok()?;
            let mut start = 0;
            for (at, piece) in text.split(separator).enumerate() {
                if at + 1 == number {
                    return Some(start..start + piece.len());
                }
                start += piece.len() + separator.len();
            }
            None
        }
        "regex" => {
            let captures = regex(argument).captures(text)?;
            let mut groups = captures.iter().skip(1).flatten();
            // Pieces in several places cannot be written back.
            let group = groups.next().filter(|_| groups.next().is_none())?;
            Some(group.range())
        }
        _ => panic!("the step {step:?} is new: write it here in both directions"),
    }
}

/// The value of a query parameter in `text` from `from` on.
fn pair(text: &str, from: usize, name: &str, last: bool) -> Option<std::ops::Range<usize>> {
    let mut start = from;
    let mut found = None;
    for pair in text.get(from..)?.split('&') {
        if let Some((key, value)) = pair.split_once('=')
            && percent_decode(key.as_bytes()).eq(name.bytes())
            && !value.is_empty()
        {
            let at = start + key.len() + 1;
            found = Some(at..at + value.len());
            if !last {
                break;
            }
        }
        start += pair.len() + 1;
    }
    found
}

/// The segments of a URL's path, of which the first follows the first slash.
fn segments(url: &str) -> Option<Vec<std::ops::Range<usize>>> {
    let host = url.find("://")? + 3;
    let mut start = url[host..].find('/')? + host + 1;
    let pieces = url[start..].split('/').map(|piece| {
        let range = start..start + piece.len();
        start = range.end + 1;
        range
    });
    Some(pieces.collect())
}

fn replaced(value: &[u8], piece: std::ops::Range<usize>, by: &[u8]) -> Vec<u8> {
    [&value[..piece.start], by, &value[piece.end..]].concat()
}

/// A compiled pattern; each is needed many thousand times.
fn regex(pattern: &str) -> Regex {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        let entry = compiled.entry(pattern.to_owned());
        entry
            .or_insert_with(|| Regex::new(pattern).unwrap())
            .clone()
    })
}

fn text(value: &[u8]) -> Option<&str> {
    str::from_utf8(value).ok()
}

/// What `encodeURIComponent` escapes, and a little more.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn escaped(value: &[u8]) -> Vec<u8> {
    percent_encode(value, RESERVED).to_string().into_bytes()
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn base64(value: &[u8]) -> Option<Vec<u8>> {
    let value: Vec<u8> = percent_decode(value).collect();
    let text = text(&value)?.trim_end_matches(['=', '~']);
    let mut text = text.replace('-', "+").replace('_', "/");
    if text.len() % 4 == 1 {
        text.pop();
    }
    let config = base64::engine::GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone);
    let lenient = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, config);
    lenient.decode(text).ok()
}

fn parsed(value: &[u8]) -> Option<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_slice(value).ok()?;
    match json {
        serde_json::Value::String(inner) => serde_json::from_str(&inner).ok(),
        other => Some(other),
    }
}

fn slashes(text: &str) -> String {
    regex("^(https?:)/+").replace(text, "$1//").into_owned()
}

fn v3() -> Regex {
    regex("^(.*/v3/__)(.+?)__;([^!]*)!(.*)$")
}

/// The base64 of the field that holds the URL, and whether a list is in it.
fn zeta(url: &str) -> Option<(std::ops::Range<usize>, bool)> {
    let mut start = url.find('?')? + 1;
    let mut found = None;
    for field in url[start..].split('/') {
        let content = start + 1..start + field.len();
        match field.chars().next() {
            Some('V') => return Some((content, false)),
            Some('H') => found = Some((content, true)),
            _ => {}
        }
        start += field.len() + 1;
    }
    found
}

fn substituted(argument: &str, value: &[u8], is_back: bool) -> Option<Vec<u8>> {
    let (from, to) = argument.split_once(',')?;
    let (from, to) = if is_back { (to, from) } else { (from, to) };
    let replace = |c: char| match from.chars().position(|f| f == c) {
        Some(at) => to.chars().nth(at).unwrap(),
        None => c,
    };
    Some(
        text(value)?
            .chars()
            .map(replace)
            .collect::<String>()
            .into_bytes(),
    )
}

/// A field of SparkPost's list: its number and its content.
type Tagged = (u8, Vec<u8>);

/// Tag-length-value: the two high bits of the tag hold the width of the
/// length. As many fields as there are whole; what follows does not matter.
fn sparkpost(mut value: &[u8]) -> Vec<Tagged> {
    let mut fields = Vec::new();
    while let Some((field, rest)) = sparkpost_field(value) {
        fields.push(field);
        value = rest;
    }
    fields
}

fn sparkpost_field(value: &[u8]) -> Option<(Tagged, &[u8])> {
    let (tag, rest) = value.split_first()?;
    let (length, rest) = match tag >> 6 {
        0 => (0, rest),
        1 => (usize::from(*rest.first()?), rest.get(1..)?),
        2 => {
            let bytes = [*rest.first()?, *rest.get(1)?];
            (usize::from(u16::from_le_bytes(bytes)), rest.get(2..)?)
        }
        _ => return None,
    };
    let content = rest.get(..length)?.to_vec();
    Some(((tag & 0x3f, content), &rest[length..]))
}

/// None if the content is too long for the width of its length.
fn tagged(number: u8, content: &[u8]) -> Option<Vec<u8>> {
    if content.is_empty() {
        return Some(vec![number]);
    }
    Some(match u8::try_from(content.len()) {
        Ok(length) => [&[0x40 | number, length][..], content].concat(),
        Err(_) => {
            let length = u16::try_from(content.len()).ok()?.to_le_bytes();
            [&[0x80 | number][..], &length, content].concat()
        }
    })
}

/// A field of a protocol buffer.
struct Field {
    number: u64,
    /// With wire type 2; any other field is kept as it is in `raw`.
    content: Option<Vec<u8>>,
    raw: Vec<u8>,
}

impl Field {
    fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Some(content) => {
                let length = u64::try_from(content.len()).unwrap();
                [
                    varint(self.number << 3 | 2),
                    varint(length),
                    content.clone(),
                ]
                .concat()
            }
            None => self.raw.clone(),
        }
    }
}

/// As many fields as there are whole.
fn protobuf(mut value: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    while let Some(field) = protobuf_field(&mut value) {
        fields.push(field);
    }
    fields
}

fn protobuf_field(value: &mut &[u8]) -> Option<Field> {
    let begin = *value;
    let tag = read_varint(value)?;
    let content = match tag & 7 {
        0 => {
            read_varint(value)?;
            None
        }
        2 => {
            let length = usize::try_from(read_varint(value)?).ok()?;
            let content = value.get(..length)?.to_vec();
            *value = &value[length..];
            Some(content)
        }
        _ => return None,
    };
    Some(Field {
        number: tag >> 3,
        content,
        raw: begin[..begin.len() - value.len()].to_vec(),
    })
}

fn read_varint(value: &mut &[u8]) -> Option<u64> {
    let end = value.iter().position(|b| b & 0x80 == 0)?;
    let (bytes, rest) = value.split_at(end + 1);
    *value = rest;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, b| sum << 7 | u64::from(b & 0x7f)),
    )
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
