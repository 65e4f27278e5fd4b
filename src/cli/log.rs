//! `untrackd log`: what was found, newest first.
//!
//! Reads the database itself, so it works while the milter is down.

mod json;
mod table;

use super::{exit::Code, terminal::printable};
use crate::{
    review::{Context, Query, Reader, ReviewError},
    sighting::Vector,
    skip::Skip,
    telemetry::{
        Disposition,
        keys::{KeyErrorKind, Keys},
    },
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// How often `--follow` looks for new messages.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Most messages that are read in one go while following.
const FOLLOW_AT_ONCE: usize = 1_000;

/// Show what was found in whose mail, newest first.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct LogArgs {
    /// Keep running and print messages as they come, oldest first.
    #[arg(short, long)]
    pub(super) follow: bool,
    /// From then on: 2h, 7d, 2026-11-21, or an RFC 3339 time.
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,
    /// Until then, not included; a day counts as a whole.
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,
    /// Envelope sender's or From's domain; an address stands for its domain.
    #[arg(long, value_name = "DOMAIN")]
    pub(super) sender: Option<String>,
    /// A recipient's address, or a pseudonym such as r_….
    #[arg(long, value_name = "ADDRESS")]
    pub(super) recipient: Option<String>,
    /// A tracker's host or domain, or the vendor's or company's name.
    #[arg(long, value_name = "NAME")]
    pub(super) tracker: Option<String>,
    /// A rule's identifier.
    #[arg(long, value_name = "ID")]
    pub(super) rule: Option<String>,
    /// How the URL is reached.
    #[arg(long, value_parser = vector(), value_name = "VECTOR")]
    pub(super) vector: Option<Vector>,
    /// The MTA's queue id.
    #[arg(long, value_name = "ID")]
    pub(super) queue_id: Option<String>,
    /// What became of the message.
    #[arg(long, value_parser = disposition(), value_name = "WORD")]
    pub(super) disposition: Option<Disposition>,
    /// Why it, or a part of it, was not cleaned.
    #[arg(long, value_parser = skip(), value_name = "REASON")]
    pub(super) skip: Option<Skip>,
    /// At most so many messages (with --follow: to begin with).
    #[arg(short = 'n', long, default_value_t = 50, value_name = "COUNT")]
    pub(super) limit: usize,
    /// One JSON object a line, times in UTC.
    #[arg(long)]
    pub(super) json: bool,
    /// Another database than the configured one.
    #[arg(long, value_name = "FILE")]
    pub(super) database: Option<PathBuf>,
}

fn vector() -> impl clap::builder::TypedValueParser<Value = Vector> {
    named(Vector::ALL, Vector::name)
}

fn disposition() -> impl clap::builder::TypedValueParser<Value = Disposition> {
    named(Disposition::ALL, Disposition::name)
}

fn skip() -> impl clap::builder::TypedValueParser<Value = Skip> {
    named(Skip::ALL, Skip::name)
}

/// Takes the permanent names, lists them in `--help` and proposes the nearest.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl clap::builder::TypedValueParser<Value = T> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(all.iter().map(move |&value| name(value))).try_map(move |word| {
        all.iter()
            .copied()
            .find(|&value| name(value) == word)
            .ok_or("unknown name")
    })
}

