//! Compares a mail that arrived with the one that was sent, to the byte.

use super::mail::{
    Becomes, Part, Sample, Segment,
    encode::{Encoding, quoted_printable_lines},
};
use std::ops::Range;

/// Our header field's name.
pub(crate) const FIELD: &str = "X-Untrackd";

/// Checks that `arrived` is the sample with its trackers gone and nothing
/// else changed, but for one field of ours in the header block.
///
/// # Errors
///
/// The first difference that must not be.
pub(crate) fn changed_as_expected(sample: &Sample, arrived: &[u8]) -> Result<(), String> {
    let (fields, arrived) = without_our_field(arrived);
    if fields.len() != 1 {
        return Err(format!("{} {FIELD} fields: {fields:?}", fields.len()));
    }
    let mut at = 0;
    let mut segments = sample.segments.iter().peekable();
    while let Some(segment) = segments.next() {
        match segment {
            Segment::Fixed(bytes) => {
                let rest = &arrived[at..];
                if !rest.starts_with(bytes) {
                    return Err(difference("outside the edited parts", bytes, rest));
                }
                at += bytes.len();
            }
            Segment::Part(part) => {
                let end = match segments.peek() {
                    Some(Segment::Fixed(next)) => part_end(&arrived, at, next)?,
                    _ => arrived.len(),
                };
                same_part(part, &arrived[at..end])?;
                at = end;
            }
        }
    }
    if at == arrived.len() {
        Ok(())
    } else {
        Err(format!(
            "something was appended: {}",
            arrived[at..].escape_ascii()
        ))
    }
}

/// Says where two byte strings begin to differ, with what stands there.
pub(crate) fn difference(place: &str, expected: &[u8], found: &[u8]) -> String {
    let same = expected
        .iter()
        .zip(found)
        .take_while(|(a, b)| a == b)
        .count();
    let near = |bytes: &[u8]| {
        let start = same.saturating_sub(40).min(bytes.len());
        let end = (same + 80).min(bytes.len());
        bytes[start..end].escape_ascii().to_string()
    };
    format!(
        "{place}, at byte {same} of {} (arrived {}):\n  expected …{}\n  found    …{}",
        expected.len(),
        found.len(),
        near(expected),
        near(found)
    )
}

/// The values of our fields in the header block, and the mail without them.
pub(crate) fn without_our_field(mail: &[u8]) -> (Vec<String>, Vec<u8>) {
    let name = format!("{FIELD}:").to_ascii_lowercase();
    let mut fields = Vec::new();
    let mut rest = Vec::with_capacity(mail.len());
    let mut in_header = true;
    let mut in_ours = false;
    for line in mail.split_inclusive(|&b| b == b'\n') {
        in_header &= line != b"\r\n";
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        let begins = line
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()));
        in_ours = in_header && (begins || (folded && in_ours));
        if !in_ours {
            rest.extend_from_slice(line);
        } else if begins {
            let value = String::from_utf8_lossy(&line[name.len()..]);
            fields.push(value.trim().to_owned());
        }
    }
    (fields, rest)
}

/// Where a part ends: before the fixed bytes that follow it.
fn part_end(arrived: &[u8], at: usize, next: &[u8]) -> Result<usize, String> {
    // What follows the last part ends the mail; a short line end would be
    // found inside the part.
    if arrived.ends_with(next) && next.len() <= 2 {
        return Ok(arrived.len() - next.len());
    }
    find(&arrived[at..], next)
        .map(|offset| at + offset)
        .ok_or_else(|| format!("what follows a part is not there: {}", next.escape_ascii()))
}

fn same_part(part: &Part, raw: &[u8]) -> Result<(), String> {
    let found = part.encoding.decode(raw)?;
    let content = &part.content;
    let mut at = 0;
    let mut copied = 0;
    for (i, edit) in part.edits.iter().enumerate() {
        let before = &content[copied..edit.span.start];
        let rest = &found[at..];
        if !rest.starts_with(before) {
            return Err(difference("before an edit", before, rest));
        }
        at += before.len();
        copied = edit.span.end;
        let next_start = part
            .edits
            .get(i + 1)
            .map_or(content.len(), |e| e.span.start);
        let after = &content[copied..next_start];
        let after = &after[..after.len().min(24)];
        let length = find(&found[at..], after)
            .ok_or_else(|| format!("what follows an edit is gone: {}", after.escape_ascii()))?;
        let value = part.charset.decode(&found[at..at + length]);
        becomes(&edit.becomes, &value)?;
        at += length;
    }
    let last = &content[copied..];
    if found[at..] != *last {
        return Err(difference("after the last edit", last, &found[at..]));
    }
    match part.encoding {
        Encoding::Base64 => {
            // Decoding does not see the line ends, so they are looked at here.
            if raw.ends_with(b"\n") || raw.windows(4).any(|w| w == b"\r\n\r\n") {
                return Err("an empty line in base64".to_owned());
            }
            lines_are_short(raw)
        }
        Encoding::QuotedPrintable => {
            lines_are_short(raw)?;
            only_edited_lines_differ(part, raw)
        }
        Encoding::EightBit | Encoding::SevenBit => Ok(()),
    }
}

fn becomes(expected: &Becomes, value: &str) -> Result<(), String> {
    let right = match expected {
        Becomes::Blank => {
            let url = value
                .strip_prefix("url(")
                .and_then(|inner| inner.strip_suffix(')'))
                .map_or(value, |inner| inner.trim_matches(['\'', '"']));
            value == "none" || (url.starts_with("data:image/gif;base64,") && url.len() < 120)
        }
        Becomes::Url(url) => value.replace("&amp;", "&") == *url && !has_bare_ampersand(value),
    };
    if right {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, found {value:?}"))
    }
}

fn has_bare_ampersand(value: &str) -> bool {
    value.replace("&amp;", "").contains('&')
}

/// RFC 2045 sections 6.7 and 6.8: at most 76 characters.
fn lines_are_short(raw: &[u8]) -> Result<(), String> {
    match raw
        .split(|&b| b == b'\n')
        .find(|line| line.trim_ascii_end().len() > 76)
    {
        Some(line) => Err(format!("a line of {} characters", line.len())),
        None => Ok(()),
    }
}

/// The lines of the original that hold no edit are all there, in order.
fn only_edited_lines_differ(part: &Part, raw: &[u8]) -> Result<(), String> {
    let overlaps = |a: &Range<usize>, b: &Range<usize>| a.start < b.end && b.start < a.end;
    let text = String::from_utf8_lossy(raw);
    let mut arrived = text.split("\r\n");
    for (line, range) in quoted_printable_lines(&part.content) {
        let edited = part.edits.iter().any(|edit| overlaps(&edit.span, &range));
        if !edited && !arrived.any(|other| other == line) {
            return Err(format!("a line without an edit was encoded anew: {line:?}"));
        }
    }
    Ok(())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}
