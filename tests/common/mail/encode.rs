//! Transfer encodings and charsets, written for the tests: what checks the
//! product must not share its code.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::ops::Range;

/// A Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Encoding {
    Base64,
    EightBit,
    QuotedPrintable,
    SevenBit,
}

impl Encoding {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::SevenBit => "7bit",
        }
    }

    pub(crate) fn encode(self, content: &[u8]) -> Vec<u8> {
        match self {
            Self::Base64 => base64_lines(content),
            Self::QuotedPrintable => {
                let lines = quoted_printable_lines(content);
                let lines: Vec<String> = lines.into_iter().map(|(line, _)| line).collect();
                lines.join("\r\n").into_bytes()
            }
            Self::EightBit | Self::SevenBit => content.to_vec(),
        }
    }

    pub(crate) fn decode(self, raw: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Base64 => {
                let digits: Vec<u8> = raw
                    .iter()
                    .copied()
                    .filter(|b| !b.is_ascii_whitespace())
                    .collect();
                STANDARD.decode(digits).map_err(|e| format!("base64: {e}"))
            }
            Self::QuotedPrintable => decode_quoted_printable(raw),
            Self::EightBit | Self::SevenBit => Ok(raw.to_vec()),
        }
    }
}

/// A charset of a text part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Charset {
    Iso2022Jp,
    Koi8R,
    Latin1,
    Utf16,
    Utf8,
}

impl Charset {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Iso2022Jp => "iso-2022-jp",
            Self::Koi8R => "koi8-r",
            Self::Latin1 => "iso-8859-1",
            Self::Utf16 => "utf-16le",
            Self::Utf8 => "utf-8",
        }
    }

    /// A line of text that needs this charset.
    pub(crate) fn sample(self) -> &'static str {
        match self {
            Self::Iso2022Jp => "日本語のお知らせ: 新しい本が届きました。",
            Self::Koi8R => "Здравствуйте, вот новости за неделю.",
            Self::Latin1 => "Grüße aus Köln, déjà vu, señor.",
            Self::Utf16 | Self::Utf8 => "Grüße, 你好, Привет, 🚲 – “quoted”.",
        }
    }

    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        let encoding = match self {
            Self::Iso2022Jp => encoding_rs::ISO_2022_JP,
            Self::Koi8R => encoding_rs::KOI8_R,
            Self::Latin1 => encoding_rs::WINDOWS_1252,
            Self::Utf16 => return text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf8 => return text.as_bytes().to_vec(),
        };
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{} cannot hold {text}", self.name());
        bytes.into_owned()
    }

    pub(crate) fn decode(self, bytes: &[u8]) -> String {
        if self == Self::Utf16 {
            let units: Vec<u16> = bytes
                .chunks(2)
                .map(|pair| u16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)]))
                .collect();
            return String::from_utf16_lossy(&units);
        }
        let encoding = encoding_rs::Encoding::for_label(self.name().as_bytes());
        let (text, _) = encoding
            .expect("a charset of the web")
            .decode_without_bom_handling(bytes);
        text.into_owned()
    }
}

/// Base64 in lines of 76 characters (RFC 2045 section 6.8), the last without
/// a line end.
pub(crate) fn base64_lines(content: &[u8]) -> Vec<u8> {
    let digits = STANDARD.encode(content).into_bytes();
    let lines: Vec<&[u8]> = digits.chunks(76).collect();
    lines.join(&b"\r\n"[..])
}

/// Quoted-printable lines without their line ends (RFC 2045 section 6.7),
/// each with the range of the content that it holds.
pub(crate) fn quoted_printable_lines(content: &[u8]) -> Vec<(String, Range<usize>)> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut start = 0;
    let mut at = 0;
    while at < content.len() {
        if content[at..].starts_with(b"\r\n") {
            lines.push((std::mem::take(&mut line), start..at + 2));
            at += 2;
            start = at;
            continue;
        }
        let byte = content[at];
        let at_line_end = at + 1 == content.len() || content[at + 1..].starts_with(b"\r\n");
        let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~')
            || (matches!(byte, b' ' | b'\t') && !at_line_end);
        let text = if plain {
            char::from(byte).to_string()
        } else {
            format!("={byte:02X}")
        };
        // One character is kept for the soft line break.
        if line.len() + text.len() > 75 {
            line.push('=');
            lines.push((std::mem::take(&mut line), start..at));
            start = at;
        }
        line += &text;
        at += 1;
    }
    lines.push((line, start..at));
    lines
}

fn decode_quoted_printable(raw: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        if rest.starts_with(b"=\r\n") {
            at += 3;
        } else if rest[0] == b'=' {
            let digits = rest.get(1..3).and_then(|d| std::str::from_utf8(d).ok());
            let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
            out.push(byte.ok_or_else(|| format!("no hex digits: {}", rest.escape_ascii()))?);
            at += 3;
        } else {
            out.push(rest[0]);
            at += 1;
        }
    }
    Ok(out)
}
