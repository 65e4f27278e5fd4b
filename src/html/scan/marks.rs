//! What end tags report. lol_html calls them through closures that own what
//! they touch, so this is shared.

use super::report::StyleSheet;
use super::source::Surroundings;
use std::cell::{Cell, RefCell};
use std::ops::Range;

/// The state that end tags change.
#[derive(Default)]
pub(super) struct Marks {
    /// Whether `</body>` or `</html>` has come by.
    pub(super) after_body: Cell<bool>,
    /// The hidden element whose content is being read.
    pub(super) hidden: Cell<Option<HiddenElement>>,
    /// The link whose content is being read, by a number of its own.
    pub(super) link: Cell<Option<usize>>,
    /// The link that was read last, and where its content ended in the text of
    /// the pass.
    pub(super) link_end: Cell<Option<(usize, usize)>>,
    /// The raw texts so far that are to be read again.
    pub(super) raw_texts: RefCell<Vec<RawText>>,
    /// Whether the end tag of `body` and of `html` is waited for.
    pub(super) awaits: [Cell<bool>; 2],
}

/// The text of an element whose content lol_html does not read as HTML.
#[derive(Clone, Debug)]
pub(super) struct RawText {
    /// Offsets in the text of the pass; it ends there too if no end tag
    /// comes.
    pub(super) span: Range<usize>,
    pub(super) holds: Holds,
    pub(super) surroundings: Surroundings,
    pub(super) sheet: StyleSheet,
}

/// How a raw text is read again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Holds {
    /// As a style sheet.
    Css,
    /// As a style sheet, and as HTML.
    CssAndHtml,
    /// As HTML.
    Html,
}

/// A hidden element whose content is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct HiddenElement {
    /// Offset of its start tag, by which its end tag knows it.
    pub(super) start: usize,
    /// What ends it besides its end tag.
    pub(super) ends_with: ImpliedEnd,
}

/// The start tags that close an element whose end tag may be left out (HTML
/// standard, section 13.1.2.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ImpliedEnd {
    /// A `p` or anything that cannot stand in one.
    Block,
    /// A further item, if no list was opened within.
    Item,
    /// None.
    Never,
    /// A further cell or row, if no table was opened within.
    TablePart,
}

impl ImpliedEnd {
    /// For an element, its name in lower case.
    pub(super) fn of(element: &[u8]) -> Self {
        match element {
            b"p" => Self::Block,
            b"li" | b"dt" | b"dd" | b"option" | b"optgroup" => Self::Item,
            b"td" | b"th" | b"tr" | b"tbody" | b"thead" | b"tfoot" => Self::TablePart,
            _ => Self::Never,
        }
    }

    /// What remains after the start tag of `element`; `None` if it ends the
    /// hidden one.
    pub(super) fn after(self, element: &[u8]) -> Option<Self> {
        match self {
            Self::Block => (!closes_p(element)).then_some(self),
            Self::Item => match element {
                b"ul" | b"ol" | b"dl" | b"select" | b"table" => Some(Self::Never),
                _ => (Self::of(element) != self).then_some(self),
            },
            Self::TablePart => match element {
                b"table" => Some(Self::Never),
                _ => (Self::of(element) != self).then_some(self),
            },
            Self::Never => Some(self),
        }
    }
}

/// HTML standard, section 13.2.6.4.7. A table closes a `p` only outside
/// quirks mode; to take it for visible is the careful reading.
fn closes_p(element: &[u8]) -> bool {
    const BLOCKS: &[&[u8]] = &[
        b"address",
        b"article",
        b"aside",
        b"blockquote",
        b"center",
        b"details",
        b"dialog",
        b"dir",
        b"div",
        b"dl",
        b"fieldset",
        b"figcaption",
        b"figure",
        b"footer",
        b"form",
        b"h1",
        b"h2",
        b"h3",
        b"h4",
        b"h5",
        b"h6",
        b"header",
        b"hgroup",
        b"hr",
        b"li",
        b"dd",
        b"dt",
        b"listing",
        b"main",
        b"menu",
        b"nav",
        b"ol",
        b"p",
        b"plaintext",
        b"pre",
        b"search",
        b"section",
        b"summary",
        b"table",
        b"ul",
        b"xmp",
    ];
    BLOCKS.contains(&element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_ends_before_a_block() {
        let p = ImpliedEnd::of(b"p");
        assert_eq!(p.after(b"span"), Some(p));
        assert_eq!(p.after(b"div"), None);
        assert_eq!(p.after(b"p"), None);
    }

    #[test]
    fn a_cell_ends_before_the_next_unless_a_table_was_opened_within() {
        let cell = ImpliedEnd::of(b"td");
        assert_eq!(cell.after(b"td"), None);
        assert_eq!(cell.after(b"tr"), None);
        assert_eq!(cell.after(b"p"), Some(cell));
        let with_table = cell.after(b"table");
        assert_eq!(with_table, Some(ImpliedEnd::Never));
        assert_eq!(
            with_table.and_then(|c| c.after(b"td")),
            Some(ImpliedEnd::Never)
        );
    }

    #[test]
    fn other_elements_end_with_their_end_tag_only() {
        let div = ImpliedEnd::of(b"div");
        assert_eq!(div.after(b"div"), Some(div));
    }
}
