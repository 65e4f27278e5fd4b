//! Transfer encodings (RFC 2045 section 6) as mail services write them.

use base64::{Engine, engine::general_purpose::STANDARD};

/// A transfer encoding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Coding {
    /// Lines as they are.
    SevenBit,
    /// Lines of up to 76 characters.
    QuotedPrintable,
    /// Lines of 76 characters.
    Base64,
}

impl Coding {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::SevenBit, Self::QuotedPrintable, Self::Base64];

    /// As Content-Transfer-Encoding names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }

    /// The header fields of a part.
    pub(super) fn fields(self, media_type: &str) -> String {
        format!(
            "Content-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n",
            self.name()
        )
    }

    /// `text`, whose lines end in CRLF.
    pub(super) fn encode(self, text: &str) -> String {
        match self {
            Self::SevenBit => text.to_owned(),
            Self::QuotedPrintable => quoted_printable(text),
            Self::Base64 => base64(text.as_bytes()),
        }
    }
}

/// Base64 in lines.
pub(super) fn base64(bytes: &[u8]) -> String {
    let digits = STANDARD.encode(bytes);
    let mut out = String::with_capacity(digits.len() / 76 * 78 + 78);
    for line in digits.as_bytes().chunks(76) {
        out.extend(line.iter().copied().map(char::from));
        out += "\r\n";
    }
    out
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_inclusive("\r\n") {
        let content = line.trim_end_matches("\r\n");
        let mut column = 0;
        for (at, byte) in content.bytes().enumerate() {
            let is_last = at + 1 == content.len();
            let is_plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~' | b'\t' | b' ')
                && !(is_last && matches!(byte, b'\t' | b' '));
            let width = if is_plain { 1 } else { 3 };
            if column + width > 75 {
                out += "=\r\n";
                column = 0;
            }
            column += width;
            if is_plain {
                out.push(char::from(byte));
            } else {
                out += &format!("={byte:02X}");
            }
        }
        if line.len() > content.len() {
            out += "\r\n";
        }
    }
    out
}
