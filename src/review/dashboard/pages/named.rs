//! Names of the daily sums as the pages show and link them.

use super::{
    actions::{Done, done},
    kind::Kind,
};
use crate::review::{
    Dimension, Query, TopRow, chart,
    dashboard::view::{Shown, number, path},
};

/// What stands for the small names of past days in the daily sums.
const OTHER: &str = "(other)";

/// One name in a list.
#[derive(Debug)]
pub(super) struct Named {
    /// The name.
    pub(super) name: Shown,
    /// Its page; none for what has none or stands for several.
    pub(super) href: Option<String>,
    /// How much of the largest, as SVG.
    pub(super) bar: String,
    /// How many findings.
    pub(super) findings: String,
    /// In how many messages.
    pub(super) messages: String,
    /// The filtered log; none for what stands for several.
    pub(super) log: Option<String>,
    /// What was done, each with its own filtered log.
    pub(super) done: Vec<Done>,
}

impl Named {
    /// A row of sums. `within` are the conditions for everything that is
    /// summed, such as the days.
    pub(super) fn new(dimension: Dimension, row: &TopRow, largest: u64, within: &str) -> Self {
        let is_one = row.key != OTHER;
        let log = |terms: &str| log(dimension, &row.key, &[terms, within]);
        Self {
            name: shown(dimension, &row.key),
            href: page(dimension, &row.key),
            bar: chart::bar(weight(row), largest),
            findings: number::count(row.sum.findings),
            messages: number::count(row.sum.messages),
            log: is_one.then(|| log("")),
            done: if is_one {
                done(&row.actions, log)
            } else {
                Vec::new()
            },
        }
    }
}

impl Named {
    /// The same for a host, which has no page of its own.
    pub(super) fn host(row: &TopRow, largest: u64, within: &str) -> Self {
        let term = Query::term("host", &row.key);
        Self {
            name: Shown::host(&row.key),
            href: None,
            bar: chart::bar(weight(row), largest),
            findings: number::count(row.sum.findings),
            messages: number::count(row.sum.messages),
            log: Some(path::log(&format!("{term} {within}"))),
            done: Vec::new(),
        }
    }
}

/// What a row is drawn by: outcomes and reasons count messages only.
pub(super) fn weight(row: &TopRow) -> u64 {
    match row.sum.findings {
        0 => row.sum.messages,
        findings => findings,
    }
}

/// The page of a name.
pub(super) fn page(dimension: Dimension, key: &str) -> Option<String> {
    let kind = Kind::of(dimension)?;
    let has_one = !key.is_empty() && key != OTHER;
    has_one.then(|| path::named(kind.folder, key))
}

/// The log, filtered by a name and more conditions.
pub(super) fn log(dimension: Dimension, key: &str, more: &[&str]) -> String {
    let own = match (dimension, key) {
        // A header field that asks for a receipt has no URL.
        (Dimension::Tracker, "") => "vector:receipt-header".to_owned(),
        _ => Query::term(dimension.info().field, key),
    };
    let mut terms = vec![own.as_str()];
    terms.extend(more.iter().filter(|term| !term.is_empty()));
    path::log(&terms.join(" "))
}

/// A name as people read it.
pub(super) fn shown(dimension: Dimension, key: &str) -> Shown {
    match (dimension, key) {
        (Dimension::Tracker, "") => Shown::new("no domain: requests for receipts"),
        (_, "") => Shown::new("no name"),
        (_, OTHER) => Shown::new("(other): the smaller ones"),
        (Dimension::Tracker | Dimension::Sender | Dimension::RecipientDomain, host) => {
            Shown::host(host)
        }
        (_, name) => Shown::new(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Sum;

    #[test]
    fn hostile_names_stay_in_their_place() {
        let row = TopRow {
            key: "A/B?\"<x>\u{202e}".to_owned(),
            sum: Sum {
                findings: 3,
                messages: 1,
            },
            ..TopRow::default()
        };
        let named = Named::new(Dimension::Company, &row, 3, "since:7d");
        assert_eq!(named.name.as_str(), "A/B?\"<x>\\u{202e}");
        assert_eq!(
            named.href.as_deref(),
            Some("/company/A%2FB%3F%22%3Cx%3E%E2%80%AE")
        );
        let log = named.log.unwrap();
        assert!(log.starts_with("/log?q=company:"), "{log}");
        assert!(!log.contains(['"', '<', ' ']), "{log}");
    }

    #[test]
    fn what_is_no_name_has_no_page() {
        for (dimension, key) in [
            (Dimension::Company, "(other)"),
            (Dimension::Tracker, ""),
            (Dimension::Vector, "img-src"),
        ] {
            assert_eq!(page(dimension, key), None, "{key}");
        }
        assert_eq!(
            log(Dimension::Tracker, "", &["", "since:7d"]),
            "/log?q=vector:receipt-header%20since:7d"
        );
    }
}
