//! Named reasons why something was not cleaned.

use serde::Serialize;
use std::fmt;

/// A named reason why a part or a whole message was delivered as it came.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Two readings of the part are plausible and no edit is right under both.
    Ambiguous,
    /// An element has more attributes than the limit.
    Attributes,
    /// The envelope sender authenticated (SMTP AUTH).
    Authenticated,
    /// The charset is unknown, or going through UTF-8 and back does not
    /// reproduce the bytes.
    Charset,
    /// Nested deeper than the limit.
    Depth,
    /// More URLs are to be changed than the limit.
    Edits,
    /// Encrypted content (RFC 1847 multipart/encrypted, S/MIME, PGP).
    Encrypted,
    /// An error or panic in this program.
    Error,
    /// A header block is larger than the limit.
    Headers,
    /// The HTML parser reached its memory limit.
    HtmlMemory,
    /// An HTML part, or a plain-text part with links, is larger than the limit.
    HtmlSize,
    /// An edit would make a line longer than RFC 5322 allows.
    LineLength,
    /// All messages together need more memory than the limit.
    Memory,
    /// The client's address is in an exempt network.
    Network,
    /// The message, or what it decodes to, is larger than the limit.
    Oversize,
    /// More MIME parts than the limit.
    Parts,
    /// An exempt recipient.
    Recipient,
    /// More URLs than the limit.
    Sightings,
    /// Signed content (RFC 1847 multipart/signed, S/MIME, inline PGP).
    Signed,
    /// The time allowed for one message ran out.
    Timeout,
    /// The transfer encoding is unknown, and the part was read as it stands;
    /// or it is damaged.
    Transfer,
    /// A link is longer than the limit, and was not looked at.
    UrlLength,
    /// The part is uuencoded, which is left alone.
    Uuencode,
}

impl Skip {
    /// Every reason, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::Ambiguous,
        Self::Attributes,
        Self::Authenticated,
        Self::Charset,
        Self::Depth,
        Self::Edits,
        Self::Encrypted,
        Self::Error,
        Self::Headers,
        Self::HtmlMemory,
        Self::HtmlSize,
        Self::LineLength,
        Self::Memory,
        Self::Network,
        Self::Oversize,
        Self::Parts,
        Self::Recipient,
        Self::Sightings,
        Self::Signed,
        Self::Timeout,
        Self::Transfer,
        Self::UrlLength,
        Self::Uuencode,
    ];

    /// The name as it is logged, counted and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Attributes => "attributes",
            Self::Authenticated => "authenticated",
            Self::Charset => "charset",
            Self::Depth => "depth",
            Self::Edits => "edits",
            Self::Encrypted => "encrypted",
            Self::Error => "error",
            Self::Headers => "headers",
            Self::HtmlMemory => "html-memory",
            Self::HtmlSize => "html-size",
            Self::LineLength => "line-length",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::Oversize => "oversize",
            Self::Parts => "parts",
            Self::Recipient => "recipient",
            Self::Sightings => "sightings",
            Self::Signed => "signed",
            Self::Timeout => "timeout",
            Self::Transfer => "transfer",
            Self::UrlLength => "url-length",
            Self::Uuencode => "uuencode",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
