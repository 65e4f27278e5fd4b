//! `untrackd allow list`.

use super::{DAYS, file, open_log, show::counted, shown};
use crate::{
    allow::Entry,
    cli::{
        complain,
        exit::{Code, Failure},
        report::JSON_VERSION,
        terminal::{ASIDE, HEADING, WARNING, json_line, printable},
    },
    config::Config,
    review::hits::{Hits, hits},
};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, Write};

/// Shows the entries, with how often each was used in the last 30 days
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Those that have expired, too
    #[arg(long)]
    expired: bool,
    /// Write one JSON object an entry
    #[arg(long)]
    json: bool,
}

/// An entry and its use, as JSON.
#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    r#type: &'static str,
    #[serde(flatten)]
    entry: &'a Entry,
    in_force: bool,
    /// Absent if the block log cannot be read.
    hits: Option<Hits>,
}

pub(super) fn run(args: &ListArgs, config: &Config) -> Result<Code, Failure> {
    let now = Timestamp::now();
    let entries = file(config).load()?;
    let shown: Vec<&Entry> = entries
        .iter()
        .filter(|entry| args.expired || entry.is_in_force(now))
        .collect();
    let reader = match open_log(config) {
        _ if shown.is_empty() => None,
        Ok(reader) => Some(reader),
        Err(e) => {
            complain(&format!("how often they were used is not known: {e}"));
            None
        }
    };
    let mut out = anstream::stdout();
    for entry in &shown {
        let used = reader.as_ref();
        let used = used.and_then(|reader| hits(reader, &entry.id, DAYS, now).ok());
        if args.json {
            let line = Line {
                v: JSON_VERSION,
                r#type: "entry",
                entry,
                in_force: entry.is_in_force(now),
                hits: used,
            };
            writeln!(out, "{}", json_line(&line))?;
        } else {
            write_text(entry, used, now, &mut out)?;
        }
    }
    if !args.json {
        let expired = entries.iter().filter(|e| !e.is_in_force(now)).count();
        if shown.is_empty() {
            writeln!(out, "The allowlist is empty: nothing is spared.")?;
        }
        if expired > 0 && !args.expired {
            let expired = u64::try_from(expired).unwrap_or(u64::MAX);
            let text = counted(expired, "entry has", "entries have");
            writeln!(out, "{text} expired (--expired)")?;
        }
    }
    out.flush()?;
    Ok(Code::Ok)
}

fn write_text(
    entry: &Entry,
    used: Option<Hits>,
    now: Timestamp,
    out: &mut impl Write,
) -> io::Result<()> {
    let what = entry.describe();
    writeln!(
        out,
        "{HEADING}{}{HEADING:#}  {}",
        entry.id,
        printable(&what)
    )?;
    writeln!(out, "    {}", printable(&entry.reason))?;
    let author = printable(&entry.author).into_owned();
    write!(
        out,
        "    {ASIDE}by {author}, {}{ASIDE:#}",
        shown(entry.created)
    )?;
    match entry.expires {
        Some(end) if entry.is_in_force(now) => write!(out, ", until {}", shown(end))?,
        Some(end) => write!(out, ", {WARNING}expired {}{WARNING:#}", shown(end))?,
        None => {}
    }
    if let Some(used) = used {
        let more = if used.is_complete { "" } else { "more than " };
        write!(
            out,
            "; {more}{} in {DAYS} days",
            counted(used.findings, "finding", "findings")
        )?;
        let last = used.last_ms.map(Timestamp::from_millisecond);
        if let Some(Ok(last)) = last {
            write!(out, ", the last {}", shown(last))?;
        }
    }
    writeln!(out)
}
