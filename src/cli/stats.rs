//! `untrackd stats`: how the gateway and its log are.

use super::{
    Context,
    ask::Desk,
    exit::{Code, Failure},
    terminal::{HEADING, WARNING, json_line},
    top::last_days,
};
use crate::{
    review::{Days, Totals},
    telemetry::Status,
    visible::printable,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::{
    io::{self, Write},
    path::PathBuf,
};

const EXAMPLES: &str = "\
Examples:
  untrackd stats
  untrackd stats --json | jq .periods";

/// Show what was done, and how the log is
///
/// Sums of today, of 7 and of 30 days (UTC), and what the recorder last said
/// about itself: sizes, losses, what waits.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatsArgs {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Another database than the configured one
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

/// The stretches that are summed, in days up to today.
const PERIODS: &[(&str, u32)] = &[("today", 1), ("7 days", 7), ("30 days", 30)];

#[derive(Serialize)]
struct Stats {
    v: u32,
    periods: Vec<Period>,
    log: Option<Status>,
}

#[derive(Serialize)]
struct Period {
    name: &'static str,
    first: jiff::civil::Date,
    last: jiff::civil::Date,
    #[serde(flatten)]
    totals: Totals,
}

pub(super) fn run(args: &StatsArgs, context: &Context) -> Result<Code, Failure> {
    let desk = Desk::new(context, args.database.as_ref())?;
    let reader = desk.reader()?;
    let today = desk.now.with_time_zone(TimeZone::UTC).date();
    let mut periods = Vec::new();
    for &(name, days) in PERIODS {
        let days = last_days(today, days);
        let Days { first, last } = days;
        let totals = reader.totals(days)?;
        periods.push(Period {
            name,
            first,
            last,
            totals,
        });
    }
    let stats = Stats {
        v: 1,
        periods,
        log: reader.status()?,
    };
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    if args.json {
        writeln!(out, "{}", json_line(&stats))?;
    } else {
        write(&stats, desk.now.time_zone(), &mut out)?;
    }
    out.flush()?;
    Ok(Code::Ok)
}

type Line = (&'static str, fn(&Totals) -> u64);

/// What is summed, in the order shown.
const LINES: &[Line] = &[
    ("messages seen", |t| t.messages),
    ("changed", |t| t.changed),
    ("would be changed", |t| t.would_change),
    ("nothing to change", |t| t.clean),
    ("not cleaned", |t| t.skipped),
    ("failed", |t| t.failed),
    ("trackers stopped", |t| t.trackers),
    ("links restored", |t| t.links),
    ("receipts dropped", |t| t.receipts),
    ("kept, personal", |t| t.kept),
    ("kept, opaque", |t| t.opaque),
    ("allowed", |t| t.allowed),
];

fn write(stats: &Stats, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{:<20}", "")?;
    for period in &stats.periods {
        write!(out, "{HEADING}{:>12}{HEADING:#}", period.name)?;
    }
    writeln!(out)?;
    for (name, value) in LINES {
        write!(out, "{name:<20}")?;
        for period in &stats.periods {
            write!(out, "{:>12}", value(&period.totals))?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    match &stats.log {
        None => writeln!(out, "The milter has not said anything about its log yet."),
        Some(status) => write_status(status, zone, out),
    }
}

fn write_status(status: &Status, zone: &TimeZone, out: &mut impl Write) -> io::Result<()> {
    let time = |ms: i64| {
        Timestamp::from_millisecond(ms)
            .map(|time| {
                let local = time.to_zoned(zone.clone());
                local.strftime("%Y-%m-%d %H:%M:%S").to_string()
            })
            .unwrap_or_default()
    };
    let running = match status.is_running {
        true => format!("running since {}", time(status.started_ms)),
        false => format!("stopped at {}", time(status.at_ms)),
    };
    let rules = status.rules_version.as_deref().unwrap_or("not known yet");
    writeln!(
        out,
        "{HEADING}Log{HEADING:#}, as of {}: {running}",
        time(status.at_ms)
    )?;
    let health = match (status.is_healthy, &status.last_error) {
        (true, None) => "it can be written".to_owned(),
        (true, Some(error)) => format!("it can be written again; the last trouble was: {error}"),
        (false, error) => format!(
            "IT CANNOT BE WRITTEN: {}",
            error.as_deref().unwrap_or("the reason is not known")
        ),
    };
    let style = if status.is_healthy { HEADING } else { WARNING };
    writeln!(out, "  {style}health{style:#}    {}", printable(&health))?;
    let lost = status.lost.total();
    let lines = [
        (
            "versions",
            format!("untrackd {}, rules {rules}", status.app_version),
        ),
        ("privacy", status.privacy.to_string()),
        (
            "messages",
            format!(
                "{} taken, {} stored, {lost} lost, {} waiting of at most {}",
                status.taken, status.stored, status.queue_depth, status.queue_capacity
            ),
        ),
        (
            "losses",
            if lost == 0 {
                String::new()
            } else {
                status
                    .lost
                    .by_cause()
                    .iter()
                    .filter(|(_, n)| *n > 0)
                    .map(|(cause, n)| format!("{n} {cause}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            },
        ),
        (
            "evicted",
            match status.evicted {
                0 => String::new(),
                n => format!("{n} messages before their time, for log.max_bytes"),
            },
        ),
        (
            "size",
            format!(
                "{} and {} of write-ahead log{}",
                bytes(status.file_bytes),
                bytes(status.wal_bytes),
                status
                    .free_bytes
                    .map(|free| format!("; {} free", bytes(free)))
                    .unwrap_or_default()
            ),
        ),
        (
            "oldest",
            status.oldest_ms.map(time).unwrap_or_else(|| "none".into()),
        ),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "  {name:<9} {}", printable(value))?;
    }
    for (name, value) in &status.gateway {
        writeln!(out, "  {:<9} {value}", printable(name))?;
    }
    Ok(())
}

fn bytes(n: u64) -> String {
    indicatif::HumanBytes(n).to_string()
}
