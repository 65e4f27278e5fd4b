//! What a report holds, in every format. As JSON it is stable: fields are
//! added, but not taken away or given another meaning while `v` is 1.

use crate::review::{Days, Series, Totals};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// The version of the JSON.
pub const VERSION: u32 = 1;

/// A period's summary.
///
/// Names in it may come from hostile mails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The version of this form: [`VERSION`].
    pub v: u32,
    /// `report`.
    pub r#type: &'static str,
    /// When it was made.
    pub made: Timestamp,
    /// Which days it is about.
    pub period: Period,
    /// What the days came to.
    pub totals: Totals,
    /// The days before, to compare with. None if the log does not reach back
    /// that far.
    pub before: Option<Before>,
    /// Messages by outcome over time.
    pub outcomes: Series,
    /// Findings by vector over time.
    pub vectors: Series,
    /// The largest companies, trackers and so on.
    pub top: Vec<TopList>,
    /// Why messages, or parts of them, were not cleaned.
    pub skips: Vec<Skipped>,
    /// What was left in the mail, by tracker.
    pub remained: Vec<Remained>,
    /// Companies that were never seen before the period. None if the log does
    /// not reach back further, so that all of them would be new.
    pub new_companies: Option<Vec<NewCompany>>,
    /// The rules, and which of them no mail needed.
    pub rules: Rules,
    /// Whether the figures are complete.
    pub log: LogHealth,
    /// Entries of the allowlist that end soon, the first one first.
    pub expiring: Vec<Expiring>,
}

/// Whole days in UTC.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
    /// How many there are.
    pub days: u64,
}

impl From<Days> for Period {
    fn from(days: Days) -> Self {
        let count = days
            .last
            .since(days.first)
            .map_or(0, |span| span.get_days());
        Self {
            first: days.first,
            last: days.last,
            days: u64::from(count.unsigned_abs()) + 1,
        }
    }
}

/// The period before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Before {
    /// Which days.
    pub period: Period,
    /// What they came to.
    pub totals: Totals,
}

/// The largest of something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopList {
    /// What it is a list of: `companies`, `trackers`, `senders`, `rules`,
    /// `vectors`, `recipient-domains`.
    pub of: &'static str,
    /// The heading.
    pub title: &'static str,
    /// The field of the query language that asks for one of them.
    pub field: &'static str,
    /// The largest first.
    pub rows: Vec<TopLine>,
    /// Names with fewer recipients are left out, and the numbers are multiples
    /// of five; 1 if nothing is left out.
    pub min_group: u32,
    /// How many names were left out.
    pub withheld: u64,
}

/// A line of a top list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopLine {
    /// The company, domain, rule …
    pub key: String,
    /// Findings.
    pub findings: u64,
    /// Messages with at least one of them; a message counts once a day for each
    /// action.
    pub messages: u64,
    /// Findings in the period before; none if there is nothing to compare
    /// with.
    pub findings_before: Option<u64>,
}

/// A reason not to clean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Skipped {
    /// The permanent name of the reason.
    pub reason: String,
    /// Messages that were not cleaned for it, or a part of them.
    pub messages: u64,
    /// In the period before.
    pub messages_before: Option<u64>,
}

/// What was left of one tracker.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remained {
    /// Registrable domain of the URLs.
    pub tracker: String,
    /// Redirects whose destination cannot be read from the URL.
    pub opaque: u64,
    /// Images and others that can identify somebody, but would be missed.
    pub kept: u64,
}

/// A company that was never seen before.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewCompany {
    /// Its name.
    pub company: String,
    /// The day that it was first seen.
    pub first: Date,
    /// Findings in the period.
    pub findings: u64,
    /// Messages with at least one of them.
    pub messages: u64,
}

/// The rules of the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rules {
    /// How many are loaded.
    pub loaded: u64,
    /// Identifiers of those without a finding in the period.
    pub without_hit: Vec<String>,
}

/// What the log knows of its own gaps.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LogHealth {
    /// The first day that it knows of; none if it is empty.
    pub first: Option<Date>,
    /// Messages that could not be stored since the milter started.
    pub lost: u64,
    /// When it started, if it says so.
    pub started: Option<Timestamp>,
    /// Why it cannot be written at present, if it cannot.
    pub trouble: Option<String>,
}

/// An entry of the allowlist that ends soon.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expiring {
    /// Its identifier.
    pub id: String,
    /// What it spares.
    pub what: String,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub author: String,
    /// Its end.
    pub expires: Timestamp,
}
