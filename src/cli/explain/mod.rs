//! `untrackd explain`: what would become of a URL, or of everything in a
//! message, and why.

mod known;
mod message;
mod reason;
mod recipients;
mod select;
mod sighting;
mod source;
mod url;

use super::{
    Context, engine,
    exit::{Code, Failure},
};
use clap::Args;
use select::Selection;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  untrackd explain 'https://click.example.org/c?u=https%3A%2F%2Fexample.com'
  untrackd explain --to ann@example.org 'https://t.example.org/o?e=ann@example.org'
  untrackd explain --json URL | jq .link.destination
  untrackd explain --message mail.eml            all that was seen, kept or not
  untrackd explain --message mail.eml --action keep --vector img-src
  untrackd explain --message - --url tracker.example < mail.eml
  untrackd explain --json --message ~/Maildir | jq 'select(.score > 40).url'";

/// Tells what would become of a URL, or of everything in a message, and why
///
/// A URL is judged as an image without a stated size, and as a link, under the
/// present configuration. Quote it: the shell has its own ideas about & and ?.
/// With --message, each URL of a message that leads to a server is told in its
/// place, also what is kept, with the evidence for and against it and with
/// what a request tells its receiver; then what was not read, and why. Nothing
/// is fetched, changed or logged.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// URLs (http or https)
    #[arg(
        required_unless_present = "message",
        conflicts_with = "message",
        value_name = "URL"
    )]
    urls: Vec<String>,
    /// Explain messages: files, directories, mbox files or Maildirs, as for
    /// scan; - is standard input
    #[arg(long, short, num_args = 1.., value_name = "FILE")]
    message: Vec<PathBuf>,
    /// Write one JSON object a URL; with --message one a sighting, skip,
    /// ambiguity or error
    #[arg(long)]
    json: bool,
    /// A recipient, whose address is then recognised inside URLs
    /// (repeatable); without it, for a message, those in its Delivered-To,
    /// X-Original-To, Envelope-To or else To, Cc and Bcc
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
    #[command(flatten)]
    selection: Selection,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let allowlist = engine::announced_allowlist(&config);
    let mut out = anstream::stdout();
    if args.message.is_empty() {
        url::run(args, &cleaner, &allowlist, &mut out)
    } else {
        message::run(args, &cleaner, &allowlist, &mut out)
    }
}
