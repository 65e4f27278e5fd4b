//! The readable parts of a message, decoded for display only.

use crate::{
    limits::Limits,
    message::{Part, Transfer, charset, field::read_header_block, splitter::Splitter, transfer},
};

/// A text part.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct TextPart {
    /// Where in the MIME tree and what, such as `part 1.2 (text/html)`.
    pub(super) label: String,
    pub(super) text: String,
}

/// The header block and the text parts, in document order, with messages that
/// are themselves encoded. What cannot be read is left out.
pub(super) fn readable(raw: &[u8]) -> Vec<TextPart> {
    let limits = Limits::default();
    let mut parts = Vec::new();
    let block = read_header_block(raw, 0, &limits);
    parts.push(TextPart {
        label: "header".into(),
        text: String::from_utf8_lossy(raw.get(..block.end).unwrap_or_default()).into_owned(),
    });
    collect(raw, "", limits.encoded_depth, &limits, &mut parts);
    parts
}

/// `path` is that of the message, with a full stop behind it unless it is the
/// outermost; recursion ends after `depth` encoded messages.
fn collect(raw: &[u8], path: &str, depth: usize, limits: &Limits, out: &mut Vec<TextPart>) {
    let block = read_header_block(raw, 0, limits);
    let fields = block.fields.iter();
    let top: Vec<_> = fields
        .map(|f| (f.name.to_vec(), f.value.to_vec()))
        .collect();
    let body = raw.get(block.end..).unwrap_or_default();
    let mut splitter = Splitter::new(limits, &top);
    let mut parts = Vec::new();
    splitter.finish(body, &mut parts);
    for part in parts {
        let path = format!("{path}{}", part.path);
        let is_text = part.media_type.starts_with("text/");
        let is_message = part.media_type == "message/rfc822" && part.transfer != Transfer::Identity;
        if !is_text && !is_message {
            continue;
        }
        let raw = body.get(part.body.clone()).unwrap_or_default();
        let Ok(decoded) = transfer::decode(raw, &part.transfer, limits.decoded_bytes) else {
            continue;
        };
        if is_text {
            out.push(TextPart {
                label: format!("part {path} ({})", part.media_type),
                text: text(&part, decoded.bytes()),
            });
        } else if depth > 0 {
            collect(decoded.bytes(), &format!("{path}."), depth - 1, limits, out);
        }
    }
}

fn text(part: &Part, decoded: &[u8]) -> String {
    if part.charset.is_none()
        && let Ok(text) = std::str::from_utf8(decoded)
    {
        return text.to_owned();
    }
    match charset::open(decoded, part.charset.as_deref()) {
        Ok(text) => {
            let read = text.encoding().decode_without_bom_handling(text.bytes());
            read.0.into_owned()
        }
        Err(_) => String::from_utf8_lossy(decoded).into_owned(),
    }
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
            --o\r\nContent-Type: message/rfc822\r\n\r\nSubject: b\r\n\r\nthree\r\n\
            --o\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n\
            U3ViamVjdDogYwoKZm91cgo=\r\n--o--\r\n";
        let parts = readable(raw);
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
                ("part 3.1 (text/plain)", "three"),
                ("part 4.1 (text/plain)", "four"),
            ]
        );
    }

    #[test]
    fn a_bomb_of_nested_messages_has_a_header_and_no_more() {
        let raw = "Content-Type: message/rfc822\n\n".repeat(50_000);
        assert_eq!(readable(raw.as_bytes()).len(), 1);
    }
}
