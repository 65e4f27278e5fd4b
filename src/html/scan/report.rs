//! From attribute values and style sheets to sightings.

use super::element::Element;
use super::lead::{self, Lead};
use super::source::{Piece, Surroundings};
use super::tag::AttributeValue;
use super::walk::{Stopped, Walk};
use crate::html::css::escape;
use crate::html::css::urls::{self, CssUrl, Loads};
use crate::html::decode::{Places, decode};
use crate::html::entity;
use crate::html::reach::is_remote;
use crate::html::vectors::{Entry, INDEX, Value};
use crate::html::{Context, CssForm, Facts, Sighting, Vector, srcset};
use crate::sighting::{Form, ReadEvent, Written};
use crate::skip::Skip;
use std::cell::OnceCell;
use std::ops::{ControlFlow, Range};

/// How many of the bytes at a span are kept to know it again by.
const KEPT: usize = 64;

/// How many sightings there is room for from the start at most.
const MOST_EXPECTED: usize = 128;

/// What a URL's element is, apart from the URL.
pub(super) struct Place<'p> {
    pub(super) piece: &'p Piece,
    /// The start tag, in the part, if it may be removed.
    pub(super) tag: Option<Range<usize>>,
    pub(super) facts: &'p dyn Fn(Vector) -> Facts,
}

/// The content of `<style>`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct StyleSheet {
    /// Offset of the start tag in the part.
    pub(super) origin: usize,
    /// Whether character references are read in it, as in SVG.
    pub(super) has_references: bool,
    /// What makes a client use it (`media=`).
    pub(super) event: Option<ReadEvent>,
}

