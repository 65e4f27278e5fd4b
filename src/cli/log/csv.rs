//! Comma-separated values (RFC 4180) for spreadsheets: one line a finding, or
//! one for a message without findings.

use crate::review::{FindingRow, MessageRow, spreadsheet};
use jiff::Timestamp;
use std::io::{self, Write};

/// The columns, and what stands in them.
const COLUMNS: &[(&str, Column)] = &[
    ("id", |m, _| m.id.to_string()),
    ("time", |m, _| time(m.at_ms)),
    ("queue_id", |m, _| text(m.queue_id.as_deref())),
    ("disposition", |m, _| m.disposition.clone()),
    ("sender_domain", |m, _| text(m.sender_domain.as_deref())),
    ("from_domain", |m, _| text(m.from_domain.as_deref())),
    ("recipients", |m, _| m.recipient_count.to_string()),
    ("recipient", |m, _| {
        let first = m.recipients.first();
        text(first.and_then(|r| r.who.as_deref().or(r.domain.as_deref())))
    }),
    ("size_before", |m, _| m.size_before.to_string()),
    ("size_after", |m, _| m.size_after.to_string()),
    ("skips", |m, _| {
        let skips = m.skips.iter().map(|skip| skip.name.as_str());
        skips.collect::<Vec<_>>().join(" ")
    }),
    ("part", |_, f| of(f, |f| f.part.clone())),
    ("vector", |_, f| of(f, |f| f.vector.clone())),
    ("action", |_, f| of(f, |f| f.action.clone())),
    ("opaque", |_, f| of(f, |f| f.opaque.to_string())),
    ("count", |_, f| of(f, |f| f.count.to_string())),
    ("rules", |_, f| of(f, |f| f.rules.join(" "))),
    ("vendor", |_, f| of(f, |f| text(f.vendor_name.as_deref()))),
    ("company", |_, f| of(f, |f| text(f.company.as_deref()))),
    ("category", |_, f| of(f, |f| text(f.category.as_deref()))),
    ("tracker", |_, f| of(f, |f| f.tracker.clone())),
    ("tracker_domain", |_, f| of(f, |f| f.tracker_domain.clone())),
    ("destination", |_, f| {
        of(f, |f| text(f.destination.as_deref()))
    }),
    ("tells", |_, f| of(f, |f| f.tells.join(" "))),
    ("score", |_, f| of(f, |f| f.score.to_string())),
    ("url", |_, f| {
        of(f, |f| {
            f.urls
                .first()
                .map(|url| url.shape.clone())
                .unwrap_or_default()
        })
    }),
];

type Column = fn(&MessageRow, Option<&FindingRow>) -> String;

/// Writes a message, after the names of the columns if it is the first.
pub(super) fn write(row: &MessageRow, is_first: bool, out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    if is_first {
        writer.write_record(COLUMNS.iter().map(|(name, _)| *name))?;
    }
    let findings: Vec<Option<&FindingRow>> = match row.findings.as_slice() {
        [] => vec![None],
        findings => findings.iter().map(Some).collect(),
    };
    for finding in findings {
        let cells = COLUMNS.iter().map(|(_, column)| column(row, finding));
        writer.write_record(cells.map(|cell| spreadsheet::cell(&cell).into_owned()))?;
    }
    writer.flush()
}

fn of(finding: Option<&FindingRow>, value: impl Fn(&FindingRow) -> String) -> String {
    finding.map(value).unwrap_or_default()
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// In UTC, as RFC 3339 has it.
fn time(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
        .unwrap_or_default()
}
