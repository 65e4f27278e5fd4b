//! `untrackd rules check`: whether rule files would be loaded.

use super::{MistakeReport, files::FileArgs};
use crate::{
    cli::{
        Context,
        exit::{Code, Failure},
        report::JSON_VERSION,
        terminal::{HEADING, OLD, json_line, printable},
    },
    config::Config,
    rules::{Category, RuleDetails, RuleFiles, RuleKind},
};
use clap::Args;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

const EXAMPLES: &str = "\
Examples:
  untrackd rules check                             the rules in force
  untrackd rules check my-rules                    before they are installed
  untrackd rules check my-rules/mail/acme.toml     a file by itself
  untrackd rules check --category mail /tmp/acme.toml";

/// Loads rules as a set, and names every mistake
///
/// Says what would be loaded: files, rules and their version. A single file is
/// checked as if it were the whole set, so an id that another file has taken
/// shows only with the directory. Exits with 65 if there is a mistake; then
/// nothing would be loaded.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    files: FileArgs,
    /// Write one JSON object a line: each mistake, or what would be loaded
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let files = args.files.files(&config)?;
    let mut out = anstream::stdout();
    let code = match files.prove() {
        Ok(set) => {
            let version = args.files.is_whole_set().then(|| set.version());
            let loaded = Loaded::new(&files, version, &config);
            if args.json {
                writeln!(out, "{}", json_line(&loaded))?;
            } else {
                loaded.write_text(&mut out)?;
            }
            Code::Ok
        }
        Err(e) => {
            for mistake in &e.mistakes {
                if args.json {
                    writeln!(out, "{}", json_line(&MistakeReport::new(mistake)))?;
                } else {
                    writeln!(out, "{}", printable(&mistake.to_string()))?;
                }
            }
            if !args.json {
                let files: BTreeSet<&str> = e.mistakes.iter().map(|m| m.file.as_str()).collect();
                writeln!(
                    out,
                    "{OLD}{} mistakes in {} files{OLD:#}: nothing would be loaded",
                    e.mistakes.len(),
                    files.len()
                )?;
            }
            Code::Data
        }
    };
    out.flush()?;
    Ok(code)
}

/// What would be loaded.
#[derive(Serialize)]
struct Loaded<'a> {
    v: u32,
    r#type: &'static str,
    files: usize,
    vendors: usize,
    rules: usize,
    /// How many of them do nothing under the present configuration.
    off: usize,
    kinds: BTreeMap<&'static str, usize>,
    categories: BTreeMap<&'static str, usize>,
    examples: usize,
    /// Absent if the files are no whole set.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

impl<'a> Loaded<'a> {
    fn new(files: &RuleFiles, version: Option<&'a str>, config: &Config) -> Self {
        let rules = files.rules();
        let is_off = |rule: &&RuleDetails| config.why_off(rule).is_some();
        let vendors: BTreeSet<&str> = rules.iter().map(|r| r.vendor.id.as_str()).collect();
        Self {
            v: JSON_VERSION,
            r#type: "loaded",
            files: files.names().count(),
            vendors: vendors.len(),
            rules: rules.len(),
            off: rules.iter().filter(is_off).count(),
            kinds: count(&rules, |rule| RuleKind::name(rule.kind)),
            categories: count(&rules, |rule| Category::name(rule.vendor.category)),
            examples: rules.iter().map(|rule| rule.examples.len()).sum(),
            version,
        }
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{HEADING}{} rules of {} vendors in {} files{HEADING:#}, {} of them off; \
             {} examples hold",
            self.rules, self.vendors, self.files, self.off, self.examples
        )?;
        writeln!(out, "  kinds: {}", list(&self.kinds))?;
        writeln!(out, "  categories: {}", list(&self.categories))?;
        match self.version {
            Some(version) => writeln!(out, "  version {}", printable(version)),
            None => Ok(()),
        }
    }
}

fn count(
    rules: &[RuleDetails],
    name: fn(&RuleDetails) -> &'static str,
) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for rule in rules {
        *counts.entry(name(rule)).or_default() += 1;
    }
    counts
}

fn list(counts: &BTreeMap<&'static str, usize>) -> String {
    let counts = counts.iter().map(|(name, n)| format!("{name} {n}"));
    counts.collect::<Vec<_>>().join(", ")
}
