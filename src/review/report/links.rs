//! Links from numbers to the log that they count.

use super::model::Period;
use crate::review::Query;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a query (RFC 3986 section 3.4).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// Makes addresses in the dashboard, or none if there is no dashboard to lead
/// to.
#[derive(Clone, Debug)]
pub(super) struct Links {
    base: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Links {
    /// Links to the dashboard at `base`, for days of `period`.
    pub(super) fn new(base: Option<&str>, period: &Period) -> Self {
        Self {
            base: base.map(|base| base.trim_end_matches('/').to_owned()),
            since: midnight(period.first),
            until: period.last.tomorrow().ok().and_then(midnight),
        }
    }

    /// The dashboard itself.
    pub(super) fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// The messages of the period that fit `query`.
    pub(super) fn period(&self, query: &str) -> Option<String> {
        self.log(query, self.since?, self.until?)
    }

    /// The messages of a stretch of time, in milliseconds since 1970, that fit
    /// `query`.
    pub(super) fn slot(&self, query: &str, start_ms: i64, span_ms: i64) -> Option<String> {
        let time = |ms| Timestamp::from_millisecond(ms).ok();
        let end = time(start_ms.saturating_add(span_ms))?;
        self.log(query, time(start_ms)?, end)
    }

    fn log(&self, query: &str, since: Timestamp, until: Timestamp) -> Option<String> {
        let base = self.base.as_deref()?;
        let space = if query.is_empty() { "" } else { " " };
        let query = format!("{query}{space}since:{since} until:{until}");
        let query = utf8_percent_encode(&query, VALUE);
        Some(format!("{base}/log?q={query}"))
    }
}

/// A condition of the query language.
pub(super) fn term(field: &str, value: &str) -> String {
    Query::term(field, value)
}

fn midnight(day: Date) -> Option<Timestamp> {
    let start = day.to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Days;

    fn links(base: Option<&str>) -> Links {
        let days = Days {
            first: "2026-11-09".parse().unwrap(),
            last: "2026-11-15".parse().unwrap(),
        };
        Links::new(base, &days.into())
    }

    #[test]
    fn a_number_leads_to_its_days() {
        let links = links(Some("https://gw.example/untrackd/"));
        let days = "since:2026-11-09T00:00:00Z%20until:2026-11-16T00:00:00Z";
        assert_eq!(
            links.period("").unwrap(),
            format!("https://gw.example/untrackd/log?q={days}")
        );
        assert_eq!(
            links.period("is:changed").unwrap(),
            format!("https://gw.example/untrackd/log?q=is:changed%20{days}")
        );
        assert_eq!(
            links
                .slot(&term("company", "A \"B\" & C"), 0, 3_600_000)
                .unwrap(),
            "https://gw.example/untrackd/log?q=company:%22A%20%5C%22B%5C%22%20%26%20C%22%20\
             since:1970-01-01T00:00:00Z%20until:1970-01-01T01:00:00Z"
        );
    }

    #[test]
    fn without_a_dashboard_nothing_leads_anywhere() {
        assert_eq!(links(None).period("is:changed"), None);
        assert_eq!(links(None).slot("", 0, 1), None);
    }
}
