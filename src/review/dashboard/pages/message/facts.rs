//! What is known about a message besides its findings, as the page shows it.

use crate::{
    judge::Disclosure,
    message::Ambiguity,
    review::{
        FindingRow, MessageRow, RecipientRow, Tally,
        dashboard::view::{Moment, Shown, number, outcome, outcome::Outcome, path, row},
        words,
    },
    sighting::Trigger,
    skip::Skip,
    telemetry::Level,
};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Most recipients that are listed on the page; the raw form has them all.
const MAX_RECIPIENTS: usize = 50;

/// What is known about the message.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) at: Moment,
    pub(super) became: Outcome,
    pub(super) became_href: String,
    pub(super) queue_id: Option<Shown>,
    /// What finds the message in the mail server's own log.
    pub(super) grep: Option<Shown>,
    pub(super) from: Option<Name>,
    pub(super) envelope: Option<Name>,
    pub(super) sender: Option<Shown>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) more_recipients: usize,
    pub(super) recipient_count: String,
    pub(super) message_id: Option<Shown>,
    pub(super) message_id_domain: Option<Shown>,
    pub(super) client: Option<Shown>,
    pub(super) privacy: Shown,
    /// What that level means for what stands here.
    pub(super) privacy_note: &'static str,
    pub(super) found: String,
    pub(super) sizes: String,
    pub(super) duration: String,
    pub(super) parts: String,
    pub(super) lenient_html: bool,
    pub(super) rules_version: Shown,
    pub(super) app_version: Shown,
    pub(super) skips: Vec<Reason>,
    pub(super) ambiguities: Vec<Reason>,
    pub(super) told: Vec<Told>,
}

/// A name with its page.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) text: Shown,
    pub(super) href: String,
}

impl Name {
    pub(super) fn host(name: &str, folder: &str) -> Self {
        Self {
            text: Shown::host(name),
            href: path::named(folder, name),
        }
    }

    pub(super) fn plain(name: &str, folder: &str) -> Self {
        Self {
            text: Shown::new(name),
            href: path::named(folder, name),
        }
    }
}

/// One recipient.
#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) who: Option<Shown>,
    pub(super) domain: Option<Shown>,
    /// All mail to the domain.
    pub(super) href: Option<String>,
}

/// A permanent name, in words, and how often.
#[derive(Debug)]
pub(super) struct Reason {
    pub(super) name: Shown,
    pub(super) meaning: &'static str,
    pub(super) parts: String,
    pub(super) href: Option<String>,
}

/// What one group of findings tells.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Told {
    /// What the sentence begins with.
    pub(super) lead: &'static str,
    /// What is told.
    pub(super) what: String,
    /// Whether it is still told.
    pub(super) is_left: bool,
}

impl Facts {
    pub(super) fn new(row: &MessageRow, zone: &TimeZone) -> Self {
        let level = Level::ALL.iter().find(|level| level.name() == row.privacy);
        Self {
            at: Moment::new(row.at_ms, zone),
            became: outcome::outcome(&row.disposition),
            became_href: path::log(&format!("is:{}", row.disposition)),
            queue_id: row.queue_id.as_deref().map(Shown::new),
            grep: row.queue_id.as_deref().map(grep),
            from: row.from_domain.as_deref().map(|d| Name::host(d, "/sender")),
            envelope: row
                .sender_domain
                .as_deref()
                .map(|d| Name::host(d, "/sender")),
            sender: row.sender.as_deref().map(Shown::new),
            recipients: row
                .recipients
                .iter()
                .take(MAX_RECIPIENTS)
                .map(recipient)
                .collect(),
            more_recipients: row.recipients.len().saturating_sub(MAX_RECIPIENTS),
            recipient_count: number::stored(row.recipient_count),
            message_id: row.message_id.as_deref().map(Shown::new),
            message_id_domain: row.message_id_domain.as_deref().map(Shown::host),
            client: row.client.as_deref().map(Shown::new),
            privacy: Shown::new(&row.privacy),
            privacy_note: level.map_or("", |level| privacy_note(*level)),
            found: row::found(row),
            sizes: sizes(row.size_before, row.size_after),
            duration: number::duration(u64::try_from(row.duration_us).unwrap_or(0)),
            parts: format!(
                "{}, {} of them HTML",
                number::things(u64::try_from(row.parts).unwrap_or(0), "part", "parts"),
                number::stored(row.html_parts)
            ),
            lenient_html: row.lenient_html,
            rules_version: Shown::new(&row.rules_version),
            app_version: Shown::new(&row.app_version),
            skips: row.skips.iter().map(skip).collect(),
            ambiguities: row.ambiguities.iter().map(ambiguity).collect(),
            told: told(&row.findings, &row.disposition),
        }
    }
}

/// A command that finds the message in the mail server's log. The queue id
/// comes from the mail server, so quotes are for form's sake; but whoever
/// copies the line must be able to trust it.
fn grep(queue_id: &str) -> Shown {
    let is_word = !queue_id.is_empty() && queue_id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_word {
        return Shown::new(&format!("grep {queue_id} /var/log/mail.log"));
    }
    let quoted = Shown::new(queue_id).to_string().replace('\'', "'\\''");
    Shown::new(&format!("grep -F -e '{quoted}' /var/log/mail.log"))
}

