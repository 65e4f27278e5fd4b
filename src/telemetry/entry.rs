//! An event after redaction: the only form of it that leaves the mail path.

use super::{event::Disposition, privacy::Level};

/// Most findings of one message that are listed, after folding; the rest is
/// counted. Less than 2^10, which the keys of findings have room for.
pub(crate) const MAX_FINDINGS: usize = 256;
/// Most recipients of one message that are listed; the rest is counted.
/// Postfix accepts 1,000 by default (smtpd_recipient_limit).
pub(crate) const MAX_RECIPIENTS: usize = 1_000;
/// Most samples of folded findings, the first included.
pub(crate) const MAX_SAMPLES: usize = 3;
/// Most pieces of evidence that are listed for one finding.
pub(crate) const MAX_EVIDENCE: usize = 32;
/// Longest identifier or name that is stored, in bytes.
pub(crate) const MAX_NAME: usize = 255;

/// One message as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// When the message ended, in milliseconds since 1970 (UTC).
    pub(crate) at_ms: i64,
    /// Whether the message gets a row of its own, or only counts.
    pub(crate) is_kept: bool,
    pub(crate) disposition: Disposition,
    pub(crate) privacy: Level,
    /// Number of the key that the pseudonyms were made with.
    pub(crate) key: Option<u32>,
    pub(crate) queue_id: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) message_id_domain: Option<String>,
    /// The SMTP client's network, or its address at level `full`.
    pub(crate) client: Option<String>,
    pub(crate) sender: Option<String>,
    pub(crate) sender_domain: Option<String>,
    pub(crate) from_domain: Option<String>,
    pub(crate) recipients: Vec<Recipient>,
    /// How many recipients the message has, listed or not.
    pub(crate) recipient_count: usize,
    pub(crate) size_before: u64,
    pub(crate) size_after: u64,
    /// In microseconds.
    pub(crate) duration_us: u64,
    pub(crate) parts: usize,
    pub(crate) html_parts: usize,
    pub(crate) lenient_html: bool,
    pub(crate) counts: Counts,
    /// Reason and how many parts; the whole message counts as one.
    pub(crate) skips: Vec<(&'static str, usize)>,
    pub(crate) ambiguities: Vec<(&'static str, usize)>,
    pub(crate) findings: Vec<FindingEntry>,
    /// How many findings are counted but not listed.
    pub(crate) unlisted: usize,
    pub(crate) rules_version: String,
}

/// One recipient as stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Recipient {
    /// Pseudonym or address; nothing below level `pseudonym`.
    pub(crate) who: Option<String>,
    pub(crate) domain: Option<String>,
}

/// How many sightings had which verdict.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Counts {
    pub(crate) neutralized: usize,
    pub(crate) removed: usize,
    pub(crate) unwrapped: usize,
    /// Kept although something speaks against it.
    pub(crate) kept: usize,
    /// Redirects whose destination cannot be read; these are kept, too.
    pub(crate) opaque: usize,
}

/// Equal findings of one message, folded into one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FindingEntry {
    /// Where the first one is in the MIME tree.
    pub(crate) part: String,
    pub(crate) vector: &'static str,
    pub(crate) action: &'static str,
    pub(crate) opaque: bool,
    /// Identifier of the entry of the allowlist that spared them; the action
    /// is then `allow`.
    pub(crate) allowed: Option<String>,
    /// Identifiers of the rules, from the outside in.
    pub(crate) rules: Vec<String>,
    pub(crate) vendor: Option<Vendor>,
    /// What the URL tells, as a list of words.
    pub(crate) tells: String,
    /// The host with its tokens hidden.
    pub(crate) host: String,
    /// The host's registrable domain.
    pub(crate) domain: String,
    /// Registrable domain that an unwrapped link leads to.
    pub(crate) destination: Option<String>,
    /// The highest score among them.
    pub(crate) score: i32,
    /// `kind:weight detail`, one a line, of the one with that score.
    pub(crate) evidence: String,
    /// How many there are.
    pub(crate) count: usize,
    /// What some of them look like; at least one.
    pub(crate) samples: Vec<Sample>,
}

/// Whose rule matched.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Vendor {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) company: String,
    pub(crate) category: String,
}

/// One URL, redacted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Sample {
    /// The URL without its values.
    pub(crate) shape: String,
    /// Equal for equal URLs; nothing below level `pseudonym`.
    pub(crate) hash: Option<[u8; 8]>,
}
