//! The HTML of a message, read by mail-parser and not by untrackd's own
//! means.

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};
use std::panic;

/// Larger ones, and those with more parts, take mail-parser too long.
const MOST_BYTES: usize = 16 << 20;
const MOST_PARTS: usize = 1000;

/// Every part that says it is HTML, also in attached messages, in UTF-8;
/// `None` if the message is too odd to be taken apart.
pub(crate) fn html(file: &[u8]) -> Option<Vec<String>> {
    // The separator line of an mbox (RFC 4155) is none of its fields.
    let raw = match file.starts_with(b"From ") {
        true => &file[file.iter().position(|b| *b == b'\n')? + 1..],
        false => file,
    };
    let boundaries = raw.windows(3).filter(|w| w == b"\n--").count();
    if raw.len() > MOST_BYTES || boundaries > MOST_PARTS {
        return None;
    }
    // On some broken mail it panics ("invalid part ID").
    let parse = || MessageParser::default().parse(raw);
    let message = panic::catch_unwind(parse).ok()??;
    let mut found = Vec::new();
    collect(&message, &mut found);
    Some(found)
}

fn collect(message: &Message<'_>, found: &mut Vec<String>) {
    for part in &message.parts {
        match &part.body {
            PartType::Html(text) => found.push(text.clone().into_owned()),
            PartType::Message(inner) => collect(inner, found),
            PartType::Text(text) if is_html(part) => found.push(text.clone().into_owned()),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) if is_html(part) => {
                found.push(String::from_utf8_lossy(bytes).into_owned());
            }
            _ => {}
        }
    }
}

fn is_html(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|content_type| {
        content_type.ctype().eq_ignore_ascii_case("text")
            && content_type
                .subtype()
                .is_some_and(|subtype| subtype.eq_ignore_ascii_case("html"))
    })
}
