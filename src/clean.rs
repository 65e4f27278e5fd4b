//! Bytes in, an [`Outcome`] out: pure, synchronous, without I/O and without a
//! clock.

use crate::{
    html::Vector, judge::Verdict, limits::Limits, message::Ambiguity, rules::RuleSet, skip::Skip,
    url::Target,
};
use std::sync::Arc;

/// What the sender's side of the transaction told the gateway.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Recipients' addresses without angle brackets. Used only to recognise
    /// them inside URLs.
    pub recipients: Vec<String>,
}

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
    /// The URL that was judged. Sensitive: it may identify the recipient.
    pub url: Target,
    /// What is done with it, and why.
    pub verdict: Verdict,
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
    /// What was found, in document order.
    pub findings: Vec<Finding>,
    /// What was not cleaned, and why.
    pub skips: Vec<SkipNote>,
    /// What receivers may read differently.
    pub ambiguities: Vec<(String, Ambiguity)>,
    /// How many leaf parts the message has.
    pub parts: usize,
    /// How many HTML parts were scanned.
    pub html_parts: usize,
    /// Whether an HTML part needed the second, lenient reading.
    pub lenient_html: bool,
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
}

/// When our header field is added to a message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeaderPolicy {
    /// To every message.
    Always,
    /// To changed messages.
    #[default]
    Changed,
    /// To none.
    Never,
}

/// How messages are cleaned; shared by all messages until the next reload.
pub struct Cleaner {
    rules: Arc<RuleSet>,
    limits: Limits,
}

impl Cleaner {
    /// A cleaner with these rules and limits.
    pub fn new(rules: Arc<RuleSet>, limits: Limits) -> Self {
        Self { rules, limits }
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Begins a message. `expired` is asked now and then; once it says yes,
    /// the message passes untouched as [`Skip::Timeout`].
    pub fn begin(
        self: &Arc<Self>,
        envelope: Envelope,
        expired: Box<dyn Fn() -> bool + Send>,
    ) -> Cleaning {
        Cleaning {
            _cleaner: Arc::clone(self),
            _envelope: envelope,
            _expired: expired,
            body: Vec::new(),
        }
    }
}

/// A message on its way through the cleaner.
pub struct Cleaning {
    _cleaner: Arc<Cleaner>,
    _envelope: Envelope,
    _expired: Box<dyn Fn() -> bool + Send>,
    body: Vec<u8>,
}

impl Cleaning {
    /// One field of the message's header block; all come before the body.
    /// The value is as the milter protocol gives it with LEADING_SPACE: with
    /// the space after the colon, folded with LF or CRLF.
    pub fn header(&mut self, _name: &[u8], _value: &[u8]) {}

    /// The next bytes of the body.
    pub fn body(&mut self, chunk: &[u8]) {
        self.body.extend_from_slice(chunk);
    }

    /// How many bytes of the body have come so far.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// The end of the message: judges, edits and reports.
    pub fn finish(self) -> Outcome {
        Outcome::default()
    }
}
