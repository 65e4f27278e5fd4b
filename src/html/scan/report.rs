//! From attribute values and style sheets to sightings.

use super::element::Element;
use super::source::{Piece, Surroundings};
use super::tag::AttributeValue;
use super::walk::{Stopped, Walk};
use crate::html::css::escape;
use crate::html::css::urls::{self, CssUrl};
use crate::html::decode::{Places, decode};
use crate::html::reach::is_remote;
use crate::html::vectors::{Entry, INDEX, Value};
use crate::html::{Context, Facts, Quote, Sighting, Vector, srcset};
use crate::skip::Skip;
use std::cell::OnceCell;
use std::ops::{ControlFlow, Range};

/// What a URL's element is, apart from the URL.
struct Place<'p> {
    piece: &'p Piece,
    /// The start tag, in the part, if it may be removed.
    tag: Option<Range<usize>>,
    facts: &'p dyn Fn(Vector) -> Facts,
}

impl Walk<'_> {
    /// Reports the URLs in the attributes of an element.
    pub(super) fn urls(
        &mut self,
        element: &Element<'_>,
        piece: &Piece,
        surroundings: Surroundings,
    ) -> Result<(), Stopped> {
        let tag = &element.tag;
        // Worked out once, however many candidates a `srcset=` has; as of a
        // link, and as of anything else.
        let facts = [OnceCell::new(), OnceCell::new()];
        let place = Place {
            piece,
            tag: (tag.span().end <= piece.editable_end).then(|| piece.to_part(tag.span())),
            facts: &|vector| {
                let is_link = vector.is_link();
                let [other, link] = &facts;
                let facts = if is_link { link } else { other };
                facts
                    .get_or_init(|| element.facts_within(is_link, surroundings, piece))
                    .clone()
            },
        };
        let mut seen = 0;
        for attribute in tag.attributes() {
            let Some(slot) = INDEX.slot(tag.name_of(attribute)) else {
                continue;
            };
            if seen & slot.bit != 0 {
                // HTML drops all but the first of equal attributes.
                continue;
            }
            seen |= slot.bit;
            for entry in slot.entries(tag.name()) {
                let value = tag.value_of(attribute);
                if let Some(value) = value.and_then(|value| value.before(piece.editable_end))
                    && (entry.applies)(tag)
                {
                    self.value(entry, value, &place)?;
                }
            }
        }
        Ok(())
    }

    fn value(
        &mut self,
        entry: &Entry,
        value: AttributeValue<'_>,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        match entry.value {
            Value::Css => self.css(entry, &value, place),
            Value::Srcset => {
                let text = value.decode();
                let mut places = value.places();
                for candidate in srcset::candidates(&text) {
                    let url = text.get(candidate.clone()).unwrap_or_default();
                    if self.is_reported(url) {
                        let start = value.start + places.raw(candidate.start);
                        let end = value.start + places.raw(candidate.end);
                        self.attribute(entry, start..end, value.quote, url, place)?;
                    }
                }
                Ok(())
            }
            Value::Url => {
                let value = value.trim();
                let url = value.decode();
                if !self.is_reported(&url) {
                    return Ok(());
                }
                let span = value.start..value.start + value.raw.len();
                self.attribute(entry, span, value.quote, &url, place)
            }
        }
    }

    /// Reports a URL that is a whole attribute value or a part of one.
    fn attribute(
        &mut self,
        entry: &Entry,
        span: Range<usize>,
        quote: Quote,
        url: &str,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        self.report(Sighting {
            vector: entry.vector,
            span: place.piece.to_part(span),
            context: Context::Attribute(quote),
            url: url.to_owned(),
            facts: (place.facts)(entry.vector),
            tag: place.tag.clone(),
        })
    }

    /// Reports the URLs in a `style=` attribute.
    fn css(
        &mut self,
        entry: &Entry,
        value: &AttributeValue<'_>,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        let css = value.decode();
        if !urls::may_hold(css.as_bytes()) {
            return Ok(());
        }
        let mut places = value.places();
        self.css_urls(&css, |walk, found, url| {
            if found.import {
                // Not a rule that a declaration list can hold.
                return Ok(());
            }
            let start = value.start + places.raw(found.span.start);
            let end = value.start + places.raw(found.span.end);
            walk.report(Sighting {
                vector: entry.vector,
                span: place.piece.to_part(start..end),
                context: Context::CssInAttribute(value.quote, found.form),
                url,
                facts: (place.facts)(entry.vector),
                tag: None,
            })
        })
    }

    /// Reports the URLs in the content of `<style>`.
    pub(super) fn style_sheet(
        &mut self,
        span: Range<usize>,
        piece: &Piece,
        origin: usize,
    ) -> Result<(), Stopped> {
        let source = self.source;
        let raw = source.bytes.get(span.clone()).unwrap_or_default();
        if !urls::may_hold(raw) {
            return Ok(());
        }
        let css = decode(raw, self.encoding, None);
        let mut places = Places::new(raw, self.encoding, None);
        self.css_urls(&css, |walk, found, url| {
            let start = span.start + places.raw(found.span.start);
            let end = span.start + places.raw(found.span.end);
            walk.report(Sighting {
                vector: if found.import {
                    Vector::CssImport
                } else {
                    Vector::CssUrl
                },
                span: piece.to_part(start..end),
                context: Context::Css(found.form),
                url,
                facts: Facts {
                    offset: origin,
                    ..Facts::default()
                },
                tag: None,
            })
        })
    }

    /// Hands the URLs in `css` that are to be reported to `report`.
    fn css_urls(
        &mut self,
        css: &str,
        mut report: impl FnMut(&mut Self, CssUrl, String) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let mut outcome = Ok(());
        urls::urls(css, |found| {
            let url = escape::undo(css.get(found.span.clone()).unwrap_or_default());
            if self.is_reported(&url) {
                outcome = report(self, found, url.into_owned());
            }
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        outcome
    }

    fn is_reported(&self, url: &str) -> bool {
        is_remote(url) && url.len() <= self.limits.url_bytes
    }

    fn report(&mut self, sighting: Sighting) -> Result<(), Stopped> {
        if self.scan.sightings.len() >= self.limits.sightings {
            return Err(self.stop(Skip::Sightings));
        }
        self.scan.sightings.push(sighting);
        Ok(())
    }
}
