//! `untrackd show`: everything about one message.

mod text;

use super::{
    Context,
    ask::Desk,
    exit::{Code, Failure},
    log::json,
};
use crate::visible::printable;
use std::{
    io::{self, Write},
    path::PathBuf,
};

const EXAMPLES: &str = "\
Examples:
  untrackd show 4XyZ12345z                  by the queue id in the mail log
  untrackd show '<1234@mail.example.org>'   by the Message-ID
  untrackd show 7352961537482752 --json     by the id that \"untrackd log\" gives";

/// Show everything about one message
///
/// What became of it and why, each finding with its rules, its evidence and
/// what it would have told, and what could not be read. URLs are shown without
/// their values, which are not stored.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowArgs {
    /// Its id in the log, its queue id, or its Message-ID
    #[arg(value_name = "ID")]
    id: String,
    /// One JSON object for each message found
    #[arg(long)]
    json: bool,
    /// Another database than the configured one
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> Result<Code, Failure> {
    let desk = Desk::new(context, args.database.as_ref())?;
    let reader = desk.reader()?;
    // Only a Message-ID is stored as a pseudonym.
    let keys = if args.id.contains('@') {
        desk.keys()?
    } else {
        None
    };
    let rows = reader.find(&args.id, keys.as_ref())?;
    if rows.is_empty() {
        let text = format!(
            "no message {} in the block log; messages in which nothing was found have no row \
             of their own, and rows are kept for {} days",
            printable(&args.id),
            desk.config.log.keep_days
        );
        return Err(Failure::new(Code::NoInput, text));
    }
    let mut out = anstream::AutoStream::auto(io::stdout().lock());
    for (n, row) in rows.iter().enumerate() {
        if args.json {
            json::write(row, &mut out)?;
        } else {
            if n > 0 {
                writeln!(out)?;
            }
            text::write(row, desk.now.time_zone(), &mut out)?;
        }
    }
    out.flush()?;
    Ok(Code::Ok)
}
