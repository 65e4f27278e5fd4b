//! The elements around a link.

use super::markup::{Markup, Token};
use super::name::{Name, names};

/// How many of the elements that are open are looked through for one that an
/// end tag names, so that many end tags in many open elements take no longer
/// than others.
const LOOKED_THROUGH: usize = 64;

/// The elements that are open, by the names of the tags alone as in lol_html:
/// an end tag closes the last element of its name with all that is in it, and
/// nothing if there is none.
#[derive(Debug, Default)]
pub(super) struct Open(Vec<Name>);

impl Open {
    pub(super) fn push(&mut self, element: Name) {
        self.0.push(element);
    }

    /// Closes the last element with this name. Whether there was one.
    pub(super) fn close(&mut self, element: Name) -> bool {
        let last = self.0.iter().rev().take(LOOKED_THROUGH);
        let found = last.into_iter().position(|open| *open == element);
        if let Some(inner) = found {
            self.0.truncate(self.0.len() - inner - 1);
        }
        found.is_some()
    }

    /// Whether an element with this name is open.
    pub(super) fn holds(&self, element: Name) -> bool {
        self.0
            .iter()
            .rev()
            .take(LOOKED_THROUGH)
            .any(|open| *open == element)
    }
}

/// What is open at a link, found out by reading what stands before it, and
/// that only if an end tag in a link is of no element that was opened there.
#[derive(Debug, Default)]
pub(super) struct Around {
    open: Open,
    read_to: usize,
}

impl Around {
    /// Whether an element with this name is open at offset `at` of `html`.
    /// The offsets must be asked for in ascending order.
    ///
    /// Raw text and `/>` are read as in HTML, in SVG and MathML too.
    pub(super) fn holds(&mut self, html: &[u8], at: usize, element: Name) -> bool {
        let before = html.get(..at).unwrap_or(html);
        for token in Markup::new(before, self.read_to.min(at), None) {
            match token {
                Token::StartTag(name) if !is_void(name) => self.open.push(name),
                Token::EndTag(name, _) => {
                    self.open.close(name);
                }
                Token::StartTag(_) | Token::Text(_) => (),
            }
        }
        self.read_to = self.read_to.max(at);
        self.open.holds(element)
    }
}

/// The elements without content (HTML standard, section 13.1.2, and those
/// that are obsolete).
fn is_void(element: Name) -> bool {
    const VOID: [Name; 17] = names([
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "hr", "img", "input",
        "keygen", "link", "meta", "param", "source", "track", "wbr",
    ]);
    VOID.contains(&element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_tag_closes_all_that_is_in_its_element() {
        let [a, b, p] = names(["a", "b", "p"]);
        let mut open = Open::default();
        for name in [p, b, a, b] {
            open.push(name);
        }
        assert!(!open.close(Name::new("i")));
        assert!(open.close(a));
        assert!(open.holds(b) && open.holds(p) && !open.holds(a));
        assert!(open.close(p));
        assert!(!open.close(b));
    }

    #[test]
    fn what_is_open_is_read_from_what_stands_before() {
        let html = b"<table><td class='</td>'><br><style></td></style><!--</td>--><a>x</td><a>";
        let [table, td, br, style] = names(["table", "td", "br", "style"]);
        let mut around = Around::default();
        assert!(around.holds(html, 61, td) && around.holds(html, 61, table));
        assert!(!around.holds(html, 61, br) && !around.holds(html, 61, style));
        assert!(around.holds(html, 70, table) && !around.holds(html, 70, td));
    }

    #[test]
    fn many_open_elements_cost_no_more_than_some() {
        let [b, p] = names(["b", "p"]);
        let mut open = Open::default();
        open.push(p);
        for _ in 0..LOOKED_THROUGH {
            open.push(b);
        }
        assert!(!open.close(p));
        assert!(open.close(b) && open.close(p));
    }
}
