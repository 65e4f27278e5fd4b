//! What is worked out about one element, and only if it is asked for.

use super::source::{Piece, Surroundings};
use super::tag::{AttributeValue, Tag};
use crate::html::css::urls::may_hold_custom_property;
use crate::html::facts::dimension::pixels;
use crate::html::facts::style::{Style, may_hide};
use crate::html::vectors::{INDEX, Role};
use crate::html::{Facts, Hidden};
use std::cell::OnceCell;

/// A start tag with what its attributes say about how it shows.
pub(super) struct Element<'t> {
    pub(super) tag: Tag<'t>,
    /// The first `style=`.
    pub(super) style_source: Option<AttributeValue<'t>>,
    /// Whether there is an attribute `hidden`.
    pub(super) hidden_attribute: bool,
    /// Boxed, because few elements need it and all are moved about.
    style: OnceCell<Box<Style>>,
}

impl<'t> Element<'t> {
    pub(super) fn new(tag: Tag<'t>) -> Self {
        Self {
            tag,
            style_source: None,
            hidden_attribute: false,
            style: OnceCell::new(),
        }
    }

    /// Looks at the attributes once, for all that is needed at every
    /// element. Returns whether any of them can hold a URL.
    pub(super) fn look_at_attributes(&mut self) -> bool {
        let mut holds_urls = false;
        let index = &*INDEX;
        for attribute in self.tag.attributes() {
            let name = self.tag.name_of(attribute);
            let Some(slot) = index.slot(name).or_else(|| index.prefixed_slot(name)) else {
                continue;
            };
            match slot.role {
                Role::Hidden => self.hidden_attribute = true,
                Role::Style if self.style_source.is_none() => {
                    self.style_source = self.tag.value_of(attribute);
                    holds_urls |= self.style_source.as_ref().is_some_and(|style| {
                        // Without any of them there is no `url(`.
                        memchr::memchr3(b'(', b'&', b'\\', style.raw).is_some()
                            || may_hold_custom_property(style.raw)
                    });
                }
                Role::Style => (),
                Role::Vector => holds_urls = true,
            }
        }
        holds_urls
    }

    fn style(&self) -> &Style {
        self.style.get_or_init(|| match &self.style_source {
            Some(source) => Box::new(Style::read(&source.decode())),
            None => Box::default(),
        })
    }

    /// Why the element by itself does not show.
    pub(super) fn hidden(&self) -> Option<Hidden> {
        if let Some(source) = &self.style_source
            && (self.tag.is_image() || may_hide(source.raw))
            && let Some(hidden) = self.style().hidden(self.tag.is_image())
        {
            return Some(hidden);
        }
        (self.hidden_attribute && !self.style().sets_display()).then_some(Hidden::HiddenAttribute)
    }

    /// Everything that is reported with a URL of the element, which stands
    /// in `piece`. The size of a link is not looked at.
    pub(super) fn facts_within(
        &self,
        is_link: bool,
        surroundings: Surroundings,
        piece: &Piece,
    ) -> Facts {
        let (width, height) = if is_link { (None, None) } else { self.size() };
        let alt = self.tag.value("alt");
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

    fn size(&self) -> (Option<f32>, Option<f32>) {
        let size = |name| self.tag.value(name).and_then(|value| pixels(&value));
        self.style().size(size("width"), size("height"))
    }
}
