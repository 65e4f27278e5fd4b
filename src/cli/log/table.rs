//! Lines for people: one a message, and indented ones for its findings.

use super::LogArgs;
use crate::{
    cli::terminal::printable,
    review::{FindingRow, MessageRow, Tally},
    telemetry::Disposition,
};
use anstyle::{AnsiColor, Style};
use jiff::{Timestamp, tz::TimeZone};
use std::io::{self, Write};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// What to say when nothing fits.
pub(super) fn nothing(args: &LogArgs, is_any: bool) -> &'static str {
    match (is_any, args.follow) {
        (true, false) => "The block log is empty: nothing has been found yet.",
        (false, false) => "No message fits.",
        (true, true) => "The block log is empty; waiting for the first message.",
        (false, true) => "No message fits yet; waiting.",
    }
}

/// Writes one message with its findings.
pub(super) fn write(row: &MessageRow, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let time = Timestamp::from_millisecond(row.at_ms)
        .map(|time| {
            let local = time.to_zoned(zone.clone());
            local.strftime("%Y-%m-%d %H:%M:%S").to_string()
        })
        .unwrap_or_default();
    let color = color(&row.disposition);
    write!(
        out,
        "{BOLD}{time}{BOLD:#}  {color}{:<12}{color:#}  {:<12}  {} → {}",
        printable(&row.disposition),
        printable(row.queue_id.as_deref().unwrap_or("-")),
        printable(&sender(row)),
        printable(&recipient(row)),
    )?;
    let counts = counts(row);
    if !counts.is_empty() {
        write!(out, "  {counts}")?;
    }
    for (what, tallies) in [("skip", &row.skips), ("ambiguous", &row.ambiguities)] {
        if !tallies.is_empty() {
            write!(out, "  {what}: {}", printable(&names(tallies)))?;
        }
    }
    writeln!(out)?;
    for finding in &row.findings {
        write_finding(finding, out)?;
    }
    if row.unlisted > 0 {
        writeln!(out, "    and {} more that are not listed", row.unlisted)?;
    }
    Ok(())
}

fn write_finding(finding: &FindingRow, out: &mut impl Write) -> io::Result<()> {
    let count = match finding.count {
        1 => String::new(),
        n => format!(" ×{n}"),
    };
    let action = if finding.opaque && finding.action == "keep" {
        "opaque"
    } else {
        &finding.action
    };
    write!(
        out,
        "    {:<10}  {:<10}{count}  {}",
        printable(&finding.vector),
        printable(action),
        printable(&owner(finding)),
    )?;
    if !finding.rules.is_empty() {
        write!(out, "  rule {}", printable(&finding.rules.join(" > ")))?;
    }
    write!(out, "  score {}", finding.score)?;
    if let Some(url) = finding.urls.first() {
        write!(out, "  {}", printable(&url.shape))?;
    }
    if let Some(destination) = &finding.destination {
        write!(out, "  → {}", printable(destination))?;
    }
    if !finding.tells.is_empty() {
        write!(out, "  tells {}", printable(&finding.tells.join(" ")))?;
    }
    let evidence = evidence(finding);
    if !evidence.is_empty() {
        write!(out, "  {DIM}[{}]{DIM:#}", printable(&evidence))?;
    }
    writeln!(out)
}

fn color(disposition: &str) -> Style {
    let known = Disposition::ALL.iter().find(|d| d.name() == disposition);
    match known {
        Some(Disposition::Changed) => GREEN,
        Some(Disposition::WouldChange) => YELLOW,
        Some(Disposition::Failed) => RED,
        Some(Disposition::Clean | Disposition::Skipped) | None => DIM,
    }
}

/// The envelope sender's domain, and From's where it differs: the one that
/// the reader sees, and the one that sent it.
fn sender(row: &MessageRow) -> String {
    match (&row.from_domain, &row.sender_domain) {
        (Some(from), Some(sender)) if from != sender => format!("{from} (by {sender})"),
        (Some(domain), _) | (None, Some(domain)) => domain.clone(),
        (None, None) => "-".to_owned(),
    }
}

fn recipient(row: &MessageRow) -> String {
    let first = row
        .recipients
        .first()
        .and_then(|r| r.who.as_deref().or(r.domain.as_deref()))
        .unwrap_or("-");
    match row.recipient_count {
        ..=1 => first.to_owned(),
        n => format!("{first} +{}", n - 1),
    }
}

fn counts(row: &MessageRow) -> String {
    let named = [
        (row.neutralized, "neutralized"),
        (row.removed, "removed"),
        (row.unwrapped, "unwrapped"),
        (row.kept, "kept"),
        (row.opaque, "opaque"),
    ];
    let counts: Vec<String> = named
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{n} {name}"))
        .collect();
    counts.join(", ")
}

fn names(tallies: &[Tally]) -> String {
    let names: Vec<String> = tallies
        .iter()
        .map(|tally| match tally.count {
            1 => tally.name.clone(),
            n => format!("{} ×{n}", tally.name),
        })
        .collect();
    names.join(", ")
}

/// Who tracks: `Mailgun (Sinch)`, or only the domain if no rule knows it.
fn owner(finding: &FindingRow) -> String {
    match (&finding.vendor_name, &finding.company) {
        (Some(vendor), Some(company)) if vendor != company => format!("{vendor} ({company})"),
        (Some(name), _) | (None, Some(name)) => name.clone(),
        (None, None) => finding.tracker_domain.clone(),
    }
}

fn evidence(finding: &FindingRow) -> String {
    let pieces: Vec<String> = finding
        .evidence
        .iter()
        .map(|e| {
            let sign = if e.detail.is_empty() { "" } else { " " };
            format!("{} {:+}{sign}{}", e.kind, e.weight, e.detail)
        })
        .collect();
    pieces.join("; ")
}
