use super::*;
use crate::{
    review::{Cursor, Days, Dimension, Page, Series, Sum, TopRow, testing::Log},
    telemetry::{
        Disposition, Level,
        testing::{NOON, event, mails::DAY},
    },
};
use jiff::civil::date;

const DAY_1: Days = Days {
    first: date(2026, 11, 19),
    last: date(2026, 11, 19),
};
const ALL: Days = Days {
    first: date(2026, 11, 19),
    last: date(2026, 11, 21),
};

fn sum(findings: u64, messages: u64) -> Sum {
    Sum { findings, messages }
}

fn row(key: &str, all: Sum, actions: &[(&str, Sum)]) -> TopRow {
    TopRow {
        key: key.to_owned(),
        sum: all,
        actions: actions.iter().map(|(a, s)| ((*a).to_owned(), *s)).collect(),
    }
}

/// Writes to the file behind the reader's back.
fn write(log: &Log, sql: &str) {
    let connection = Connection::open(&log.settings.path).unwrap();
    connection.execute_batch(sql).unwrap();
}

#[test]
fn totals_are_of_whole_days_in_utc() {
    let log = Log::new();
    let reader = log.reader();
    let all = reader.totals(ALL).unwrap();
    assert_eq!(
        (all.messages, all.changed, all.would_change),
        (9, 4, 1),
        "A F H I, and B"
    );
    assert_eq!((all.clean, all.skipped, all.failed), (1, 2, 1));
    // A's and H's images and B's; A's two links; I's receipt.
    assert_eq!((all.trackers, all.links, all.receipts), (3, 2, 1));
    assert_eq!((all.kept, all.opaque, all.allowed), (1, 1, 1));
    // B ended a millisecond before midnight.
    let second = Days {
        first: date(2026, 11, 20),
        last: date(2026, 11, 20),
    };
    assert_eq!(reader.totals(second).unwrap().would_change, 1);
    assert_eq!(reader.totals(second).unwrap().messages, 1);
    assert_eq!(reader.totals(DAY_1).unwrap().messages, 1);
    for nothing in [
        Days {
            first: date(2026, 11, 22),
            last: date(2027, 1, 1),
        },
        Days {
            first: date(2026, 11, 21),
            last: date(2026, 11, 20),
        },
    ] {
        assert_eq!(reader.totals(nothing).unwrap(), Default::default());
    }
    let ever = Days {
        first: date(-9999, 1, 1),
        last: date(9999, 12, 31),
    };
    assert_eq!(reader.totals(ever).unwrap(), all);
}

#[test]
fn top_lists_are_sorted_and_split_by_action() {
    let log = Log::new();
    let reader = log.reader();
    assert_eq!(
        reader.top(Dimension::Company, ALL, 10).unwrap(),
        [
            row(
                "Example Inc",
                sum(4, 3),
                &[
                    ("allow", sum(1, 1)),
                    ("neutralize", sum(1, 1)),
                    ("unwrap", sum(2, 1)),
                ]
            ),
            row(
                "Other Ltd",
                sum(3, 3),
                &[
                    ("neutralize", sum(1, 1)),
                    ("opaque", sum(1, 1)),
                    ("would-remove", sum(1, 1)),
                ]
            ),
        ]
    );
    // All messages of a sender, those without findings too.
    let senders = reader.top(Dimension::Sender, ALL, 1).unwrap();
    assert_eq!((senders.len(), senders[0].key.as_str()), (1, "example.org"));
    assert_eq!(senders[0].sum, sum(8, 7), "A C D F G H I");
    assert_eq!(
        reader.top(Dimension::Skip, ALL, 10).unwrap(),
        [
            row("charset", sum(0, 1), &[]),
            row("oversize", sum(0, 1), &[]),
            row("signed", sum(0, 1), &[]),
        ]
    );
    assert_eq!(reader.top(Dimension::Company, DAY_1, 10).unwrap().len(), 1);
    write(
        &log,
        "INSERT INTO rollup_daily VALUES (20776, 'company', '(other)', 'unwrap', 99, 9)",
    );
    // 2026-11-19 is 20,776 days after 1970.
    let keys: Vec<String> = reader
        .top(Dimension::Company, DAY_1, 10)
        .unwrap()
        .into_iter()
        .map(|row| row.key)
        .collect();
    assert_eq!(keys, ["Example Inc", "(other)"]);
}