fn recipient(row: &RecipientRow) -> Recipient {
    Recipient {
        who: row.who.as_deref().map(Shown::new),
        domain: row.domain.as_deref().map(Shown::host),
        href: row
            .domain
            .as_deref()
            .map(|domain| path::log(&format!("recipient-domain:{domain}"))),
    }
}

fn privacy_note(level: Level) -> &'static str {
    match level {
        Level::Aggregate => "Only daily sums are kept.",
        Level::Domain => "No value that stands for a person is kept: domains only.",
        Level::Full => "Addresses are kept in clear. URL values are not, at any level.",
        Level::Pseudonym => {
            "Addresses are kept as keyed hashes; who is meant can be looked up by an address, \
             but not read from here. URL values are not kept at any level."
        }
    }
}

fn sizes(before: i64, after: i64) -> String {
    let size = |bytes: i64| number::bytes(u64::try_from(bytes).unwrap_or(0));
    if before == after {
        return size(before);
    }
    let sign = if after > before { '+' } else { '−' };
    format!(
        "{} → {} ({sign}{})",
        size(before),
        size(after),
        number::bytes(after.abs_diff(before))
    )
}

fn parts(count: u64) -> String {
    number::things(count, "part", "parts")
}

fn skip(tally: &Tally) -> Reason {
    let known = Skip::ALL.iter().find(|skip| skip.name() == tally.name);
    Reason {
        name: Shown::new(&tally.name),
        meaning: known.map_or("unknown to this version", |skip| words::skip(*skip)),
        parts: parts(tally.count),
        href: known.map(|skip| path::log(&format!("skip:{}", skip.name()))),
    }
}

/// Every ambiguity; the enum is small and closed.
const AMBIGUITIES: &[Ambiguity] = &[
    Ambiguity::BareCr,
    Ambiguity::Boundary,
    Ambiguity::BoundaryReuse,
    Ambiguity::DuplicateField,
    Ambiguity::HeaderSyntax,
    Ambiguity::MultipartEncoding,
    Ambiguity::Nul,
    Ambiguity::Unterminated,
];

fn ambiguity(tally: &Tally) -> Reason {
    let known = AMBIGUITIES.iter().find(|known| known.name() == tally.name);
    Reason {
        name: Shown::new(&tally.name),
        meaning: known.map_or("unknown to this version", |known| words::ambiguity(*known)),
        parts: parts(tally.count),
        href: None,
    }
}

/// Groups of findings by what became of them, in the order of the page.
type Group = (&'static str, bool, fn(&FindingRow) -> bool);

const GROUPS: &[Group] = &[
    ("Opening it would have told:", false, |f| {
        is_stopped(f) && !is_followed(f)
    }),
    ("Following its links would have told:", false, |f| {
        is_stopped(f) && is_followed(f)
    }),
    ("Opening it still tells:", true, |f| {
        !is_stopped(f) && !is_followed(f)
    }),
    ("Following its links still tells:", true, |f| {
        !is_stopped(f) && is_followed(f)
    }),
];

fn is_stopped(finding: &FindingRow) -> bool {
    !matches!(finding.action.as_str(), "keep" | "allow")
}

fn is_followed(finding: &FindingRow) -> bool {
    outcome::trigger(&finding.vector)
        .is_some_and(|trigger| matches!(trigger, Trigger::Click | Trigger::Ping | Trigger::Submit))
}

/// What the message would have told its senders, and what it still does. In a
/// message that was not changed, everything is still told.
fn told(findings: &[FindingRow], disposition: &str) -> Vec<Told> {
    let was_changed = disposition == "changed";
    let mut told = Vec::new();
    for (lead, is_left, belongs) in GROUPS {
        let members = findings.iter().filter(|finding| belongs(finding));
        let mut kinds = BTreeSet::new();
        let mut trigger = Trigger::Show;
        for finding in members {
            trigger = outcome::trigger(&finding.vector).unwrap_or(trigger);
            kinds.extend(finding.tells.iter().filter_map(|name| disclosure(name)));
        }
        if kinds.is_empty() {
            continue;
        }
        let lead = match (is_left, was_changed, *lead) {
            (false, false, "Opening it would have told:") => {
                "Opening it tells what would be stopped if it were changed:"
            }
            (false, false, _) => {
                "Following its links tells what would be stopped if it were changed:"
            }
            (_, _, lead) => lead,
        };
        told.push(Told {
            lead,
            what: words::tells(&kinds, trigger),
            is_left: *is_left || !was_changed,
        });
    }
    told
}

pub(super) fn disclosure(name: &str) -> Option<Disclosure> {
    let mut all = Disclosure::ALL.iter();
    all.find(|kind| kind.name() == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_line_is_one_command() {
        for (queue_id, expected) in [
            ("4ABCdef123z", "grep 4ABCdef123z /var/log/mail.log"),
            ("a'; rm x", "grep -F -e 'a'\\''; rm x' /var/log/mail.log"),
            ("-x", "grep -F -e '-x' /var/log/mail.log"),
            ("", "grep -F -e '' /var/log/mail.log"),
        ] {
            assert_eq!(grep(queue_id).as_str(), expected);
        }
    }

    #[test]
    fn sizes_say_what_was_saved() {
        assert_eq!(sizes(1_536, 1_536), "1.5 KiB");
        assert_eq!(sizes(1_536, 1_024), "1.5 KiB → 1.0 KiB (−512 bytes)");
        assert_eq!(sizes(1_000, 1_001), "1,000 bytes → 1,001 bytes (+1 byte)");
    }
}
