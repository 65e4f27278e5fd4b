//! A leaf part while it is read, and what is checked once its end is known.

use super::{
    Ambiguity, Part, PartPath, Transfer, boundary::Boundaries, boundary::Lookalike, entity::Entity,
    field::continues_as_header, pgp,
};
use crate::{limits::Limits, skip::Skip};
use memchr::memchr;
use std::ops::Range;

/// How many lines that look like a delimiter are remembered for one part.
const LOOKALIKES: usize = 8;

/// A leaf part whose end is not known yet.
#[derive(Debug)]
pub(super) struct Leaf {
    path: PartPath,
    entity: Entity,
    start: usize,
    /// The header block ended at a line that is no field.
    after_malformed: bool,
    /// Where the lines end that some readers take for a delimiter.
    lookalikes: Vec<usize>,
}

impl Leaf {
    /// A leaf whose body begins at `start`; `inherited` is why everything
    /// around it is left alone.
    pub(super) fn new(
        path: PartPath,
        mut entity: Entity,
        start: usize,
        after_malformed: bool,
        inherited: Option<Skip>,
    ) -> Self {
        entity.skip = inherited.or(entity.skip);
        Self {
            path,
            entity,
            start,
            after_malformed,
            lookalikes: Vec::new(),
        }
    }

    /// A line of the body that is no delimiter but looks like one; it ends at
    /// `line_end`.
    pub(super) fn saw_lookalike(&mut self, kind: Lookalike, line_end: usize) {
        match kind {
            Lookalike::BareCr => self.entity.refuse(Ambiguity::BareCr),
            Lookalike::Nul => self.entity.refuse(Ambiguity::Nul),
            Lookalike::Prefix if self.lookalikes.len() < LOOKALIKES => {
                self.entity.note(Ambiguity::BoundaryReuse);
                self.lookalikes.push(line_end);
            }
            Lookalike::Prefix => self.entity.refuse(Ambiguity::BoundaryReuse),
        }
    }

    /// The part, now that its body is known to end at `end`.
    pub(super) fn finish(
        mut self,
        body: &[u8],
        end: usize,
        open: &Boundaries,
        limits: &Limits,
    ) -> Part {
        let span = self.start..end.max(self.start);
        let text = body.get(span.clone()).unwrap_or_default();
        if self.after_malformed {
            self.check_header_end(text, limits);
        }
        self.check_lookalikes(body, &span, limits);
        if memchr(0, text).is_some() {
            self.entity.note(Ambiguity::Nul);
        }
        if open.has_delimiter_after_bare_cr(text) {
            self.entity.refuse(Ambiguity::BareCr);
        }
        if self.entity.skip.is_none()
            && self.entity.media_type.starts_with("text/")
            && self.entity.transfer != Transfer::Base64
        {
            self.entity.skip = pgp::inline(text);
        }
        Part {
            path: self.path,
            media_type: self.entity.media_type,
            charset: self.entity.charset,
            transfer: self.entity.transfer,
            is_attachment: self.entity.is_attachment,
            has_file_name: self.entity.has_file_name,
            is_named_page: self.entity.is_named_page,
            delsp: self.entity.delsp,
            body: span,
            ambiguities: self.entity.ambiguities,
            skip: self.entity.skip,
        }
    }

    /// To a reader that passes over malformed lines, the body begins only
    /// after the next blank line. That matters if it finds other fields
    /// before it, or if the transfer encoding is undone from another place.
    fn check_header_end(&mut self, text: &[u8], limits: &Limits) {
        let finds_fields = continues_as_header(text, limits.header_bytes) == Some(true);
        if finds_fields || self.entity.transfer != Transfer::Identity {
            self.entity.refuse(Ambiguity::HeaderSyntax);
        } else {
            self.entity.note(Ambiguity::HeaderSyntax);
        }
    }

    /// To a reader that takes the lookalike for a delimiter, another part
    /// begins there; it is another part only if it has fields of its own.
    fn check_lookalikes(&mut self, body: &[u8], span: &Range<usize>, limits: &Limits) {
        let begins_part = self.lookalikes.iter().any(|&at| {
            let rest = body.get(at..span.end).unwrap_or_default();
            continues_as_header(rest, limits.header_bytes) == Some(true)
        });
        if begins_part {
            self.entity.refuse(Ambiguity::BoundaryReuse);
        }
    }
}