fn lines(series: &Series) -> Vec<(i64, i64, Vec<u64>)> {
    let slots = series.slots.iter();
    slots
        .map(|slot| (slot.start_ms, slot.span_ms, slot.counts.clone()))
        .collect()
}

#[test]
fn a_series_has_no_gaps() {
    let log = Log::new();
    let reader = log.reader();
    let days = Days {
        first: date(2026, 11, 18),
        last: date(2026, 11, 22),
    };
    let series = reader.series(Dimension::Company, days, 1).unwrap();
    assert_eq!(series.keys, ["Example Inc", "(other)"]);
    let midnight = NOON - DAY / 2;
    assert_eq!(
        lines(&series),
        [
            (midnight - 3 * DAY, DAY, vec![0, 0]),
            (midnight - 2 * DAY, DAY, vec![3, 0]),
            (midnight - DAY, DAY, vec![0, 1]),
            (midnight, DAY, vec![1, 2]),
            (midnight + DAY, DAY, vec![0, 0]),
        ]
    );
    // Outcomes count messages.
    let series = reader.series(Dimension::Disposition, ALL, 9).unwrap();
    assert_eq!(
        series.keys,
        ["changed", "skipped", "clean", "failed", "would-change"]
    );
    assert_eq!(series.slots[2].counts, [3, 2, 1, 1, 0]);
    let nobody = reader.series_of(Dimension::Company, "Nobody", ALL).unwrap();
    assert_eq!((nobody.keys.len(), nobody.slots.len()), (0, 3));
}

#[test]
fn a_day_is_split_into_hours_and_many_days_into_weeks() {
    let log = Log::new();
    let reader = log.reader();
    let today = Days {
        first: date(2026, 11, 21),
        last: date(2026, 11, 21),
    };
    let midnight = NOON - DAY / 2;
    // Sums by the hour are only kept for some days, which go by the machine's
    // clock: these are made by hand.
    write(
        &log,
        &format!(
            "DELETE FROM rollup_hourly;
             INSERT INTO rollup_hourly VALUES
                 ({h}, 'vector', 'img-src', 'neutralize', 5, 2),
                 ({h} + 23, 'vector', 'a-href', 'unwrap', 1, 1),
                 ({h} + 24, 'vector', 'a-href', 'unwrap', 7, 7);",
            h = midnight / 3_600_000
        ),
    );
    let series = reader.series(Dimension::Vector, today, 5).unwrap();
    assert_eq!(series.keys, ["img-src", "a-href"]);
    assert_eq!(series.slots.len(), 24);
    assert_eq!(lines(&series)[0], (midnight, 3_600_000, vec![5, 0]));
    assert_eq!(
        lines(&series)[23],
        (midnight + 23 * 3_600_000, 3_600_000, vec![0, 1])
    );
    let of_one = reader
        .series_of(Dimension::Vector, "img-src", today)
        .unwrap();
    assert_eq!(
        (of_one.keys, of_one.slots.len()),
        (vec!["neutralize".to_owned()], 24)
    );
    // Companies are not summed by the hour.
    let series = reader.series(Dimension::Company, today, 5).unwrap();
    assert_eq!(lines(&series), [(midnight, DAY, vec![2, 1])]);

    let days = |count: i64| Days {
        first: date(2026, 11, 21)
            .checked_sub(jiff::Span::new().days(count - 1))
            .unwrap(),
        last: date(2026, 11, 21),
    };
    let series = reader.series(Dimension::Company, days(120), 5).unwrap();
    assert_eq!(series.slots.len(), 120);
    // 121 days are 17 weeks and two days, which come first.
    let series = reader.series(Dimension::Company, days(121), 5).unwrap();
    let lines = lines(&series);
    assert_eq!(lines.len(), 18);
    assert_eq!(lines[0], (midnight - 120 * DAY, 2 * DAY, vec![0, 0]));
    assert_eq!(lines[1], (midnight - 118 * DAY, 7 * DAY, vec![0, 0]));
    assert_eq!(lines[17], (midnight - 6 * DAY, 7 * DAY, vec![4, 3]));
    let total: i64 = lines.iter().map(|(_, span, _)| span).sum();
    assert_eq!(total, 121 * DAY);
}

