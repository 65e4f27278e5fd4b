//! One message, for people.

use crate::{
    cli::terminal::{ASIDE, HEADING, WARNING, printable},
    judge::Disclosure,
    message::Ambiguity,
    review::{FindingRow, MessageRow, words},
    sighting::{Trigger, Vector},
    skip::Skip,
    telemetry::Disposition,
};
use jiff::{Timestamp, tz::TimeZone};
use std::{
    collections::BTreeSet,
    io::{self, Write},
};

/// Writes the message with all that is known about it.
pub(super) fn write(row: &MessageRow, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let title = row.queue_id.clone().unwrap_or_else(|| row.id.to_string());
    writeln!(
        out,
        "{HEADING}{}{HEADING:#}  {}",
        printable(&title),
        printable(&row.disposition)
    )?;
    if let Some(meaning) = outcome(&row.disposition) {
        writeln!(out, "  {meaning}")?;
    }
    for (name, value) in facts(row, zone) {
        writeln!(out, "  {name:<12} {}", printable(&value))?;
    }
    for tally in &row.skips {
        let meaning = Skip::ALL.iter().find(|skip| skip.name() == tally.name);
        let meaning = meaning.map_or("", |skip| words::skip(*skip));
        let parts = times(tally.count);
        let name = printable(&tally.name);
        writeln!(
            out,
            "  {WARNING}not cleaned{WARNING:#}  {name}{parts}: {meaning}"
        )?;
    }
    for tally in &row.ambiguities {
        let meaning = Ambiguity::ALL.iter().find(|a| a.name() == tally.name);
        let meaning = meaning.map_or("", |ambiguity| words::ambiguity(*ambiguity));
        let parts = times(tally.count);
        let name = printable(&tally.name);
        writeln!(
            out,
            "  {WARNING}ambiguous{WARNING:#}    {name}{parts}: {meaning}"
        )?;
    }
    if row.findings.is_empty() {
        writeln!(out, "  No findings.")?;
    }
    for (n, finding) in (1..).zip(&row.findings) {
        writeln!(out)?;
        write_finding(n, finding, out)?;
    }
    if row.unlisted > 0 {
        writeln!(out, "\n  And {} more that are not listed.", row.unlisted)?;
    }
    Ok(())
}

/// What there is to say about the message as a whole.
fn facts(row: &MessageRow, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let time = Timestamp::from_millisecond(row.at_ms).map(|time| {
        let local = time.to_zoned(zone.clone());
        local.strftime("%Y-%m-%d %H:%M:%S.%3f %Z").to_string()
    });
    let with_domain = |who: &Option<String>, domain: &Option<String>| match (who, domain) {
        (Some(who), Some(domain)) if !who.contains('@') => Some(format!("{who} at {domain}")),
        (Some(one), _) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    };
    let recipients: Vec<String> = row
        .recipients
        .iter()
        .filter_map(|r| with_domain(&r.who, &r.domain))
        .collect();
    let more = usize::try_from(row.recipient_count)
        .unwrap_or_default()
        .saturating_sub(recipients.len());
    let more = match more {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    [
        ("id", Some(row.id.to_string())),
        ("time", time.ok()),
        ("queue id", row.queue_id.clone()),
        (
            "Message-ID",
            with_domain(&row.message_id, &row.message_id_domain),
        ),
        ("client", row.client.clone()),
        ("sender", with_domain(&row.sender, &row.sender_domain)),
        ("From", row.from_domain.clone()),
        (
            "recipients",
            Some(format!("{}{more}", recipients.join(", "))),
        ),
        (
            "size",
            Some(format!(
                "{} bytes, passed on with {}",
                row.size_before, row.size_after
            )),
        ),
        (
            "parts",
            Some(format!("{}, {} of them HTML", row.parts, row.html_parts)),
        ),
        ("time taken", Some(format!("{} µs", row.duration_us))),
        (
            "versions",
            Some(format!(
                "untrackd {}, rules {}",
                row.app_version, row.rules_version
            )),
        ),
        (
            "privacy",
            Some(match row.key {
                Some(key) => format!("{}, key {key}", row.privacy),
                None => row.privacy.clone(),
            }),
        ),
        (
            "reading",
            row.lenient_html
                .then(|| "an HTML part needed the lenient reading".to_owned()),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.filter(|v| !v.is_empty())?)))
    .collect()
}

fn write_finding(n: usize, finding: &FindingRow, out: &mut impl Write) -> io::Result<()> {
    let action = match finding.opaque && finding.action == "keep" {
        true => "kept: the destination cannot be read",
        false => &finding.action,
    };
    writeln!(
        out,
        "  {HEADING}{n}. {}: {}{}{HEADING:#}  part {}",
        printable(&finding.vector),
        printable(action),
        times(u64::try_from(finding.count).unwrap_or(1)),
        printable(&finding.part),
    )?;
    let mut line = |name: &str, value: &str| match value.is_empty() {
        true => Ok(()),
        false => writeln!(out, "     {name:<9} {}", printable(value)),
    };
    line("tracker", &finding.tracker)?;
    let vendor = match (&finding.vendor_name, &finding.company) {
        (Some(vendor), Some(company)) if vendor != company => format!("{vendor} ({company})"),
        (Some(one), _) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    line("company", &vendor)?;
    line("category", finding.category.as_deref().unwrap_or_default())?;
    line("rules", &finding.rules.join(" > "))?;
    if let Some(entry) = &finding.allowed {
        line(
            "allowed",
            &format!("by entry {entry} of the allowlist; see \"untrackd allow list\""),
        )?;
    }
    for url in &finding.urls {
        line("URL", &url.shape)?;
    }
    line(
        "leads to",
        finding.destination.as_deref().unwrap_or_default(),
    )?;
    line("tells", &tells(finding))?;
    line("score", &finding.score.to_string())?;
    for evidence in &finding.evidence {
        let meaning = words::evidence(&evidence.kind).unwrap_or_default();
        let (kind, detail) = (printable(&evidence.kind), printable(&evidence.detail));
        let dash = if meaning.is_empty() { "" } else { ": " };
        writeln!(
            out,
            "       {:+4}  {kind} {detail} {ASIDE}{dash}{meaning}{ASIDE:#}",
            evidence.weight
        )?;
    }
    Ok(())
}

/// What the URL tells in words, or the words as they are stored if the vector
/// is not known any more.
fn tells(finding: &FindingRow) -> String {
    let vector = Vector::ALL.iter().find(|v| v.name() == finding.vector);
    let trigger = vector.map_or(Trigger::Show, |vector| vector.trigger());
    let kinds: BTreeSet<Disclosure> = finding
        .tells
        .iter()
        .filter_map(|tell| Disclosure::ALL.iter().find(|d| d.name() == tell))
        .copied()
        .collect();
    match kinds.is_empty() {
        true => finding.tells.join(" "),
        false => words::tells(&kinds, trigger),
    }
}

fn times(count: u64) -> String {
    match count {
        0 | 1 => String::new(),
        n => format!(" ×{n}"),
    }
}

/// What an outcome means.
fn outcome(name: &str) -> Option<&'static str> {
    let known = Disposition::ALL.iter().find(|d| d.name() == name)?;
    Some(match known {
        Disposition::Changed => "changed and passed on",
        Disposition::Clean => "all of it was read, and nothing was to be changed",
        Disposition::Failed => "passed on as it came, or refused for now, after an error",
        Disposition::Skipped => "passed on as it came",
        Disposition::WouldChange => "passed on as it came; it would have been changed",
    })
}
