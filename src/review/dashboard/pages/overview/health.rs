//! Whether the log is in order, in words.

use crate::{
    review::{
        MessageRow, Query, Reader, ReviewError,
        dashboard::view::{Moment, Shown, moment, number, path},
    },
    telemetry::Status,
};
use jiff::Zoned;

/// How many of the newest messages the time that they took is measured by.
const MEASURED: usize = 200;

/// What is read for it.
#[derive(Debug, Default)]
pub(super) struct Vitals {
    status: Option<Status>,
    last: Option<MessageRow>,
    /// What the newest messages took, in microseconds.
    took: Vec<i64>,
    is_counted: bool,
}

impl Vitals {
    /// `is_counted` says whether the sums are known to hold any message.
    pub(super) fn read(reader: &Reader, is_counted: bool) -> Result<Self, ReviewError> {
        let newest = reader.newest(&Query::default(), MEASURED)?;
        Ok(Self {
            status: reader.status()?,
            took: newest.iter().map(|row| row.duration_us).collect(),
            is_counted: is_counted || !newest.is_empty(),
            last: newest.into_iter().next(),
        })
    }

    /// Whether no message was ever counted, as far as can be seen.
    pub(super) fn is_fresh(&self) -> bool {
        let is_stored = self.status.as_ref().is_some_and(|status| status.stored > 0);
        !self.is_counted && !is_stored
    }
}

/// One line: what, and how it is.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) label: &'static str,
    pub(super) text: Shown,
    pub(super) title: String,
    pub(super) href: Option<String>,
}

/// The state of the log.
#[derive(Debug)]
pub(super) struct Health {
    /// In a word or two.
    pub(super) verdict: &'static str,
    /// The badge's class.
    pub(super) class: &'static str,
    /// What is wrong and what to do; empty if all is well.
    pub(super) problems: Vec<Shown>,
    pub(super) signs: Vec<Sign>,
}

impl Health {
    pub(super) fn new(vitals: &Vitals, now: &Zoned) -> Self {
        let problems = vitals.status.as_ref().map(problems).unwrap_or_default();
        let (verdict, class) = match &vitals.status {
            None => ("unknown", "badge badge-quiet"),
            Some(status) if !status.is_running => ("the milter is not running", "badge badge-bad"),
            Some(_) if !problems.is_empty() => ("needs attention", "badge badge-bad"),
            Some(_) => ("all is well", "badge badge-good"),
        };
        let mut signs = Vec::new();
        signs.extend(vitals.last.iter().flat_map(|last| of_last(last, now)));
        signs.extend(took(&vitals.took));
        signs.extend(
            vitals
                .status
                .iter()
                .flat_map(|status| of_status(status, now)),
        );
        Self {
            verdict,
            class,
            problems,
            signs,
        }
    }
}

/// What is wrong, with its remedy.
fn problems(status: &Status) -> Vec<Shown> {
    let mut problems = Vec::new();
    if status.is_running && !status.is_healthy {
        let why = status.last_error.as_deref().unwrap_or("no reason is known");
        problems.push(format!(
            "The block log cannot be written: {why}. Mail goes on; up to {} messages wait, and \
             further ones will be missing here.",
            number::count(status.queue_capacity)
        ));
    }
    let lost = [
        (
            status.lost.queue,
            "because more came at once than log.queue holds; raise it",
        ),
        (
            status.lost.database,
            "because the database could not be written; the service's own log says why",
        ),
        (
            status.lost.space,
            "because the disk was full; make room or lower log.max_bytes",
        ),
    ];
    for (count, why) in lost.into_iter().filter(|(count, _)| *count > 0) {
        let messages = number::things(count, "message is missing", "messages are missing");
        problems.push(format!("{messages} here {why}. The mail was passed on."));
    }
    if status.evicted > 0 {
        let messages = number::things(status.evicted, "message was", "messages were");
        problems.push(format!(
            "{messages} deleted before log.keep_days, because the log reached log.max_bytes; \
             raise it or keep messages for fewer days."
        ));
    }
    problems.iter().map(|problem| Shown::new(problem)).collect()
}

