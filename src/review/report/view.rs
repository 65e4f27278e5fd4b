//! The report as tables of text and links: what every format shows.
//!
//! All text is printable here: what would control a reader's display is made
//! visible. It is not escaped yet.

use super::{
    links::{Links, term},
    model::{Period, Report},
    tables,
};
use crate::{
    review::{
        Series, Totals,
        chart::{counted, grouped},
    },
    visible::printable,
};
use jiff::civil::Date;

/// A number with its name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) number: String,
    /// Compared with the period before: `+12%`; empty if there is nothing to
    /// compare with.
    pub(super) change: String,
    /// Where it leads to.
    pub(super) href: Option<String>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) title: &'static str,
    /// What the table shows, in a sentence.
    pub(super) note: Option<String>,
    /// The heading of the names.
    pub(super) of: &'static str,
    /// The headings of the other columns.
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Row>,
    /// What to say if there are no rows; without it the table is left out.
    pub(super) empty: Option<&'static str>,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    /// One for each column.
    pub(super) cells: Vec<String>,
    /// How long the bar is beside it: a part of a whole.
    pub(super) bar: Option<(u64, u64)>,
    /// Where the name and the numbers lead to.
    pub(super) href: Option<String>,
}

/// What every format shows.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub(super) report: &'a Report,
    pub(super) title: String,
    /// What it is about and compared with, in a sentence.
    pub(super) about: String,
    pub(super) tiles: Vec<Tile>,
    pub(super) tables: Vec<Table>,
    /// What is known to be missing.
    pub(super) gaps: Vec<String>,
    /// Rules that no mail needed.
    pub(super) idle_rules: Vec<String>,
    pub(super) links: Links,
}

/// A number of the overview: its label, where it stands, the query that asks
/// for it, and whether it is left out where it is nothing.
type Figure = (&'static str, fn(&Totals) -> u64, &'static str, bool);

const FIGURES: &[Figure] = &[
    ("Messages seen", |t| t.messages, "", false),
    ("Cleaned", |t| t.changed, "is:changed", false),
    (
        "Would be cleaned",
        |t| t.would_change,
        "is:would-change",
        true,
    ),
    ("Nothing to clean", |t| t.clean, "is:clean", false),
    ("Not cleaned", |t| t.skipped, "is:skipped", false),
    ("Failed", |t| t.failed, "is:failed", false),
    (
        "Trackers",
        |t| t.trackers,
        "action:neutralize,remove",
        false,
    ),
    ("Links", |t| t.links, "action:unwrap,trim", false),
    (
        "Receipt requests",
        |t| t.receipts,
        "vector:receipt-header",
        false,
    ),
    (
        "Opaque redirects left",
        |t| t.opaque,
        "action:opaque",
        false,
    ),
    ("Suspects kept", |t| t.kept, "action:keep", false),
    ("Spared by the allowlist", |t| t.allowed, "allowed:*", true),
];

impl<'a> View<'a> {
    /// The view of a report, with links to the dashboard at `base`.
    pub(super) fn new(report: &'a Report, base: Option<&str>) -> Self {
        let links = Links::new(base, &report.period);
        Self {
            title: format!("Tracking in mail, {}", period(&report.period)),
            about: about(report),
            tiles: tiles(report, &links),
            tables: tables::all(report, &links),
            gaps: gaps(report),
            idle_rules: report
                .rules
                .without_hit
                .iter()
                .map(|id| shown(id))
                .collect(),
            report,
            links,
        }
    }

    /// How many of the messages were cleaned, in a line.
    pub(super) fn summary(&self) -> String {
        let totals = &self.report.totals;
        let (number, what) = match (totals.changed, totals.would_change) {
            (0, would @ 1..) => (would, "would be cleaned"),
            (changed, _) => (changed, "cleaned"),
        };
        let seen = counted(totals.messages, "messages");
        format!("{} of {seen} {what}", grouped(number))
    }

    /// What is said of the rules without a finding.
    pub(super) fn rules(&self) -> Option<String> {
        let loaded = self.report.rules.loaded;
        let idle = u64::try_from(self.idle_rules.len()).unwrap_or(u64::MAX);
        (loaded > 0).then(|| {
            format!(
                "{} of {} had no finding.",
                grouped(idle),
                counted(loaded, "rules")
            )
        })
    }

    /// The two series, with what each is a chart of.
    pub(super) fn series(&self) -> [(&'static str, &'static str, &'static str, &'a Series); 2] {
        let report = self.report;
        [
            ("Messages by outcome", "messages", "is", &report.outcomes),
            ("Findings by vector", "findings", "vector", &report.vectors),
        ]
    }

    /// Where a slot of a series, or a key of it, leads to.
    pub(super) fn slot(
        &self,
        field: &str,
        slot: &crate::review::Slot,
        key: Option<&str>,
    ) -> String {
        // What is summed up under one name cannot be asked for.
        let key = key.filter(|key| !key.starts_with('('));
        let query = key.map(|key| term(field, key)).unwrap_or_default();
        let link = self.links.slot(&query, slot.start_ms, slot.span_ms);
        link.unwrap_or_default()
    }
}

/// An outcome or a vector in words.
pub(super) fn label(key: &str) -> String {
    let words = match key {
        "changed" => "cleaned",
        "clean" => "nothing to clean",
        "skipped" => "not cleaned",
        "would-change" => "would be cleaned",
        key => key,
    };
    shown(words)
}

