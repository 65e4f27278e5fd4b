//! `untrackd top`: who tracks the most.

use super::{
    Context,
    ask::{self, Asked, Desk},
    exit::{Code, Failure},
    terminal::json_line,
};
use crate::{
    review::{DIMENSIONS, Days, Dimension, DimensionInfo, TopRow, spreadsheet},
    visible::printable,
};
use anstyle::Style;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::Serialize;
use std::io::{self, Write};

const BOLD: Style = Style::new().bold();
/// Width of the bars, in characters.
const BAR: u64 = 20;
/// Longest name that keeps the columns in line.
const NAME: usize = 40;

const EXAMPLES: &str = "\
Examples:
  untrackd top companies                     of the last 30 days
  untrackd top trackers --days 7 -n 50
  untrackd top senders company:Mailgun       whose mail Mailgun tracks
  untrackd top rules --csv >rules.csv";

/// Show the companies, trackers, senders … with the most findings
///
/// Without a query the daily sums answer, for whole days (UTC). With a query
/// the newest messages that fit are counted.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TopArgs {
    /// What to list
    #[arg(value_name = "WHAT", value_parser = dimension())]
    dimension: Dimension,
    #[command(flatten)]
    asked: Asked,
    /// For so many days, today included
    #[arg(long, value_name = "COUNT", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// At most so many lines
    #[arg(short = 'n', long, default_value_t = 20, value_name = "COUNT")]
    limit: usize,
    /// One JSON object a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Comma-separated values (RFC 4180)
    #[arg(long)]
    csv: bool,
}

/// The plural names, and `recipients-domains`, as people say it.
fn dimension() -> impl TypedValueParser<Value = Dimension> {
    let names = DIMENSIONS.iter().map(|info| {
        let value = clap::builder::PossibleValue::new(info.plural);
        match info.dimension {
            Dimension::RecipientDomain => value.alias("recipients-domains"),
            _ => value,
        }
    });
    PossibleValuesParser::new(names).try_map(|word| {
        let plural = match word.as_str() {
            "recipients-domains" => "recipient-domains",
            plural => plural,
        };
        Dimension::of_plural(plural).ok_or("unknown list")
    })
}

pub(super) fn run(args: &TopArgs, context: &Context) -> Result<Code, Failure> {
    let desk = Desk::new(context, args.asked.database.as_ref())?;
    let mut infos = DIMENSIONS.iter();
    let Some(info) = infos.find(|info| info.dimension == args.dimension) else {
        // Every dimension has a row in the table.
        return Err(Failure::new(Code::Usage, "unknown list"));
    };
    let today = desk.now.with_time_zone(TimeZone::UTC).date();
    let text = ask::joined(&args.asked.query);
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    let (rows, note) = if text.is_empty() {
        let days = last_days(today, args.days);
        let rows = desk.reader()?.top(args.dimension, days, args.limit)?;
        (rows, format!("{} to {} (UTC)", days.first, days.last))
    } else {
        let query = desk.query(&text)?;
        let query = match query.since_ms() {
            Some(_) => query,
            None => desk.query(&format!("{text} since:{}d", args.days))?,
        };
        let top = desk.reader()?.top_in(&query, args.dimension, args.limit)?;
        let note = match top.is_complete {
            true => format!("out of {} messages that fit", top.scanned),
            false => format!(
                "out of the newest {} messages that fit; there are more",
                top.scanned
            ),
        };
        (top.rows, note)
    };
    match (args.json, args.csv) {
        (true, _) => write_json(info, &rows, &mut out)?,
        (false, true) => write_csv(info, &rows, &mut out)?,
        (false, false) => write_table(info, &rows, &note, &mut out)?,
    }
    out.flush()?;
    Ok(Code::Ok)
}

/// So many days up to and with this one.
pub(super) fn last_days(today: Date, days: u32) -> Days {
    let back = i64::from(days.saturating_sub(1));
    let first = today.checked_sub(back.days()).unwrap_or(Date::MIN);
    Days { first, last: today }
}

fn write_table(
    info: &DimensionInfo,
    rows: &[TopRow],
    note: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{BOLD}{}{BOLD:#}, {note}", info.title)?;
    if rows.is_empty() {
        return writeln!(out, "Nothing was found.");
    }
    let most = rows.iter().map(|row| row.sum.messages).max().unwrap_or(1);
    let names: Vec<_> = rows.iter().map(|row| printable(&row.key)).collect();
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0).clamp(4, NAME);
    writeln!(out, "{:<width$} {:>9} {:>9}", "", "messages", "findings")?;
    for (row, name) in rows.iter().zip(&names) {
        let filled = row.sum.messages.saturating_mul(BAR).div_ceil(most.max(1));
        let bar = "█".repeat(usize::try_from(filled).unwrap_or_default());
        let actions: Vec<String> = row
            .actions
            .iter()
            .filter(|(action, _)| !action.is_empty())
            .map(|(action, sum)| format!("{} {}", sum.findings, printable(action)))
            .collect();
        writeln!(
            out,
            "{name:<width$} {:>9} {:>9}  {bar:<20}  {}",
            row.sum.messages,
            row.sum.findings,
            actions.join(", ")
        )?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    v: u32,
    list: &'static str,
    #[serde(flatten)]
    row: &'a TopRow,
}

fn write_json(info: &DimensionInfo, rows: &[TopRow], out: &mut impl Write) -> io::Result<()> {
    for row in rows {
        let line = Line {
            v: 1,
            list: info.plural,
            row,
        };
        writeln!(out, "{}", json_line(&line))?;
    }
    Ok(())
}

fn write_csv(info: &DimensionInfo, rows: &[TopRow], out: &mut impl Write) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record([info.field, "messages", "findings"])?;
    for row in rows {
        writer.write_record([
            spreadsheet::cell(&row.key).as_ref(),
            &row.sum.messages.to_string(),
            &row.sum.findings.to_string(),
        ])?;
    }
    writer.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_end_today() {
        let today: Date = "2026-11-21".parse().unwrap();
        let days = last_days(today, 30);
        assert_eq!(days.first, "2026-10-23".parse().unwrap());
        assert_eq!(days.last, today);
        assert_eq!(last_days(today, 1).first, today);
    }

    #[test]
    fn every_list_has_its_name() {
        for info in DIMENSIONS {
            assert_eq!(Dimension::of_plural(info.plural), Some(info.dimension));
        }
    }
}
