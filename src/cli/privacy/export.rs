//! `untrackd privacy export`: everything about a person, as JSON.

use super::{begin, keys, not_covered, person};
use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::json_line,
    },
    config::Config,
    review::{
        audit::{ActKind, Outcome},
        privacy::{Export, Person},
    },
    telemetry::keys::Keys,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use serde_json::json;
use std::io::{self, IsTerminal, Write};

/// Write everything about a person to standard output, as JSON
///
/// One object: who was asked for, the pseudonyms under each key, and each
/// message that the person received or sent, oldest first. Other people in
/// these messages are left out.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// A mail address, or a pseudonym such as r_….
    #[arg(value_name = "ADDRESS")]
    address: String,
}

pub(super) fn run(args: &ExportArgs, config: &Config, verbosity: i8) -> Result<Code, Failure> {
    let keys = keys(config)?;
    let person = person(&args.address, keys.as_ref())?;
    let (audit, begun) = begin(config, ActKind::Export, Some(person.given()))?;
    let result = write(config, person, keys.as_ref(), verbosity);
    let (outcome, details) = match &result {
        Ok(messages) => (Outcome::Done, format!("messages={messages}")),
        Err(_) => (Outcome::Failed, String::new()),
    };
    audit.finish(begun, outcome, &details)?;
    result.map(|_| Code::Ok)
}

/// Writes the document piece by piece, so that its length costs no memory.
/// Returns the number of messages.
fn write(
    config: &Config,
    person: Person,
    keys: Option<&Keys>,
    verbosity: i8,
) -> Result<u64, Failure> {
    let pseudonyms = keys.map(|keys| person.pseudonyms(keys)).unwrap_or_default();
    let given = person.given().to_owned();
    let export = Export::begin(&config.log.path, person)?;
    let bar = bar(export.left(), verbosity);
    let mut out = io::BufWriter::new(io::stdout().lock());
    let head = json!({
        "v": 1,
        "type": "privacy-export",
        "person": given,
        "made_at": Timestamp::now().to_string(),
        "level": config.log.privacy.name(),
        "pseudonyms": pseudonyms,
        "not_covered": not_covered(&config.log.path),
    });
    // The object stays open for the messages.
    let head = json_line(&head);
    write!(
        out,
        "{},\"messages\":[",
        head.strip_suffix('}').unwrap_or(&head)
    )?;
    let mut count = 0_u64;
    for found in export {
        let (roles, message) = found?;
        let separator = if count == 0 { "\n" } else { ",\n" };
        let message = json!({ "roles": roles, "message": message });
        write!(out, "{separator}{}", json_line(&message))?;
        count = count.saturating_add(1);
        bar.inc(1);
    }
    writeln!(out, "\n]}}")?;
    out.flush()?;
    bar.finish_and_clear();
    Ok(count)
}

/// Shows how far it is, to people and only where there is much to do.
pub(super) fn bar(messages: usize, verbosity: i8) -> ProgressBar {
    let is_shown = messages > 1_000 && verbosity >= 0 && io::stderr().is_terminal();
    let bar = if is_shown {
        let target = ProgressDrawTarget::stderr();
        ProgressBar::with_draw_target(u64::try_from(messages).ok(), target)
    } else {
        ProgressBar::hidden()
    };
    let template = "{bar:40} {pos}/{len} messages, {elapsed}, {eta} to go";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
