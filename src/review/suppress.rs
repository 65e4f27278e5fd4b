//! Keeps small groups of people out of what leaves the house.
//!
//! A sum over few people tells about each of them: "three messages of that
//! clinic to our domain last week" may be one person's. So exported sums leave
//! out groups of fewer than `review.min_group` recipients, and the rest is
//! rounded to fives, so that a difference of one cannot be read off.
//!
//! This is small-group suppression and no more. It is no guarantee against
//! differencing: whoever gets many reports of overlapping days, or knows other
//! sums, can still narrow people down.

use super::{Dimension, Sum, TopRow, Totals};
use crate::{skip::Skip, telemetry::store::schema};
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, HashMap};

/// Most messages, the newest first, out of which groups are measured.
pub const NEWEST: u32 = 20_000;

/// What exported numbers are a multiple of.
const STEP: u64 = 5;

/// Leaves out rows of fewer than `min_group` recipients, and those of an
/// unknown number of them; the numbers of the others are rounded (see
/// [`rounded`]), and those that nothing is left of go, too. The order stays.
///
/// With a `min_group` of 1 nothing is left out or rounded.
pub fn suppress(
    rows: Vec<TopRow>,
    recipients: impl Fn(&str) -> Option<u64>,
    min_group: u32,
) -> Vec<TopRow> {
    if min_group <= 1 {
        return rows;
    }
    rows.into_iter()
        .filter(|row| recipients(&row.key).is_some_and(|n| n >= u64::from(min_group)))
        .map(|row| TopRow {
            sum: sum(row.sum),
            actions: actions(row.actions),
            key: row.key,
        })
        .filter(|row| row.sum != Sum::default())
        .collect()
}

/// The nearest multiple of five; a number that ends in a half does not exist.
pub fn rounded(number: u64) -> u64 {
    let rest = number % STEP;
    let below = number.saturating_sub(rest);
    if rest.saturating_mul(2) > STEP {
        below.saturating_add(STEP)
    } else {
        below
    }
}

/// The totals of a stretch of days, rounded.
pub fn totals(totals: &Totals) -> Totals {
    Totals {
        messages: rounded(totals.messages),
        changed: rounded(totals.changed),
        would_change: rounded(totals.would_change),
        clean: rounded(totals.clean),
        skipped: rounded(totals.skipped),
        failed: rounded(totals.failed),
        trackers: rounded(totals.trackers),
        links: rounded(totals.links),
        receipts: rounded(totals.receipts),
        kept: rounded(totals.kept),
        opaque: rounded(totals.opaque),
        allowed: rounded(totals.allowed),
    }
}

fn sum(sum: Sum) -> Sum {
    Sum {
        findings: rounded(sum.findings),
        messages: rounded(sum.messages),
    }
}

fn actions(actions: BTreeMap<String, Sum>) -> BTreeMap<String, Sum> {
    let rounded = actions.into_iter().map(|(name, of)| (name, sum(of)));
    rounded.filter(|(_, sum)| *sum != Sum::default()).collect()
}

/// How many different recipients each key of a dimension has at least, among
/// the newest messages of a stretch of time (milliseconds since 1970, the end
/// not included).
///
/// It is a lower bound, so a group is never taken for larger than it is: the
/// same person has one pseudonym for each key, so those of one key and level
/// are counted apart and the largest number counts. Where no person is stored
/// (level `domain`, after an erasure), the recipients of one message are.
///
/// # Errors
///
/// The database cannot be read.
pub fn group_sizes(
    connection: &Connection,
    dimension: Dimension,
    (since_ms, until_ms): (i64, i64),
    newest: u32,
) -> rusqlite::Result<HashMap<String, u64>> {
    let pairs = pairs(dimension);
    let mut statement = connection.prepare(&format!(
        "WITH newest AS MATERIALIZED (
             SELECT id FROM message WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3
         ),
         pair (name, message) AS ({pairs}),
         part AS (
             SELECT pair.name, max(count(DISTINCT recipient.who), max(message.recipients)) AS size
             FROM pair
             JOIN message ON message.id = pair.message
             LEFT JOIN recipient ON recipient.message = pair.message
             GROUP BY pair.name, message.key, message.privacy
         )
         SELECT name, max(size) FROM part WHERE name IS NOT NULL GROUP BY name"
    ))?;
    let range = params![
        schema::first_id(since_ms),
        schema::first_id(until_ms),
        newest
    ];
    statement
        .query_map(range, |row| {
            let size: i64 = row.get(1)?;
            Ok((row.get(0)?, u64::try_from(size).unwrap_or_default()))
        })?
        .collect()
}