/// Text that controls nothing.
pub(super) fn shown(text: &str) -> String {
    printable(text).into_owned()
}

/// `9 Nov 2026 to 15 Nov 2026`, or a single day.
pub(super) fn period(period: &Period) -> String {
    if period.first == period.last {
        return day(period.first);
    }
    format!("{} to {}", day(period.first), day(period.last))
}

/// `9 Nov 2026`.
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// How a number differs from the one before, in whole percent; empty without
/// one.
pub(super) fn change(now: u64, before: Option<u64>) -> String {
    match before {
        None => String::new(),
        Some(before) if before == now => "same".to_owned(),
        Some(0) => "new".to_owned(),
        Some(before) => {
            let percent = (now.abs_diff(before) as f64 / before as f64 * 100.0).round();
            let sign = if now > before { '+' } else { '-' };
            match percent {
                0.0 => format!("{sign}<1%"),
                1_000.0.. => format!("{sign}>999%"),
                percent => format!("{sign}{percent}%"),
            }
        }
    }
}

fn about(report: &Report) -> String {
    let days = counted(report.period.days, "days");
    match &report.before {
        Some(before) => format!("{days} in UTC, compared with {}.", period(&before.period)),
        None => format!("{days} in UTC. The log does not reach back far enough to compare."),
    }
}

/// What is known to be missing, in sentences.
fn gaps(report: &Report) -> Vec<String> {
    let log = &report.log;
    let mut gaps = Vec::new();
    match log.first {
        None => gaps.push("The block log is empty.".to_owned()),
        Some(first) if first > report.period.first => {
            gaps.push(format!("The block log begins on {}.", day(first)));
        }
        Some(_) => {}
    }
    if log.lost > 0 {
        let since = log
            .started
            .map(|at| at.strftime(" on %-d %b %Y").to_string());
        gaps.push(format!(
            "{} could not be logged since the milter started{}.",
            counted(log.lost, "messages"),
            since.unwrap_or_default()
        ));
    }
    if let Some(trouble) = &log.trouble {
        gaps.push(format!(
            "The block log cannot be written: {}.",
            shown(trouble)
        ));
    }
    gaps
}

fn tiles(report: &Report, links: &Links) -> Vec<Tile> {
    FIGURES
        .iter()
        .filter_map(|(label, of, query, may_miss)| {
            let number = of(&report.totals);
            let before = report.before.map(|before| of(&before.totals));
            if *may_miss && number == 0 && before.unwrap_or_default() == 0 {
                return None;
            }
            Some(Tile {
                label,
                number: grouped(number),
                change: change(number, before),
                href: if number > 0 {
                    links.period(query)
                } else {
                    None
                },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::model::LogHealth, *};

    #[test]
    fn changes_are_whole_percents() {
        for (now, before, text) in [
            (12, None, ""),
            (12, Some(12), "same"),
            (0, Some(0), "same"),
            (3, Some(0), "new"),
            (0, Some(3), "-100%"),
            (112, Some(100), "+12%"),
            (2, Some(3), "-33%"),
            (10_001, Some(10_000), "+<1%"),
            (11_000, Some(1_000), "+>999%"),
        ] {
            assert_eq!(change(now, before), text, "{now} {before:?}");
        }
    }

    #[test]
    fn a_period_of_one_day_is_a_day() {
        let day: Date = "2026-11-09".parse().unwrap();
        let of = |last: &str| Period {
            first: day,
            last: last.parse().unwrap(),
            days: 1,
        };
        assert_eq!(period(&of("2026-11-09")), "9 Nov 2026");
        assert_eq!(period(&of("2026-12-01")), "9 Nov 2026 to 1 Dec 2026");
    }

    #[test]
    fn what_is_missing_is_said() {
        let report = |log: LogHealth| {
            let day: Date = "2026-11-09".parse().unwrap();
            Report {
                v: 1,
                r#type: "report",
                made: jiff::Timestamp::UNIX_EPOCH,
                period: Period {
                    first: day,
                    last: day,
                    days: 1,
                },
                totals: Totals::default(),
                before: None,
                outcomes: Series::default(),
                vectors: Series::default(),
                top: Vec::new(),
                skips: Vec::new(),
                remained: Vec::new(),
                new_companies: None,
                rules: super::super::model::Rules::default(),
                log,
                expiring: Vec::new(),
            }
        };
        let whole = LogHealth {
            first: "2026-11-09".parse().ok(),
            ..LogHealth::default()
        };
        assert!(gaps(&report(whole.clone())).is_empty());
        assert_eq!(
            gaps(&report(LogHealth::default())),
            ["The block log is empty."]
        );
        let broken = LogHealth {
            first: "2026-11-10".parse().ok(),
            lost: 1_200,
            started: "2026-11-03T10:00:00Z".parse().ok(),
            trouble: Some("disk full\u{1b}".to_owned()),
        };
        assert_eq!(
            gaps(&report(broken)),
            [
                "The block log begins on 10 Nov 2026.",
                "1,200 messages could not be logged since the milter started on 3 Nov 2026.",
                "The block log cannot be written: disk full\\u{1b}.",
            ]
        );
        let view = report(whole);
        assert_eq!(View::new(&view, None).summary(), "0 of 0 messages cleaned");
    }
}
