//! What occurs together with a company, tracker, sender or rule: counted in
//! one pass over its newest messages, since no daily sum knows it.

use super::kind::{Beside, By, Kind};
use crate::review::{
    Cursor, Dimension, FindingRow, MessageRow, Query, Reader, ReviewError, TopRow,
};
use std::collections::{BTreeSet, HashMap};

/// Most messages that are looked at: enough to see who it is, and quick.
const SAMPLE: usize = 1_000;
/// How many are read in one go, so that no read transaction is long.
const AT_ONCE: usize = 250;
/// How many names stand in each list.
const NAMES: usize = 8;

/// What the newest messages say.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// The largest names of each list, in the order of the kind.
    pub(super) tops: Vec<(&'static Beside, Vec<TopRow>)>,
    /// The very newest messages.
    pub(super) newest: Vec<MessageRow>,
    /// How many messages were looked at.
    pub(super) scanned: usize,
    /// Whether these are all that fit.
    pub(super) is_complete: bool,
}

impl Sample {
    /// Looks at the messages of `query`, which asks for `name` among others.
    ///
    /// # Errors
    ///
    /// The block log cannot be read.
    pub(super) fn read(
        reader: &Reader,
        kind: &'static Kind,
        name: &str,
        query: &Query,
        newest: usize,
    ) -> Result<Self, ReviewError> {
        let mut sample = Self::default();
        let mut counts: Vec<Counts> = kind.beside.iter().map(|_| Counts::default()).collect();
        let mut cursor = Cursor::Newest;
        loop {
            let page = reader.page(query, cursor, AT_ONCE)?;
            sample.scanned += page.rows.len();
            for row in &page.rows {
                for (beside, counts) in kind.beside.iter().zip(&mut counts) {
                    counts.add(kind.dimension, name, beside.by, row);
                }
            }
            let last = page.rows.last().map(|row| row.id);
            let room = newest.saturating_sub(sample.newest.len());
            sample.newest.extend(page.rows.into_iter().take(room));
            match last {
                Some(id) if page.has_older && sample.scanned < SAMPLE => {
                    cursor = Cursor::Before(id);
                }
                _ => {
                    sample.is_complete = !page.has_older;
                    break;
                }
            }
        }
        let lists = kind.beside.iter().zip(counts);
        sample.tops = lists
            .map(|(list, counts)| (list, counts.largest()))
            .collect();
        Ok(sample)
    }
}

/// How often each name of a list occurs.
#[derive(Debug, Default)]
struct Counts(HashMap<String, TopRow>);

impl Counts {
    /// Counts what a message says about `name`: its other findings are none
    /// of its business.
    fn add(&mut self, of: Dimension, name: &str, by: By, message: &MessageRow) {
        let findings = message.findings.iter().filter(|f| is_of(of, name, f));
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for finding in findings {
            let count = u64::try_from(finding.count).unwrap_or(1);
            let keys: BTreeSet<&str> = keys(by, message, finding).into_iter().collect();
            for key in keys {
                let row = self.0.entry(key.to_owned()).or_default();
                row.sum.findings = row.sum.findings.saturating_add(count);
                if seen.insert(key) {
                    row.sum.messages = row.sum.messages.saturating_add(1);
                }
            }
        }
    }

    fn largest(self) -> Vec<TopRow> {
        let named = self.0.into_iter().map(|(key, row)| TopRow { key, ..row });
        let mut rows: Vec<TopRow> = named.collect();
        rows.sort_by(|a, b| {
            let larger = b.sum.findings.cmp(&a.sum.findings);
            larger.then_with(|| a.key.cmp(&b.key))
        });
        rows.truncate(NAMES);
        rows
    }
}

/// Whether a finding is about this company, tracker or rule; to a sender
/// belong all findings of its messages.
fn is_of(dimension: Dimension, name: &str, finding: &FindingRow) -> bool {
    match dimension {
        Dimension::Company => finding.company.as_deref() == Some(name),
        Dimension::Tracker => finding.tracker_domain == name,
        Dimension::Rule => finding.rules.iter().any(|rule| rule == name),
        _ => true,
    }
}

/// What a list names in a finding and its message.
fn keys<'a>(by: By, message: &'a MessageRow, finding: &'a FindingRow) -> Vec<&'a str> {
    let dimension = match by {
        By::Dimension(dimension) => dimension,
        By::Host if finding.tracker.is_empty() => return Vec::new(),
        By::Host => return vec![&finding.tracker],
    };
    match dimension {
        Dimension::Company => finding.company.as_deref().into_iter().collect(),
        Dimension::Rule => finding.rules.iter().map(String::as_str).collect(),
        Dimension::Tracker => vec![&finding.tracker_domain],
        Dimension::Vector => vec![&finding.vector],
        Dimension::Sender => message.sender_domain.as_deref().into_iter().collect(),
        Dimension::RecipientDomain => {
            let domains = message.recipients.iter().map(|r| r.domain.as_deref());
            domains.flatten().collect()
        }
        Dimension::Disposition => vec![&message.disposition],
        Dimension::Skip => message.skips.iter().map(|s| s.name.as_str()).collect(),
    }
}