#[test]
fn a_series_of_one_key_is_split_by_action() {
    let log = Log::new();
    let reader = log.reader();
    let series = reader
        .series_of(Dimension::Company, "Example Inc", ALL)
        .unwrap();
    assert_eq!(series.keys, ["unwrap", "allow", "neutralize"]);
    let counts: Vec<_> = series.slots.iter().map(|s| s.counts.clone()).collect();
    assert_eq!(counts, [[2, 0, 1], [0, 0, 0], [0, 1, 0]]);
    let series = reader.series_of(Dimension::Skip, "signed", ALL).unwrap();
    assert_eq!(series.keys, ["messages"]);
    assert_eq!(series.slots[2].counts, [1]);
    let series = reader
        .series_of(Dimension::Sender, "brand.example", ALL)
        .unwrap();
    assert_eq!(series.keys.len(), 0, "only the envelope counts");
    let series = reader
        .series_of(Dimension::Sender, "example.com", ALL)
        .unwrap();
    assert_eq!(series.keys, ["would-remove"]);
}

#[test]
fn a_span_is_of_all_days() {
    let log = Log::new();
    let span = |dimension, key| log.reader().span(dimension, key).unwrap();
    let found = span(Dimension::Company, "Example Inc").unwrap();
    assert_eq!(
        (found.first, found.last, found.sum),
        (date(2026, 11, 19), date(2026, 11, 21), sum(4, 3))
    );
    let found = span(Dimension::Sender, "example.org").unwrap();
    assert_eq!(found.sum, sum(8, 7));
    assert_eq!(span(Dimension::Company, "Nobody"), None);
    let empty = Log::empty();
    empty.record(Level::Pseudonym, Vec::new());
    let reader = empty.reader();
    assert_eq!(reader.span(Dimension::Company, "x").unwrap(), None);
    assert_eq!(reader.totals(ALL).unwrap(), Default::default());
    assert_eq!(
        reader.page(&empty_query(), Cursor::Newest, 5).unwrap(),
        Page::default()
    );
    assert_eq!(
        reader
            .series(Dimension::Vector, ALL, 5)
            .unwrap()
            .slots
            .len(),
        3
    );
}

fn empty_query() -> crate::review::Query {
    crate::review::Query::default()
}

#[test]
fn a_question_that_takes_too_long_is_interrupted() {
    let log = Log::empty();
    let mails = (0..3_000).map(|n| event(NOON + n, Disposition::Failed, Vec::new()));
    log.record(Level::Pseudonym, mails.collect());
    let reader = log.reader();
    let query = log.query("size:>1G");
    assert_eq!(reader.newest(&query, 1).unwrap(), []);
    // The time is over as soon as it is looked at, before the first segment.
    reader.set_patience(Duration::ZERO);
    let error = reader.newest(&query, 1).unwrap_err();
    assert!(matches!(error, ReviewError::TooLong), "{error}");
    assert_eq!(
        error.to_string(),
        "the answer takes too long; narrow the time (since:, until:) or the query"
    );
    // The next question has a time of its own.
    reader.set_patience(Duration::from_secs(600));
    assert_eq!(reader.newest(&query, 1).unwrap(), []);
    assert_eq!(reader.newest(&log.query("queue:x"), 1).unwrap(), []);
}

#[test]
fn the_recorder_says_how_it_is() {
    let log = Log::new();
    let status = log.reader().status().unwrap().unwrap();
    assert_eq!(status.privacy, Level::Domain, "the last recorder's");
    assert!(!status.is_running);
    assert_eq!(status.stored, 1);
}

#[test]
fn each_dimension_is_in_the_table_once() {
    use crate::review::{DIMENSIONS, FIELDS};
    for info in DIMENSIONS {
        assert_eq!(info.dimension.info().stored, info.stored);
        assert!(
            FIELDS.iter().any(|f| f.name == info.field),
            "{}",
            info.field
        );
    }
}

mod lists;
mod pages;
