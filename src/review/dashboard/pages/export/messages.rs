//! Messages as a file, streamed in pages so that neither memory nor a long
//! read transaction grows with the log.

use super::{super::asked, Format};
use crate::review::{
    Cursor, MessageRow, Page, Query, Tally,
    dashboard::{app::App, fault::Fault, view::row},
    json, spreadsheet,
};
use axum::body::{Body, Bytes};
use futures_util::stream;
use jiff::Timestamp;

/// How many are read at a time.
const AT_ONCE: usize = 250;

const COLUMNS: &[&str] = &[
    "time",
    "id",
    "queue_id",
    "outcome",
    "from_domain",
    "sender_domain",
    "sender",
    "recipient_count",
    "recipients",
    "client",
    "found",
    "neutralized",
    "removed",
    "unwrapped",
    "kept",
    "opaque",
    "skips",
    "trackers",
    "companies",
    "rules",
    "size_before",
    "size_after",
    "duration_us",
    "privacy",
    "rules_version",
];

/// One message as a whole file.
pub(super) fn one(row: &MessageRow, format: Format) -> Result<Vec<u8>, Fault> {
    let rows = std::slice::from_ref(row);
    let mut out = heading(format)?;
    out.extend(lines(rows, format)?);
    Ok(out)
}

/// What is still to be written.
struct Rest {
    app: App,
    query: Query,
    format: Format,
    page: Option<Page>,
    heading: Vec<u8>,
}

/// All messages that fit, newest first, as the body of an answer. The first
/// page is read before the answer begins, so that what goes wrong can still be
/// said; later on, the connection is cut.
pub(super) async fn body(app: &App, query: Query, format: Format) -> Result<Body, Fault> {
    let first = read(app, &query, Cursor::Newest).await?;
    let rest = Rest {
        app: app.clone(),
        query,
        format,
        page: Some(first),
        heading: heading(format)?,
    };
    Ok(Body::from_stream(stream::try_unfold(rest, next)))
}

async fn read(app: &App, query: &Query, cursor: Cursor) -> Result<Page, Fault> {
    let query = query.clone();
    let page = app
        .read(move |reader| reader.page(&query, cursor, AT_ONCE))
        .await;
    asked::bounded(page)
}

async fn next(mut rest: Rest) -> Result<Option<(Bytes, Rest)>, String> {
    let failed = |fault: Fault| format!("{fault:?}");
    let Some(page) = rest.page.take() else {
        return Ok(None);
    };
    let mut out = std::mem::take(&mut rest.heading);
    out.extend(lines(&page.rows, rest.format).map_err(failed)?);
    if let Some(last) = page.rows.last().filter(|_| page.has_older) {
        let cursor = Cursor::Before(last.id);
        let more = read(&rest.app, &rest.query, cursor).await;
        rest.page = Some(more.map_err(failed)?);
    }
    Ok(Some((Bytes::from(out), rest)))
}

fn heading(format: Format) -> Result<Vec<u8>, Fault> {
    match format {
        Format::Csv => csv(|out| out.write_record(COLUMNS)),
        Format::Json => Ok(Vec::new()),
    }
}

fn lines(rows: &[MessageRow], format: Format) -> Result<Vec<u8>, Fault> {
    match format {
        Format::Csv => csv(|out| rows.iter().try_for_each(|row| out.write_record(cells(row)))),
        Format::Json => {
            let lines = rows.iter().map(|row| json::message(row) + "\n");
            Ok(lines.collect::<String>().into_bytes())
        }
    }
}

fn csv(
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> Result<(), csv::Error>,
) -> Result<Vec<u8>, Fault> {
    let mut out = csv::Writer::from_writer(Vec::new());
    write(&mut out).map_err(Fault::internal)?;
    out.into_inner().map_err(Fault::internal)
}

/// The cells of a message, in the order of [`COLUMNS`].
fn cells(row: &MessageRow) -> Vec<String> {
    let text = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
    let time = Timestamp::from_millisecond(row.at_ms).map_or_else(
        |_| String::new(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
    );
    let recipients = row.recipients.iter();
    let recipients = recipients.filter_map(|r| r.who.as_deref().or(r.domain.as_deref()));
    let findings = || row.findings.iter();
    vec![
        time,
        row.id.to_string(),
        text(&row.queue_id),
        cell(&row.disposition),
        text(&row.from_domain),
        text(&row.sender_domain),
        text(&row.sender),
        row.recipient_count.to_string(),
        list(recipients),
        text(&row.client),
        cell(&row::found(row)),
        row.neutralized.to_string(),
        row.removed.to_string(),
        row.unwrapped.to_string(),
        row.kept.to_string(),
        row.opaque.to_string(),
        tallies(&row.skips),
        list(findings().map(|finding| finding.tracker_domain.as_str())),
        list(findings().filter_map(|finding| finding.company.as_deref())),
        list(findings().flat_map(|finding| finding.rules.iter().map(String::as_str))),
        row.size_before.to_string(),
        row.size_after.to_string(),
        row.duration_us.to_string(),
        cell(&row.privacy),
        cell(&row.rules_version),
    ]
}

fn cell(text: &str) -> String {
    spreadsheet::cell(text).into_owned()
}

/// Different names in one cell, in their order.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut seen = std::collections::HashSet::new();
    let names: Vec<&str> = names
        .filter(|name| !name.is_empty() && seen.insert(*name))
        .collect();
    cell(&names.join(" | "))
}

fn tallies(tallies: &[Tally]) -> String {
    list(tallies.iter().map(|tally| tally.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_each_name_once() {
        assert_eq!(list(["b", "a", "", "b"].into_iter()), "b | a");
        assert_eq!(list(["=1", "a"].into_iter()), "'=1 | a");
    }
}
