//! One message as a line: in the log, in the live tail and on other pages.

use super::{Moment, Shown, number::things, outcome, path};
use crate::review::{FindingRow, MessageRow};
use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

/// One message as a line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Line {
    /// The message's key, as text: a script's numbers would round it.
    #[serde(serialize_with = "as_text")]
    pub(crate) id: i64,
    /// Its page.
    pub(crate) href: String,
    /// When it ended, in the server's zone.
    pub(crate) local: String,
    /// The same in UTC.
    pub(crate) utc: String,
    /// Domain that the reader sees, or that sent it.
    pub(crate) sender: Shown,
    /// The domain that sent it, if it is another one.
    pub(crate) by: Option<Shown>,
    /// The first recipient, and how many more there are.
    pub(crate) recipients: Shown,
    /// What became of it.
    pub(crate) label: &'static str,
    /// The badge's class.
    pub(crate) class: &'static str,
    /// What was found, in a few words.
    pub(crate) found: String,
    /// Who tracks: companies, else domains.
    pub(crate) trackers: Vec<Shown>,
    /// How many more there are.
    pub(crate) more_trackers: usize,
    /// The MTA's queue id.
    pub(crate) queue_id: Option<Shown>,
}

/// Longest name in a line, in characters.
const MAX_TEXT: usize = 60;
/// Most names of trackers in a line.
const MAX_TRACKERS: usize = 2;

impl Line {
    /// The line of a message.
    pub(crate) fn new(row: &MessageRow, zone: &TimeZone) -> Self {
        let at = Moment::new(row.at_ms, zone);
        let became = outcome::outcome(&row.disposition);
        let (sender, by) = sender(row);
        let mut trackers = trackers(&row.findings);
        let more_trackers = trackers.len().saturating_sub(MAX_TRACKERS);
        trackers.truncate(MAX_TRACKERS);
        Self {
            id: row.id,
            href: path::named("/message", &row.id.to_string()),
            local: at.local,
            utc: at.utc,
            sender: sender.cut(MAX_TEXT),
            by: by.map(|by| by.cut(MAX_TEXT)),
            recipients: recipients(row),
            label: became.label,
            class: became.class,
            found: found(row),
            trackers,
            more_trackers,
            queue_id: row
                .queue_id
                .as_deref()
                .map(|id| Shown::new(id).cut(MAX_TEXT)),
        }
    }
}

fn as_text<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// The domain of the From field, which the reader sees, and the envelope
/// sender's where it is another one.
pub(crate) fn sender(row: &MessageRow) -> (Shown, Option<Shown>) {
    match (&row.from_domain, &row.sender_domain) {
        (Some(from), Some(sender)) if from != sender => {
            (Shown::host(from), Some(Shown::host(sender)))
        }
        (Some(domain), _) | (None, Some(domain)) => (Shown::host(domain), None),
        (None, None) => (Shown::new("–"), None),
    }
}

fn recipients(row: &MessageRow) -> Shown {
    let first = row.recipients.first();
    let first = first.and_then(|r| r.who.as_deref().or(r.domain.as_deref()));
    let first = first.unwrap_or("–");
    let first = Shown::new(first).cut(MAX_TEXT);
    match row.recipient_count {
        ..=1 => first,
        n => Shown::new(&format!("{first} and {} more", n - 1)),
    }
}

/// How many of each kind, such as `2 trackers, 5 links`.
pub(crate) fn found(row: &MessageRow) -> String {
    let is_receipt = |f: &&FindingRow| f.vector == "receipt-header" && f.action == "remove";
    let receipts: i64 = row
        .findings
        .iter()
        .filter(is_receipt)
        .map(|f| f.count)
        .sum();
    let spared = row.findings.iter().filter(|f| f.action == "allow");
    let spared: i64 = spared.map(|f| f.count).sum();
    let trackers = row.neutralized.saturating_add(row.removed);
    let counts = [
        (trackers.saturating_sub(receipts), "tracker", "trackers"),
        (row.unwrapped, "link", "links"),
        (receipts, "receipt", "receipts"),
        (row.kept, "kept", "kept"),
        (row.opaque, "opaque", "opaque"),
        (spared, "allowed", "allowed"),
    ];
    let words = counts.iter().filter_map(|(n, one, many)| {
        let n = u64::try_from(*n).ok().filter(|n| *n > 0)?;
        Some(things(n, one, many))
    });
    let mut words: Vec<String> = words.collect();
    words.extend(
        row.skips
            .iter()
            .map(|skip| Shown::new(&skip.name).to_string()),
    );
    words.join(", ")
}

/// Who tracks, each once, in the order of the message.
fn trackers(findings: &[FindingRow]) -> Vec<Shown> {
    let mut names: Vec<Shown> = Vec::new();
    for finding in findings {
        let name = match &finding.company {
            Some(company) if !company.is_empty() => Shown::new(company),
            _ if finding.tracker_domain.is_empty() => continue,
            _ => Shown::host(&finding.tracker_domain),
        };
        let name = name.cut(MAX_TEXT);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
