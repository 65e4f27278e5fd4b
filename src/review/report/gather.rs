//! Asks the block log for what a report holds.

use super::model::{
    Before, Expiring, LogHealth, NewCompany, Remained, Report, Rules, Skipped, TopLine, TopList,
    VERSION,
};
use crate::{
    allow::Entry,
    review::{Days, Dimension, Reader, ReviewError, Sum, TopRow, suppress::suppress},
    telemetry::Disposition,
};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
};
use std::collections::{HashMap, HashSet};

/// Most keys that are looked at to compare with, to look for what is new, and
/// to measure what was left.
const MANY: usize = 100_000;
/// Most keys of a chart.
const CHART_KEYS: usize = 7;
/// What stands in place of the names beyond the largest.
const OTHER: &str = "(other)";
/// Before any log.
const BEGINNING: Date = date(1970, 1, 1);
/// How long before its end an entry of the allowlist is named.
const EXPIRES_WITHIN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The lists, in their order.
const LISTS: &[Dimension] = &[
    Dimension::Company,
    Dimension::Tracker,
    Dimension::Sender,
    Dimension::Rule,
    Dimension::Vector,
    Dimension::RecipientDomain,
];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The days that the report is about.
    pub days: Days,
    /// The days to compare them with.
    pub before: Days,
    /// How many lines a list has.
    pub top: usize,
    /// Lists by sender and recipient domain leave out names with fewer known
    /// recipients, and round the others; 1 leaves out nothing.
    pub min_group: u32,
    /// Whether there is a list by recipient domain.
    pub has_recipients: bool,
    /// The rules that are loaded, by identifier.
    pub rules: &'a [String],
    /// The allowlist.
    pub allowed: &'a [Entry],
    /// When the report is made.
    pub now: Timestamp,
}

/// Makes a report.
///
/// # Errors
///
/// The block log cannot be read.
pub fn gather(reader: &Reader, asked: &Asked<'_>) -> Result<Report, ReviewError> {
    let log = health(reader)?;
    // Nothing to compare with if the log began in the middle of it.
    let has_before = log.first.is_some_and(|first| first <= asked.before.first);
    let before = if has_before {
        Some(Before {
            period: asked.before.into(),
            totals: reader.totals(asked.before)?,
        })
    } else {
        None
    };
    let lists = LISTS
        .iter()
        .filter(|dimension| **dimension != Dimension::RecipientDomain || asked.has_recipients);
    Ok(Report {
        v: VERSION,
        r#type: "report",
        made: asked.now,
        period: asked.days.into(),
        totals: reader.totals(asked.days)?,
        outcomes: reader.series(Dimension::Disposition, asked.days, CHART_KEYS)?,
        vectors: reader.series(Dimension::Vector, asked.days, CHART_KEYS)?,
        top: lists
            .map(|dimension| top(reader, asked, *dimension, has_before))
            .collect::<Result<_, _>>()?,
        skips: skips(reader, asked, has_before)?,
        remained: remained(reader, asked)?,
        new_companies: match log.first {
            Some(first) if first < asked.days.first => Some(new_companies(reader, asked)?),
            _ => None,
        },
        rules: rules(reader, asked)?,
        expiring: expiring(asked),
        before,
        log,
    })
}

/// The sums of a dimension in the period before, by key.
fn earlier(
    reader: &Reader,
    asked: &Asked<'_>,
    dimension: Dimension,
) -> Result<HashMap<String, Sum>, ReviewError> {
    let rows = reader.top(dimension, asked.before, MANY)?;
    Ok(rows.into_iter().map(|row| (row.key, row.sum)).collect())
}

fn top(
    reader: &Reader,
    asked: &Asked<'_>,
    dimension: Dimension,
    has_before: bool,
) -> Result<TopList, ReviewError> {
    let tells_of_people = matches!(dimension, Dimension::Sender | Dimension::RecipientDomain);
    let min_group = if tells_of_people { asked.min_group } else { 1 };
    let mut rows = reader.top(dimension, asked.days, MANY)?;
    // A sender or recipient of nothing but clean mail is not what is asked,
    // and a finding without a URL has no tracker.
    rows.retain(|row| row.sum.findings > 0 && !row.key.is_empty());
    let found = rows.len();
    if min_group > 1 {
        let sizes = reader.group_sizes(dimension, asked.days)?;
        rows = suppress(rows, |key| sizes.get(key).copied(), min_group);
    }
    let withheld = found.saturating_sub(rows.len());
    // What tells nothing of single names may be compared.
    let earlier = match has_before && min_group <= 1 {
        true => Some(earlier(reader, asked, dimension)?),
        false => None,
    };
    let info = dimension.info();
    let line = |row: TopRow| TopLine {
        findings: row.sum.findings,
        messages: row.sum.messages,
        findings_before: earlier.as_ref().map(|earlier| {
            let sum = earlier.get(&row.key).copied();
            sum.unwrap_or_default().findings
        }),
        key: row.key,
    };
    Ok(TopList {
        of: info.plural,
        title: info.title,
        field: info.field,
        rows: rows.into_iter().take(asked.top).map(line).collect(),
        min_group,
        withheld: u64::try_from(withheld).unwrap_or(u64::MAX),
    })
}

