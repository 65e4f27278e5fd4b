//! What an entity's header fields say about its body.

use super::{
    Ambiguity, Transfer, boundary, charset,
    content_type::{Structured, Token, token},
    field::decides_reading,
};
use crate::skip::Skip;
use memchr::memmem;

/// How many Content-Type fields of one entity are compared; more are taken
/// to differ.
const COMPARED_FIELDS: usize = 8;

/// Longest boundary that RFC 2046 section 5.1.1 allows.
const LONGEST_BY_RFC: usize = 70;

/// Transfer encodings by their spelling in lower case. Besides the names of
/// RFC 2045 those in which nothing is encoded, as seen in mail.
const TRANSFERS: &[(&str, Transfer)] = &[
    ("", Transfer::Identity),
    ("7-bit", Transfer::Identity),
    ("7bit", Transfer::Identity),
    ("8-bit", Transfer::Identity),
    ("8bit", Transfer::Identity),
    ("base64", Transfer::Base64),
    ("binary", Transfer::Identity),
    ("none", Transfer::Identity),
    ("quoted-printable", Transfer::QuotedPrintable),
    ("uue", Transfer::Uuencode),
    ("uuencode", Transfer::Uuencode),
    ("x-uu", Transfer::Uuencode),
    ("x-uue", Transfer::Uuencode),
    ("x-uuencode", Transfer::Uuencode),
];

/// Media types whose content is signed or encrypted.
const PROTECTED: &[(&str, Skip)] = &[
    ("application/pgp", Skip::Encrypted),
    ("application/pkcs7-mime", Skip::Encrypted),
    ("application/x-pkcs7-mime", Skip::Encrypted),
    ("multipart/encrypted", Skip::Encrypted),
    ("multipart/signed", Skip::Signed),
];

/// Parts of names of media types that hold HTML or other parts.
const KINDS: &[&[u8]] = &[b"html", b"message", b"multipart", b"svg"];

/// Ends of the names of files that a browser opens as a page.
const PAGES: &[&str] = &["htm", "html", "shtml", "svg", "xht", "xhtml"];

/// How an entity's body is to be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Entity {
    pub(super) media_type: String,
    pub(super) charset: Option<String>,
    pub(super) transfer: Transfer,
    pub(super) is_attachment: bool,
    pub(super) has_file_name: bool,
    pub(super) is_named_page: bool,
    pub(super) delsp: bool,
    /// The boundary of a multipart, if it states one that can be used.
    pub(super) boundary: Option<Vec<u8>>,
    pub(super) ambiguities: Vec<Ambiguity>,
    pub(super) skip: Option<Skip>,
}