/// Runs the command on the configured database and key file.
pub(super) fn run(args: &LogArgs, database: &Path, keys: &Path) -> Result<Code, super::Failure> {
    let database = args.database.as_deref().unwrap_or(database);
    let zone = TimeZone::system();
    let now = Timestamp::now().to_zoned(zone.clone());
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    match show(args, database, keys, &now, &mut out) {
        Ok(()) => Ok(Code::Ok),
        Err(Failure::Write(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(Code::Ok),
        Err(failure) => Err(super::Failure::new(
            failure.code(),
            printable(&failure.to_string()),
        )),
    }
}

/// Why the log cannot be shown.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Argument(String),
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error("output: {0}")]
    Write(#[from] io::Error),
}

impl Failure {
    fn code(&self) -> Code {
        match self {
            Self::Argument(_) => Code::Usage,
            Self::Review(ReviewError::Missing(_)) => Code::NoInput,
            Self::Review(ReviewError::NotPermitted(_)) => Code::Permission,
            Self::Review(ReviewError::Damaged { .. } | ReviewError::NotOurs { .. }) => Code::Data,
            Self::Review(ReviewError::Failed { .. } | ReviewError::TooLong) | Self::Write(_) => {
                Code::Io
            }
        }
    }
}

fn show(
    args: &LogArgs,
    database: &Path,
    keys: &Path,
    now: &Zoned,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let query = query(args, keys, now)?;
    let reader = Reader::open(database)?;
    // Before the rows, so that nothing falls between them and what follows.
    let seen = reader.last_id()?;
    let mut rows = reader.newest(&query, args.limit)?;
    let last = rows.first().map_or(seen, |row| row.id.max(seen));
    if args.follow {
        rows.reverse();
    }
    let zone = now.time_zone();
    for row in &rows {
        print(args, zone, row, out)?;
    }
    if rows.is_empty() && !args.json {
        writeln!(out, "{}", table::nothing(args, query == Query::default()))?;
    }
    out.flush()?;
    if args.follow {
        follow(args, database, &query, zone, (reader, last), out)?;
    }
    Ok(())
}

fn print(
    args: &LogArgs,
    zone: &TimeZone,
    row: &crate::review::MessageRow,
    out: &mut impl Write,
) -> io::Result<()> {
    if args.json {
        json::write(row, out)
    } else {
        table::write(row, zone, out)
    }
}

/// Prints messages that come after the one with id `last`, until the output
/// closes.
fn follow(
    args: &LogArgs,
    database: &Path,
    query: &Query,
    zone: &TimeZone,
    (mut reader, mut last): (Reader, i64),
    out: &mut impl Write,
) -> Result<(), Failure> {
    loop {
        thread::sleep(FOLLOW_EVERY);
        if !reader.is_in_place() {
            match Reader::open(database) {
                Ok(new) => (reader, last) = (new, 0),
                // It is just being replaced.
                Err(ReviewError::Missing(_)) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        // Asked before, so that what does not fit is not looked at again and
        // what comes meanwhile is not missed.
        let newest = reader.last_id()?;
        let rows = reader.after(last, query, FOLLOW_AT_ONCE)?;
        for row in &rows {
            print(args, zone, row, out)?;
        }
        out.flush()?;
        last = match rows.last() {
            Some(row) if rows.len() == FOLLOW_AT_ONCE => row.id,
            Some(row) => newest.max(row.id),
            None => newest.max(last),
        };
    }
}

fn query(args: &LogArgs, keys: &Path, now: &Zoned) -> Result<Query, Failure> {
    let keys = match &args.recipient {
        None => None,
        Some(recipient) => match Keys::load(keys) {
            Ok(keys) => Some(keys),
            // At levels without pseudonyms there is no key file.
            Err(e) if is_missing(&e.kind) => None,
            Err(e) if recipient.contains('@') => {
                return Err(Failure::Argument(format!(
                    "--recipient: {e}: {}; pseudonyms cannot be looked up without it",
                    e.kind
                )));
            }
            Err(_) => None,
        },
    };
    let conditions = [
        ("since", args.since.as_deref()),
        ("until", args.until.as_deref()),
        ("sender", args.sender.as_deref()),
        ("recipient", args.recipient.as_deref()),
        ("rule", args.rule.as_deref()),
        ("vector", args.vector.map(Vector::name)),
        ("queue", args.queue_id.as_deref()),
        ("is", args.disposition.map(Disposition::name)),
        ("skip", args.skip.map(Skip::name)),
    ];
    let mut text: Vec<String> = conditions
        .into_iter()
        .filter_map(|(field, value)| Some(Query::term(field, value?)))
        .collect();
    if let Some(tracker) = &args.tracker {
        // A name with a dot is a host's or domain's.
        text.push(match tracker.contains('.') {
            true => Query::term("tracker", tracker),
            false => Query::word(tracker),
        });
    }
    let context = Context {
        now,
        keys: keys.as_ref(),
    };
    Query::parse(&text.join(" "), &context).map_err(|error| {
        let option = error.field.map(|field| format!("--{field}: "));
        Failure::Argument(format!("{}{}", option.unwrap_or_default(), error.problem))
    })
}

fn is_missing(kind: &KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Io(e) if e.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests;
