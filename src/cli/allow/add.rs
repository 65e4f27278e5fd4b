//! `untrackd allow add`.

use super::{DAYS, expiry, file, open_log, pick::pick, show};
use crate::{
    allow::{Entry, NewEntry, Scope},
    cli::{
        complain, engine,
        exit::{Code, Failure},
        report::JSON_VERSION,
        terminal::{json_line, printable},
    },
    config::Config,
    review::{
        Days,
        audit::{Act, ActKind, Audit, Channel, Outcome, actor},
        preview::{Preview, Proposal, preview},
    },
};
use clap::Args;
use jiff::{Timestamp, Zoned};
use serde::Serialize;
use std::io::{self, BufRead, IsTerminal, Write};

/// Adds an entry, after it has shown what the last 30 days would have looked
/// like with it
///
/// With --finding it proposes the narrowest entry that would have spared that
/// finding, and lists the wider ones. On a terminal it asks before it adds;
/// otherwise --yes says so.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true)))]
pub(super) struct AddArgs {
    /// A host, and those below it
    #[arg(long, group = "what", value_name = "HOST")]
    tracker: Option<String>,
    /// A rule, by its identifier
    #[arg(long, group = "what", value_name = "ID")]
    rule: Option<String>,
    /// A company, as `untrackd top companies` names it
    #[arg(long, group = "what", value_name = "NAME")]
    company: Option<String>,
    /// A sender's domain, of the envelope or of the From field; anybody can
    /// write either
    #[arg(long, group = "what", value_name = "DOMAIN")]
    sender: Option<String>,
    /// A recipient's domain; one such recipient is enough
    #[arg(long, group = "what", value_name = "DOMAIN")]
    recipient_domain: Option<String>,
    /// A message of the block log (id, queue id or Message-ID), with #2 its
    /// second finding
    #[arg(long, group = "what", value_name = "MESSAGE[#N]")]
    finding: Option<String>,
    /// With --finding: another one of the proposed entries, by its number
    #[arg(long, requires = "finding", value_name = "N")]
    take: Option<usize>,
    /// Only in mail from this sender domain
    #[arg(long, value_name = "DOMAIN")]
    only_from: Option<String>,
    /// Only in mail to this recipient domain
    #[arg(long, value_name = "DOMAIN")]
    only_to: Option<String>,
    /// Why, for those who come later
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Until when: 12h, 30d, 4w, 2026-12-24 (that day included) or an RFC 3339
    /// time [default: for ever]
    #[arg(long, value_name = "TIME")]
    expires: Option<String>,
    /// Add it without asking
    #[arg(long, short)]
    yes: bool,
    /// Write one JSON object
    #[arg(long)]
    json: bool,
}

/// What was looked at and done, as JSON.
#[derive(Serialize)]
struct Report<'a> {
    v: u32,
    r#type: &'static str,
    added: bool,
    entry: &'a Entry,
    /// Absent if the block log cannot be read.
    preview: Option<&'a Preview>,
    warnings: &'a [String],
    proposals: &'a [Proposal],
}

pub(super) fn run(args: &AddArgs, config: &Config) -> Result<Code, Failure> {
    let now = Zoned::now();
    let proposals = match &args.finding {
        Some(finding) => pick(finding, config)?,
        None => Vec::new(),
    };
    let chosen = args.take.unwrap_or(1).saturating_sub(1);
    let new = new_entry(args, &proposals, chosen, &now)?;
    // What is wrong with it is told before anything is looked up.
    let would_be = new
        .checked("a-0", now.timestamp())
        .map_err(|e| Failure::new(Code::Usage, printable(&e.to_string())))?;
    let (preview, warnings) = look(&would_be, config, now.timestamp());
    let mut out = anstream::stdout();
    if !args.json {
        if let Some(preview) = &preview {
            show::preview(&would_be.describe(), preview, &mut out)?;
        }
        if !proposals.is_empty() {
            show::others(&proposals, chosen, &mut out)?;
        }
        out.flush()?;
    }
    for warning in &warnings {
        complain(&format!("warning: {warning}"));
    }
    let report = |entry, added| Report {
        v: JSON_VERSION,
        r#type: "allow",
        added,
        entry,
        preview: preview.as_ref(),
        warnings: &warnings,
        proposals: &proposals,
    };
    if !args.yes && !confirmed()? {
        if args.json {
            writeln!(out, "{}", json_line(&report(&would_be, false)))?;
        }
        return Ok(Code::Ok);
    }
    let entry = add(&new, config, now.timestamp())?;
    if args.json {
        writeln!(out, "{}", json_line(&report(&entry, true)))?;
    } else {
        writeln!(
            out,
            "{}: added; the next message obeys it. To take it back: untrackd allow remove {}",
            entry.id, entry.id
        )?;
    }
    Ok(Code::Ok)
}

