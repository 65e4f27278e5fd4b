//! What is stored, for how long, and by which keys.

use crate::{
    config::Config,
    review::dashboard::view::{Shown, number},
    telemetry::{Level, keys::Keys, privacy::is_full},
};
use jiff::{Timestamp, civil::Date};

/// Each level and what it stores.
const LEVELS: &[(Level, &str)] = &[
    (
        Level::Aggregate,
        "Daily sums only: how many messages and findings, by domain, tracker, company and rule. \
         Nothing about a single message.",
    ),
    (
        Level::Domain,
        "Messages with the domains of sender and recipients, and the shape of URLs. Nothing that \
         stands for a person.",
    ),
    (
        Level::Pseudonym,
        "Messages with keyed pseudonyms in place of addresses, and the client's network. Whoever \
         holds the key can look an address up; nobody can list the people.",
    ),
    (
        Level::Full,
        "Messages with addresses in clear. For the hours of an investigation only.",
    ),
];

/// The level that new messages are stored at: `full` ends by itself.
pub(super) fn level(config: &Config, now: Timestamp) -> Level {
    let log = &config.log;
    match log.privacy {
        Level::Full if !is_full(log.full_until, now.as_millisecond()) => Level::Pseudonym,
        level => level,
    }
}

/// A privacy level.
#[derive(Debug)]
pub(super) struct LevelView {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) is_current: bool,
}

/// Every level, from the least to the most that is kept.
pub(super) fn levels(current: Level) -> Vec<LevelView> {
    let view = |(level, meaning): &(Level, &'static str)| LevelView {
        name: level.name(),
        meaning,
        is_current: *level == current,
    };
    LEVELS.iter().map(view).collect()
}

/// Something that is so, and the key of the configuration that makes it so.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: Shown,
    pub(super) key: &'static str,
}

/// How long what is kept, and what leaves the house.
pub(super) fn retention(config: &Config) -> Vec<Fact> {
    let (log, review) = (&config.log, &config.review);
    let days = |days: u32| number::things(days.into(), "day", "days");
    let yes = |is: bool, yes: &str, no: &str| if is { yes } else { no }.to_owned();
    let facts = [
        (
            "Messages and findings",
            days(log.keep_days),
            "log.keep_days",
        ),
        (
            "Daily sums",
            days(log.keep_rollup_days),
            "log.keep_rollup_days",
        ),
        (
            "Messages without findings",
            yes(log.log_clean, "get a row, too", "only count"),
            "log.log_clean",
        ),
        (
            "Addresses in clear",
            match (log.privacy, log.full_until) {
                (Level::Full, Some(last)) => format!("until {last}, that day included"),
                _ => "never".to_owned(),
            },
            "log.full_until",
        ),
        (
            "Only counted",
            number::things(
                u64::try_from(log.exclude.len()).unwrap_or(u64::MAX),
                "address or domain",
                "addresses and domains",
            ),
            "log.exclude",
        ),
        (
            "A new key",
            match log.rotate_keys_days {
                0 => "only by hand".to_owned(),
                n => format!("after {}", days(n)),
            },
            "log.rotate_keys_days",
        ),
        (
            "Largest size",
            number::bytes(log.max_bytes),
            "log.max_bytes",
        ),
        (
            "Audit log",
            days(review.keep_audit_days),
            "review.keep_audit_days",
        ),
        (
            "Exported sums",
            format!(
                "leave out groups of fewer than {} recipients",
                review.min_group
            ),
            "review.min_group",
        ),
        (
            "Lists of recipients",
            yes(review.recipient_reports, "are made", "are not made"),
            "review.recipient_reports",
        ),
    ];
    facts
        .into_iter()
        .map(|(label, value, key)| Fact {
            label,
            value: Shown::new(&value),
            key,
        })
        .collect()
}

/// A key of the pseudonyms, without its secret.
#[derive(Debug)]
pub(super) struct KeyView {
    pub(super) id: u32,
    pub(super) created: String,
    pub(super) age: String,
    pub(super) is_current: bool,
}

/// Every key, the current one first.
pub(super) fn keys(keys: &Keys, today: Date) -> Vec<KeyView> {
    let current = keys.current().id();
    let view = |key: &crate::telemetry::keys::Key| {
        let days = key.created().until(today).map_or(0, |span| span.get_days());
        KeyView {
            id: key.id(),
            created: key.created().to_string(),
            age: number::things(u64::try_from(days).unwrap_or(0), "day", "days"),
            is_current: key.id() == current,
        }
    };
    let mut views: Vec<KeyView> = keys.all().map(view).collect();
    views.reverse();
    views
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_ends_by_itself() {
        let surroundings = crate::config::Surroundings {
            variables: std::collections::BTreeMap::new(),
            uid: 0,
        };
        let mut config = crate::config::parse(None, &surroundings).unwrap();
        config.log.privacy = Level::Full;
        config.log.full_until = Some(jiff::civil::date(2026, 11, 21));
        for (now, expected) in [
            ("2026-11-21T23:59:59Z", Level::Full),
            ("2026-11-22T00:00:00Z", Level::Pseudonym),
        ] {
            assert_eq!(level(&config, now.parse().unwrap()), expected, "{now}");
        }
    }

    #[test]
    fn every_level_is_told_and_one_is_current() {
        let views = levels(Level::Domain);
        assert_eq!(views.len(), Level::ALL.len());
        let current: Vec<&str> = views
            .iter()
            .filter(|v| v.is_current)
            .map(|v| v.name)
            .collect();
        assert_eq!(current, ["domain"]);
    }
}
