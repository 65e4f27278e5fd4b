//! A start tag with its attributes.

use super::name::{Name, names};
use crate::html::Quote;
use crate::html::decode::{Places, decode};
use crate::html::entity::Place;
use encoding_rs::Encoding;
use lol_html::html_content::Attribute;
use std::borrow::Cow;
use std::ops::Range;

/// Longest element name that is told apart.
const LONGEST_NAME: usize = 24;

pub(super) const HTML: &str = "http://www.w3.org/1999/xhtml";

/// Elements that end SVG and MathML; `font` does so with some attributes only.
const BREAKS_OUT: [Name; 45] = names([
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
]);

/// A start tag. All offsets are those of `bytes`.
pub(crate) struct Tag<'t> {
    bytes: &'t [u8],
    span: Range<usize>,
    name: Name,
    local_name: Name,
    prefix: Option<Name>,
    attributes: &'t [Attribute<'t>],
    is_html: bool,
    encoding: &'static Encoding,
}

impl<'t> Tag<'t> {
    pub(super) fn new(
        bytes: &'t [u8],
        span: Range<usize>,
        attributes: &'t [Attribute<'t>],
        namespace: &'static str,
        encoding: &'static Encoding,
    ) -> Self {
        let tag = bytes.get(span.start + 1..span.end).unwrap_or_default();
        let (name, length) = Name::read(tag);
        let (name, prefix, local_name) = match tag.get(..length) {
            Some(written) if length <= LONGEST_NAME => {
                let colon = written.iter().rposition(|b| *b == b':');
                match colon.map(|colon| written.split_at(colon)) {
                    Some((prefix, [_, local @ ..])) => {
                        (name, Some(Name::of(prefix)), Name::of(local))
                    }
                    _ => (name, None, name),
                }
            }
            _ => (Name::UNKNOWN, None, Name::UNKNOWN),
        };
        Self {
            bytes,
            span,
            name,
            local_name,
            prefix,
            attributes,
            is_html: namespace == HTML,
            encoding,
        }
    }

    /// The name; the same for all that are longer than any known one.
    pub(crate) fn name(&self) -> Name {
        self.name
    }

    /// The name without its namespace prefix.
    pub(crate) fn local_name(&self) -> Name {
        self.local_name
    }

    /// The namespace prefix. HTML knows none and takes it for a part of the
    /// name.
    pub(crate) fn prefix(&self) -> Option<Name> {
        self.prefix
    }

    /// The name as written, however long.
    pub(super) fn name_as_written(&self) -> &'t [u8] {
        let tag = self.bytes.get(self.span.start + 1..self.span.end);
        let tag = tag.unwrap_or_default();
        let (_, length) = Name::read(tag);
        tag.get(..length).unwrap_or_default()
    }

    /// Whether the element ends SVG and MathML (HTML standard, section
    /// 13.2.6.5), although it is said to be a part of them.
    pub(super) fn breaks_out(&self) -> bool {
        !self.is_html && BREAKS_OUT.contains(&self.name)
    }

    /// Makes it an element of HTML.
    pub(super) fn set_html(&mut self) {
        self.is_html = true;
    }

    /// Whether the element is one of HTML, not of SVG or MathML.
    pub(crate) fn is_html(&self) -> bool {
        self.is_html
    }

    /// Whether the element is an image by itself (CSS: a replaced element).
    pub(crate) fn is_image(&self) -> bool {
        const IMAGES: [Name; 3] = names(["img", "image", "input"]);
        IMAGES.contains(&self.name)
    }

    /// Span of the whole start tag.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The decoded value of the first attribute with this name, which is in
    /// lower case; empty if it is written without one.
    pub(crate) fn value(&self, name: &str) -> Option<Cow<'t, str>> {
        let attribute = self.attributes.iter().find(|attribute| {
            self.name_of(attribute)
                .eq_ignore_ascii_case(name.as_bytes())
        })?;
        Some(self.text_of(attribute))
    }

    /// The decoded value of an attribute; empty if it is written without one.
    pub(super) fn text_of(&self, attribute: &Attribute<'_>) -> Cow<'t, str> {
        let value = self.value_of(attribute);
        value.map_or(Cow::Borrowed(""), |value| value.decode())
    }

    pub(super) fn encoding(&self) -> &'static Encoding {
        self.encoding
    }

    /// All attributes, as written.
    pub(super) fn attributes(&self) -> &'t [Attribute<'t>] {
        self.attributes
    }

    /// Name of an attribute, as written.
    #[inline]
    pub(super) fn name_of(&self, attribute: &Attribute<'_>) -> &'t [u8] {
        attribute
            .name_source_location()
            .and_then(|at| self.bytes.get(at.bytes()))
            .unwrap_or_default()
    }

    /// Value of an attribute, if it is written with one.
    pub(super) fn value_of(&self, attribute: &Attribute<'_>) -> Option<AttributeValue<'t>> {
        let span = attribute.value_source_location()?.bytes();
        let before = span.start.checked_sub(1).and_then(|at| self.bytes.get(at));
        Some(AttributeValue {
            raw: self.bytes.get(span.clone())?,
            start: span.start,
            quote: match before {
                Some(b'"') => Quote::Double,
                Some(b'\'') => Quote::Single,
                _ => Quote::None,
            },
            encoding: self.encoding,
        })
    }
}

/// The value of an attribute, as written.
pub(crate) struct AttributeValue<'t> {
    pub(crate) raw: &'t [u8],
    pub(crate) start: usize,
    pub(crate) quote: Quote,
    encoding: &'static Encoding,
}

impl<'t> AttributeValue<'t> {
    /// A value at `span` of `bytes` that stands between quotes.
    pub(super) fn in_double_or_single_quotes(
        bytes: &'t [u8],
        span: Range<usize>,
        encoding: &'static Encoding,
    ) -> Option<Self> {
        let quote = match bytes.get(span.start.checked_sub(1)?)? {
            b'\'' => Quote::Single,
            _ => Quote::Double,
        };
        Some(Self {
            start: span.start,
            raw: bytes.get(span)?,
            quote,
            encoding,
        })
    }

    pub(crate) fn decode(&self) -> Cow<'t, str> {
        decode(self.raw, self.encoding, Some(Place::Attribute))
    }

    /// Finds places of the decoded value in `raw`.
    pub(crate) fn places(&self) -> Places<'t> {
        Places::new(self.raw, self.encoding, Some(Place::Attribute))
    }

    /// The value up to `end`; `None` if it starts there or later.
    pub(super) fn before(self, end: usize) -> Option<Self> {
        let length = end.checked_sub(self.start).filter(|length| *length > 0)?;
        Some(Self {
            raw: self.raw.get(..length).unwrap_or(self.raw),
            ..self
        })
    }

    /// The value without the white space around it, which no client reads.
    ///
    /// Only white space that stands there as such: what is written as a
    /// character reference stays part of the value.
    pub(crate) fn trim(self) -> Self {
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C');
        let leading = self.raw.iter().take_while(|b| is_space(b)).count();
        let rest = self.raw.get(leading..).unwrap_or_default();
        let trailing = rest.iter().rev().take_while(|b| is_space(b)).count();
        Self {
            raw: rest.get(..rest.len() - trailing).unwrap_or_default(),
            start: self.start + leading,
            ..self
        }
    }
}
