//! The MIME structure of a message by byte spans, and its codings.
//!
//! The splitter is incremental, iterative and anchored at line starts; the
//! same parts come out for every chunking of the body.
//!
//! A message goes through in this order: [`field`] reads header blocks,
//! [`splitter`] finds the leaf parts, [`transfer`] undoes and redoes their
//! transfer encoding, [`charset`] opens their text for the HTML parser.

mod author;
mod base64;
mod boundary;
pub mod charset;
mod content_type;
mod entity;
pub mod field;
mod identity;
mod leaf;
pub mod pgp;
mod quoted_printable;
pub mod splitter;
pub mod transfer;
pub mod uuencode;

pub use author::from_domain;
pub use content_type::is_disposition_notification;

use crate::skip::Skip;
use std::{fmt, ops::Range};

/// The place of a part in the MIME tree, as IMAP counts it (RFC 3501 section
/// 6.4.5): `1.2`.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PartPath(pub Vec<u32>);

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, n) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            write!(f, "{n}")?;
        }
        Ok(())
    }
}

/// A Content-Transfer-Encoding (RFC 2045 section 6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transfer {
    /// base64.
    Base64,
    /// 7bit, 8bit, binary, or none stated.
    Identity,
    /// quoted-printable.
    QuotedPrintable,
    /// Something that RFC 2045 does not name.
    Unknown,
    /// uuencode in one of its spellings.
    Uuencode,
}

/// Something about a part that receivers read differently.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Ambiguity {
    /// A carriage return alone, where it may or may not end a line.
    BareCr,
    /// Two boundary parameters that differ, or an empty or missing one.
    Boundary,
    /// The same boundary is open twice, or one is a prefix of another in a
    /// way that a delimiter line fits both.
    BoundaryReuse,
    /// Two Content-Type or Content-Transfer-Encoding fields that differ.
    DuplicateField,
    /// A line in a header block that is no header field, or a field that says
    /// how the body is read in a way that not all readers understand.
    HeaderSyntax,
    /// A multipart that states a transfer encoding (RFC 2045 section 6.4
    /// forbids it).
    MultipartEncoding,
    /// A NUL byte.
    Nul,
    /// A transfer encoding that is damaged where receivers go on differently.
    Transfer,
    /// A multipart without its close delimiter.
    Unterminated,
}

impl Ambiguity {
    /// Every ambiguity, for tables.
    pub const ALL: &[Self] = &[
        Self::BareCr,
        Self::Boundary,
        Self::BoundaryReuse,
        Self::DuplicateField,
        Self::HeaderSyntax,
        Self::MultipartEncoding,
        Self::Nul,
        Self::Transfer,
        Self::Unterminated,
    ];

    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::BareCr => "bare-cr",
            Self::Boundary => "boundary",
            Self::BoundaryReuse => "boundary-reuse",
            Self::DuplicateField => "duplicate-field",
            Self::HeaderSyntax => "header-syntax",
            Self::MultipartEncoding => "multipart-encoding",
            Self::Nul => "nul",
            Self::Transfer => "transfer-damage",
            Self::Unterminated => "unterminated",
        }
    }
}

/// A leaf of the MIME tree.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// Where in the tree.
    pub path: PartPath,
    /// Media type and subtype in lower case, such as `text/html`; the default
    /// of RFC 2045 section 5.2 where none is stated.
    pub media_type: String,
    /// The charset parameter as written, without quotes.
    pub charset: Option<String>,
    /// The transfer encoding.
    pub transfer: Transfer,
    /// Whether Content-Disposition says attachment (RFC 2183).
    pub is_attachment: bool,
    /// Whether Content-Disposition or Content-Type state a file name (RFC
    /// 2183 section 2.3, RFC 2046 section 4.1.2).
    pub has_file_name: bool,
    /// Whether the file name is that of a page, which readers that go by it
    /// open as HTML whatever the media type.
    pub is_named_page: bool,
    /// Whether Content-Type says format=flowed and delsp=yes (RFC 3676), so
    /// that words may be broken over lines.
    pub delsp: bool,
    /// The part's body in the message body: after the blank line that ends
    /// its header block, before the line end that belongs to the next
    /// delimiter line (RFC 2046 section 5.1.1).
    pub body: Range<usize>,
    /// What receivers may read differently.
    pub ambiguities: Vec<Ambiguity>,
    /// Why the part must be left alone, if it must.
    pub skip: Option<Skip>,
}