fn of_last(last: &MessageRow, now: &Zoned) -> [Sign; 2] {
    [
        Sign {
            label: "Last message",
            text: Shown::new(&moment::ago(last.at_ms, now)),
            title: Moment::new(last.at_ms, now.time_zone()).utc,
            href: Some(path::named("/message", &last.id.to_string())),
        },
        Sign {
            label: "Rules",
            text: Shown::new(&last.rules_version),
            title: "The version that the last message was read with.".to_owned(),
            href: Some("/rules".to_owned()),
        },
    ]
}

fn took(durations: &[i64]) -> Option<Sign> {
    let count = u64::try_from(durations.len()).ok()?;
    Some(Sign {
        label: "95 of 100 took",
        text: Shown::new(&format!(
            "at most {}",
            number::duration(percentile(durations, 95)?)
        )),
        title: format!(
            "From end of message to the decision, of the newest {} in the log.",
            number::things(count, "message", "messages")
        ),
        href: None,
    })
}

fn of_status(status: &Status, now: &Zoned) -> Vec<Sign> {
    let plain = |label: &'static str, text: String, title: String| Sign {
        label,
        text: Shown::new(&text),
        title,
        href: None,
    };
    let since = Moment::new(status.started_ms, now.time_zone());
    let missing = match status.lost.total() {
        0 => "none".to_owned(),
        lost => number::count(lost),
    };
    vec![
        plain(
            "Waiting to be written",
            format!(
                "{} of {}",
                number::count(status.queue_depth),
                number::count(status.queue_capacity)
            ),
            "Messages in the queue of the log, and how many it holds.".to_owned(),
        ),
        plain(
            "Missing here",
            missing,
            format!("Messages that could not be logged, since {}.", since.utc),
        ),
        plain(
            "Failed writes",
            number::count(status.failures),
            format!("Attempts at the database that failed, since {}.", since.utc),
        ),
        plain(
            "Size",
            number::bytes(status.file_bytes.saturating_add(status.wal_bytes)),
            "The database with its write-ahead log.".to_owned(),
        ),
        plain(
            "Reported",
            moment::ago(status.at_ms, now),
            "When the milter last said all this; at most every ten seconds, while something \
             changes."
                .to_owned(),
        ),
    ]
}

/// The smallest of these that so many of a hundred do not exceed (nearest
/// rank); none if there are none.
fn percentile(durations: &[i64], percent: usize) -> Option<u64> {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len().saturating_mul(percent)).div_ceil(100);
    let found = sorted.get(rank.checked_sub(1)?)?;
    u64::try_from(*found).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_a_remedy() {
        let status = Status {
            is_running: true,
            is_healthy: true,
            ..Status::default()
        };
        assert_eq!(problems(&status), []);
        let mut bad = Status {
            is_healthy: false,
            last_error: Some("disk\u{1b}[31m full".to_owned()),
            queue_capacity: 8_192,
            evicted: 1,
            ..status
        };
        bad.lost.queue = 2;
        bad.lost.space = 1_000;
        let said: Vec<String> = problems(&bad).iter().map(ToString::to_string).collect();
        for (found, expected) in said.iter().zip([
            "cannot be written: disk\\u{1b}[31m full. Mail goes on; up to 8,192 messages",
            "2 messages are missing here because more came at once than log.queue holds",
            "1,000 messages are missing here because the disk was full",
            "1 message was deleted before log.keep_days",
        ]) {
            assert!(found.contains(expected), "{found}");
        }
        assert_eq!(said.len(), 4);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(percentile(&hundred, 95), Some(95));
        assert_eq!(percentile(&[7], 95), Some(7));
        assert_eq!(percentile(&[1, 2], 95), Some(2));
        assert_eq!(percentile(&[], 95), None);
    }
}
