//! `untrackd log`: what was found, newest first.
//!
//! Reads the database itself, so it works while the milter is down.

mod csv;
pub(super) mod json;
pub(super) mod table;

use super::{
    Context,
    ask::{self, Asked, Desk},
    exit::{Code, Failure},
};
use crate::{
    review::{Cursor, FIELDS, MessageRow, Query, Reader, ReviewError},
    sighting::Vector,
    skip::Skip,
    telemetry::Disposition,
};
use anstyle::Style;
use jiff::tz::TimeZone;
use std::{
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
};

const BOLD: Style = Style::new().bold();

/// How often `--follow` looks for new messages.
const FOLLOW_EVERY: Duration = Duration::from_millis(500);
/// Most messages that are read in one go while following.
const FOLLOW_AT_ONCE: usize = 1_000;

const EXAMPLES: &str = "\
Examples:
  untrackd log                                   the newest messages
  untrackd log is:changed since:24h company:Mailgun
  untrackd log -- since:7d -skip:signed skip:html-memory
  untrackd log --recipient jane@example.org      one person's (audited)
  untrackd log -f is:failed                      what fails, as it happens
  untrackd log --csv since:30d >log.csv          for a spreadsheet
  untrackd log --fields                          all fields of the query";

/// Show what was found in whose mail, newest first
///
/// Reads the database itself, so it works while the milter is down. The options
/// are short for conditions of the query, and add to it.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct LogArgs {
    #[command(flatten)]
    pub(super) asked: Asked,
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
    /// Only messages before the one with this id, to page on.
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    pub(super) before: Option<i64>,
    /// One JSON object a line, times in UTC.
    #[arg(long, conflicts_with = "csv")]
    pub(super) json: bool,
    /// Comma-separated values (RFC 4180), one finding a line; what a
    /// spreadsheet would take for a formula gets an apostrophe before it.
    #[arg(long)]
    pub(super) csv: bool,
    /// List the fields of the query and end.
    #[arg(long, exclusive = true)]
    pub(super) fields: bool,
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

/// Runs the command.
pub(super) fn run(args: &LogArgs, context: &Context) -> Result<Code, Failure> {
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    if args.fields {
        write_fields(&mut out)?;
        return Ok(Code::Ok);
    }
    let desk = Desk::new(context, args.asked.database.as_ref())?;
    let query = desk.query(&text(args))?;
    show(args, &query, &desk, &mut out)?;
    Ok(Code::Ok)
}

fn show(args: &LogArgs, query: &Query, desk: &Desk, out: &mut impl Write) -> Result<(), Failure> {
    let reader = desk.reader()?;
    // Before the rows, so that nothing falls between them and what follows.
    let seen = reader.last_id()?;
    let cursor = args.before.map_or(Cursor::Newest, Cursor::Before);
    let mut rows = reader.page(query, cursor, args.limit)?.rows;
    let last = rows.first().map_or(seen, |row| row.id.max(seen));
    if args.follow {
        rows.reverse();
    }
    let mut printer = Printer::new(args, desk.now.time_zone().clone(), out);
    for row in &rows {
        printer.print(row)?;
    }
    if rows.is_empty() && matches!(printer.form, Form::Table) {
        writeln!(printer.out, "{}", table::nothing(args, query.is_empty()))?;
    }
    printer.out.flush()?;
    if args.follow {
        follow(&desk.config.log.path, query, (reader, last), &mut printer)?;
    }
    Ok(())
}

/// How messages are written.
#[derive(Clone, Copy)]
enum Form {
    Csv,
    Json,
    Table,
}

struct Printer<'o, W: Write> {
    form: Form,
    zone: TimeZone,
    out: &'o mut W,
    has_head: bool,
}

impl<'o, W: Write> Printer<'o, W> {
    fn new(args: &LogArgs, zone: TimeZone, out: &'o mut W) -> Self {
        let form = match (args.csv, args.json) {
            (true, _) => Form::Csv,
            (false, true) => Form::Json,
            (false, false) => Form::Table,
        };
        Self {
            form,
            zone,
            out,
            has_head: false,
        }
    }

    fn print(&mut self, row: &MessageRow) -> io::Result<()> {
        match self.form {
            Form::Csv => {
                let is_first = !std::mem::replace(&mut self.has_head, true);
                csv::write(row, is_first, self.out)
            }
            Form::Json => json::write(row, self.out),
            Form::Table => table::write(row, &self.zone, self.out),
        }
    }
}

/// The fields of the query, for people.
fn write_fields(out: &mut impl Write) -> io::Result<()> {
    for field in FIELDS {
        let aliases = match field.aliases {
            [] => String::new(),
            aliases => format!(" (also {})", aliases.join(", ")),
        };
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}{aliases}: {}",
            field.name, field.values
        )?;
        writeln!(out, "    {}; as in {}", field.meaning, field.example)?;
    }
    Ok(())
}

/// Prints messages that come after the one with id `last`, until the output
/// closes.
fn follow(
    database: &Path,
    query: &Query,
    (mut reader, mut last): (Reader, i64),
    printer: &mut Printer<'_, impl Write>,
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
            printer.print(row)?;
        }
        printer.out.flush()?;
        last = match rows.last() {
            Some(row) if rows.len() == FOLLOW_AT_ONCE => row.id,
            Some(row) => newest.max(row.id),
            None => newest.max(last),
        };
    }
}

/// Query and options as one query.
fn text(args: &LogArgs) -> String {
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
    let mut text = vec![ask::joined(&args.asked.query)];
    text.extend(
        conditions
            .into_iter()
            .filter_map(|(field, value)| Some(Query::term(field, value?))),
    );
    if let Some(tracker) = &args.tracker {
        // A name with a dot is a host's or domain's.
        text.push(match tracker.contains('.') {
            true => Query::term("tracker", tracker),
            false => Query::word(tracker),
        });
    }
    text.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests;
