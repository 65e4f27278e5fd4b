//! The top lists of the overview.

use crate::review::{
    DIMENSIONS, Dimension, TopRow, chart,
    dashboard::view::{Range, Shown, number, path, terms},
};
use jiff::tz::TimeZone;

/// Longest name in a list, in characters.
const MAX_TEXT: usize = 80;
/// How long a list is.
pub(super) const LENGTH: usize = 8;

/// What stands for the small names of past days; see [`TopRow::key`].
const OTHER: &str = "(other)";

/// The lists, in their order.
pub(super) const SHOWN: &[Dimension] = &[
    Dimension::Company,
    Dimension::Tracker,
    Dimension::Sender,
    Dimension::Rule,
    Dimension::RecipientDomain,
];

/// Dimensions whose keys have a page each, and the page of all of them.
const PAGES: &[(Dimension, &str, &str)] = &[
    (Dimension::Company, "/company", "/companies"),
    (Dimension::Rule, "/rule", "/rules"),
    (Dimension::Sender, "/sender", "/senders"),
    (Dimension::Tracker, "/tracker", "/trackers"),
];

/// One list.
#[derive(Debug)]
pub(super) struct TopList {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) lines: Vec<TopLine>,
    /// The page of all of them.
    pub(super) all: Option<&'static str>,
    pub(super) export: String,
}

/// One line of it.
#[derive(Debug)]
pub(super) struct TopLine {
    pub(super) name: Shown,
    /// Its page, or the log.
    pub(super) href: Option<String>,
    pub(super) number: String,
    /// The messages behind the number.
    pub(super) log: Option<String>,
    /// SVG, made by the component for charts.
    pub(super) bar: String,
}

/// The lists of a range.
pub(super) fn lists(
    tops: &[(Dimension, Vec<TopRow>)],
    range: &Range,
    zone: &TimeZone,
) -> Vec<TopList> {
    let when = range.query(zone);
    let lists = tops.iter().filter_map(|(dimension, rows)| {
        let info = DIMENSIONS
            .iter()
            .find(|info| info.dimension == *dimension)?;
        let page = PAGES.iter().find(|(own, ..)| own == dimension);
        let of = |row: &TopRow| row.sum.findings;
        let largest = rows.iter().map(of).max().unwrap_or(0);
        let line = |row: &TopRow| {
            let is_one = row.key != OTHER;
            let term = terms::one(info.field, &row.key);
            let log = is_one.then(|| path::log(&terms::all([term.as_str(), when.as_str()])));
            let page = page.filter(|_| is_one);
            TopLine {
                name: name(*dimension, &row.key).cut(MAX_TEXT),
                href: page
                    .map(|(_, folder, _)| path::named(folder, &row.key))
                    .or_else(|| log.clone()),
                number: number::count(of(row)),
                log,
                bar: chart::bar(of(row), largest),
            }
        };
        let (from, to) = (range.days.first.to_string(), range.days.last.to_string());
        let parameters = [
            ("view", "top"),
            ("of", info.plural),
            ("from", &from),
            ("to", &to),
            ("format", "csv"),
        ];
        Some(TopList {
            id: info.plural,
            title: info.title,
            lines: rows.iter().map(line).collect(),
            all: page.map(|(.., all)| *all),
            export: path::with("/export", &parameters),
        })
    });
    lists.collect()
}

fn name(dimension: Dimension, key: &str) -> Shown {
    match dimension {
        Dimension::RecipientDomain | Dimension::Sender | Dimension::Tracker => Shown::host(key),
        _ => Shown::new(key),
    }
}
