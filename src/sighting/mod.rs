//! What the scanners of HTML and of plain text report, and what can be done
//! about it.

mod vector;

pub use vector::{Kind, Trigger, Vector};

use std::ops::Range;

/// What stands around a URL in the source, which decides how a new one is
/// written (HTML character references, CSS escapes, quotes).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Context {
    /// The whole value of an HTML attribute, or one candidate of a srcset.
    Attribute(Quote),
    /// A `url()` or string in CSS that stands in a `style=` attribute.
    CssInAttribute(Quote, CssForm),
    /// A `url()` or string in CSS that stands in a `<style>` element.
    Css(CssForm),
    /// The same in a `<style>` element of SVG, where character references are
    /// read.
    CssInText(CssForm),
    /// Plain text.
    Text,
}

/// How an attribute value is quoted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Quote {
    /// `"…"`.
    Double,
    /// Without quotes.
    None,
    /// `'…'`.
    Single,
}

/// How a URL is written in CSS. The span covers what lies between the quotes
/// or parentheses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CssForm {
    /// `url(…)` without quotes.
    Bare,
    /// `"…"`, in `url()` or alone.
    Double,
    /// `'…'`, in `url()` or alone.
    Single,
}

/// Stated or computed facts about the element that a URL stands in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// Width in CSS pixels, from `width=` or `style=` (the latter wins).
    pub width: Option<f32>,
    /// Height in CSS pixels, likewise.
    pub height: Option<f32>,
    /// Why the element does not show, if it does not.
    pub hidden: Option<Hidden>,
    /// Whether there is a non-empty `alt=`.
    pub has_alt: bool,
    /// Whether `alt=` is there at all.
    pub states_alt: bool,
    /// Visible text of the link (white space folded, at most 256 bytes); empty
    /// for other vectors.
    pub text: String,
    /// Whether the element stands after `</body>` or `</html>`.
    pub after_body: bool,
    /// Byte offset of the element's start tag in the part.
    pub offset: usize,
    /// What else than reading the mail makes the client load it.
    pub event: Option<ReadEvent>,
    /// Where the link's visible text stands in the part, without the white
    /// space around it, if that is all it holds and is the URL itself.
    pub shown: Option<Range<usize>>,
}

/// Something that a reader does with a mail and that style sheets can tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReadEvent {
    /// It is forwarded or answered, and shown as a quotation.
    Forward,
    /// It is printed.
    Print,
}

/// How a URL stands at its span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// What stands there.
    pub form: Form,
    /// How the attribute values are quoted that hold the document in which it
    /// stands (`srcdoc=`), from the inside out.
    pub within: Vec<Quote>,
}

/// What stands at the span of a URL.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Form {
    /// The URL.
    #[default]
    Absolute,
    /// Something that holds the URL and gives way as a whole, such as a
    /// document in a `data:` URL. With the bytes that it starts with.
    Holder(Box<[u8]>),
    /// A reference that leads to the URL from the base of the document. With
    /// the bytes that it starts with.
    Relative(Box<[u8]>),
}

/// Why an element does not show.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hidden {
    /// An ancestor is hidden.
    Ancestor,
    /// Clipped to nothing.
    Clipped,
    /// `display:none`.
    Display,
    /// The `hidden` attribute.
    HiddenAttribute,
    /// Outlook's `mso-hide:all`.
    MsoHide,
    /// Moved out of view.
    OffScreen,
    /// `opacity:0`.
    Opacity,
    /// `visibility:hidden`.
    Visibility,
    /// `max-width` or `max-height` of zero.
    ZeroSize,
}

/// One URL seen in a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// How it is reached.
    pub vector: Vector,
    /// Where its text stands in the part's (charset-decoded, if need be)
    /// bytes.
    pub span: Range<usize>,
    /// What stands around it.
    pub context: Context,
    /// The URL with character references and CSS escapes undone, otherwise as
    /// written; absolute, unless it takes its scheme from the document.
    pub url: String,
    /// How it stands there, if not as it is.
    pub written: Written,
    /// The element that it stands in.
    pub facts: Facts,
    /// Span of the whole start tag, which `Change::Remove` takes away; `None`
    /// where there is no such tag of its own (CSS).
    pub tag: Option<Range<usize>>,
}

impl Sighting {
    /// Whether another URL can take the place of this one.
    pub fn is_replaceable(&self) -> bool {
        !matches!(self.written.form, Form::Holder(_))
    }
}

/// What to do with a sighting's URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change<'a> {
    /// Put something empty of its kind in its place, so that nothing is loaded
    /// and the layout stays.
    Neutralize,
    /// Take the element away (CSS: as `Neutralize`).
    Remove,
    /// Put another URL in its place.
    Replace(&'a str),
}
