//! `untrackd filter`: one message from standard input to standard output.

use super::{
    Context, engine,
    exit::{Code, Failure},
    report::MessageReport,
};
use crate::{
    allow::Allowlist,
    clean::{Cleaner, Envelope},
    config::Config,
};
use clap::Args;
use std::{
    fs::OpenOptions,
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

const EXAMPLES: &str = "\
Examples:
  untrackd filter < mail.eml > clean.eml

  maildrop:   xfilter \"untrackd filter --to $RECIPIENT\"
  procmail:   :0fw
              | untrackd filter --pass-through
  Postfix pipe(8), Dovecot LDA: any program that takes the message on standard
  input; exit code 75 makes them try again later.";

/// Cleans one message from standard input to standard output
///
/// Everything is read and cleaned before the first byte is written. If
/// anything goes wrong nothing is written and the exit code is 75, so that the
/// caller keeps the message and tries again; with --pass-through the message
/// is written as it came and the exit code is 0.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct FilterArgs {
    /// A recipient, whose address is then recognised inside URLs (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Write what was found to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// If anything goes wrong, write the message as it came
    #[arg(long)]
    pass_through: bool,
}

pub(super) fn run(args: &FilterArgs, context: &Context) -> Result<Code, Failure> {
    // Whatever goes wrong is temporary for the caller: with any other code an
    // MTA would return the message to its sender.
    let temporary = |message| Failure::new(Code::TempFail, message);
    let mut input = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut input);
    read.map_err(|e| temporary(format!("standard input: {e}")))?;
    let cleaned = match prepare_and_clean(args, context, &input) {
        Ok(cleaned) => cleaned,
        Err(e) if args.pass_through => {
            super::complain(&e.message);
            None
        }
        Err(e) => return Err(temporary(e.message)),
    };
    let bytes = cleaned.as_deref().unwrap_or(&input);
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.map_err(|e| temporary(format!("standard output: {e}")))?;
    Ok(Code::Ok)
}

fn prepare_and_clean(
    args: &FilterArgs,
    context: &Context,
    input: &[u8],
) -> Result<Option<Vec<u8>>, Failure> {
    let config: Config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let allowlist = engine::allowlist(&config);
    clean(args, &cleaner, allowlist, input)
}

fn clean(
    args: &FilterArgs,
    cleaner: &Arc<Cleaner>,
    allowlist: Arc<Allowlist>,
    input: &[u8],
) -> Result<Option<Vec<u8>>, Failure> {
    let (separator, raw) = split_separator(input);
    let envelope = Envelope {
        recipients: args.to.clone(),
        allowlist,
        ..Envelope::default()
    };
    let cleaned = engine::clean(cleaner, envelope, raw)
        .map_err(|e| Failure::new(Code::Data, e.to_string()))?;
    if let Some(path) = &args.report {
        let bytes = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        let changed = cleaned.bytes.is_some();
        let report = MessageReport::new("-".into(), None, bytes, changed, &cleaned.outcome);
        write_report(path, &report).map_err(|e| Failure::file(Code::CannotCreate, path, &e))?;
    }
    Ok(cleaned.bytes.map(|bytes| [separator, &bytes].concat()))
}

/// A delivery agent may put a `From ` line before the message (RFC 4155).
fn split_separator(input: &[u8]) -> (&[u8], &[u8]) {
    if !input.starts_with(b"From ") {
        return (b"", input);
    }
    let end = memchr::memchr(b'\n', input).map_or(input.len(), |at| at + 1);
    input.split_at(end)
}

fn write_report(path: &Path, report: &MessageReport) -> io::Result<()> {
    let mut options = OpenOptions::new();
    // URLs can identify the recipient.
    options.write(true).create(true).truncate(true).mode(0o600);
    report.write_json(&mut options.open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_line_is_no_part_of_the_message() {
        assert_eq!(
            split_separator(b"From a b\nS: 1\n\nx"),
            (&b"From a b\n"[..], &b"S: 1\n\nx"[..])
        );
        assert_eq!(split_separator(b"From: a\n"), (&b""[..], &b"From: a\n"[..]));
        assert_eq!(split_separator(b"From "), (&b"From "[..], &b""[..]));
    }
}
