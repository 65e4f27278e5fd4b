//! What end tags report. lol_html calls them through closures that own what
//! they touch, so this is shared.

use super::name::{Name, names};
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
    /// For an element.
    pub(super) fn of(element: Name) -> Self {
        const ITEMS: [Name; 5] = names(["li", "dt", "dd", "option", "optgroup"]);
        const TABLE_PARTS: [Name; 6] = names(["td", "th", "tr", "tbody", "thead", "tfoot"]);
        if element == P {
            Self::Block
        } else if ITEMS.contains(&element) {
            Self::Item
        } else if TABLE_PARTS.contains(&element) {
            Self::TablePart
        } else {
            Self::Never
        }
    }

    /// What remains after the start tag of `element`; `None` if it ends the
    /// hidden one.
    pub(super) fn after(self, element: Name) -> Option<Self> {
        const LISTS: [Name; 5] = names(["ul", "ol", "dl", "select", "table"]);
        match self {
            Self::Block => (!closes_p(element)).then_some(self),
            Self::Item if LISTS.contains(&element) => Some(Self::Never),
            Self::TablePart if element == TABLE => Some(Self::Never),
            Self::Item | Self::TablePart => (Self::of(element) != self).then_some(self),
            Self::Never => Some(self),
        }
    }
}

const P: Name = Name::new("p");
const TABLE: Name = Name::new("table");

/// HTML standard, section 13.2.6.4.7. A table closes a `p` only outside
/// quirks mode; to take it for visible is the careful reading.
fn closes_p(element: Name) -> bool {
    const BLOCKS: [Name; 41] = names([
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "li",
        "dd",
        "dt",
        "listing",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "ul",
        "xmp",
    ]);
    BLOCKS.contains(&element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_ends_before_a_block() {
        let p = ImpliedEnd::of(Name::new("p"));
        assert_eq!(p.after(Name::new("span")), Some(p));
        assert_eq!(p.after(Name::new("div")), None);
        assert_eq!(p.after(Name::new("p")), None);
    }

    #[test]
    fn a_cell_ends_before_the_next_unless_a_table_was_opened_within() {
        let cell = ImpliedEnd::of(Name::new("td"));
        assert_eq!(cell.after(Name::new("td")), None);
        assert_eq!(cell.after(Name::new("tr")), None);
        assert_eq!(cell.after(Name::new("p")), Some(cell));
        let with_table = cell.after(Name::new("table"));
        assert_eq!(with_table, Some(ImpliedEnd::Never));
        assert_eq!(
            with_table.and_then(|c| c.after(Name::new("td"))),
            Some(ImpliedEnd::Never)
        );
    }

    #[test]
    fn other_elements_end_with_their_end_tag_only() {
        let div = ImpliedEnd::of(Name::new("div"));
        assert_eq!(div.after(Name::new("div")), Some(div));
    }
}
