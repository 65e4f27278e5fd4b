//! One JSON object a line: stable, for programs. A change that takes a field
//! away or gives it another meaning raises `v`.

use super::{FindingRow, MessageRow, RecipientRow, Tally};
use crate::visible;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the objects.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
struct Message<'a> {
    v: u32,
    id: i64,
    time: String,
    queue_id: Option<&'a str>,
    disposition: &'a str,
    privacy: &'a str,
    message_id: Option<&'a str>,
    message_id_domain: Option<&'a str>,
    client: Option<&'a str>,
    sender: Option<&'a str>,
    sender_domain: Option<&'a str>,
    from_domain: Option<&'a str>,
    recipient_count: i64,
    recipients: &'a [RecipientRow],
    size_before: i64,
    size_after: i64,
    duration_us: i64,
    parts: i64,
    html_parts: i64,
    lenient_html: bool,
    neutralized: i64,
    removed: i64,
    unwrapped: i64,
    kept: i64,
    opaque: i64,
    unlisted: i64,
    skips: BTreeMap<&'a str, u64>,
    ambiguities: BTreeMap<&'a str, u64>,
    rules_version: &'a str,
    app_version: &'a str,
    findings: &'a [FindingRow],
}

/// A message with its findings as one line, without the line break.
pub fn message(row: &MessageRow) -> String {
    line(&object(row))
}

/// The same on several lines, indented for people.
pub fn message_lines(row: &MessageRow) -> String {
    let text = serde_json::to_string_pretty(&object(row)).unwrap_or_default();
    let lines: Vec<String> = text
        .lines()
        .map(|line| visible::json(line.to_owned()))
        .collect();
    lines.join("\n")
}

fn object(row: &MessageRow) -> Message<'_> {
    Message {
        v: VERSION,
        id: row.id,
        time: Timestamp::from_millisecond(row.at_ms)
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
            .unwrap_or_default(),
        queue_id: row.queue_id.as_deref(),
        disposition: &row.disposition,
        privacy: &row.privacy,
        message_id: row.message_id.as_deref(),
        message_id_domain: row.message_id_domain.as_deref(),
        client: row.client.as_deref(),
        sender: row.sender.as_deref(),
        sender_domain: row.sender_domain.as_deref(),
        from_domain: row.from_domain.as_deref(),
        recipient_count: row.recipient_count,
        recipients: &row.recipients,
        size_before: row.size_before,
        size_after: row.size_after,
        duration_us: row.duration_us,
        parts: row.parts,
        html_parts: row.html_parts,
        lenient_html: row.lenient_html,
        neutralized: row.neutralized,
        removed: row.removed,
        unwrapped: row.unwrapped,
        kept: row.kept,
        opaque: row.opaque,
        unlisted: row.unlisted,
        skips: counts(&row.skips),
        ambiguities: counts(&row.ambiguities),
        rules_version: &row.rules_version,
        app_version: &row.app_version,
        findings: &row.findings,
    }
}

/// Any value as one line, in which control characters stand as escapes.
pub(super) fn line(value: &impl Serialize) -> String {
    // What is written here has string keys, so it cannot fail.
    visible::json(serde_json::to_string(value).unwrap_or_default())
}

fn counts(tallies: &[Tally]) -> BTreeMap<&str, u64> {
    tallies
        .iter()
        .map(|tally| (tally.name.as_str(), tally.count))
        .collect()
}
