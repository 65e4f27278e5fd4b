//! `untrackd allow`: what is left alone although it tracks.

mod add;
mod expiry;
mod list;
mod pick;
mod remove;
mod show;

use super::{
    Context,
    exit::{Code, Failure},
    terminal::printable,
};
use crate::{
    allow::{AllowError, AllowFile},
    config::Config,
    review::{Reader, ReviewError},
};
use clap::{Args, Subcommand};
use std::io;

const EXAMPLES: &str = "\
Examples:
  untrackd allow add --finding 4ABCdef123z --reason 'order tracking, asked for by sales'
  untrackd allow add --tracker pixel.example.com --only-to example.org --reason '…' --expires 30d
  untrackd allow list
  untrackd allow remove a-7k3q

The file is that of review.allowlist. Every change takes effect with the next
message that the running milter sees; nothing needs to be reloaded.";

/// Over how many days it is told what was or would have been spared.
const DAYS: u32 = 30;

/// Leaves trackers, rules, companies, senders or recipient domains alone
///
/// What the allowlist spares stays in the mail as it came. The block log still
/// names it, with the entry that spared it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct AllowArgs {
    #[command(subcommand)]
    command: AllowCommand,
}

#[derive(Debug, Subcommand)]
enum AllowCommand {
    Add(Box<add::AddArgs>),
    List(list::ListArgs),
    Remove(remove::RemoveArgs),
}

pub(super) fn run(args: &AllowArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    match &args.command {
        AllowCommand::Add(args) => add::run(args, &config),
        AllowCommand::List(args) => list::run(args, &config),
        AllowCommand::Remove(args) => remove::run(args, &config),
    }
}

fn file(config: &Config) -> AllowFile {
    AllowFile::new(&config.review.allowlist)
}

fn open_log(config: &Config) -> Result<Reader, ReviewError> {
    Reader::open(&config.log.path)
}

/// A time for people, in their zone.
fn shown(at: jiff::Timestamp) -> String {
    let local = at.to_zoned(jiff::tz::TimeZone::system());
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

impl From<AllowError> for Failure {
    fn from(error: AllowError) -> Self {
        let code = match &error {
            AllowError::Value(_) | AllowError::Known { .. } => Code::Usage,
            AllowError::Mistake { .. } | AllowError::TooLarge { .. } => Code::Config,
            AllowError::Busy(_) => Code::TempFail,
            AllowError::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied => Code::Permission,
                _ => Code::CannotCreate,
            },
        };
        Self::new(code, printable(&error.to_string()))
    }
}
