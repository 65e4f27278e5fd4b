//! What the block log answers: sums, series, top lists, pages of messages.

use super::MessageRow;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Whole days in UTC, both included: the daily sums know no smaller unit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Days {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// What daily sums are kept by.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// The company behind the vendor whose rule matched.
    Company,
    /// What became of the message.
    Disposition,
    /// Domain of a recipient.
    RecipientDomain,
    /// Identifier of the rule that matched.
    Rule,
    /// Registrable domain of the envelope sender.
    Sender,
    /// Why a message, or a part of it, was not cleaned.
    Skip,
    /// Registrable domain of the URL.
    Tracker,
    /// How the URL is reached.
    Vector,
}

/// A row of the table of dimensions.
#[derive(Debug)]
pub struct DimensionInfo {
    /// Which one.
    pub dimension: Dimension,
    /// What the daily sums call it.
    pub stored: &'static str,
    /// The field of the query language that asks for one of its keys.
    pub field: &'static str,
    /// What a list of it is called, as in `untrackd top companies`.
    pub plural: &'static str,
    /// The heading of such a list.
    pub title: &'static str,
}

const COMPANIES: DimensionInfo = DimensionInfo {
    dimension: Dimension::Company,
    stored: "company",
    field: "company",
    plural: "companies",
    title: "Companies",
};

/// Every dimension.
pub const DIMENSIONS: &[DimensionInfo] = &[
    COMPANIES,
    DimensionInfo {
        dimension: Dimension::Disposition,
        stored: "disposition",
        field: "is",
        plural: "outcomes",
        title: "Outcomes",
    },
    DimensionInfo {
        dimension: Dimension::RecipientDomain,
        stored: "rcpt_domain",
        field: "recipient-domain",
        plural: "recipient-domains",
        title: "Recipient domains",
    },
    DimensionInfo {
        dimension: Dimension::Rule,
        stored: "rule",
        field: "rule",
        plural: "rules",
        title: "Rules",
    },
    DimensionInfo {
        dimension: Dimension::Sender,
        stored: "sender_domain",
        field: "sender",
        plural: "senders",
        title: "Sender domains",
    },
    DimensionInfo {
        dimension: Dimension::Skip,
        stored: "skip",
        field: "skip",
        plural: "skips",
        title: "Reasons not to clean",
    },
    DimensionInfo {
        dimension: Dimension::Tracker,
        stored: "tracker",
        field: "tracker",
        plural: "trackers",
        title: "Trackers",
    },
    DimensionInfo {
        dimension: Dimension::Vector,
        stored: "vector",
        field: "vector",
        plural: "vectors",
        title: "Vectors",
    },
];

/// How many findings, in how many messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Sum {
    /// Findings.
    pub findings: u64,
    /// Messages that have at least one of them. Of sums of several days or
    /// actions this is the sum of each one's messages.
    pub messages: u64,
}

/// What a stretch of days comes to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Totals {
    /// Messages seen.
    pub messages: u64,
    /// Messages changed.
    pub changed: u64,
    /// Messages that would have been changed (observe mode).
    pub would_change: u64,
    /// Messages with nothing to change.
    pub clean: u64,
    /// Messages passed as they came, by policy or a limit.
    pub skipped: u64,
    /// Messages passed as they came after an error.
    pub failed: u64,
    /// Trackers neutralized or removed, or that would have been.
    pub trackers: u64,
    /// Links unwrapped or trimmed, or that would have been.
    pub links: u64,
    /// Requests for a receipt removed, or that would have been.
    pub receipts: u64,
    /// Sightings kept although something speaks against them.
    pub kept: u64,
    /// Redirects whose destination cannot be read.
    pub opaque: u64,
    /// Findings that the allowlist spared.
    pub allowed: u64,
}

/// One line of a top list.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct TopRow {
    /// The company, domain, rule …; `(other)` for the small ones of past days.
    pub key: String,
    /// All actions together.
    pub sum: Sum,
    /// By action, such as `neutralize`, `unwrap`, `would-remove`, `allow`.
    pub actions: BTreeMap<String, Sum>,
}

/// A top list out of single messages, for what no daily sum answers.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Top {
    /// The largest first.
    pub rows: Vec<TopRow>,
    /// How many messages were looked at, the newest first.
    pub scanned: u64,
    /// Whether these are all that fit the query.
    pub is_complete: bool,
}

/// One stretch of time of a series.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Slot {
    /// When it begins, in milliseconds since 1970 (UTC).
    pub start_ms: i64,
    /// Its length in milliseconds: an hour, a day or a week.
    pub span_ms: i64,
    /// How many of each of the series' keys, in their order.
    pub counts: Vec<u64>,
}

/// Counts over time, without gaps.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Series {
    /// What is counted apart; the largest first.
    pub keys: Vec<String>,
    /// In order of time.
    pub slots: Vec<Slot>,
}

/// The values of one field among the messages that fit a query.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Facet {
    /// The field of the query language.
    pub field: &'static str,
    /// Value and number of messages, the most frequent first.
    pub values: Vec<(String, u64)>,
}

/// Where a page of messages begins. Ids grow with time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Cursor {
    /// At the newest message.
    #[default]
    Newest,
    /// At the newest one before the message with this id.
    Before(i64),
    /// At the oldest one after the message with this id.
    After(i64),
}

/// A page of messages, newest first.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Page {
    /// The messages.
    pub rows: Vec<MessageRow>,
    /// Whether there are older ones.
    pub has_older: bool,
    /// Whether there are newer ones.
    pub has_newer: bool,
}

/// Since when and how often something was seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Span {
    /// The first day that the sums know of.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// In all of them.
    pub sum: Sum,
}

impl Sum {
    /// Adds another sum.
    pub(super) fn add(&mut self, other: Self) {
        self.findings = self.findings.saturating_add(other.findings);
        self.messages = self.messages.saturating_add(other.messages);
    }
}

impl Dimension {
    /// Its row in the table.
    pub fn info(self) -> &'static DimensionInfo {
        // Each is in the table, which a test holds.
        let mut infos = DIMENSIONS.iter();
        infos
            .find(|info| info.dimension == self)
            .unwrap_or(&COMPANIES)
    }

    /// The dimension that a list is called by, as in `untrackd top companies`.
    pub fn of_plural(plural: &str) -> Option<Self> {
        let mut infos = DIMENSIONS.iter();
        infos
            .find(|info| info.plural == plural)
            .map(|info| info.dimension)
    }
}
