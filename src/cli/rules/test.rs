//! `untrackd rules test`: the examples of rule files.

use super::{MistakeReport, files::FileArgs};
use crate::{
    cli::{
        Context,
        exit::{Code, Failure},
        report::JSON_VERSION,
        terminal::{HEADING, NEW, OLD, WARNING, json_line, printable},
    },
    rules::{Example, ExampleOutcome, Mistake, RuleDetails, RuleFiles},
};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  untrackd rules test                              the rules in force
  untrackd rules test rules/mail/acme.toml
  untrackd -q rules test my-rules                  only what fails, and the sum
  untrackd rules test --json my-rules | jq 'select(.result == \"failed\")'";

/// Runs the examples that stand beside the rules
///
/// A rule must match its `match` examples, and a redirect must lead to the
/// stated destination byte for byte; `ignore` examples must not match. Each is
/// told with its result. Exits with 1 if an example fails, with 65 if a file
/// has other mistakes; the examples of a rule with a mistake are not run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TestArgs {
    #[command(flatten)]
    files: FileArgs,
    /// Write one JSON object a line: each example, each other mistake, the
    /// totals
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &TestArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let files = args.files.files(&config)?;
    let mut report = Report {
        is_json: args.json,
        is_quiet: context.verbosity < 0,
        out: anstream::stdout(),
        totals: Totals::new(&files),
    };
    let mistakes = files.prove().err().map(|e| e.mistakes).unwrap_or_default();
    let rules = files.rules();
    report.totals.rules = rules.len();
    let mut places = Vec::new();
    for rule in &rules {
        for example in &rule.examples {
            places.push((rule.file.as_str(), example.place));
            let outcome = rule.outcome(example, &mistakes);
            report.example(rule, example, outcome)?;
        }
    }
    let is_example = |m: &&Mistake| {
        let of_mistake = m.place.map(|place| (m.file.as_str(), place));
        of_mistake.is_some_and(|place| places.contains(&place))
    };
    for mistake in mistakes.iter().filter(|m| !is_example(m)) {
        report.mistake(mistake)?;
    }
    report.finish()
}

struct Report<W> {
    is_json: bool,
    is_quiet: bool,
    out: W,
    totals: Totals,
}

#[derive(Serialize)]
struct Totals {
    v: u32,
    r#type: &'static str,
    files: usize,
    rules: usize,
    passed: usize,
    failed: usize,
    not_run: usize,
    /// Beside the examples that failed.
    mistakes: usize,
}

impl Totals {
    fn new(files: &RuleFiles) -> Self {
        Self {
            v: JSON_VERSION,
            r#type: "total",
            files: files.names().count(),
            rules: 0,
            passed: 0,
            failed: 0,
            not_run: 0,
            mistakes: 0,
        }
    }
}

#[derive(Serialize)]
struct ExampleReport<'a> {
    v: u32,
    r#type: &'static str,
    rule: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    /// `match` or `ignore`.
    expects: &'static str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    /// `passed`, `failed` or `not-run`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

impl<W: Write> Report<W> {
    fn example(
        &mut self,
        rule: &RuleDetails,
        example: &Example,
        outcome: ExampleOutcome<'_>,
    ) -> io::Result<()> {
        let totals = &mut self.totals;
        let (count, result, style, word) = match outcome {
            ExampleOutcome::Failed(_) => (&mut totals.failed, "failed", OLD, "FAILED "),
            ExampleOutcome::NotRun => (&mut totals.not_run, "not-run", WARNING, "not run"),
            ExampleOutcome::Passed => (&mut totals.passed, "passed", NEW, "ok     "),
        };
        *count += 1;
        let expects = if example.is_match { "match" } else { "ignore" };
        let failed = match outcome {
            ExampleOutcome::Failed(mistake) => Some(mistake),
            ExampleOutcome::NotRun | ExampleOutcome::Passed => None,
        };
        if self.is_json {
            let object = ExampleReport {
                v: JSON_VERSION,
                r#type: "example",
                rule: &rule.id,
                file: &rule.file,
                line: example.place.0,
                column: example.place.1,
                expects,
                url: &example.url,
                to: example.to.as_deref(),
                result,
                problem: failed.map(|mistake| mistake.problem.as_str()),
            };
            return writeln!(self.out, "{}", json_line(&object));
        }
        if self.is_quiet && failed.is_none() {
            return Ok(());
        }
        let (id, url) = (printable(&rule.id), printable(&example.url));
        writeln!(self.out, "{style}{word}{style:#} {id} {expects} {url}")?;
        match failed {
            Some(mistake) => writeln!(self.out, "        {}", printable(&mistake.to_string())),
            None => Ok(()),
        }
    }

    fn mistake(&mut self, mistake: &Mistake) -> io::Result<()> {
        self.totals.mistakes += 1;
        if self.is_json {
            return writeln!(self.out, "{}", json_line(&MistakeReport::new(mistake)));
        }
        let text = mistake.to_string();
        writeln!(self.out, "{OLD}MISTAKE{OLD:#} {}", printable(&text))
    }

    fn finish(mut self) -> Result<Code, Failure> {
        let totals = &self.totals;
        if self.is_json {
            writeln!(self.out, "{}", json_line(totals))?;
        } else {
            let examples = totals.passed + totals.failed + totals.not_run;
            writeln!(
                self.out,
                "{HEADING}{examples} examples of {} rules in {} files{HEADING:#}: \
                 {} passed, {} failed, {} not run; {} other mistakes",
                totals.rules,
                totals.files,
                totals.passed,
                totals.failed,
                totals.not_run,
                totals.mistakes
            )?;
        }
        self.out.flush()?;
        Ok(match (totals.mistakes, totals.failed) {
            (0, 0) => Code::Ok,
            (0, _) => Code::Found,
            _ => Code::Data,
        })
    }
}