fn new_entry(
    args: &AddArgs,
    proposals: &[Proposal],
    chosen: usize,
    now: &Zoned,
) -> Result<NewEntry, Failure> {
    let named = [
        (Scope::Tracker, &args.tracker),
        (Scope::Rule, &args.rule),
        (Scope::Company, &args.company),
        (Scope::Sender, &args.sender),
        (Scope::RecipientDomain, &args.recipient_domain),
    ];
    let named = named
        .into_iter()
        .find_map(|(scope, value)| Some((scope, value.clone()?, None)));
    let proposed = proposals.get(chosen);
    let proposed = proposed.map(|p| (p.scope, p.value.clone(), p.sender.clone()));
    let (scope, value, sender) = named.or(proposed).ok_or_else(|| {
        let text = format!("--take goes from 1 to {}", proposals.len());
        Failure::new(Code::Usage, text)
    })?;
    let expires = args.expires.as_deref().map(|text| expiry::parse(text, now));
    Ok(NewEntry {
        scope,
        value,
        sender: args.only_from.clone().or(sender),
        recipient_domain: args.only_to.clone(),
        reason: args.reason.clone(),
        author: actor(),
        expires: expires
            .transpose()
            .map_err(|problem| Failure::new(Code::Usage, printable(&problem)))?,
    })
}

/// The preview, if the block log can be read, and what speaks against the
/// entry.
fn look(entry: &Entry, config: &Config, now: Timestamp) -> (Option<Preview>, Vec<String>) {
    let mut warnings = unknown(entry, config);
    let looked = open_log(config).and_then(|reader| {
        let preview = preview(&reader, entry, DAYS, now)?;
        let last = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let first = last.saturating_sub(jiff::Span::new().days(i64::from(DAYS)));
        let totals = reader.totals(Days { first, last })?;
        let all = [
            totals.trackers,
            totals.links,
            totals.receipts,
            totals.kept,
            totals.opaque,
            totals.allowed,
        ];
        Ok((preview, all.iter().sum::<u64>()))
    });
    let preview = match looked {
        Ok((preview, all)) => {
            if preview.findings > 0 && preview.findings.saturating_mul(2) >= all {
                warnings.push(format!(
                    "this is half of everything that was found in {DAYS} days, or more; \
                     a narrower entry may do"
                ));
            }
            Some(preview)
        }
        Err(e) => {
            warnings.push(format!("what it would have spared is not known: {e}"));
            None
        }
    };
    (preview, warnings)
}

/// A rule or company that the rules in use do not know.
fn unknown(entry: &Entry, config: &Config) -> Vec<String> {
    if !matches!(entry.scope, Scope::Rule | Scope::Company) {
        return Vec::new();
    }
    let cleaner = match engine::build_cleaner(config) {
        Ok(cleaner) => cleaner,
        Err(e) => return vec![e.message],
    };
    let rules = cleaner.rules();
    let company = entry.value.to_lowercase();
    let is_known = match entry.scope {
        Scope::Rule => rules.find(&entry.value).is_some(),
        _ => rules.vendors().any(|v| v.company.to_lowercase() == company),
    };
    if is_known {
        return Vec::new();
    }
    let text = format!(
        "no rule in use knows the {} {:?}; `untrackd rules list` names them",
        entry.scope.name(),
        entry.value
    );
    vec![text]
}

/// Whether the person at the terminal says yes.
fn confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let text = "nothing was added: nobody can be asked here; say --yes";
        return Err(Failure::new(Code::Usage, text));
    }
    let mut err = anstream::stderr();
    let _ = write!(err, "\nAdd it? [y/N] ");
    let _ = err.flush();
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|e| Failure::new(Code::Io, format!("standard input: {e}")))?;
    let is_yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    if !is_yes {
        complain("nothing was added");
    }
    Ok(is_yes)
}

/// Adds it, and records who did.
fn add(new: &NewEntry, config: &Config, now: Timestamp) -> Result<Entry, Failure> {
    let audit = Audit::of(config)?;
    let what = new.checked("a-0", now).map(|entry| entry.describe());
    let what = what.unwrap_or_default();
    let begun = audit.begin(&Act {
        kind: ActKind::AllowAdd,
        actor: &new.author,
        channel: Channel::Cli.name(),
        subject: None,
        details: &what,
    })?;
    let result = file(config).add(new, now);
    let (outcome, details) = match &result {
        Ok(entry) => (Outcome::Done, format!("{}: {what}", entry.id)),
        Err(e) => (Outcome::Failed, format!("{what}: {e}")),
    };
    audit.finish(begun, outcome, &details)?;
    Ok(result?)
}
