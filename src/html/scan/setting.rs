//! What holds for a whole text, a part or a document within one.

use crate::limits::Limits;
use crate::skip::Skip;
use crate::url::Target;
use std::cell::Cell;

/// How deep documents in attributes are read: one in the part, one in that,
/// one in that.
const DEEPEST: usize = 3;

/// What holds for a whole text.
#[derive(Clone, Copy)]
pub(super) struct Setting<'s> {
    pub(super) limits: &'s Limits,
    /// Whether the time for the message has run out.
    expired: &'s dyn Fn() -> bool,
    /// How many elements were read since that was last asked.
    elements: &'s Cell<usize>,
    /// What relative references are resolved from.
    pub(super) base: Option<&'s Target>,
    /// How many documents it stands in.
    depth: usize,
    /// How many documents in attributes were read in the part.
    documents: &'s Cell<usize>,
    /// Whether a link was longer than the limit.
    has_long_url: &'s Cell<bool>,
}

/// What is counted while a part is read.
#[derive(Default)]
pub(super) struct Counters {
    elements: Cell<usize>,
    documents: Cell<usize>,
    has_long_url: Cell<bool>,
}

impl Counters {
    /// Whether a link was longer than the limit.
    pub(super) fn has_long_url(&self) -> bool {
        self.has_long_url.get()
    }
}

/// How many elements are read before the time is looked at again.
const ELEMENTS: usize = 256;

impl<'s> Setting<'s> {
    /// For a part.
    pub(super) fn outermost(
        limits: &'s Limits,
        expired: &'s dyn Fn() -> bool,
        counters: &'s Counters,
    ) -> Self {
        Self {
            limits,
            expired,
            elements: &counters.elements,
            base: None,
            depth: 0,
            documents: &counters.documents,
            has_long_url: &counters.has_long_url,
        }
    }

    /// One more element with this many attributes.
    pub(super) fn element(&self, attributes: usize) -> Result<(), Skip> {
        if attributes > self.limits.attributes {
            return Err(Skip::Attributes);
        }
        let elements = self.elements.get() + 1;
        self.elements.set(elements % ELEMENTS);
        if elements == ELEMENTS && (self.expired)() {
            return Err(Skip::Timeout);
        }
        Ok(())
    }

    /// A link was passed over because of its length.
    pub(super) fn note_long_url(&self) {
        self.has_long_url.set(true);
    }

    /// For the same text, once its base is known.
    pub(super) fn with_base<'b>(&self, base: &'b Target) -> Setting<'b>
    where
        's: 'b,
    {
        Setting {
            base: Some(base),
            ..*self
        }
    }

    /// For a document that stands in the text, with the same base or none of
    /// its own. `Ok(None)` if it stands too deep.
    pub(super) fn within(&self, inherits_base: bool) -> Result<Option<Self>, Skip> {
        if self.depth >= DEEPEST {
            return Ok(None);
        }
        // Each costs a parser, so their number counts like that of URLs.
        let documents = self.documents.get() + 1;
        if documents > self.limits.sightings {
            return Err(Skip::Sightings);
        }
        self.documents.set(documents);
        Ok(Some(Self {
            base: self.base.filter(|_| inherits_base),
            depth: self.depth + 1,
            ..*self
        }))
    }
}