impl Entity {
    /// Reads the fields of an entity. `default` is the media type where none
    /// is stated (RFC 2045 section 5.2, RFC 2046 section 5.1.5).
    pub(super) fn read<'a>(
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        default: &str,
    ) -> Self {
        let mut types = Vec::new();
        let mut transfers = Vec::new();
        let mut is_attachment = false;
        let mut names = Vec::new();
        let mut may_end_early = false;
        for (name, value) in fields {
            may_end_early |= folds_over_a_blank_line(value);
            if name.eq_ignore_ascii_case(b"content-type") {
                types.push(value);
            } else if name.eq_ignore_ascii_case(b"content-transfer-encoding") {
                transfers.push(value);
            } else if name.eq_ignore_ascii_case(b"content-disposition") {
                is_attachment |= token(value).text == "attachment";
                names.extend(Structured::read(value).text("filename"));
            }
        }
        let mut out = Self::of_types(&types, default);
        out.is_attachment = is_attachment;
        out.has_file_name |= !names.is_empty();
        out.is_named_page |= names.iter().any(|n| is_page_name(n));
        out.add_transfer(&transfers);
        if may_end_early {
            out.note(Ambiguity::HeaderSyntax);
        }
        for value in types.iter().chain(&transfers) {
            out.check_bytes(value);
            if folds_a_field(value) {
                out.refuse(Ambiguity::HeaderSyntax);
            }
        }
        out
    }

    /// Whether the body is a sequence of parts.
    pub(super) fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    /// Whether the body is a message that can be read in place (RFC 2046
    /// section 5.2.1, RFC 6532 section 3.7).
    pub(super) fn is_plain_message(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "message/global" | "message/news" | "message/rfc822"
        ) && self.transfer == Transfer::Identity
    }

    /// Records an ambiguity once.
    pub(super) fn note(&mut self, ambiguity: Ambiguity) {
        note(&mut self.ambiguities, ambiguity);
    }

    /// Records an ambiguity under whose readings an edit cannot be right.
    pub(super) fn refuse(&mut self, ambiguity: Ambiguity) {
        self.note(ambiguity);
        self.skip.get_or_insert(Skip::Ambiguous);
    }

    fn of_types(values: &[&[u8]], default: &str) -> Self {
        let mut readings = values
            .iter()
            .take(COMPARED_FIELDS)
            .map(|v| TypeReading::new(v, default));
        let first = readings
            .next()
            .unwrap_or_else(|| TypeReading::new(default.as_bytes(), default));
        let rest: Vec<_> = readings.filter(|r| !r.means_the_same(&first)).collect();
        let skip = first.skip.or_else(|| rest.iter().find_map(|r| r.skip));
        let mut out = Self {
            media_type: first.media_type.clone(),
            charset: first.charset.clone(),
            transfer: Transfer::Identity,
            is_attachment: false,
            has_file_name: first.has_name,
            is_named_page: first.names_page || rest.iter().any(|r| r.names_page),
            delsp: first.delsp && rest.is_empty(),
            boundary: first.boundary.clone(),
            ambiguities: Vec::new(),
            skip,
        };
        if out.is_multipart() {
            if first.boundary_is_long {
                out.note(Ambiguity::Boundary);
            }
            if first.boundary_is_unclear {
                out.refuse(Ambiguity::Boundary);
            }
        }
        if !first.is_plain || rest.iter().any(|r| !r.is_plain) {
            out.note(Ambiguity::HeaderSyntax);
        }
        if first.comment_states_something {
            out.refuse(Ambiguity::HeaderSyntax);
        }
        if first.charset_is_unclear {
            out.refuse(Ambiguity::DuplicateField);
        }
        if values.len() > COMPARED_FIELDS {
            out.refuse(Ambiguity::DuplicateField);
        }
        if !rest.is_empty() {
            out.merge(&first, &rest);
        }
        out
    }

    /// Several Content-Type fields that differ: readers take the first or the
    /// last.
    fn merge(&mut self, first: &TypeReading, rest: &[TypeReading]) {
        self.note(Ambiguity::DuplicateField);
        let all_text = first.is_text() && rest.iter().all(TypeReading::is_text);
        let same_charset_kind = rest
            .iter()
            .all(|r| r.is_ascii_compatible() == first.is_ascii_compatible());
        if all_text && same_charset_kind {
            // The same bytes are text for all; looking for HTML in what some
            // show as plain text does no harm.
            if rest.iter().any(|r| r.media_type == "text/html") {
                self.media_type = "text/html".into();
            }
            return;
        }
        let same_parts = first.boundary.is_some()
            && rest
                .iter()
                .all(|r| r.is_multipart() && r.boundary == first.boundary);
        if !same_parts {
            self.skip.get_or_insert(Skip::Ambiguous);
        }
    }

    fn add_transfer(&mut self, values: &[&[u8]]) {
        let mut readings = values.iter().map(|v| transfer(v));
        let Some((first, token)) = readings.next() else {
            return;
        };
        if readings.any(|(t, _)| t != first) {
            self.refuse(Ambiguity::DuplicateField);
        }
        if !token.is_clear && first != Transfer::Identity {
            self.refuse(Ambiguity::HeaderSyntax);
        } else if !token.is_plain {
            self.note(Ambiguity::HeaderSyntax);
        }
        if self.is_multipart() && first != Transfer::Identity {
            self.note(Ambiguity::MultipartEncoding);
            self.transfer = Transfer::Identity;
        } else {
            self.transfer = first;
        }
    }

    /// A value that ends early for some readers.
    fn check_bytes(&mut self, value: &[u8]) {
        if value.contains(&0) {
            self.refuse(Ambiguity::Nul);
        }
        let has_bare_cr = value
            .iter()
            .enumerate()
            .any(|(i, b)| *b == b'\r' && value.get(i + 1) != Some(&b'\n'));
        if has_bare_cr {
            self.refuse(Ambiguity::BareCr);
        }
    }
}

/// Records an ambiguity once.
pub(super) fn note(list: &mut Vec<Ambiguity>, ambiguity: Ambiguity) {
    if !list.contains(&ambiguity) {
        list.push(ambiguity);
    }
}

/// Whether a folded value has a line that is a field of its own for a reader
/// that drops white space at the beginning of a line.
fn folds_a_field(value: &[u8]) -> bool {
    value.split(|b| *b == b'\n').skip(1).any(|line| {
        let line = line.trim_ascii_start();
        let name = line.split(|b| *b == b':').next().unwrap_or_default();
        name.len() < line.len() && decides_reading(name.trim_ascii_end())
    })
}

/// Whether a folded value has a line of nothing but white space, which some
/// readers take for the blank line that ends the header block: what follows
/// is text to them.
fn folds_over_a_blank_line(value: &[u8]) -> bool {
    let mut folds = value.split(|b| *b == b'\n').skip(1);
    folds.any(|line| line.trim_ascii().is_empty())
}

fn transfer(value: &[u8]) -> (Transfer, Token) {
    let token = token(value);
    let name = token.text.as_str();
    let known = TRANSFERS.iter().find(|(n, _)| *n == name);
    let transfer = match known {
        Some((_, transfer)) => transfer.clone(),
        // "8bit+" and the like are seen in phishing mail, and shown as they
        // stand.
        None if name.starts_with("7bit") || name.starts_with("8bit") => Transfer::Identity,
        None => Transfer::Unknown,
    };
    (transfer, token)
}

