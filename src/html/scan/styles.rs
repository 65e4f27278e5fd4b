//! The `style=` attributes of a pass, each looked at once although it stands
//! there often: a mail has few, which it repeats in every row and cell.

use crate::html::decode::decode;
use crate::html::entity::Place;
use crate::html::facts::glance::Glance;
use crate::html::facts::style::Style;
use encoding_rs::Encoding;
use std::cell::OnceCell;
use std::rc::Rc;

/// How many are kept.
const PLACES: usize = 64;

/// Those that were seen lately.
#[derive(Debug)]
pub(super) struct Styles<'s>([Option<Rc<StyleAttribute<'s>>>; PLACES]);

/// The value of a `style=` attribute.
#[derive(Debug)]
pub(super) struct StyleAttribute<'s> {
    raw: &'s [u8],
    encoding: &'static Encoding,
    /// What it can say.
    pub(super) glance: Glance,
    style: OnceCell<Style>,
}

impl Default for Styles<'_> {
    fn default() -> Self {
        Self([const { None }; PLACES])
    }
}

impl<'s> Styles<'s> {
    /// The style with this source.
    pub(super) fn look(
        &mut self,
        raw: &'s [u8],
        encoding: &'static Encoding,
    ) -> Rc<StyleAttribute<'s>> {
        let new = || {
            Rc::new(StyleAttribute {
                raw,
                encoding,
                glance: Glance::at(raw),
                style: OnceCell::new(),
            })
        };
        let Some(kept) = self.0.get_mut(place(raw)) else {
            return new();
        };
        match kept {
            Some(style) if style.raw == raw => Rc::clone(style),
            _ => Rc::clone(kept.insert(new())),
        }
    }
}

impl StyleAttribute<'_> {
    /// What it says.
    pub(super) fn style(&self) -> &Style {
        let source = || decode(self.raw, self.encoding, Some(Place::Attribute));
        self.style.get_or_init(|| Style::read(&source()))
    }
}

/// Where a style is kept: by its length and three of its bytes.
fn place(raw: &[u8]) -> usize {
    let byte = |at: usize| raw.get(at).map_or(0, |b| usize::from(*b));
    let length = raw.len();
    (length + byte(0) + 3 * byte(length / 2) + 5 * byte(length.saturating_sub(2))) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::UTF_8;

    #[test]
    fn a_style_is_known_by_its_source() {
        let mut styles = Styles::default();
        let first = styles.look(b"display:none", UTF_8);
        let again = styles.look(b"display:none", UTF_8);
        assert!(Rc::ptr_eq(&first, &again));
        assert!(first.glance.may_hide && first.style().sets_display());
        // At the same place, but another.
        let sources = [&b"display:none"[..], b"dispray:none"];
        assert_eq!(place(sources[0]), place(sources[1]));
        assert!(!styles.look(sources[1], UTF_8).style().sets_display());
        assert!(styles.look(sources[0], UTF_8).style().sets_display());
    }

    #[test]
    fn short_styles_have_a_place() {
        let mut styles = Styles::default();
        for raw in [&b""[..], b";", b"ab"] {
            assert_eq!(styles.look(raw, UTF_8).glance, Glance::default());
        }
    }
}