fn skips(
    reader: &Reader,
    asked: &Asked<'_>,
    has_before: bool,
) -> Result<Vec<Skipped>, ReviewError> {
    let earlier = match has_before {
        true => Some(earlier(reader, asked, Dimension::Skip)?),
        false => None,
    };
    let rows = reader.top(Dimension::Skip, asked.days, MANY)?;
    let skipped = |row: TopRow| Skipped {
        messages: row.sum.messages,
        messages_before: earlier.as_ref().map(|earlier| {
            let sum = earlier.get(&row.key).copied();
            sum.unwrap_or_default().messages
        }),
        reason: row.key,
    };
    Ok(rows.into_iter().map(skipped).collect())
}

fn remained(reader: &Reader, asked: &Asked<'_>) -> Result<Vec<Remained>, ReviewError> {
    let rows = reader.top(Dimension::Tracker, asked.days, MANY)?;
    let mut remained: Vec<Remained> = rows
        .into_iter()
        .map(|row| {
            let findings = |action| row.actions.get(action).map_or(0, |sum: &Sum| sum.findings);
            Remained {
                opaque: findings("opaque"),
                kept: findings("keep"),
                tracker: row.key,
            }
        })
        .filter(|row| row.opaque > 0 || row.kept > 0)
        .collect();
    // Those of equal size stay in the order of all findings.
    remained.sort_by_key(|row| std::cmp::Reverse(row.opaque.saturating_add(row.kept)));
    remained.truncate(asked.top);
    Ok(remained)
}

fn new_companies(reader: &Reader, asked: &Asked<'_>) -> Result<Vec<NewCompany>, ReviewError> {
    let earlier = match asked.days.first.yesterday() {
        Ok(last) => {
            let days = Days {
                first: BEGINNING,
                last,
            };
            let rows = reader.top(Dimension::Company, days, MANY)?;
            rows.into_iter().map(|row| row.key).collect()
        }
        Err(_) => HashSet::new(),
    };
    let rows = reader.top(Dimension::Company, asked.days, MANY)?;
    let mut new = Vec::new();
    for row in rows {
        if row.key == OTHER || earlier.contains(&row.key) {
            continue;
        }
        let span = reader.span(Dimension::Company, &row.key)?;
        new.push(NewCompany {
            first: span.map_or(asked.days.first, |span| span.first),
            findings: row.sum.findings,
            messages: row.sum.messages,
            company: row.key,
        });
        if new.len() >= asked.top {
            break;
        }
    }
    Ok(new)
}

fn rules(reader: &Reader, asked: &Asked<'_>) -> Result<Rules, ReviewError> {
    let rows = reader.top(Dimension::Rule, asked.days, MANY)?;
    let hit: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    let mut without_hit: Vec<String> = asked
        .rules
        .iter()
        .filter(|id| !hit.contains(id.as_str()))
        .cloned()
        .collect();
    without_hit.sort();
    Ok(Rules {
        loaded: u64::try_from(asked.rules.len()).unwrap_or(u64::MAX),
        without_hit,
    })
}

fn expiring(asked: &Asked<'_>) -> Vec<Expiring> {
    let end = asked
        .now
        .saturating_add(EXPIRES_WITHIN)
        .unwrap_or(Timestamp::MAX);
    let mut expiring: Vec<Expiring> = asked
        .allowed
        .iter()
        .filter(|entry| entry.is_in_force(asked.now))
        .filter_map(|entry| {
            let expires = entry.expires.filter(|expires| *expires <= end)?;
            Some(Expiring {
                id: entry.id.to_string(),
                what: entry.describe(),
                reason: entry.reason.clone(),
                author: entry.author.clone(),
                expires,
            })
        })
        .collect();
    expiring.sort_by_key(|entry| entry.expires);
    expiring
}

/// Since when the log knows anything, and what is missing.
fn health(reader: &Reader) -> Result<LogHealth, ReviewError> {
    let mut first: Option<Date> = None;
    for disposition in Disposition::ALL {
        if let Some(span) = reader.span(Dimension::Disposition, disposition.name())? {
            first = Some(first.map_or(span.first, |first| first.min(span.first)));
        }
    }
    let status = reader.status()?.unwrap_or_default();
    let started = Timestamp::from_millisecond(status.started_ms).ok();
    let trouble = status.last_error.filter(|_| !status.is_healthy);
    Ok(LogHealth {
        first,
        lost: status.lost.total(),
        started: started.filter(|at| *at > Timestamp::UNIX_EPOCH),
        trouble,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allow::{NewEntry, Scope};

    #[test]
    fn entries_that_end_within_two_weeks_are_named_the_first_one_first() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let entry = |id: &str, expires: Option<&str>| {
            let new = NewEntry {
                scope: Scope::Rule,
                value: "example-open".to_owned(),
                sender: None,
                recipient_domain: None,
                reason: "the shop's own figures".to_owned(),
                author: "ann".to_owned(),
                expires: expires.map(|expires| expires.parse().unwrap()),
            };
            let created = "2026-11-01T00:00:00Z".parse().unwrap();
            new.checked(id, created).unwrap()
        };
        let allowed = [
            entry("a-never", None),
            entry("a-last", Some("2026-12-06T12:00:00Z")),
            entry("a-later", Some("2026-12-06T12:00:01Z")),
            entry("a-over", Some("2026-11-22T12:00:00Z")),
            entry("a-first", Some("2026-11-22T12:00:01Z")),
        ];
        let day = date(2026, 11, 22);
        let days = Days {
            first: day,
            last: day,
        };
        let asked = Asked {
            days,
            before: days,
            top: 10,
            min_group: 1,
            has_recipients: false,
            rules: &[],
            allowed: &allowed,
            now,
        };
        let ids: Vec<_> = expiring(&asked).into_iter().map(|entry| entry.id).collect();
        assert_eq!(ids, ["a-first", "a-last"]);
    }
}
