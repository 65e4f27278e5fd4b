//! The numbers at the top of the overview.

use crate::review::{
    Totals,
    dashboard::view::{Range, number, path, terms},
};
use jiff::tz::TimeZone;

/// One number with its way to the messages behind it.
#[derive(Debug)]
pub(super) struct Tile {
    pub(super) number: String,
    pub(super) label: &'static str,
    /// How it compares with the period before.
    pub(super) note: String,
    pub(super) href: String,
    /// Whether a number above zero is bad news.
    pub(super) is_bad: bool,
}

/// A kind of tile: label, the number, the query, and whether it is bad news.
type Kind = (&'static str, fn(&Totals) -> u64, &'static str, bool);

/// Every tile. The conditions ask for the messages that the number is made of.
const KINDS: &[Kind] = &[
    ("Messages", |t| t.messages, "", false),
    ("Changed", |t| t.changed, "is:changed", false),
    (
        "Would be changed",
        |t| t.would_change,
        "is:would-change",
        false,
    ),
    (
        "Trackers stopped",
        |t| t.trackers,
        // A request for a receipt has no host.
        "action:neutralize,remove tracker:*",
        false,
    ),
    ("Links restored", |t| t.links, "action:unwrap,trim", false),
    (
        "Receipts dropped",
        |t| t.receipts,
        "vector:receipt-header action:remove",
        false,
    ),
    ("Not cleaned", |t| t.skipped, "is:skipped", false),
    ("Failures", |t| t.failed, "is:failed", true),
];

/// Shown only where there is something to show: an installation either
/// observes or changes.
const ONLY_IF_ANY: &[&str] = &["Would be changed"];

/// The tiles of a range.
pub(super) fn tiles(now: &Totals, before: &Totals, range: &Range, zone: &TimeZone) -> Vec<Tile> {
    let when = range.query(zone);
    let is_shown =
        |(label, of, ..): &&Kind| !ONLY_IF_ANY.contains(label) || of(now) > 0 || of(before) > 0;
    let tile = |(label, of, what, is_bad): &Kind| Tile {
        number: number::count(of(now)),
        label,
        note: number::change(of(now), of(before)),
        href: path::log(&terms::all([*what, when.as_str()])),
        is_bad: *is_bad && of(now) > 0,
    };
    KINDS.iter().filter(is_shown).map(tile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::{Context, Query};

    #[test]
    fn every_tile_asks_a_query() {
        let now = "2026-11-21T12:00:00+00:00[UTC]".parse().unwrap();
        let context = Context {
            now: &now,
            keys: None,
        };
        for (label, _, text, _) in KINDS {
            assert!(Query::parse(text, &context).is_ok(), "{label}");
        }
        for label in ONLY_IF_ANY {
            assert!(KINDS.iter().any(|(known, ..)| known == label), "{label}");
        }
    }
}
