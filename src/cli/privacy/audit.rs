//! `untrackd privacy audit`: who did what, newest first.

use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::{json_line, printable},
    },
    config::Config,
    review::audit::{Audit, AuditRow},
    telemetry::keys::Keys,
};
use jiff::{Timestamp, tz::TimeZone};
use std::io::Write;

/// How many lines are read at a time while looking for a person.
const PAGE: usize = 500;

/// Show who looked up whom and changed what, newest first
#[derive(Debug, clap::Args)]
pub(super) struct AuditArgs {
    /// Only acts about this person: an address, or a pseudonym such as a_….
    #[arg(long, value_name = "ADDRESS")]
    person: Option<String>,
    /// At most so many lines.
    #[arg(short = 'n', long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,
    /// One JSON object a line, times in UTC.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &AuditArgs, config: &Config) -> Result<Code, Failure> {
    let audit = Audit::open_for_reading(&config.review.audit)?;
    let subjects = match &args.person {
        None => None,
        Some(person) => Some(subjects(person, config)?),
    };
    let zone = TimeZone::system();
    let mut out = anstream::stdout();
    let mut left = args.limit;
    let mut before = None;
    while left > 0 {
        let rows = audit.newest(PAGE.min(left.max(1)), before)?;
        let Some(last) = rows.last() else { break };
        before = Some(last.id);
        let is_wanted = |row: &&AuditRow| match &subjects {
            None => true,
            Some(subjects) => row.subject.as_ref().is_some_and(|s| subjects.contains(s)),
        };
        for row in rows.iter().filter(is_wanted).take(left) {
            write(row, args.json, &zone, &mut out)?;
            left = left.saturating_sub(1);
        }
    }
    Ok(Code::Ok)
}

/// What a person is called in the audit log, under each key.
fn subjects(person: &str, config: &Config) -> Result<Vec<String>, Failure> {
    if person.starts_with("a_") {
        return Ok(vec![person.to_owned()]);
    }
    let keys = super::keys(config)?;
    let all = keys.iter().flat_map(Keys::all);
    Ok(all.map(|key| key.subject(person)).collect())
}

fn write(
    row: &AuditRow,
    is_json: bool,
    zone: &TimeZone,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if is_json {
        writeln!(out, "{}", json_line(row))?;
        return Ok(());
    }
    let time = Timestamp::from_millisecond(row.at_ms)
        .map(|at| {
            let local = at.to_zoned(zone.clone());
            local.strftime("%Y-%m-%d %H:%M:%S").to_string()
        })
        .unwrap_or_default();
    let line = format!(
        "{time}  {:<12} {:<7} {:<9} {}  {} {}",
        row.act,
        row.outcome,
        row.channel,
        row.actor,
        row.subject.as_deref().unwrap_or("-"),
        row.details
    );
    writeln!(out, "{}", printable(line.trim_end()))?;
    Ok(())
}