impl Walk<'_> {
    /// Reports the URLs in the attributes of an element.
    pub(super) fn urls(
        &mut self,
        element: &Element<'_>,
        piece: &Piece,
        surroundings: Surroundings,
    ) -> Result<(), Stopped> {
        let tag = element.tag;
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
        for attribute in element.holders() {
            let name = tag.name_of(attribute);
            let (slot, prefixed) = match INDEX.slot(name) {
                Some(slot) if seen & slot.bit != 0 => {
                    // HTML drops all but the first of equal attributes.
                    continue;
                }
                Some(slot) => {
                    seen |= slot.bit;
                    (slot, false)
                }
                None => match INDEX.prefixed_slot(name) {
                    Some(slot) => (slot, true),
                    None => continue,
                },
            };
            for entry in slot.entries(tag.local_name()) {
                let value = tag.value_of(attribute);
                if let Some(value) = value.and_then(|value| value.before(piece.editable_end))
                    && (entry.applies)(tag, prefixed)
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
        let vector = entry.vector;
        match entry.value {
            Value::Css => self.css(entry, &value, place),
            Value::Html => self.document(vector, &value, place),
            Value::Srcset => {
                let text = value.decode();
                self.pieces(vector, &value, &text, srcset::candidates(&text), place)
            }
            Value::Alternatives => {
                let text = value.decode();
                self.pieces(vector, &value, &text, alternatives(&text), place)
            }
            Value::Url => self.url(vector, value, place),
            Value::Urls | Value::Text | Value::Refresh => {
                let text = value.decode();
                let lead = match entry.value {
                    Value::Urls => lead::of_list(&text, vector, self.setting),
                    Value::Refresh => lead::of_refresh(&text, vector, self.setting),
                    _ => Ok(lead::of_words(&text, self.setting)),
                };
                let lead = lead.map_err(|skip| self.stop(skip))?;
                self.attribute(vector, &value, 0..value.raw.len(), &text, lead, place)
            }
        }
    }

    /// Reports the URL that a value is.
    pub(super) fn url(
        &mut self,
        vector: Vector,
        value: AttributeValue<'_>,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        let value = value.trim();
        let url = value.decode();
        let lead = self.lead(&url, vector)?;
        self.attribute(vector, &value, 0..value.raw.len(), &url, lead, place)
    }

    /// Reports the URLs at `spans` of `text`, the decoded value.
    fn pieces(
        &mut self,
        vector: Vector,
        value: &AttributeValue<'_>,
        text: &str,
        spans: impl Iterator<Item = Range<usize>>,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        let mut places = value.places();
        for span in spans {
            let url = text.get(span.clone()).unwrap_or_default();
            let lead = self.lead(url, vector)?;
            if lead != Lead::Nowhere {
                let raw = places.raw(span.start)..places.raw(span.end);
                self.attribute(vector, value, raw, url, lead, place)?;
            }
        }
        Ok(())
    }

    fn lead(&mut self, text: &str, vector: Vector) -> Result<Lead, Stopped> {
        lead::of(text, vector, self.setting).map_err(|skip| self.stop(skip))
    }

    /// Reports what stands at `span` of an attribute value as written.
    fn attribute(
        &mut self,
        vector: Vector,
        value: &AttributeValue<'_>,
        span: Range<usize>,
        text: &str,
        lead: Lead,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        if lead == Lead::Nowhere {
            return Ok(());
        }
        let span = value.start + span.start..value.start + span.end;
        self.lead_to(lead, text, span, |span, url, form| Sighting {
            vector,
            span: place.piece.to_part(span),
            context: Context::Attribute(value.quote),
            url,
            written: Written {
                form,
                within: Vec::new(),
            },
            facts: (place.facts)(vector),
            tag: place.tag.clone(),
        })
    }

    /// Reports each URL that `text` leads to, which stands at `span` of the
    /// text of the pass.
    fn lead_to(
        &mut self,
        lead: Lead,
        text: &str,
        span: Range<usize>,
        sighting: impl Fn(Range<usize>, String, Form) -> Sighting,
    ) -> Result<(), Stopped> {
        match lead {
            Lead::Nowhere => Ok(()),
            Lead::Absolute => self.report(sighting(span, text.to_owned(), Form::Absolute)),
            Lead::Relative(url) => {
                let form = Form::Relative(self.beginning(&span));
                self.report(sighting(span, url, form))
            }
            Lead::Holder(urls) => {
                let beginning = self.beginning(&span);
                for url in urls {
                    let form = Form::Holder(beginning.clone());
                    self.report(sighting(span.clone(), url, form))?;
                }
                Ok(())
            }
        }
    }

    /// The first bytes at a span.
    pub(super) fn beginning(&self, span: &Range<usize>) -> Box<[u8]> {
        let end = span.end.min(span.start + KEPT);
        let bytes = self.source.bytes.get(span.start..end);
        bytes.unwrap_or_default().into()
    }

    /// Reports the URLs in a `style=` attribute, or in another that holds
    /// values of CSS.
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
        self.css_urls(&css, entry.vector, |walk, found, url, lead| {
            if found.loads == Loads::Sheet {
                // Not a rule that a declaration list can hold.
                return Ok(());
            }
            let start = value.start + places.raw(found.span.start);
            let end = value.start + places.raw(found.span.end);
            walk.lead_to(lead, url, start..end, |span, url, form| Sighting {
                vector: entry.vector,
                span: place.piece.to_part(span),
                context: Context::CssInAttribute(value.quote, found.form),
                url,
                written: Written {
                    form,
                    within: Vec::new(),
                },
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
        sheet: StyleSheet,
    ) -> Result<(), Stopped> {
        let source = self.source;
        let raw = source.bytes.get(span.clone()).unwrap_or_default();
        let references = sheet.has_references.then_some(entity::Place::Text);
        let hides = references.is_some() && memchr::memchr(b'&', raw).is_some();
        if !hides && !urls::may_hold(raw) {
            return Ok(());
        }
        let css = decode(raw, self.encoding, references);
        let mut places = Places::new(raw, self.encoding, references);
        self.css_urls(&css, Vector::CssUrl, |walk, found, url, lead| {
            let start = span.start + places.raw(found.span.start);
            let end = span.start + places.raw(found.span.end);
            let vector = match found.loads {
                Loads::Font => Vector::CssFont,
                Loads::Sheet => Vector::CssImport,
                Loads::Image | Loads::Perhaps => Vector::CssUrl,
            };
            walk.lead_to(lead, url, start..end, |place, url, form| Sighting {
                vector,
                span: piece.to_part(place),
                context: context(sheet, found.form),
                url,
                written: Written {
                    form,
                    within: Vec::new(),
                },
                facts: Facts {
                    offset: sheet.origin,
                    event: found.event.or(sheet.event),
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
        vector: Vector,
        mut report: impl FnMut(&mut Self, &CssUrl, &str, Lead) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        let mut outcome = Ok(());
        urls::urls(css, |found| {
            let url = escape::undo(css.get(found.span.clone()).unwrap_or_default());
            if found.loads != Loads::Perhaps || is_remote(&url) {
                outcome = match self.lead(&url, vector) {
                    Ok(Lead::Nowhere) => Ok(()),
                    Ok(lead) => report(self, &found, &url, lead),
                    Err(stopped) => Err(stopped),
                };
            }
            match outcome {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        });
        outcome
    }

    pub(super) fn report(&mut self, sighting: Sighting) -> Result<(), Stopped> {
        if self.scan.sightings.len() >= self.setting.limits.sightings {
            return Err(self.stop(Skip::Sightings));
        }
        if self.scan.sightings.capacity() == 0 {
            // About as many as there are in a newsletter of this size.
            let expected = (self.source.bytes.len() / 1024).min(MOST_EXPECTED);
            self.scan.sightings.reserve(expected);
        }
        self.scan.sightings.push(sighting);
        Ok(())
    }
}

fn context(sheet: StyleSheet, form: CssForm) -> Context {
    if sheet.has_references {
        Context::CssInText(form)
    } else {
        Context::Css(form)
    }
}

/// The spans of what stands between semicolons, without the white space
/// around it.
fn alternatives(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    text.split(';').map(move |item| {
        let start = at + (item.len() - item.trim_start().len());
        at += item.len() + 1;
        start..start + item.trim().len()
    })
}
