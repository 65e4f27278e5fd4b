//! `untrackd rules`: what is known about mail services, for people who look a
//! rule up or write one.

mod check;
mod files;
mod list;
mod show;
mod test;

use super::{
    Context,
    exit::{Code, Failure},
};
use crate::rules::{Category, Mistake, RuleFiles, RuleKind, Trust};
use clap::{
    Args, Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use serde::Serialize;

/// Shows, tests and checks the rules by which trackers are known
///
/// Without files or a directory these are the rules that the configuration
/// names, or else those that are built in.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

/// One variant a command, in the order of the help.
#[derive(Debug, Subcommand)]
enum RulesCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Test(test::TestArgs),
    Check(check::CheckArgs),
}

pub(super) fn run(args: &RulesArgs, context: &Context) -> Result<Code, Failure> {
    match &args.command {
        RulesCommand::List(args) => list::run(args, context),
        RulesCommand::Show(args) => show::run(args, context),
        RulesCommand::Test(args) => test::run(args, context),
        RulesCommand::Check(args) => check::run(args, context),
    }
}

fn category() -> impl TypedValueParser<Value = Category> {
    named(Category::ALL, Category::name)
}

fn kind() -> impl TypedValueParser<Value = RuleKind> {
    named(RuleKind::ALL, RuleKind::name)
}

fn trust() -> impl TypedValueParser<Value = Trust> {
    named(Trust::ALL, Trust::name)
}

/// Reads one of `all` by its name.
fn named<T: Clone + Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(all.iter().map(|one| name(*one))).try_map(move |text| {
        let found = all.iter().find(|one| name(**one) == text);
        found.copied().ok_or("no such name")
    })
}

/// A set that must be sound before anything is shown of it.
fn refuse_mistakes(files: &RuleFiles) -> Result<String, Failure> {
    let set = files.prove();
    let set = set.map_err(|e| Failure::new(Code::Config, e.to_string()))?;
    Ok(set.version().to_owned())
}

/// A mistake in a rule file.
#[derive(Serialize)]
struct MistakeReport<'a> {
    v: u32,
    r#type: &'static str,
    file: &'a str,
    /// From 1; absent where the file as a whole is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    problem: &'a str,
}

impl<'a> MistakeReport<'a> {
    fn new(mistake: &'a Mistake) -> Self {
        Self {
            v: super::report::JSON_VERSION,
            r#type: "mistake",
            file: &mistake.file,
            line: mistake.place.map(|(line, _)| line),
            column: mistake.place.map(|(_, column)| column),
            problem: &mistake.problem,
        }
    }
}
