//! Documents in attributes (`srcdoc=`), whose text is escaped twice.

use super::TOO_DEEP;
use super::lead;
use super::report::Place;
use super::tag::AttributeValue;
use super::walk::{Stopped, Walk};
use crate::html::{Context, Facts, Hidden, Sighting, Vector};
use crate::sighting::{Form, Written};
use std::ops::Range;

impl Walk<'_> {
    /// Reports what a document in an attribute value holds, with its place in
    /// the value as written.
    pub(super) fn document(
        &mut self,
        vector: Vector,
        value: &AttributeValue<'_>,
        place: &Place<'_>,
    ) -> Result<(), Stopped> {
        let html = value.decode();
        let found = lead::of_document(&html, self.setting).map_err(|skip| self.stop(skip))?;
        let whole = value.start..value.start + value.raw.len();
        let Some(found) = found else {
            return self.report(Sighting {
                vector,
                span: place.piece.to_part(whole.clone()),
                context: Context::Attribute(value.quote),
                url: TOO_DEEP.to_owned(),
                written: Written {
                    form: Form::Holder(self.beginning(&whole)),
                    within: Vec::new(),
                },
                facts: (place.facts)(vector),
                tag: place.tag.clone(),
            });
        };
        let offsets = Offsets::new(value, found.sightings.iter().map(|s| &s.span));
        let frame = (place.facts)(vector);
        for inner in found.sightings {
            let span = offsets.raw(inner.span.start)..offsets.raw(inner.span.end);
            let span = value.start + span.start..value.start + span.end;
            let form = match inner.written.form {
                Form::Absolute => Form::Absolute,
                Form::Holder(_) => Form::Holder(self.beginning(&span)),
                Form::Relative(_) => Form::Relative(self.beginning(&span)),
            };
            let mut within = inner.written.within;
            within.push(value.quote);
            self.report(Sighting {
                span: place.piece.to_part(span),
                written: Written { form, within },
                facts: framed(inner.facts, &frame),
                tag: None,
                ..inner
            })?;
        }
        Ok(())
    }
}

/// What is known about something in a frame.
fn framed(facts: Facts, frame: &Facts) -> Facts {
    Facts {
        hidden: facts.hidden.or(frame.hidden.map(|_| Hidden::Ancestor)),
        after_body: frame.after_body,
        offset: frame.offset,
        // Its place is not that of its bytes.
        shown: None,
        ..facts
    }
}

/// Where places of a decoded value stand in the value as written.
struct Offsets(Vec<(usize, usize)>);

impl Offsets {
    fn new<'s>(value: &AttributeValue<'_>, spans: impl Iterator<Item = &'s Range<usize>>) -> Self {
        let mut wanted: Vec<_> = spans.flat_map(|span| [span.start, span.end]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut places = value.places();
        Self(wanted.into_iter().map(|at| (at, places.raw(at))).collect())
    }

    fn raw(&self, at: usize) -> usize {
        let found = self.0.binary_search_by_key(&at, |(at, _)| *at);
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map_or(0, |(_, raw)| *raw)
    }
}
