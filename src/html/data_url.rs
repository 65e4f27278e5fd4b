//! Documents in `data:` URLs (RFC 2397, Fetch standard section 6).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::{Encoding, UTF_8};
use percent_encoding::percent_decode_str;

/// A document that can load something.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Document {
    /// Whether it is a style sheet; else it is HTML, SVG or other XML.
    pub(crate) is_css: bool,
    pub(crate) text: String,
}

/// Reads what stands behind `data:`. `None` for a picture, plain text or
/// anything else that loads nothing by itself.
pub(crate) fn document(rest: &str) -> Option<Document> {
    let (head, body) = rest.split_once(',')?;
    // The URL standard drops these.
    let head: String = head
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let head = percent_decode_str(&head)
        .decode_utf8_lossy()
        .to_ascii_lowercase();
    let mut fields = head.split(';').map(str::trim);
    let media_type = fields.next()?;
    let is_css = media_type.contains("css");
    if !is_css
        && !["html", "xml", "svg"]
            .iter()
            .any(|t| media_type.contains(t))
    {
        return None;
    }
    let mut encoding = UTF_8;
    let mut is_base64 = false;
    for field in fields {
        if field == "base64" {
            is_base64 = true;
        } else if let Some(label) = field.strip_prefix("charset=") {
            encoding = Encoding::for_label(label.trim_matches('"').as_bytes()).unwrap_or(UTF_8);
        }
    }
    let body = body.replace(['\t', '\n', '\r'], if is_base64 { "" } else { " " });
    let mut bytes: Vec<u8> = percent_decode_str(&body).collect();
    if is_base64 {
        bytes = from_base64(&bytes);
    }
    let (text, _, _) = encoding.decode(&bytes);
    Some(Document {
        is_css,
        text: text.into_owned(),
    })
}

/// Decodes base64 as far as it goes.
pub(crate) fn from_base64(encoded: &[u8]) -> Vec<u8> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_');
    let mut digits: Vec<u8> = encoded
        .iter()
        .filter(|b| !b.is_ascii_whitespace())
        .take_while(|b| is_digit(b))
        .map(|b| match b {
            b'-' => b'+',
            b'_' => b'/',
            b => *b,
        })
        .collect();
    if digits.len() % 4 == 1 {
        // One digit is no byte.
        digits.pop();
    }
    ENGINE.decode(&digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rest: &str) -> Option<String> {
        document(rest).map(|d| d.text)
    }

    #[test]
    fn both_encodings_are_read() {
        assert_eq!(text("text/html,<p>%68%69").as_deref(), Some("<p>hi"));
        assert_eq!(text("TEXT/html;Base64,PHA+aGk=").as_deref(), Some("<p>hi"));
        // Without its padding, wrapped, percent-encoded, and in the alphabet
        // for URLs.
        assert_eq!(text("text/html;base64,PHA+\naGk").as_deref(), Some("<p>hi"));
        assert_eq!(
            text("text/html;base64,PHA%2BaGk%3D").as_deref(),
            Some("<p>hi")
        );
        assert_eq!(text("text/html;base64,PHA-aGk").as_deref(), Some("<p>hi"));
    }

    #[test]
    fn what_follows_broken_base64_is_not_read() {
        assert_eq!(text("text/html;base64,PHA+!aGk").as_deref(), Some("<p>"));
        assert_eq!(text("text/html;base64,P").as_deref(), Some(""));
    }

    #[test]
    fn the_charset_is_heeded() {
        assert_eq!(
            text("text/html;charset=utf-16le,%3C%00p%00%3E%00").as_deref(),
            Some("<p>")
        );
    }

    #[test]
    fn only_documents_are_read() {
        assert!(document("image/svg+xml,<svg>").is_some_and(|d| !d.is_css));
        assert!(document("text/css,a{}").is_some_and(|d| d.is_css));
        for rest in [
            "image/gif;base64,R0lG",
            ",<p>",
            "text/plain,<p>",
            "text/html",
        ] {
            assert_eq!(document(rest), None, "{rest}");
        }
    }
}
