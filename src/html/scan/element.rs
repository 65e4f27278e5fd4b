//! What is worked out about one element, and only if it is asked for.

use super::source::{Piece, Surroundings};
use super::styles::{StyleAttribute, Styles};
use super::tag::Tag;
use crate::html::facts::dimension::pixels;
use crate::html::facts::glance::Glance;
use crate::html::vectors::{INDEX, Role};
use crate::html::{Facts, Hidden};
use lol_html::html_content::Attribute;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// A start tag with what its attributes say about how it shows.
pub(super) struct Element<'e> {
    pub(super) tag: &'e Tag<'e>,
    /// The first `style=`.
    style: Option<Rc<StyleAttribute<'e>>>,
    /// Whether there is an attribute `hidden`.
    hidden_attribute: bool,
    /// The attributes from the first to the last that can hold a URL.
    holders: Range<usize>,
}

impl<'e> Element<'e> {
    /// Looks at the attributes once, for all that is needed at every
    /// element. `styles` are those of the text that the tag stands in.
    pub(super) fn new<'s: 'e>(tag: &'e Tag<'e>, styles: &mut Styles<'s>, text: &'s [u8]) -> Self {
        let mut element = Self {
            tag,
            style: None,
            hidden_attribute: false,
            holders: 0..0,
        };
        let index = &*INDEX;
        for (at, attribute) in tag.attributes().iter().enumerate() {
            let name = tag.name_of(attribute);
            let Some(slot) = index.slot(name).or_else(|| index.prefixed_slot(name)) else {
                continue;
            };
            let holds_url = match slot.role {
                Role::Hidden => {
                    element.hidden_attribute = true;
                    false
                }
                Role::Style if element.style.is_none() => {
                    let value = attribute.value_source_location();
                    let raw = value.and_then(|value| text.get(value.bytes()));
                    element.style = raw.map(|raw| styles.look(raw, tag.encoding()));
                    element.glance().may_hold_url
                }
                Role::Style => false,
                Role::Vector => true,
            };
            if holds_url {
                if element.holders.is_empty() {
                    element.holders.start = at;
                }
                element.holders.end = at + 1;
            }
        }
        element
    }

    /// The attributes that can hold a URL, with others between.
    pub(super) fn holders(&self) -> &'e [Attribute<'e>] {
        let holders = self.tag.attributes().get(self.holders.clone());
        holders.unwrap_or_default()
    }

    /// Whether its attributes say nothing that matters unless the element is
    /// one that does by itself.
    pub(super) fn is_plain(&self) -> bool {
        self.holders.is_empty() && !self.hidden_attribute && !self.glance().may_hide
    }

    /// What the style can say.
    fn glance(&self) -> Glance {
        let style = self.style.as_ref();
        style.map_or(Glance::default(), |style| style.glance)
    }

    /// Why the element by itself does not show.
    pub(super) fn hidden(&self) -> Option<Hidden> {
        let Some(style) = &self.style else {
            return self.hidden_attribute.then_some(Hidden::HiddenAttribute);
        };
        let is_image = self.tag.is_image();
        // Of an image, a size of nothing is enough.
        if (style.glance.may_hide || is_image && style.glance.may_size)
            && let Some(hidden) = style.style().hidden(is_image)
        {
            return Some(hidden);
        }
        (self.hidden_attribute && !style.style().sets_display()).then_some(Hidden::HiddenAttribute)
    }

    /// Everything that is reported with a URL of the element, which stands
    /// in `piece`. The size of a link is not looked at.
    pub(super) fn facts_within(
        &self,
        is_link: bool,
        surroundings: Surroundings,
        piece: &Piece,
    ) -> Facts {
        let mut stated = Stated::default();
        stated.read(self.tag);
        let (width, height) = if is_link {
            (None, None)
        } else {
            self.size(&stated)
        };
        let alt = stated.alt;
        let own = self.hidden();
        let ancestor = surroundings.hidden.then_some(Hidden::Ancestor);
        Facts {
            width,
            height,
            // What only Outlook hides says less than any ancestor.
            hidden: match own {
                None | Some(Hidden::MsoHide) => ancestor.or(own),
                own => own,
            },
            has_alt: alt.as_ref().is_some_and(|alt| !alt.trim().is_empty()),
            states_alt: alt.is_some(),
            text: String::new(),
            after_body: surroundings.after_body,
            offset: piece.to_part(self.tag.span()).start,
            event: None,
            shown: None,
        }
    }

    fn size(&self, stated: &Stated<'_>) -> (Option<f32>, Option<f32>) {
        let size = |value: &Option<Cow<'_, str>>| value.as_deref().and_then(pixels);
        let (width, height) = (size(&stated.width), size(&stated.height));
        match &self.style {
            Some(style) if style.glance.may_size => style.style().size(width, height),
            _ => (width, height),
        }
    }
}

/// The values of the first attributes of these names, decoded.
#[derive(Default)]
struct Stated<'t> {
    alt: Option<Cow<'t, str>>,
    height: Option<Cow<'t, str>>,
    width: Option<Cow<'t, str>>,
}

impl<'t> Stated<'t> {
    fn read(&mut self, tag: &Tag<'t>) {
        for attribute in tag.attributes() {
            let name = tag.name_of(attribute);
            let value = match name.len() {
                3 if name.eq_ignore_ascii_case(b"alt") => &mut self.alt,
                5 if name.eq_ignore_ascii_case(b"width") => &mut self.width,
                6 if name.eq_ignore_ascii_case(b"height") => &mut self.height,
                _ => continue,
            };
            if value.is_none() {
                *value = Some(tag.text_of(attribute));
            }
        }
    }
}