/// One Content-Type field.
struct TypeReading {
    media_type: String,
    charset: Option<String>,
    charset_is_unclear: bool,
    has_name: bool,
    names_page: bool,
    delsp: bool,
    boundary: Option<Vec<u8>>,
    boundary_is_long: bool,
    boundary_is_unclear: bool,
    /// Readers without a full parser understand it too.
    is_plain: bool,
    comment_states_something: bool,
    skip: Option<Skip>,
}

impl TypeReading {
    fn new(value: &[u8], default: &str) -> Self {
        let read = Structured::read(value);
        // A value that is no media type is text/plain wherever it stands
        // (RFC 2045 section 5.2); no value is the default of the place.
        let media_type = match read.media_type() {
            Some(t) => t.to_owned(),
            None if read.head.is_empty() => default.to_owned(),
            None => "text/plain".to_owned(),
        };
        let mut out = Self {
            skip: protection(&media_type, &read),
            charset: None,
            charset_is_unclear: false,
            has_name: read.text("name").is_some(),
            names_page: read.text("name").is_some_and(|n| is_page_name(&n)),
            delsp: says(&read, "format", "flowed") && says(&read, "delsp", "yes"),
            boundary: None,
            boundary_is_long: false,
            boundary_is_unclear: false,
            is_plain: read.is_plain
                && (read.media_type().is_some() || !may_name_a_kind(value, &read.head)),
            comment_states_something: read.comment_states_something,
            media_type,
        };
        if out.is_multipart() {
            out.read_boundary(&read);
        } else {
            out.read_charset(&read);
        }
        out
    }

    fn is_multipart(&self) -> bool {
        self.media_type.starts_with("multipart/")
    }

    fn is_text(&self) -> bool {
        self.media_type.starts_with("text/")
    }

    fn is_ascii_compatible(&self) -> bool {
        charset::is_ascii_compatible(self.charset.as_deref())
    }

    fn means_the_same(&self, other: &Self) -> bool {
        let charset = |r: &Self| r.charset.as_ref().map(|c| c.to_ascii_lowercase());
        self.media_type == other.media_type
            && self.boundary == other.boundary
            && charset(self) == charset(other)
    }

    fn read_charset(&mut self, read: &Structured) {
        self.charset = read.text("charset");
        let is_first_compatible = self.is_ascii_compatible();
        self.charset_is_unclear = read.readings("charset").iter().skip(1).any(|r| {
            let label = String::from_utf8_lossy(&r.value);
            charset::is_ascii_compatible(Some(&label)) != is_first_compatible
        });
    }

    fn read_boundary(&mut self, read: &Structured) {
        let mut readings = read.readings("boundary");
        for r in &mut readings {
            // Trailing white space is lost in the delimiter line anyway.
            r.value.truncate(r.value.trim_ascii_end().len());
        }
        let Some(first) = readings.first() else {
            self.boundary_is_unclear = true;
            return;
        };
        let is_encoded_word = first.value.starts_with(b"=?") && first.value.ends_with(b"?=");
        self.boundary_is_long = first.value.len() > LONGEST_BY_RFC;
        self.boundary_is_unclear =
            is_encoded_word || !first.is_clear || readings.iter().any(|r| r.value != first.value);
        let has_line_end = first.value.iter().any(|b| matches!(b, b'\r' | b'\n' | 0));
        if first.value.is_empty() || first.value.len() > boundary::LONGEST || has_line_end {
            self.boundary_is_unclear = true;
        } else {
            self.boundary = Some(first.value.clone());
        }
    }
}

/// Whether a value that is no media type names one that matters to a reader
/// that searches instead of parsing, or that first undoes escapes or encoded
/// words (RFC 2047), which have no place in it.
fn may_name_a_kind(value: &[u8], head: &str) -> bool {
    let value = value.to_ascii_lowercase();
    head.contains('\\')
        || head.contains("=?")
        || KINDS.iter().any(|k| memmem::find(&value, k).is_some())
}

fn is_page_name(name: &str) -> bool {
    let name = name.trim_end_matches(['.', ' ']);
    name.rsplit_once('.')
        .is_some_and(|(_, end)| PAGES.iter().any(|p| end.eq_ignore_ascii_case(p)))
}

fn says(read: &Structured, parameter: &str, value: &str) -> bool {
    read.text(parameter)
        .is_some_and(|text| text.eq_ignore_ascii_case(value))
}

fn protection(media_type: &str, read: &Structured) -> Option<Skip> {
    let (_, skip) = PROTECTED.iter().find(|(t, _)| *t == media_type)?;
    let smime = read.text("smime-type").unwrap_or_default();
    let is_signed =
        smime.eq_ignore_ascii_case("signed-data") || smime.eq_ignore_ascii_case("certs-only");
    Some(if is_signed { Skip::Signed } else { *skip })
}

#[cfg(test)]
mod tests;
