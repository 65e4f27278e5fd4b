//! `untrackd rules list`: all rules, one a line.

use super::files;
use crate::{
    cli::{
        Context,
        exit::{Code, Failure, chain},
        report::JSON_VERSION,
        terminal::{ASIDE, HEADING, json_line, printable},
    },
    config::Config,
    rules::{Category, ListInfo, Lists, RuleDetails, RuleKind, Tells, Trust},
};
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  untrackd rules list --kind pixel
  untrackd rules list --category gateway
  untrackd rules list --vendor sendgrid
  untrackd -q rules list | cut -d' ' -f1           the ids alone
  untrackd rules list --json | jq -r 'select(.on | not).id'";

/// Lists the rules, one a line, and whether each is on
///
/// A rule is off if it is of low trust and low_trust is not set, or if the
/// configuration does not want what it is for. With -q there is no heading.
/// Lists of others stand at the end, unless something is asked for that only
/// rules have.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// Only rules of services of this kind
    #[arg(long, value_parser = super::category(), value_name = "CATEGORY")]
    category: Option<Category>,
    /// Only rules of a vendor: its id, or a part of its or its company's name
    #[arg(long, value_name = "NAME")]
    vendor: Option<String>,
    /// Only rules of this kind
    #[arg(long, value_parser = super::kind(), value_name = "KIND")]
    kind: Option<RuleKind>,
    /// Only rules of this trust
    #[arg(long, value_parser = super::trust(), value_name = "TRUST")]
    trust: Option<Trust>,
    /// Write one JSON object a rule, and one a list
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let files = files::of_config(&config);
    super::refuse_mistakes(&files)?;
    let rules = files.rules();
    let rules: Vec<&RuleDetails> = rules.iter().filter(|rule| args.takes(rule)).collect();
    let lists = args.lists(&config)?;
    let lists = lists.as_ref().map(Lists::infos).unwrap_or_default();
    let mut out = anstream::stdout();
    if args.json {
        for rule in rules {
            writeln!(out, "{}", json_line(&RuleLine::new(rule, &config)))?;
        }
        for list in lists {
            writeln!(out, "{}", json_line(&ListLine::new(list)))?;
        }
    } else {
        write_table(&rules, &config, context.verbosity >= 0, &mut out)?;
        for list in lists {
            writeln!(out, "{}", printable(&list.to_string()))?;
        }
    }
    out.flush()?;
    Ok(Code::Ok)
}

/// A list of others in JSON.
#[derive(Serialize)]
struct ListLine<'a> {
    v: u32,
    r#type: &'static str,
    #[serde(flatten)]
    list: &'a ListInfo,
}

impl<'a> ListLine<'a> {
    fn new(list: &'a ListInfo) -> Self {
        Self {
            v: JSON_VERSION,
            r#type: "list",
            list,
        }
    }
}

impl ListArgs {
    /// The lists of others, which have no vendor, category, kind or trust to
    /// ask for.
    fn lists(&self, config: &Config) -> Result<Option<Lists>, Failure> {
        let asks = self.category.is_some()
            || self.vendor.is_some()
            || self.kind.is_some()
            || self.trust.is_some();
        if asks || config.lists.is_empty() {
            return Ok(None);
        }
        let lists = Lists::load(&config.lists);
        lists
            .map(Some)
            .map_err(|e| Failure::new(Code::Config, chain(&e)))
    }

    fn takes(&self, rule: &RuleDetails) -> bool {
        let is = |name: &str| {
            self.vendor.as_ref().is_none_or(|wanted| {
                let wanted = wanted.to_lowercase();
                name.to_lowercase().contains(&wanted)
            })
        };
        let vendor = &rule.vendor;
        self.category.is_none_or(|c| c == vendor.category)
            && self.kind.is_none_or(|k| k == rule.kind)
            && self.trust.is_none_or(|t| t == rule.trust)
            && (is(&vendor.id) || is(&vendor.name) || is(&vendor.company))
    }
}

/// What both lists of rules and single ones have in JSON.
#[derive(Serialize)]
pub(super) struct RuleLine<'a> {
    v: u32,
    r#type: &'static str,
    id: &'a str,
    kind: RuleKind,
    vendor: &'a str,
    vendor_name: &'a str,
    company: &'a str,
    category: Category,
    trust: &'static str,
    tells: &'a [Tells],
    on: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_off: Option<String>,
}

impl<'a> RuleLine<'a> {
    pub(super) fn new(rule: &'a RuleDetails, config: &Config) -> Self {
        let why_off = config.why_off(rule);
        Self {
            v: JSON_VERSION,
            r#type: "rule",
            id: &rule.id,
            kind: rule.kind,
            vendor: &rule.vendor.id,
            vendor_name: &rule.vendor.name,
            company: &rule.vendor.company,
            category: rule.vendor.category,
            trust: rule.trust.name(),
            tells: &rule.tells,
            on: why_off.is_none(),
            why_off,
        }
    }
}

fn write_table(
    rules: &[&RuleDetails],
    config: &Config,
    has_heading: bool,
    out: &mut impl Write,
) -> io::Result<()> {
    let width = |text: fn(&RuleDetails) -> &str, least: usize| {
        let widths = rules.iter().map(|rule| text(rule).chars().count());
        widths.max().unwrap_or_default().max(least)
    };
    let ids = width(|rule| &rule.id, 4);
    let vendors = width(|rule| &rule.vendor.name, 6);
    if has_heading {
        writeln!(
            out,
            "{HEADING}{:ids$}  {:9}  {:11}  {:5}  {:vendors$}  STATE{HEADING:#}",
            "RULE", "KIND", "CATEGORY", "TRUST", "VENDOR"
        )?;
    }
    for rule in rules {
        write!(
            out,
            "{:ids$}  {:9}  {:11}  {:5}  {:vendors$}  ",
            rule.id,
            rule.kind.name(),
            rule.vendor.category.name(),
            rule.trust.name(),
            printable(&rule.vendor.name)
        )?;
        match config.why_off(rule) {
            Some(why) => writeln!(out, "{ASIDE}off: {why}{ASIDE:#}")?,
            None => writeln!(out, "on")?,
        }
    }
    Ok(())
}
