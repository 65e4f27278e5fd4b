//! What cleaning a message found and decided.

use crate::{
    judge::Verdict,
    message::Ambiguity,
    message::PartPath,
    sighting::{Facts, Vector},
    skip::Skip,
    url::Target,
};

/// A change of the message's own header block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HeaderEdit {
    /// Appends a field; the value has no leading space.
    Add {
        /// Field name.
        name: String,
        /// Field value.
        value: String,
    },
    /// Deletes one field.
    Delete {
        /// Field name.
        name: String,
        /// Which of the fields of this name, from 1, counted before any
        /// deletion.
        index: usize,
    },
}

/// A verdict in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Where in the MIME tree, such as `1.2`.
    pub part: String,
    /// How the URL is reached.
    pub vector: Vector,
    /// The URL that was judged; none for a header field that asks for a
    /// receipt. Sensitive: it may identify the recipient.
    pub url: Option<Target>,
    /// What is done with it, and why.
    pub verdict: Verdict,
    /// The element that the URL stands in; only if the message is explained,
    /// and none for a header field.
    pub facts: Option<Box<Facts>>,
}

/// A part, or the whole message, that was not cleaned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SkipNote {
    /// Where in the MIME tree; empty for the whole message.
    pub part: String,
    /// Why.
    pub skip: Skip,
}

/// Everything that cleaning a message found and decided.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The new body, if it differs from what came.
    pub body: Option<Vec<u8>>,
    /// Changes of the header block, in order.
    pub headers: Vec<HeaderEdit>,
    /// What was found, in document order. If the message is explained, all
    /// that was seen, ordinary images and links too.
    pub findings: Vec<Finding>,
    /// What was not cleaned, and why.
    pub skips: Vec<SkipNote>,
    /// What receivers may read differently, by part.
    pub ambiguities: Vec<(String, Ambiguity)>,
    /// How many leaf parts the message has.
    pub parts: usize,
    /// How many HTML parts were scanned.
    pub html_parts: usize,
    /// Whether an HTML part needed the second, lenient reading.
    pub lenient_html: bool,
}

/// How many findings of which kind, for our header field, logs and totals.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Trackers neutralized or removed.
    pub trackers: usize,
    /// Links unwrapped or trimmed.
    pub links: usize,
    /// Redirects whose destination cannot be read, left as they are.
    pub opaque: usize,
    /// Parts, or the message, not cleaned.
    pub skipped: usize,
    /// Requests for a receipt removed.
    pub receipts: usize,
}

impl Outcome {
    /// The outcome for a message that passes untouched as a whole.
    pub fn untouched(skip: Skip) -> Self {
        Self {
            skips: vec![SkipNote {
                part: String::new(),
                skip,
            }],
            ..Self::default()
        }
    }

    /// How many findings of which kind. What the allowlist spared is none of
    /// them.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            skipped: self.skips.len(),
            ..Counts::default()
        };
        for f in &self.findings {
            match f.verdict.action {
                _ if f.verdict.spared.is_some() => {}
                _ if f.verdict.opaque => counts.opaque += 1,
                crate::judge::Action::Keep => {}
                crate::judge::Action::Remove if f.vector == Vector::ReceiptHeader => {
                    counts.receipts += 1;
                }
                crate::judge::Action::Neutralize | crate::judge::Action::Remove => {
                    counts.trackers += 1;
                }
                crate::judge::Action::Trim(_) | crate::judge::Action::Unwrap(_) => {
                    counts.links += 1;
                }
            }
        }
        counts
    }

    /// Records that a part was not cleaned.
    pub(super) fn skip(&mut self, part: &PartPath, skip: Skip) {
        self.skips.push(SkipNote {
            part: part.to_string(),
            skip,
        });
    }

    /// The same for what can happen many times in a part and is told once.
    pub(super) fn skip_once(&mut self, part: &PartPath, skip: Skip) {
        let is_told = |last: &SkipNote| last.skip == skip && last.part == part.to_string();
        if !self.skips.last().is_some_and(is_told) {
            self.skip(part, skip);
        }
    }
}
