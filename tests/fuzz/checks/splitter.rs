//! A raw message through the whole cleaner: splitter, codings, scan, judgement
//! and splice.

use super::chance::Chance;
use std::{
    ops::Range,
    sync::{Arc, LazyLock},
};
use untrackd::{
    clean::{Cleaner, Envelope, Outcome, raw},
    message::{Part, field::read_header_block, splitter::Splitter},
};

static CLEANER: LazyLock<Arc<Cleaner>> =
    LazyLock::new(|| Arc::new(Cleaner::builtin().expect("the built-in data load")));

/// How many times larger than the message the result may be. The worst is a
/// srcset of shortest URLs, each of which gives way to an image of 78 bytes.
const GROWTH: usize = 64;

/// What a short message may grow by all the same: our own header field, and
/// one destination that was compressed.
const ALLOWANCE: usize = 32 << 10;

pub fn check(input: &[u8]) {
    let cleaned = clean(input);
    let changes = cleaned
        .outcome
        .findings
        .iter()
        .any(|f| f.verdict.action.changes());
    assert_eq!(
        cleaned.bytes.is_some(),
        changes,
        "a change and its finding go together"
    );
    same_in_chunks(input, &cleaned);
    let Some(bytes) = cleaned.bytes else {
        return;
    };
    assert_ne!(bytes, input, "an untouched message is not replaced");
    assert!(
        bytes.len() <= input.len() * GROWTH + ALLOWANCE,
        "grew to {}",
        bytes.len()
    );
    same_outside_the_changes(input, &bytes, &cleaned.outcome);
    let again = clean(&bytes);
    assert!(
        again.bytes.is_none(),
        "what was cleaned is clean: {:?}",
        again.outcome.findings
    );
}

fn envelope() -> Envelope {
    Envelope {
        recipients: vec!["phishing@pot".to_owned()],
        ..Envelope::default()
    }
}

fn clean(message: &[u8]) -> raw::Cleaned {
    raw::clean(&CLEANER, envelope(), message, Box::new(|| false))
}

/// The same comes out if the body comes in pieces of any size.
fn same_in_chunks(input: &[u8], whole: &raw::Cleaned) {
    let block = read_header_block(input, 0, CLEANER.limits());
    if block.is_disputed() {
        return;
    }
    let mut cleaning = CLEANER.begin(envelope(), Box::new(|| false));
    for field in &block.fields {
        cleaning.header(field.name, field.value);
    }
    let mut chance = Chance::of(input);
    let largest = *chance.one(&[1, 3, 64, 1024, 65_535]);
    let mut rest = &input[block.end..];
    while !rest.is_empty() {
        let (chunk, later) = rest.split_at((1 + chance.below(largest)).min(rest.len()));
        cleaning.body(chunk);
        rest = later;
    }
    let chunked = cleaning.finish();
    assert_eq!(chunked.findings, whole.outcome.findings);
    assert_eq!(chunked.skips, whole.outcome.skips);
    assert_eq!(chunked.parts, whole.outcome.parts);
    assert_eq!(chunked.html_parts, whole.outcome.html_parts);
    if let Some(bytes) = &whole.bytes {
        let body = chunked.body.as_deref().unwrap_or(&input[block.end..]);
        assert!(bytes.ends_with(body), "the body depends on how it came");
    } else {
        assert_eq!(chunked.body, None);
    }
}

/// Every byte is the same but for the header fields that the outcome names
/// and the bodies of the parts that hold a change.
fn same_outside_the_changes(before: &[u8], after: &[u8], outcome: &Outcome) {
    let (before, after) = (Split::of(before), Split::of(after));
    let kept = |split: &Split<'_>| -> Vec<Vec<u8>> {
        let changed = |name: &[u8]| {
            outcome.headers.iter().any(|edit| {
                use untrackd::clean::HeaderEdit::{Add, Delete};
                let (Add { name: n, .. } | Delete { name: n, .. }) = edit;
                n.as_bytes().eq_ignore_ascii_case(name)
            })
        };
        let fields = split.fields.iter().filter(|(name, _)| !changed(name));
        fields
            .map(|(_, line)| line.trim_ascii_end().to_vec())
            .collect()
    };
    assert_eq!(kept(&before), kept(&after), "another header field changed");

    let changed: Vec<&str> = outcome
        .findings
        .iter()
        .filter(|f| f.verdict.action.changes())
        .map(|f| f.part.as_str())
        .collect();
    let holds_change = |part: &Part| {
        let path = part.path.to_string();
        changed.iter().any(|p| {
            path.is_empty()
                || *p == path
                || p.strip_prefix(&*path)
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    assert_eq!(
        before.parts.len(),
        after.parts.len(),
        "the parts are others"
    );
    let (mut x, mut y) = (0, 0);
    for (a, b) in before.parts.iter().zip(&after.parts) {
        assert_eq!(a.path, b.path);
        if !holds_change(a) {
            continue;
        }
        assert_eq!(before.bytes(x..a.body.start), after.bytes(y..b.body.start));
        (x, y) = (a.body.end, b.body.end);
    }
    assert_eq!(
        before.bytes(x..before.body.len()),
        after.bytes(y..after.body.len())
    );
}

/// A message in its fields and parts.
struct Split<'a> {
    fields: Vec<(&'a [u8], &'a [u8])>,
    body: &'a [u8],
    parts: Vec<Part>,
}

impl<'a> Split<'a> {
    fn of(message: &'a [u8]) -> Self {
        let block = read_header_block(message, 0, CLEANER.limits());
        let body = &message[block.end..];
        let top: Vec<_> = block
            .fields
            .iter()
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let mut splitter = Splitter::new(CLEANER.limits(), &top);
        let mut parts = Vec::new();
        splitter.finish(body, &mut parts);
        let fields = block.fields.iter();
        Self {
            fields: fields.map(|f| (f.name, &message[f.span.clone()])).collect(),
            body,
            parts,
        }
    }

    fn bytes(&self, span: Range<usize>) -> &'a [u8] {
        &self.body[span]
    }
}
