//! `untrackd scan`: what would be found in mail that is there already.

pub(super) mod mbox;
pub(super) mod plan;
mod pool;
mod totals;
mod work;

use super::{
    Context,
    exit::{Code, Failure},
    report::JSON_VERSION,
    terminal::json_line,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use plan::Plan;
use std::{
    fs::DirBuilder,
    io::{IsTerminal, Write, stderr},
    num::NonZeroUsize,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    thread,
};
use totals::Totals;
use work::{FileError, FileReport, Tools};

const EXAMPLES: &str = "\
Examples:
  untrackd scan mail.eml                 what is in one message
  untrackd scan ~/Maildir                a whole mailbox (cur and new)
  untrackd scan --write clean/ archive   cleaned copies of all files
  untrackd scan --json /var/mail/ann | jq 'select(.type == \"message\").file'
  untrackd scan --exit-code - < mail.eml exits 1 if something was found";

/// Scans messages and tells what would be done with them
///
/// Nothing is changed, fetched or logged. A directory is searched through and
/// through, without following symbolic links inside; of a Maildir only cur
/// and new are read; a file that begins with a "From " line is an mbox.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ScanArgs {
    /// Files, directories, mbox files or Maildirs; - is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write one JSON object a line: each message, each error, the totals
    #[arg(long)]
    json: bool,
    /// Put the cleaned messages into DIR, under the same names; untouched ones
    /// are copied byte for byte
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Files to work on at a time [default: the number of processors]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// A recipient, whose address is then recognised inside URLs (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Exit with 1 if something was found
    #[arg(long)]
    exit_code: bool,
}

pub(super) fn run(args: &ScanArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let tools = Tools {
        cleaner: super::engine::build_cleaner(&config)?,
        recipients: args.to.clone(),
        allowlist: super::engine::announced_allowlist(&config),
    };
    if let Some(dir) = &args.write {
        make_directory(dir)?;
    }
    let plan = Plan::new(&args.paths, args.write.as_deref());
    let mut output = Output::new(args, context, plan.jobs.len());
    for error in &plan.errors {
        output.error(&error.path, &error.reason, Code::NoInput)?;
    }
    let threads = args.jobs.or_else(|| thread::available_parallelism().ok());
    let mut result = Ok(());
    pool::in_order(
        &plan.jobs,
        threads.unwrap_or(NonZeroUsize::MIN),
        |job| (job.input.name(), work::scan(job, &tools)),
        |(name, report)| {
            result = output.file(&name, &report);
            result.is_ok()
        },
    );
    result?;
    output.finish()
}

fn make_directory(dir: &Path) -> Result<(), Failure> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(dir);
    made.map_err(|e| Failure::file(Code::CannotCreate, dir, &e))
}

/// Writes results as they come, and keeps count.
struct Output<'a> {
    args: &'a ScanArgs,
    verbosity: i8,
    out: anstream::Stdout,
    bar: ProgressBar,
    totals: Totals,
    worst: Code,
}

impl<'a> Output<'a> {
    fn new(args: &'a ScanArgs, context: &Context, files: usize) -> Self {
        let is_shown = files > 1 && context.verbosity >= 0 && stderr().is_terminal();
        let bar = if is_shown {
            let target = ProgressDrawTarget::stderr();
            ProgressBar::with_draw_target(u64::try_from(files).ok(), target)
        } else {
            ProgressBar::hidden()
        };
        let template = "{bar:40} {pos}/{len} files, {elapsed}, {eta} to go";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self {
            args,
            verbosity: context.verbosity,
            out: anstream::stdout(),
            bar,
            totals: Totals::new(),
            worst: Code::Ok,
        }
    }

    fn file(&mut self, name: &str, report: &FileReport) -> Result<(), Failure> {
        self.totals.files += 1;
        for message in &report.messages {
            self.totals.add(message);
            let (out, args, verbosity) = (&mut self.out, self.args, self.verbosity);
            self.bar.suspend(|| match (args.json, verbosity) {
                (true, _) => message.write_json(out),
                (false, ..0) => Ok(()),
                (false, _) => message.write_text(out, verbosity > 0),
            })?;
        }
        for error in &report.errors {
            let (reason, code) = match error {
                FileError::Message(reason) => (reason.clone(), Code::Data),
                FileError::Read(e) => (e.to_string(), Code::Io),
                FileError::Write(path, e) => {
                    (format!("cannot write {}: {e}", path.display()), Code::Io)
                }
            };
            self.error(name, &reason, code)?;
        }
        self.bar.inc(1);
        Ok(())
    }

    /// An error is told on standard error, and counted, and the scan goes on.
    fn error(&mut self, path: &str, reason: &str, code: Code) -> Result<(), Failure> {
        self.totals.errors += 1;
        self.worst = self.worst.max(code);
        if self.args.json {
            let object = serde_json::json!({
                "v": JSON_VERSION, "type": "error", "file": path, "error": reason,
            });
            let out = &mut self.out;
            self.bar
                .suspend(|| writeln!(out, "{}", json_line(&object)))?;
        }
        self.bar
            .suspend(|| super::complain(&format!("{path}: {reason}")));
        Ok(())
    }

    fn finish(mut self) -> Result<Code, Failure> {
        self.bar.finish_and_clear();
        if self.args.json {
            self.totals.write_json(&mut self.out)?;
        } else {
            self.totals.write_text(&mut self.out)?;
        }
        self.out.flush()?;
        let found = self.args.exit_code && self.totals.found > 0;
        Ok(match self.worst {
            Code::Ok if found => Code::Found,
            worst => worst,
        })
    }
}
