//! Whether the log is in order, in words.

use crate::review::{
    MessageRow, Query, Reader, ReviewError,
    dashboard::view::{Moment, Shown, moment, number, path},
};
use jiff::Zoned;

/// How many of the newest messages the time that they took is measured by.
const MEASURED: usize = 200;

/// What is read for it.
#[derive(Debug)]
pub(super) struct Vitals {
    last: Option<MessageRow>,
    /// What the newest messages took, in microseconds.
    took: Vec<i64>,
    /// Whether the sums know of any message at all.
    is_counted: bool,
}

impl Vitals {
    pub(super) fn read(reader: &Reader, is_counted: bool) -> Result<Self, ReviewError> {
        let newest = reader.newest(&Query::default(), MEASURED)?;
        Ok(Self {
            took: newest.iter().map(|row| row.duration_us).collect(),
            is_counted: is_counted || !newest.is_empty(),
            last: newest.into_iter().next(),
        })
    }

    /// Whether no message was ever counted.
    pub(super) fn is_fresh(&self) -> bool {
        !self.is_counted
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
        let mut signs = Vec::new();
        if let Some(last) = &vitals.last {
            let at = Moment::new(last.at_ms, now.time_zone());
            signs.push(Sign {
                label: "Last message in the log",
                text: Shown::new(&moment::ago(last.at_ms, now)),
                title: at.utc,
                href: Some(path::named("/message", &last.id.to_string())),
            });
            signs.push(Sign {
                label: "Rules",
                text: Shown::new(&last.rules_version),
                title: "The version that the last message was read with.".to_owned(),
                href: Some("/rules".to_owned()),
            });
        }
        if let Some(us) = percentile(&vitals.took, 95) {
            signs.push(Sign {
                label: "95 of 100 took at most",
                text: Shown::new(&number::duration(us)),
                title: format!(
                    "From end of message to the decision, of the newest {} in the log.",
                    number::things(
                        u64::try_from(vitals.took.len()).unwrap_or(u64::MAX),
                        "message",
                        "messages"
                    )
                ),
                href: None,
            });
        }
        Self {
            verdict: "readable",
            class: "badge badge-good",
            problems: Vec::new(),
            signs,
        }
    }
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
    fn percentiles_are_by_nearest_rank() {
        let hundred: Vec<i64> = (1..=100).rev().collect();
        assert_eq!(percentile(&hundred, 95), Some(95));
        assert_eq!(percentile(&[7], 95), Some(7));
        assert_eq!(percentile(&[1, 2], 95), Some(2));
        assert_eq!(percentile(&[], 95), None);
    }
}
