//! What is wrong with the gateway, in words, and what to do about it.

use super::{super::catalogue::Catalogue, configuration::word};
use crate::{
    config::Config,
    review::dashboard::view::{Shown, moment, number},
    telemetry::{Level, Status},
};
use jiff::Zoned;

/// How long the milter may have said nothing before that is worth a word:
/// it speaks when something changes, and mail comes at least once a day.
const SILENCE_MS: i64 = 86_400_000;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Weight {
    /// Somebody should know.
    Note,
    /// It will become a trouble.
    Warning,
    /// Something is lost, or does not work.
    Trouble,
}

/// Something that is wrong, and its remedy.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) weight: Weight,
    pub(super) text: Shown,
    pub(super) remedy: &'static str,
}

impl Problem {
    /// The class of the note that says it.
    pub(super) fn class(&self) -> &'static str {
        match self.weight {
            Weight::Note => "note",
            Weight::Warning => "note note-warning",
            Weight::Trouble => "note note-error",
        }
    }
}

/// All that is looked at.
pub(super) struct Seen<'a> {
    pub(super) config: &'a Config,
    pub(super) status: Option<&'a Status>,
    pub(super) unreadable: Option<&'a Shown>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) damaged: usize,
    pub(super) now: &'a Zoned,
}

/// A check: how bad it is, what is wrong if it is, and the remedy.
type Check = (Weight, fn(&Seen<'_>) -> Option<String>, &'static str);

const CHECKS: &[Check] = &[
    (
        Weight::Trouble,
        |seen| seen.unreadable.map(ToString::to_string),
        "See to the file; \"untrackd check\" says who may read it.",
    ),
    (
        Weight::Trouble,
        |seen| (!seen.config.log.enabled).then(|| "Nothing is recorded.".to_owned()),
        "Set log.enabled = true and restart the milter.",
    ),
    (
        Weight::Warning,
        |seen| {
            let is_silent = seen.status.is_none() && seen.unreadable.is_none();
            is_silent.then(|| "The milter has not said how it is.".to_owned())
        },
        "Start it: systemctl start untrackd.",
    ),
    (
        Weight::Trouble,
        |seen| {
            let stopped = seen.status.filter(|status| !status.is_running)?;
            let ago = moment::ago(stopped.at_ms, seen.now);
            Some(format!("The milter was stopped {ago}."))
        },
        "Start it: systemctl start untrackd. Until then mail passes as it comes, or waits, as \
         milter_default_action says.",
    ),
    (
        Weight::Warning,
        |seen| {
            let status = seen.status.filter(|status| status.is_running)?;
            let silent = seen.now.timestamp().as_millisecond() - status.at_ms;
            (silent > SILENCE_MS)
                .then(|| format!("The last word of the milter is {} old.", days(silent)))
        },
        "Either no mail comes, or it ended without a word: systemctl status untrackd.",
    ),
    (
        Weight::Trouble,
        |seen| {
            let status = seen
                .status
                .filter(|status| !status.is_healthy)
                .filter(|status| status.failures > 0 || status.last_error.is_some())?;
            let error = status.last_error.as_deref().unwrap_or("no reason given");
            Some(format!(
                "The last attempt to write the log failed: {error}."
            ))
        },
        "Mail goes on; messages wait in the queue and are lost when it is full. See to the disk \
         and the file's permissions.",
    ),
    (
        Weight::Trouble,
        |seen| {
            lost(
                seen,
                |status| status.lost.queue,
                "more came at once than the queue holds",
            )
        },
        "Raise log.queue, or find out what holds the disk up.",
    ),
    (
        Weight::Trouble,
        |seen| {
            lost(
                seen,
                |status| status.lost.database,
                "the database did not take them",
            )
        },
        "The last error below says why: locked, damaged or out of reach.",
    ),
    (
        Weight::Trouble,
        |seen| lost(seen, |status| status.lost.space, "the disk was full"),
        "Make room, or set log.max_bytes lower.",
    ),
    (
        Weight::Warning,
        |seen| {
            let free = seen.status?.free_bytes?;
            let least = seen.config.log.min_free_bytes;
            (free < least.saturating_mul(2)).then(|| {
                format!(
                    "{} are free on the log's disk; below {} nothing is written.",
                    number::bytes(free),
                    number::bytes(least)
                )
            })
        },
        "Make room, or set log.max_bytes lower.",
    ),
    (
        Weight::Warning,
        |seen| {
            let evicted = seen.status?.evicted;
            (evicted > 0).then(|| {
                let messages = number::things(evicted, "message was", "messages were");
                format!("{messages} deleted before their time, because the log is full.")
            })
        },
        "Raise log.max_bytes, or set log.keep_days lower.",
    ),
    (
        Weight::Warning,
        |seen| {
            let status = seen.status?;
            (status.queue_capacity > 0 && status.queue_depth > status.queue_capacity / 2)
                .then(|| "More than half of the queue is taken.".to_owned())
        },
        "The disk does not keep up; look for what else writes to it.",
    ),
    (
        Weight::Trouble,
        |seen| {
            let first = seen.catalogue.mistakes.first()?;
            Some(format!("The rules cannot be loaded: {first}."))
        },
        "The milter keeps the set that it has. Put the file right, then reload: systemctl reload \
         untrackd.",
    ),
    (
        Weight::Trouble,
        |seen| {
            let mut lists = seen.catalogue.lists.iter();
            let error = lists.find_map(|list| list.loaded.as_ref().err())?;
            Some(format!("A list cannot be used: {error}."))
        },
        "The milter keeps what it had. Put the file right, or take it out of the configuration.",
    ),
    (
        Weight::Warning,
        |seen| {
            let in_force = seen.status?.rules_version.as_ref()?;
            let files = seen.catalogue.version.as_ref()?;
            (in_force != files).then(|| {
                format!("The milter last worked with rules {in_force}; the files have {files}.")
            })
        },
        "Reload it: systemctl reload untrackd. It names the new version with its next message.",
    ),
    (
        Weight::Warning,
        |seen| {
            let version = &seen.status?.app_version;
            let own = env!("CARGO_PKG_VERSION");
            (version != own && !version.is_empty())
                .then(|| format!("The milter has version {version}, the dashboard {own}."))
        },
        "Restart both after an update.",
    ),
    (
        Weight::Warning,
        |seen| {
            let count = u64::try_from(seen.damaged).unwrap_or(u64::MAX);
            (count > 0).then(|| {
                let files = number::things(count, "damaged log was", "damaged logs were");
                format!("{files} set aside.")
            })
        },
        "They hold personal data like the log itself. Save them for an examination, or delete \
         them; none is kept longer than log.keep_days.",
    ),
    (
        Weight::Warning,
        |seen| {
            let level = seen.config.log.privacy;
            (level == Level::Full).then(|| "Addresses are stored in clear.".to_owned())
        },
        "Set log.privacy back to \"pseudonym\" when the investigation is over.",
    ),
    (
        Weight::Note,
        |seen| {
            let is_observing = word(&seen.config.mode) == "observe";
            is_observing
                .then(|| "Mail is delivered as it came: the mode is \"observe\".".to_owned())
        },
        "Set mode = \"enforce\" when what would have been done looks right.",
    ),
];

fn lost(seen: &Seen<'_>, count: fn(&Status) -> u64, why: &str) -> Option<String> {
    let count = seen.status.map(count).filter(|count| *count > 0)?;
    let messages = number::things(count, "message is", "messages are");
    Some(format!("{messages} not in the log: {why}."))
}

fn days(ms: i64) -> String {
    let days = u64::try_from(ms / 86_400_000).unwrap_or(0);
    number::things(days, "day", "days")
}

/// Everything that is wrong, the worst first.
pub(super) fn problems(seen: &Seen<'_>) -> Vec<Problem> {
    let found = CHECKS.iter().filter_map(|(weight, check, remedy)| {
        Some(Problem {
            weight: *weight,
            text: Shown::new(&check(seen)?),
            remedy,
        })
    });
    let mut problems: Vec<Problem> = found.collect();
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.weight));
    problems
}

/// All in a word, and the badge's class.
pub(super) fn verdict(problems: &[Problem]) -> (&'static str, &'static str) {
    match problems.iter().map(|problem| problem.weight).max() {
        None | Some(Weight::Note) => ("all is well", "badge badge-good"),
        Some(Weight::Warning) => ("needs a look", "badge"),
        Some(Weight::Trouble) => ("in trouble", "badge badge-bad"),
    }
}
