//! The command line: one file a command.
//!
//! Standard output is data, standard error is talk. Exit codes are those of
//! sysexits(3).

mod allow;
mod ask;
mod check;
mod dashboard;
mod diff;
mod digest;
mod engine;
mod exit;
mod explain;
mod filter;
mod log;
mod milter;
mod privacy;
mod report;
mod rules;
mod scan;
mod settings;
mod show;
mod stats;
mod terminal;
mod top;
mod trace;

pub use terminal::printable;

use crate::config::{self, Config, Surroundings};
use clap::{
    ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum,
    error::ErrorKind,
};
use exit::{Code, Failure};
use std::{
    env,
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::{ExitCode, Termination},
};

/// Takes tracking out of mail before it reaches the mailbox
///
/// untrackd removes open-tracking pixels, restores links that a click-tracking
/// redirect hides, and keeps a log of what it did and why. It works as a milter
/// for Postfix and Sendmail, and on mail that is there already.
#[derive(Debug, Parser)]
#[command(name = "untrackd", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Global {
    /// Configuration file; without it $UNTRACKD_CONFIG, then
    /// /etc/untrackd/untrackd.toml (root and service users), then
    /// $XDG_CONFIG_HOME/untrackd/untrackd.toml, then none
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Say more (repeatable)
    #[arg(long, short, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Say less (repeatable)
    #[arg(long, short, global = true, action = ArgAction::Count)]
    quiet: u8,
    /// Whether to write in colour; NO_COLOR is heeded too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// One variant a command, in the order of the help.
#[derive(Debug, Subcommand)]
enum Command {
    Milter(milter::MilterArgs),
    Check(check::CheckArgs),
    Scan(scan::ScanArgs),
    Diff(diff::DiffArgs),
    Explain(explain::ExplainArgs),
    Filter(filter::FilterArgs),
    Rules(rules::RulesArgs),
    Log(log::LogArgs),
    Report(digest::ReportArgs),
    Dashboard(dashboard::DashboardArgs),
    Show(show::ShowArgs),
    Top(top::TopArgs),
    Stats(stats::StatsArgs),
    Allow(allow::AllowArgs),
    Privacy(privacy::PrivacyArgs),
}

impl Command {
    fn run(&self, context: &Context) -> Result<Code, Failure> {
        match self {
            Self::Milter(args) => milter::run(args, context),
            Self::Check(args) => check::run(args, context),
            Self::Scan(args) => scan::run(args, context),
            Self::Diff(args) => diff::run(args, context),
            Self::Explain(args) => explain::run(args, context),
            Self::Filter(args) => filter::run(args, context),
            Self::Rules(args) => rules::run(args, context),
            Self::Report(args) => digest::run(args, context),
            Self::Dashboard(args) => dashboard::run(args, context),
            Self::Log(args) => log::run(args, context),
            Self::Show(args) => show::run(args, context),
            Self::Top(args) => top::run(args, context),
            Self::Stats(args) => stats::run(args, context),
            Self::Allow(args) => allow::run(args, context),
            Self::Privacy(args) => privacy::run(args, context),
        }
    }
}

/// What every command gets.
#[derive(Clone, Debug)]
struct Context {
    file: Option<PathBuf>,
    /// How often `-v` was given, less how often `-q` was.
    verbosity: i8,
    surroundings: Surroundings,
}

impl Context {
    /// Reads the configuration, now: a reload asks again.
    fn config(&self) -> Result<Config, Failure> {
        Ok(config::load(self.file.as_deref(), &self.surroundings)?)
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(code) => return code.report(),
    };
    choose_color(cli.global.color);
    let count = |n: u8| i8::try_from(n).unwrap_or(i8::MAX);
    let context = Context {
        file: cli.global.config,
        verbosity: count(cli.global.verbose).saturating_sub(count(cli.global.quiet)),
        surroundings: Surroundings::of_process(),
    };
    // A defect must not end in a code that makes an MTA return the message.
    let run = AssertUnwindSafe(|| cli.command.run(&context));
    let result = catch_unwind(run).unwrap_or_else(|_| {
        let text = "internal error (please report it)";
        Err(Failure::new(Code::TempFail, text))
    });
    let code = result.unwrap_or_else(|failure| {
        complain(&failure.message);
        failure.code
    });
    code.report()
}

/// The command line, or the code to exit with.
fn parse() -> Result<Cli, Code> {
    let command = Cli::command().after_long_help(exit_codes());
    let parsed = command
        .try_get_matches_from(ask::shield(env::args_os()))
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|e| match e.kind() {
        ErrorKind::DisplayVersion => print_version(),
        ErrorKind::DisplayHelp => {
            let _ = e.print();
            Code::Ok
        }
        _ => {
            let _ = e.print();
            Code::Usage
        }
    })
}

/// Findings name the version of the rules, so it belongs to the program's.
fn print_version() -> Code {
    let version = env!("CARGO_PKG_VERSION");
    match crate::rules::RuleSet::builtin() {
        Ok(rules) => anstream::println!("untrackd {version} (rules {})", rules.version()),
        Err(_) => anstream::println!("untrackd {version}"),
    }
    Code::Ok
}

fn exit_codes() -> String {
    let mut text = String::from("Exit codes:");
    for (code, meaning) in Code::MEANINGS {
        text += &format!("\n  {:3}  {meaning}", *code as u8);
    }
    text + "\n\nEvery key of the configuration can be set by a variable as well, as in\n\
            UNTRACKD_MILTER__SOCKET=inet:localhost:9999 for milter.socket."
}

fn choose_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Writes to standard error. If that is closed there is nobody to tell.
fn complain(message: &str) {
    for line in message.lines() {
        let _ = writeln!(anstream::stderr(), "untrackd: {}", printable(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
