//! Whole messages as files hold them: header block, blank line, body.

use super::{Cleaner, Cleaning, Envelope, HeaderEdit, Outcome};
use crate::{
    edit::{self, Edit},
    message::{
        Ambiguity,
        field::{HeaderBlock, read_header_block},
    },
    skip::Skip,
};
use std::sync::Arc;

/// A raw message after cleaning.
pub struct Cleaned {
    /// The new message; `None` if it is equal byte for byte.
    pub bytes: Option<Vec<u8>>,
    /// What was found and decided.
    pub outcome: Outcome,
}

/// Cleans a raw message. An mbox `From ` line in front stays where it is.
///
/// A message that does not change keeps the fields of ours that it has from
/// an earlier cleaning, so that cleaning a cleaned message changes nothing.
/// (In the milter, they go: a reader must be able to trust them.)
///
/// `expired` is as in [`Cleaner::begin`].
pub fn clean(
    cleaner: &Arc<Cleaner>,
    envelope: Envelope,
    raw: &[u8],
    expired: Box<dyn Fn() -> bool + Send>,
) -> Cleaned {
    let cleaning = cleaner.begin(envelope, expired);
    run(cleaning, raw)
}

/// The same with every sighting among the findings; see
/// [`Cleaning::explain`].
pub fn explain(
    cleaner: &Arc<Cleaner>,
    envelope: Envelope,
    raw: &[u8],
    expired: Box<dyn Fn() -> bool + Send>,
) -> Cleaned {
    let mut cleaning = cleaner.begin(envelope, expired);
    cleaning.explain();
    run(cleaning, raw)
}

fn run(mut cleaning: Cleaning, raw: &[u8]) -> Cleaned {
    let block = read_header_block(raw, 0, cleaning.cleaner.limits());
    cleaning.is_file();
    for field in &block.fields {
        cleaning.header(field.name, field.value);
    }
    let mut outcome = if block.truncated {
        cleaning.pass(Skip::Headers)
    } else if block.is_disputed() {
        cleaning.pass(Skip::Ambiguous)
    } else {
        cleaning.body(raw.get(block.end..).unwrap_or_default());
        cleaning.finish()
    };
    if block.ambiguous {
        outcome
            .ambiguities
            .push((String::new(), Ambiguity::HeaderSyntax));
    }
    let mut edits = header_edits(raw, &block, &outcome.headers);
    let body = outcome.body.take();
    if body.is_none() && edits.is_empty() {
        return Cleaned {
            bytes: None,
            outcome,
        };
    }
    edit::normalize(&mut edits);
    let mut bytes = edit::apply(raw.get(..block.end).unwrap_or_default(), &edits);
    bytes.extend_from_slice(
        body.as_deref()
            .unwrap_or_else(|| raw.get(block.end..).unwrap_or_default()),
    );
    Cleaned {
        bytes: Some(bytes),
        outcome,
    }
}

/// The header edits as edits of the raw header block, in its own line ends.
fn header_edits(raw: &[u8], block: &HeaderBlock<'_>, edits: &[HeaderEdit]) -> Vec<Edit> {
    let fields_end = block.fields.last().map_or(0, |f| f.span.end);
    let head = raw.get(..fields_end).unwrap_or_default();
    let newline: &[u8] = match memchr::memchr(b'\n', head) {
        Some(at) if at > 0 && head.get(at - 1) == Some(&b'\r') => b"\r\n",
        _ => b"\n",
    };
    let deleted = |name: &str, index: usize| {
        let mut of_name = block
            .fields
            .iter()
            .filter(|f| f.name.eq_ignore_ascii_case(name.as_bytes()));
        of_name.nth(index.checked_sub(1)?)
    };
    let mut out: Vec<Edit> = edits
        .iter()
        .filter_map(|e| match e {
            HeaderEdit::Add { .. } => None,
            HeaderEdit::Delete { name, index } => deleted(name, *index),
        })
        .map(|field| Edit::new(field.span.clone(), Vec::new()))
        .collect();
    // The last field of a message without a body may lack its line end, unless
    // it goes.
    let last_goes = out.iter().any(|edit| edit.span.end == fields_end);
    let mut lacks_end = !head.is_empty() && !head.ends_with(b"\n") && !last_goes;
    for e in edits {
        if let HeaderEdit::Add { name, value } = e {
            let mut line = Vec::new();
            if std::mem::take(&mut lacks_end) {
                line.extend_from_slice(newline);
            }
            line.extend_from_slice(format!("{name}: {value}").as_bytes());
            line.extend_from_slice(newline);
            out.push(Edit::new(fields_end..fields_end, line));
        }
    }
    out
}