/// Each name of a dimension with each of the newest messages that has it.
fn pairs(dimension: Dimension) -> String {
    let of_finding = |column: &str, dictionary: &str| {
        format!(
            "SELECT DISTINCT d.name, newest.id FROM newest
             JOIN finding f ON f.id >= newest.id << {bits} AND f.id < (newest.id + 1) << {bits}
             JOIN {dictionary} d ON d.id = f.{column}",
            bits = schema::FINDING_BITS
        )
    };
    let of_message = |column: &str, dictionary: &str| {
        format!(
            "SELECT d.name, m.id FROM newest JOIN message m ON m.id = newest.id
             JOIN {dictionary} d ON d.id = m.{column}"
        )
    };
    match dimension {
        Dimension::Company => of_finding("company", "company"),
        Dimension::Disposition => of_message("disposition", "disposition"),
        Dimension::RecipientDomain => "SELECT DISTINCT d.name, newest.id FROM newest
             JOIN recipient r ON r.message = newest.id JOIN domain d ON d.id = r.domain"
            .to_owned(),
        // The inner ones stand in words, with a space on either side.
        Dimension::Rule => format!(
            "{} UNION SELECT DISTINCT d.name, newest.id FROM newest
             JOIN finding f ON f.id >= newest.id << {bits} AND f.id < (newest.id + 1) << {bits}
             JOIN rule d ON f.inner_rules IS NOT NULL
                 AND instr(f.inner_rules, ' ' || d.name || ' ') > 0",
            of_finding("rule", "rule"),
            bits = schema::FINDING_BITS
        ),
        Dimension::Sender => of_message("sender_domain", "domain"),
        Dimension::Skip => {
            let names: Vec<String> = Skip::ALL
                .iter()
                .map(|skip| format!("('{}')", skip.name()))
                .collect();
            format!(
                "SELECT d.column1, m.id FROM newest JOIN message m ON m.id = newest.id
                 JOIN (VALUES {}) d ON m.skips IS NOT NULL
                     AND instr(' ' || m.skips, ' ' || d.column1 || ':') > 0",
                names.join(", ")
            )
        }
        Dimension::Tracker => of_finding("tracker_domain", "domain"),
        Dimension::Vector => of_finding("vector", "vector"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        review::DIMENSIONS,
        telemetry::{
            Disposition, Level, Record, Recorder, Settings,
            testing::{NOON, event, link, pixel},
        },
    };
    use std::{path::Path, time::Duration};

    const DAY: i64 = 86_400_000;

    fn row(key: &str, findings: u64, messages: u64) -> TopRow {
        let sum = Sum { findings, messages };
        TopRow {
            key: key.to_owned(),
            sum,
            actions: [
                ("unwrap".to_owned(), sum),
                (
                    "allow".to_owned(),
                    Sum {
                        findings: 2,
                        messages: 1,
                    },
                ),
            ]
            .into(),
        }
    }

    #[test]
    fn small_and_unknown_groups_are_left_out_and_the_rest_is_rounded() {
        let rows = vec![
            row("large", 1_003, 98),
            row("small", 900, 80),
            row("unknown", 900, 80),
            row("just", 7, 2),
            row("nothing left", 2, 1),
        ];
        let sizes: HashMap<&str, u64> = [
            ("large", 70),
            ("small", 4),
            ("just", 5),
            ("nothing left", 9),
        ]
        .into();
        let left = suppress(rows, |key| sizes.get(key).copied(), 5);
        let left: Vec<_> = left
            .iter()
            .map(|row| {
                let actions: Vec<_> = row.actions.keys().map(String::as_str).collect();
                (
                    row.key.as_str(),
                    row.sum.findings,
                    row.sum.messages,
                    actions,
                )
            })
            .collect();
        assert_eq!(
            left,
            [
                ("large", 1_005, 100, vec!["unwrap"]),
                ("just", 5, 0, vec!["unwrap"])
            ]
        );
    }

    #[test]
    fn a_group_of_one_switches_it_off() {
        let rows = vec![row("one", 1, 1)];
        assert_eq!(suppress(rows.clone(), |_| None, 1), rows);
    }

    #[test]
    fn numbers_go_to_the_nearest_five() {
        for (number, expected) in [
            (0, 0),
            (1, 0),
            (2, 0),
            (3, 5),
            (4, 5),
            (5, 5),
            (7, 5),
            (8, 10),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(rounded(number), expected, "{number}");
        }
    }

    fn filled(dir: &Path, level: Level, people: &[&[&str]]) -> Connection {
        let settings = Settings {
            path: dir.join("log.db"),
            keys: dir.join("log.keys"),
            privacy: level,
            keep_days: 100_000,
            ..Settings::default()
        };
        let recorder = Recorder::start(&settings).unwrap();
        for (n, recipients) in (0..).zip(people) {
            let mut event = event(
                NOON + n,
                Disposition::Changed,
                vec![
                    pixel("https://open.example.org/p.gif?u=1"),
                    link("https://click.example.net/x", "https://shop.example.com/"),
                ],
            );
            event.transaction.recipients = recipients.iter().map(ToString::to_string).collect();
            recorder.record(event);
        }
        assert!(recorder.stop(Duration::from_secs(30)));
        Connection::open(&settings.path).unwrap()
    }

    fn size(connection: &Connection, dimension: Dimension, key: &str) -> Option<u64> {
        let days = (NOON - DAY, NOON + DAY);
        let sizes = group_sizes(connection, dimension, days, NEWEST).unwrap();
        sizes.get(key).copied()
    }

    #[test]
    fn a_person_counts_once_in_each_group() {
        let dir = tempfile::tempdir().unwrap();
        let people: [&[&str]; 4] = [
            &["a@example.com", "b@example.com"],
            &["A@example.com"],
            &["c@example.net"],
            &["a@example.com"],
        ];
        let connection = filled(dir.path(), Level::Pseudonym, &people);
        for (dimension, key, expected) in [
            (Dimension::Company, "Example Inc", Some(3)),
            (Dimension::Disposition, "changed", Some(3)),
            (Dimension::RecipientDomain, "example.net", Some(1)),
            (Dimension::Rule, "example-open", Some(3)),
            (Dimension::Rule, "example-inner", Some(3)),
            (Dimension::Sender, "example.org", Some(3)),
            (Dimension::Skip, "signed", None),
            (Dimension::Tracker, "example.net", Some(3)),
            (Dimension::Vector, "img-src", Some(3)),
            (Dimension::Vector, "css-url", None),
        ] {
            assert_eq!(size(&connection, dimension, key), expected, "{key}");
        }
        // Of the newest message only one person is known, and none of another
        // day.
        let days = (NOON, NOON + DAY);
        let sizes = group_sizes(&connection, Dimension::Company, days, 1).unwrap();
        assert_eq!(sizes["Example Inc"], 1);
        let days = (NOON + DAY, NOON + 2 * DAY);
        assert!(
            group_sizes(&connection, Dimension::Company, days, NEWEST)
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn people_under_two_keys_do_not_count_twice() {
        let dir = tempfile::tempdir().unwrap();
        let people: [&[&str]; 2] = [&["a@example.com"], &["b@example.com"]];
        let connection = filled(dir.path(), Level::Pseudonym, &people);
        connection
            .execute(
                "UPDATE message SET key = 2 WHERE id = (SELECT max(id) FROM message)",
                [],
            )
            .unwrap();
        assert_eq!(size(&connection, Dimension::Rule, "example-open"), Some(1));
    }

    #[test]
    fn without_people_one_message_proves_a_group() {
        let dir = tempfile::tempdir().unwrap();
        let people: [&[&str]; 2] = [
            &["a@example.com"],
            &["b@example.com", "c@example.com", "d@example.com"],
        ];
        let connection = filled(dir.path(), Level::Domain, &people);
        assert_eq!(size(&connection, Dimension::Rule, "example-open"), Some(3));
    }

    #[test]
    fn every_dimension_can_be_measured() {
        let dir = tempfile::tempdir().unwrap();
        let connection = filled(dir.path(), Level::Pseudonym, &[&["a@example.com"]]);
        for info in DIMENSIONS {
            let days = (0, NOON + DAY);
            group_sizes(&connection, info.dimension, days, NEWEST).unwrap();
        }
    }
}
