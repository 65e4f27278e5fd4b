//! `untrackd report`: a period's summary, to read, to keep or to send.
//!
//! (`cli::report` is something else: what was found in one message.)

mod address;
mod period;
mod sendmail;

use super::{
    Context, complain,
    exit::{Code, Failure, chain},
    terminal::json_line,
};
use crate::{
    allow::{AllowFile, Entry},
    config::Config,
    review::{
        Reader,
        report::{Asked, Envelope, Report, gather, html, mail, text},
    },
    rules::RuleSet,
};
use clap::{Args, ValueEnum};
use data_encoding::HEXLOWER;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};
use url::Url;

const EXAMPLES: &str = "\
Examples:
  untrackd report                                  the last 7 days, today included
  untrackd report --period month                   the last whole month
  untrackd report --from 2026-11-01 --to 2026-11-15
  untrackd report --format html --output report.html
  untrackd report --period week --mail-to postmaster@example.com";

/// Summarizes what was found and done in a period
///
/// A period is made of whole days in UTC, and is compared with the one before.
/// Lists by domain of senders leave out names with few recipients, as
/// review.min_group says; a list by domain of recipients is made only if
/// review.recipient_reports is set.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReportArgs {
    /// The last days, today included: 30d, 4w; or from this day on
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "period"])]
    since: Option<String>,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day; without it, today
    #[arg(long, value_name = "DATE", requires = "from")]
    to: Option<Date>,
    /// The last whole one: yesterday, Monday to Sunday, or a month
    #[arg(long, conflicts_with = "from")]
    period: Option<period::Name>,
    /// How to write it
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where to write it, instead of standard output
    #[arg(long, short, value_name = "FILE", conflicts_with = "mail_to")]
    output: Option<PathBuf>,
    /// Send it to this address (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = address::recipient)]
    mail_to: Vec<String>,
    /// The author of the mail, who gets the bounces; without it, untrackd at
    /// this host
    #[arg(long, value_name = "ADDRESS", value_parser = address::sender)]
    from_address: Option<String>,
    /// The program that takes the mail, called as sendmail(1)
    #[arg(long, value_name = "FILE", default_value = "/usr/sbin/sendmail")]
    sendmail: PathBuf,
    /// Address of the dashboard: numbers then lead to the messages
    #[arg(long, value_name = "URL", value_parser = dashboard)]
    dashboard: Option<String>,
    /// Lines of a list
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    top: usize,
    /// Another database than the configured one
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    /// At most 80 columns
    Text,
    /// One object, for programs
    Json,
    /// One file that needs nothing else
    Html,
    /// A message with text and HTML
    Mail,
}

impl ReportArgs {
    fn format(&self) -> Result<Format, Failure> {
        match (self.format, self.mail_to.is_empty()) {
            (None, true) => Ok(Format::Text),
            (None | Some(Format::Mail), false) => Ok(Format::Mail),
            (Some(format), true) => Ok(format),
            (Some(_), false) => Err(Failure::new(
                Code::Usage,
                "--mail-to: only a mail can be sent; leave --format out",
            )),
        }
    }
}

pub(super) fn run(args: &ReportArgs, context: &Context) -> Result<Code, Failure> {
    let format = args.format()?;
    let config = context.config()?;
    let report = make(args, &config)?;
    let dashboard = args.dashboard.as_deref();
    let failed = |e: &dyn std::error::Error| Failure::from_error(Code::Data, "report", e);
    let bytes = match format {
        Format::Text => text(&report).into_bytes(),
        Format::Json => (json_line(&report) + "\n").into_bytes(),
        Format::Html => html(&report, dashboard)
            .map_err(|e| failed(&e))?
            .into_bytes(),
        Format::Mail => {
            let envelope = envelope(args)?;
            let message = mail(&report, dashboard, &envelope).map_err(|e| failed(&e))?;
            if !envelope.to.is_empty() {
                sendmail::send(&args.sendmail, &envelope.from, &envelope.to, &message)?;
                return Ok(Code::Ok);
            }
            message
        }
    };
    match &args.output {
        Some(path) => {
            let written = fs::write(path, bytes);
            written.map_err(|e| Failure::file(Code::CannotCreate, path, &e))?;
        }
        None => {
            let mut out = io::stdout().lock();
            out.write_all(&bytes)?;
            out.flush()?;
        }
    }
    Ok(Code::Ok)
}

fn make(args: &ReportArgs, config: &Config) -> Result<Report, Failure> {
    let now = Timestamp::now();
    let today = now.to_zoned(TimeZone::UTC).date();
    let wanted = period::Wanted {
        since: args.since.as_deref(),
        from: args.from,
        to: args.to,
        name: args.period,
    };
    let (days, before) = period::days(&wanted, today).map_err(|e| Failure::new(Code::Usage, e))?;
    let database = args.database.as_deref().unwrap_or(&config.log.path);
    let reader = Reader::open(database).map_err(Failure::from)?;
    let asked = Asked {
        days,
        before,
        top: args.top,
        min_group: config.review.min_group,
        has_recipients: config.review.recipient_reports,
        rules: &rules(config)?,
        allowed: &allowed(config),
        now,
    };
    Ok(gather(&reader, &asked)?)
}

fn rules(config: &Config) -> Result<Vec<String>, Failure> {
    let rules = match &config.rules {
        Some(dir) => RuleSet::from_dir(dir),
        None => RuleSet::builtin(),
    };
    let mut rules = rules.map_err(|e| Failure::new(Code::Config, chain(&e)))?;
    if config.low_trust {
        rules = rules.with_low_trust();
    }
    Ok(rules.iter().map(|(rule, _)| rule.id.to_string()).collect())
}

/// The allowlist; it is not what the report is about, so that trouble with it
/// is said and no more.
fn allowed(config: &Config) -> Vec<Entry> {
    let file = AllowFile::new(config.review.allowlist.clone());
    file.load().unwrap_or_else(|e| {
        let trouble = chain(&e);
        complain(&format!("{trouble}; the report leaves the allowlist out"));
        Vec::new()
    })
}

fn envelope(args: &ReportArgs) -> Result<Envelope, Failure> {
    let from = match &args.from_address {
        Some(address) => address.clone(),
        None => {
            let host = rustix::system::uname();
            let host = host.nodename().to_string_lossy();
            address::sender(&format!("untrackd@{host}")).map_err(|problem| {
                let remedy = "name the author with --from-address";
                Failure::new(
                    Code::Usage,
                    format!("this host's name: {problem}; {remedy}"),
                )
            })?
        }
    };
    let mut unique = [0; 16];
    getrandom::fill(&mut unique)
        .map_err(|e| Failure::new(Code::TempFail, format!("no random numbers: {e}")))?;
    Ok(Envelope {
        from,
        to: args.mail_to.clone(),
        unique: HEXLOWER.encode(&unique),
    })
}

/// An address that links can be made with.
fn dashboard(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !is_plain {
        return Err("write an address such as https://gateway.example/untrackd".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_is_a_plain_address() {
        for (text, expected) in [
            ("http://127.0.0.1:8025/", "http://127.0.0.1:8025"),
            ("https://GW.example/a b/", "https://gw.example/a%20b"),
        ] {
            assert_eq!(dashboard(text).as_deref(), Ok(expected));
        }
        for text in [
            "",
            "gw.example",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user@gw.example/",
            "https://gw.example/?q=1",
            "https://gw.example/#x",
        ] {
            assert!(dashboard(text).is_err(), "{text}");
        }
    }
}
