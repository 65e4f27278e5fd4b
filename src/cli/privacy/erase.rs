//! `untrackd privacy erase`: a person goes, the messages stay.

use super::{begin, export::bar, keys, not_covered, person};
use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::{json_line, printable},
    },
    config::Config,
    review::{
        audit::{ActKind, Outcome},
        privacy::{DamagedFile, Erased, Eraser, Plan},
    },
};
use indicatif::ProgressBar;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Write};

/// Take a person out of the block log
///
/// Removes the person's pseudonyms and addresses, and from messages that
/// nobody else received also what leads to the message. The messages stay and
/// count, without anybody in them. The milter can go on meanwhile.
#[derive(Debug, clap::Args)]
pub(super) struct EraseArgs {
    /// A mail address, or a pseudonym such as r_….
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Only say what would be done.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &EraseArgs, config: &Config, verbosity: i8) -> Result<Code, Failure> {
    let keys = keys(config)?;
    let person = person(&args.address, keys.as_ref())?;
    let (audit, begun) = begin(config, ActKind::Erase, Some(person.given()))?;
    let given = person.given().to_owned();
    let result = Eraser::begin(&config.log.path, person)
        .map_err(Failure::from)
        .and_then(|eraser| erase(args, eraser, &given, verbosity));
    let (outcome, details) = match &result {
        Ok((plan, None)) => (Outcome::Done, format!("dry-run messages={}", plan.messages)),
        Ok((_, Some(erased))) => (Outcome::Done, details(erased)),
        Err(_) => (Outcome::Failed, String::new()),
    };
    audit.finish(begun, outcome, &details)?;
    let (plan, erased) = result?;
    let damaged = not_covered(&config.log.path);
    report(args, plan, erased, &damaged)?;
    Ok(Code::Ok)
}

fn details(erased: &Erased) -> String {
    format!(
        "recipient={} sender={} detached={}",
        erased.as_recipient, erased.as_sender, erased.detached
    )
}

/// Nothing is erased without a yes; then the plan comes back alone.
fn erase(
    args: &EraseArgs,
    mut eraser: Eraser,
    given: &str,
    verbosity: i8,
) -> Result<(Plan, Option<Erased>), Failure> {
    let plan = eraser.plan();
    if args.dry_run || !(args.yes || is_confirmed(given, plan)?) {
        return Ok((plan, None));
    }
    let bar: ProgressBar = bar(
        usize::try_from(plan.messages).unwrap_or(usize::MAX),
        verbosity,
    );
    while let Some(done) = eraser.step()? {
        bar.set_position(done);
    }
    bar.finish_and_clear();
    Ok((plan, Some(eraser.finish()?)))
}

fn is_confirmed(given: &str, plan: Plan) -> Result<bool, Failure> {
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        let message = format!(
            "{} messages hold this person; nobody is there to confirm: add --yes, or --dry-run",
            plan.messages
        );
        return Err(Failure::new(Code::Usage, message));
    }
    let mut talk = anstream::stderr();
    write!(
        talk,
        "{} is in {} messages. Take this person out of all of them? This cannot be undone. [y/N] ",
        printable(given),
        plan.messages
    )?;
    talk.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    let answer = answer.trim().to_lowercase();
    Ok(answer == "y" || answer == "yes")
}

fn report(
    args: &EraseArgs,
    plan: Plan,
    erased: Option<Erased>,
    damaged: &[DamagedFile],
) -> Result<(), Failure> {
    let mut out = anstream::stdout();
    if args.json {
        let object = json!({
            "v": 1,
            "type": "privacy-erase",
            "found": plan.messages,
            "erased": erased,
            "not_covered": damaged,
        });
        writeln!(out, "{}", json_line(&object))?;
        return Ok(());
    }
    match erased {
        None => writeln!(out, "{} messages found, nothing erased", plan.messages)?,
        Some(erased) => {
            writeln!(
                out,
                "Erased from {} messages as a recipient and {} as the sender; \
                 to {} of them nothing leads any more",
                erased.as_recipient, erased.as_sender, erased.detached
            )?;
            if !erased.is_log_empty {
                writeln!(
                    out,
                    "A reader keeps the write-ahead log open, in which copies are left until \
                     it is done: run this again later"
                )?;
            }
        }
    }
    for file in damaged {
        writeln!(
            out,
            "Not covered: {} was set aside as damaged and may hold this person; \
             it goes after log.keep_days, or remove it now",
            printable(&file.path.display().to_string())
        )?;
    }
    Ok(())
}
