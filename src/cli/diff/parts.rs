//! The readable parts of a message, decoded for display only.

use mail_parser::{Message, MessageParser, MimeHeaders, PartType};

/// A text part.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TextPart {
    /// Where in the MIME tree and what, such as `part 1.2 (text/html)`.
    pub(super) label: String,
    pub(super) text: String,
}

/// mail-parser nests its calls as the message nests its parts, and takes long
/// over thousands of them.
const MOST_FIELDS: usize = 500;
const MOST_BYTES: usize = 16 << 20;

/// The header block and the text parts, in document order; `None` if the
/// message is too odd to be taken apart for display.
pub(super) fn readable(raw: &[u8]) -> Option<Vec<TextPart>> {
    if raw.len() > MOST_BYTES || content_types(raw) > MOST_FIELDS {
        return None;
    }
    let message = MessageParser::default().parse(raw)?;
    let mut parts = vec![TextPart {
        label: "header".into(),
        text: header_block(raw, &message)?,
    }];
    let mut waiting = vec![(&message, 0, String::new())];
    while let Some((message, id, path)) = waiting.pop() {
        let Some(part) = message.parts.get(id) else {
            continue;
        };
        let below = |n: usize| match path.as_str() {
            "" => (n + 1).to_string(),
            path => format!("{path}.{}", n + 1),
        };
        match &part.body {
            PartType::Multipart(children) => {
                let children = children.iter().enumerate().rev();
                waiting.extend(children.map(|(n, id)| {
                    let id = usize::try_from(*id).unwrap_or(usize::MAX);
                    (message, id, below(n))
                }));
            }
            PartType::Message(inner) => waiting.push((inner, 0, path)),
            PartType::Text(text) | PartType::Html(text) => {
                let kind = part.content_type().map_or_else(
                    || "text/plain".to_owned(),
                    |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or("plain")),
                );
                let path = if path.is_empty() { "1" } else { path.as_str() };
                parts.push(TextPart {
                    label: format!("part {path} ({kind})"),
                    text: text.clone().into_owned(),
                });
            }
            PartType::Binary(_) | PartType::InlineBinary(_) => {}
        }
    }
    Some(parts)
}

fn header_block(raw: &[u8], message: &Message<'_>) -> Option<String> {
    let root = message.parts.first()?;
    let end = usize::try_from(root.offset_body).ok()?;
    let block = raw.get(..end)?;
    Some(String::from_utf8_lossy(block).into_owned())
}

fn content_types(raw: &[u8]) -> usize {
    let lines = raw.split(|b| *b == b'\n');
    let name = b"content-type";
    lines
        .filter(|line| {
            line.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name))
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_parts_are_decoded_and_numbered() {
        let raw = b"Subject: a\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n\
            --o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n\
            --i\r\nContent-Type: text/plain\r\n\r\none\r\n\
            --i\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            PGI+dHdvPC9iPg==\r\n--i--\r\n\
            --o\r\nContent-Type: image/gif\r\nContent-Transfer-Encoding: base64\r\n\r\nR0lG\r\n\
            --o\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\nthree\r\n--o--\r\n";
        let parts = readable(raw).unwrap();
        let found: Vec<(&str, &str)> = parts
            .iter()
            .map(|p| (p.label.as_str(), p.text.trim_end()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    "header",
                    "Subject: a\r\nContent-Type: multipart/mixed; boundary=o"
                ),
                ("part 1.1 (text/plain)", "one"),
                ("part 1.2 (text/html)", "<b>two</b>"),
                ("part 3 (text/plain)", "three"),
            ]
        );
    }

    #[test]
    fn hostile_messages_are_not_taken_apart() {
        let raw = "Content-Type: message/rfc822\n\n".repeat(50_000);
        assert_eq!(readable(raw.as_bytes()), None);
    }
}
