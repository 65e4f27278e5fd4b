//! How often an entry of the allowlist was used.

use super::{Context, Cursor, Query, Reader, ReviewError};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

/// Most messages that are looked at, the newest first.
const MAX_MESSAGES: u64 = 20_000;

/// How many are read in one go.
const AT_ONCE: usize = 500;

/// How often an entry was used.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Hits {
    /// Findings that it spared.
    pub findings: u64,
    /// Messages that have one.
    pub messages: u64,
    /// The last one, in milliseconds since 1970 (UTC).
    pub last_ms: Option<i64>,
    /// Whether all of the days were counted.
    pub is_complete: bool,
}

/// How often the entry of this identifier was used in the last `days` days up
/// to `now`.
///
/// # Errors
///
/// The block log cannot be read.
pub fn hits(reader: &Reader, id: &str, days: u32, now: Timestamp) -> Result<Hits, ReviewError> {
    let mut hits = Hits::default();
    let now = now.to_zoned(TimeZone::UTC);
    let context = Context {
        now: &now,
        keys: None,
    };
    let text = format!("since:{days}d {}", Query::term("allowed", id));
    let Ok(query) = Query::parse(&text, &context) else {
        return Ok(hits);
    };
    let mut cursor = Cursor::Newest;
    loop {
        let page = reader.page(&query, cursor, AT_ONCE)?;
        for row in &page.rows {
            let spared = row.findings.iter();
            let spared = spared.filter(|f| f.allowed.as_deref() == Some(id));
            let count: i64 = spared.map(|f| f.count).sum();
            hits.findings = hits
                .findings
                .saturating_add(u64::try_from(count).unwrap_or(0));
            hits.messages = hits.messages.saturating_add(1);
            hits.last_ms = hits.last_ms.max(Some(row.at_ms));
        }
        match page.rows.last() {
            Some(row) if page.has_older && hits.messages < MAX_MESSAGES => {
                cursor = Cursor::Before(row.id);
            }
            _ => {
                hits.is_complete = !page.has_older;
                return Ok(hits);
            }
        }
    }
}
