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
    /// What relative references are resolved from.
    pub(super) base: Option<&'s Target>,
    /// How many documents it stands in.
    depth: usize,
    /// How many documents in attributes were read in the part.
    documents: &'s Cell<usize>,
}

impl<'s> Setting<'s> {
    /// For a part.
    pub(super) fn outermost(limits: &'s Limits, documents: &'s Cell<usize>) -> Self {
        Self {
            limits,
            base: None,
            depth: 0,
            documents,
        }
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
