//! `untrackd rules show`: everything about a rule.

use super::{files, list::RuleLine};
use crate::{
    cli::{
        Context,
        exit::{Code, Failure},
        terminal::{ASIDE, HEADING, json_line, printable},
    },
    config::{Config, suggest},
    rules::{Example, Needs, RuleDetails, RuleKind},
    url::decode::STEPS,
};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  untrackd rules show mailgun-open
  untrackd rules show mailgun                      all rules of a vendor
  untrackd rules show --json mailgun-click | jq .decode";

/// Shows everything about rules: what they match, how they decode, why they
/// are on or off, their examples and their file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowArgs {
    /// Ids of rules, or of vendors for all of their rules
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Write one JSON object a rule
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ShowArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let files = files::of_config(&config);
    super::refuse_mistakes(&files)?;
    let rules = files.rules();
    let mut out = anstream::stdout();
    let mut code = Code::Ok;
    for id in &args.ids {
        let mut found = rules.iter().filter(|r| r.id == *id || r.vendor.id == *id);
        let Some(first) = found.next() else {
            super::super::complain(&unknown(id, &rules));
            code = Code::Data;
            continue;
        };
        for rule in std::iter::once(first).chain(found) {
            if args.json {
                writeln!(out, "{}", json_line(&Shown::new(rule, &config)))?;
            } else {
                write_text(rule, &config, &mut out)?;
            }
        }
    }
    out.flush()?;
    Ok(code)
}

/// That there is no such rule, and which may have been meant.
fn unknown(id: &str, rules: &[RuleDetails]) -> String {
    let names = || {
        let of_rule = |rule: &'_ RuleDetails| [rule.id.clone(), rule.vendor.id.clone()];
        rules.iter().flat_map(of_rule)
    };
    let names: Vec<String> = names().collect();
    let meant = suggest::nearest(id, names.iter().map(String::as_str));
    match meant {
        Some(meant) => format!("{id}: no such rule or vendor; did you mean {meant}?"),
        None => format!("{id}: no such rule or vendor; see untrackd rules list"),
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    line: RuleLine<'a>,
    file: &'a str,
    /// Of the rule's id.
    file_line: usize,
    /// Empty: any.
    hosts: &'a [String],
    path: Option<&'a str>,
    decode: &'a [String],
    parameters: &'a [String],
    /// Only for pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<&'static str>,
    r#match: Vec<ShownExample<'a>>,
    ignore: Vec<ShownExample<'a>>,
}

#[derive(Serialize)]
struct ShownExample<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn new(rule: &'a RuleDetails, config: &Config) -> Self {
        let examples = |is_match| {
            let chosen = rule.examples.iter().filter(|e| e.is_match == is_match);
            let shown = chosen.map(|e| ShownExample {
                url: &e.url,
                to: e.to.as_deref(),
            });
            shown.collect()
        };
        Self {
            line: RuleLine::new(rule, config),
            file: &rule.file,
            file_line: rule.place.0,
            hosts: &rule.hosts,
            path: rule.path.as_deref(),
            decode: &rule.decode,
            parameters: &rule.parameters,
            needs: (rule.kind == RuleKind::Pixel).then(|| rule.needs.name()),
            r#match: examples(true),
            ignore: examples(false),
        }
    }
}

fn write_text(rule: &RuleDetails, config: &Config, out: &mut impl Write) -> io::Result<()> {
    let vendor = &rule.vendor;
    writeln!(out, "{HEADING}{}{HEADING:#}", printable(&rule.id))?;
    let mut row = |name: &str, value: &str| {
        writeln!(out, "  {ASIDE}{name:<10}{ASIDE:#} {}", printable(value))
    };
    row("kind", kind(rule.kind))?;
    row(
        "vendor",
        &format!("{} by {} ({})", vendor.name, vendor.company, vendor.id),
    )?;
    row("category", vendor.category.name())?;
    row(
        "state",
        &config
            .why_off(rule)
            .map_or_else(|| "on".to_owned(), |why| format!("off: {why}")),
    )?;
    row("trust", rule.trust.name())?;
    if rule.hosts.is_empty() {
        row("hosts", "any")?;
    } else {
        row("hosts", &rule.hosts.join(", "))?;
    }
    match (&rule.path, rule.kind) {
        (Some(path), _) => row("path", path)?,
        (None, RuleKind::Parameter) => row("parameters", &rule.parameters.join(", "))?,
        (None, _) => row("path", "any")?,
    }
    if rule.needs == Needs::Hidden {
        row("needs", "a tiny or hidden presentation")?;
    }
    let tells: Vec<&str> = rule.tells.iter().map(|tells| tells.name()).collect();
    row("tells", &tells.join(", "))?;
    for step in &rule.decode {
        row("decode", &with_meaning(step))?;
    }
    for example in &rule.examples {
        let name = if example.is_match { "match" } else { "ignore" };
        row(name, &example.url)?;
        if let Example { to: Some(to), .. } = example {
            row("  to", to)?;
        }
    }
    row("file", &format!("{}:{}", rule.file, rule.place.0))
}

fn kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Opaque => "opaque (a click redirect whose destination cannot be read)",
        RuleKind::Parameter => "parameter (a parameter that can be dropped)",
        RuleKind::Pixel => "pixel (an open pixel)",
        RuleKind::Redirect => "redirect (a click redirect whose destination can be read)",
    }
}

/// A decode step with what it does.
fn with_meaning(step: &str) -> String {
    let name = step.split_once(':').map_or(step, |(name, _)| name);
    match STEPS.iter().find(|def| def.name == name) {
        Some(def) => format!("{step} ({})", def.doc),
        None => step.to_owned(),
    }
}
