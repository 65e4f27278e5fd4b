//! What an entry would have spared, for people.

use super::shown;
use crate::{
    cli::terminal::{ASIDE, HEADING, WARNING, printable},
    review::preview::{Preview, Proposal},
};
use jiff::Timestamp;
use std::io::{self, Write};

/// The preview of an entry that is described so.
pub(super) fn preview(what: &str, preview: &Preview, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{HEADING}{}{HEADING:#}", printable(what))?;
    let days = preview.days;
    if preview.findings == 0 {
        writeln!(
            out,
            "  In the last {days} days it would have spared nothing."
        )?;
    } else {
        writeln!(
            out,
            "  In the last {days} days it would have spared {} in {} from {}:",
            counted(preview.findings, "finding", "findings"),
            counted(preview.messages, "message", "messages"),
            counted(preview.senders, "sender domain", "sender domains"),
        )?;
        let actions = preview.actions.iter().map(|(a, n)| format!("{a} {n}"));
        writeln!(
            out,
            "    {}",
            printable(&actions.collect::<Vec<_>>().join(", "))
        )?;
        let hosts = preview.hosts.iter().map(|(host, n)| format!("{host} {n}"));
        let hosts: Vec<_> = hosts.collect();
        if !hosts.is_empty() {
            writeln!(out, "    most from {}", printable(&hosts.join(", ")))?;
        }
    }
    if preview.sure > 0 {
        writeln!(
            out,
            "  {WARNING}{} of them surely tracked: a known endpoint, or the recipient's \
             address in the URL.{WARNING:#}",
            preview.sure
        )?;
    }
    if preview.unsure > 0 {
        writeln!(
            out,
            "  {} more may be among them: the log hides a part of the host.",
            preview.unsure
        )?;
    }
    for example in &preview.examples {
        let at = Timestamp::from_millisecond(example.at_ms).map(shown);
        let rule = example.rule.as_ref();
        let rule = rule.map(|rule| format!(" rule {rule}")).unwrap_or_default();
        writeln!(
            out,
            "    {ASIDE}{}  {}  from {}: {} {} {}{}{ASIDE:#}",
            at.unwrap_or_default(),
            printable(example.queue_id.as_deref().unwrap_or("-")),
            printable(example.sender_domain.as_deref().unwrap_or("-")),
            printable(&example.action),
            printable(&example.vector),
            printable(&example.tracker),
            printable(&rule),
        )?;
    }
    if !preview.is_complete {
        writeln!(
            out,
            "  Only the newest {} messages that may fit were looked at.",
            preview.scanned
        )?;
    }
    Ok(())
}

/// The other entries that would spare the finding.
pub(super) fn others(
    proposals: &[Proposal],
    chosen: usize,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(
        out,
        "\nEntries that would spare it, the narrowest first (--take N):"
    )?;
    for (n, proposal) in proposals.iter().enumerate() {
        let mark = if n == chosen { '*' } else { ' ' };
        writeln!(
            out,
            " {mark}{:>2}  {}  {ASIDE}({}){ASIDE:#}",
            n + 1,
            printable(&describe(proposal)),
            proposal.why
        )?;
    }
    Ok(())
}

fn describe(proposal: &Proposal) -> String {
    let mut text = format!("{} {}", proposal.scope.name(), proposal.value);
    if let Some(sender) = &proposal.sender {
        text += &format!(", only from {sender}");
    }
    text
}

pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    let word = if n == 1 { one } else { many };
    format!("{n} {word}")
}
