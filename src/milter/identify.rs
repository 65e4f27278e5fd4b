//! What names a message in the block log, out of its header fields.

/// Longest Message-ID that is kept; a line has at most 998 characters (RFC
/// 5322 section 2.1.1).
const MAX_MESSAGE_ID: usize = 998;

/// The value of a Message-ID field without angle brackets and white space
/// (RFC 5322 section 3.6.4).
pub(super) fn message_id(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"<").unwrap_or(value);
    let end = value
        .iter()
        .position(|b| *b == b'>' || b.is_ascii_whitespace())
        .unwrap_or(value.len());
    let id = value.get(..end.min(MAX_MESSAGE_ID))?;
    if id.is_empty() {
        return None;
    }
    let id = String::from_utf8_lossy(id);
    Some(id.chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_loses_its_brackets() {
        for (value, expected) in [
            (" <1.2@example.org>", Some("1.2@example.org")),
            (" <1.2@example.org> (comment)", Some("1.2@example.org")),
            ("\r\n <folded@example.org>\r\n", Some("folded@example.org")),
            (" bare@example.org", Some("bare@example.org")),
            (" <>", None),
            (" ", None),
        ] {
            assert_eq!(
                message_id(value.as_bytes()).as_deref(),
                expected,
                "{value:?}"
            );
        }
        assert_eq!(
            message_id(b"<a\x01\xff@b>").as_deref(),
            Some("a\u{fffd}@b"),
            "control characters do not reach the log"
        );
        assert_eq!(message_id(&[b'a'; 5000]).map(|id| id.len()), Some(998));
    }
}
