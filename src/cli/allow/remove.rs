//! `untrackd allow remove`.

use super::file;
use crate::{
    cli::{
        exit::{Code, Failure},
        report::JSON_VERSION,
        terminal::{json_line, printable},
    },
    config::Config,
    review::audit::{Act, ActKind, Audit, Channel, Outcome, actor},
};
use clap::Args;
use std::io::Write;

/// Removes an entry
///
/// From the next message on, what it spared is treated like anything else.
#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// Its identifier, as `untrackd allow list` shows it
    #[arg(value_name = "ID")]
    id: String,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RemoveArgs, config: &Config) -> Result<Code, Failure> {
    let file = file(config);
    let is_there = file.load()?.iter().any(|entry| *entry.id == *args.id);
    if !is_there {
        return Err(none(&args.id));
    }
    let audit = Audit::of(config)?;
    let begun = audit.begin(&Act {
        kind: ActKind::AllowRemove,
        actor: &actor(),
        channel: Channel::Cli.name(),
        subject: None,
        details: &args.id,
    })?;
    let result = file.remove(&args.id);
    let (outcome, details) = match &result {
        Ok(Some(entry)) => (Outcome::Done, format!("{}: {}", entry.id, entry.describe())),
        Ok(None) => (Outcome::Failed, args.id.clone()),
        Err(e) => (Outcome::Failed, format!("{}: {e}", args.id)),
    };
    audit.finish(begun, outcome, &details)?;
    let entry = result?.ok_or_else(|| none(&args.id))?;
    let mut out = anstream::stdout();
    if args.json {
        let object = serde_json::json!({ "v": JSON_VERSION, "type": "removed", "entry": entry });
        writeln!(out, "{}", json_line(&object))?;
    } else {
        let what = entry.describe();
        writeln!(out, "{}: removed ({})", entry.id, printable(&what))?;
    }
    Ok(Code::Ok)
}

fn none(id: &str) -> Failure {
    let text = format!(
        "{}: no entry has this identifier; `untrackd allow list --expired` shows all",
        printable(id)
    );
    Failure::new(Code::NoInput, text)
}
