//! `untrackd privacy status`: what is kept about people.

use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::{HEADING, WARNING, json_line, printable},
    },
    config::Config,
    review::privacy::{Status, status},
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::io::{self, Write};

/// Show what is kept about people, with which keys, and for how long
#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Object<'a> {
    v: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    status: &'a Status,
}

pub(super) fn run(args: &StatusArgs, config: &Config) -> Result<Code, Failure> {
    let status = status(config, Timestamp::now())?;
    let mut out = anstream::stdout();
    if args.json {
        let object = Object {
            v: 1,
            kind: "privacy-status",
            status: &status,
        };
        writeln!(out, "{}", json_line(&object))?;
    } else {
        write(&status, &mut out)?;
    }
    Ok(Code::Ok)
}

fn write(status: &Status, out: &mut impl Write) -> io::Result<()> {
    let mut line = |name: &str, value: &str| {
        writeln!(out, "{HEADING}{name:<12}{HEADING:#} {}", printable(value))
    };
    line("Level", &level(status))?;
    line(
        "Left out",
        &format!("{} addresses and domains", status.excluded),
    )?;
    line("Block log", &status.database.display().to_string())?;
    for (level, messages) in &status.messages {
        line("", &format!("{messages} messages at level {level}"))?;
    }
    if let Some(at) = status.oldest_ms {
        line("", &format!("the oldest of {}", day(at)))?;
    }
    line(
        "Kept for",
        &format!(
            "{} days, daily sums {} days",
            status.keep_days, status.keep_rollup_days
        ),
    )?;
    line("Keys", &status.key_file.display().to_string())?;
    for key in &status.keys {
        let role = if key.is_current {
            ", makes new pseudonyms"
        } else {
            ""
        };
        line(
            "",
            &format!(
                "{} of {}, {} days old, {} messages{role}",
                key.id, key.created, key.age_days, key.messages
            ),
        )?;
    }
    line("", &rotation(status))?;
    let last = status
        .audited_ms
        .map_or("nothing recorded yet".to_owned(), |at| {
            format!("last act on {}", day(at))
        });
    line(
        "Audit log",
        &format!(
            "{}, kept for {} days, {last}",
            status.audit.display(),
            status.keep_audit_days
        ),
    )?;
    warn(status, out)
}

fn level(status: &Status) -> String {
    match status.full_until {
        Some(day) if status.configured == "full" && status.level == "full" => {
            format!("full until {day}: addresses are stored in clear")
        }
        Some(day) if status.configured == "full" => {
            format!("{} (full has ended with {day})", status.level)
        }
        _ => status.level.to_owned(),
    }
}

fn rotation(status: &Status) -> String {
    match status.rotate_keys_days {
        0 => "no new key is made by itself".to_owned(),
        days => format!("a new key every {days} days"),
    }
}

fn warn(status: &Status, out: &mut impl Write) -> io::Result<()> {
    let mut warning =
        |text: &str| writeln!(out, "{WARNING}warning:{WARNING:#} {}", printable(text));
    let in_clear = status.messages.get("full").copied().unwrap_or_default();
    if in_clear > 0 && status.level != "full" {
        warning(&format!(
            "{in_clear} messages hold addresses in clear; they go after log.keep_days"
        ))?;
    }
    if status.without_key > 0 {
        warning(&format!(
            "the key of {} messages is gone: nobody can be looked up in them",
            status.without_key
        ))?;
    }
    for file in &status.damaged {
        warning(&format!(
            "{} ({} bytes) was set aside as damaged and holds the same data; it goes after \
             log.keep_days, or remove it now",
            file.path.display(),
            file.bytes
        ))?;
    }
    Ok(())
}

fn day(at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .map(|at| at.to_zoned(TimeZone::UTC).date().to_string())
        .unwrap_or_default()
}
