//! `untrackd explain`: what would become of a URL, and why.
//!
//! The URL is put into a message, once as an image and once as a link, and
//! the message goes through the same cleaner as any other: so the answer
//! cannot differ from what happens to mail.

use super::{
    Context, engine,
    exit::{Code, Failure},
    report::{JSON_VERSION, RuleReport, VerdictReport, tells},
    terminal::{HEADING, json_line, printable},
};
use crate::{
    clean::{Cleaner, Envelope},
    rules::{self, RuleKind, Tells},
    url::Target,
};
use clap::Args;
use serde::Serialize;
use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Arc,
};

const EXAMPLES: &str = "\
Examples:
  untrackd explain 'https://click.example.org/c?u=https%3A%2F%2Fexample.com'
  untrackd explain --to ann@example.org 'https://t.example.org/o?e=ann@example.org'
  untrackd explain --json URL | jq .link.destination";

/// Tells what would become of a URL, and why
///
/// It is judged as an image without a stated size, and as a link, under the
/// present configuration. Nothing is fetched. Quote the URL: the shell has its
/// own ideas about & and ?.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ExplainArgs {
    /// URLs (http or https)
    #[arg(required = true, value_name = "URL")]
    urls: Vec<String>,
    /// Write one JSON object a URL
    #[arg(long)]
    json: bool,
    /// A recipient, whose address is then recognised inside the URL
    /// (repeatable)
    #[arg(long, value_name = "ADDRESS")]
    to: Vec<String>,
}

pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let mut out = anstream::stdout();
    let mut code = Code::Ok;
    for url in &args.urls {
        let Some(target) = Target::parse(url) else {
            super::complain(&format!("{url}: no http or https URL with a host"));
            code = Code::Data;
            continue;
        };
        let explanation = explain(&cleaner, &target, &args.to)?;
        if args.json {
            writeln!(out, "{}", json_line(&explanation))?;
        } else {
            explanation.write_text(&mut out)?;
        }
    }
    Ok(code)
}

#[derive(Debug, Serialize)]
struct Explanation {
    v: u32,
    r#type: &'static str,
    /// In its normal form.
    url: String,
    domain: String,
    rules_version: String,
    /// Every rule that knows the host, whatever the configuration says about
    /// it.
    rules: Vec<KnownRule>,
    tells: BTreeSet<Tells>,
    /// Absent where nothing speaks for or against it.
    image: Option<VerdictReport>,
    link: Option<VerdictReport>,
}

#[derive(Debug, Serialize)]
struct KnownRule {
    #[serde(flatten)]
    rule: RuleReport,
    kind: RuleKind,
    /// Whether the URL matches; otherwise only its host does.
    matches: bool,
    /// Whether the rule is off, because too little is known about it.
    off: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    /// Why there is no destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecoded: Option<String>,
}

impl KnownRule {
    fn new(explanation: &rules::Explanation<'_>) -> Self {
        let decoded = explanation.decoded.as_ref();
        Self {
            rule: RuleReport::new(explanation.rule),
            kind: explanation.kind,
            matches: explanation.is_match,
            off: explanation.is_off,
            destination: decoded
                .and_then(|result| result.as_ref().ok())
                .map(|destination| destination.target.as_str().to_owned()),
            undecoded: decoded
                .and_then(|result| result.as_ref().err())
                .map(ToString::to_string),
        }
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let state = match (self.matches, self.off) {
            (true, false) => "matches",
            (true, true) => "matches, but is off",
            (false, _) => "knows the host only",
        };
        writeln!(out, "  rule {} {state}", self.rule.describe())?;
        if let Some(destination) = &self.destination {
            writeln!(out, "    leads to {}", printable(destination))?;
        }
        if let Some(reason) = &self.undecoded {
            writeln!(out, "    cannot be decoded: {}", printable(reason))?;
        }
        Ok(())
    }
}

fn explain(
    cleaner: &Arc<Cleaner>,
    target: &Target,
    recipients: &[String],
) -> Result<Explanation, Failure> {
    let url = escaped(target.as_str());
    let judge = |html: &str| judge(cleaner, recipients, html);
    let image = judge(&format!("<p>Text</p><img src=\"{url}\"><p>Text</p>"))?;
    let link = judge(&format!("<p><a href=\"{url}\">Text</a></p>"))?;
    let rules = cleaner.rules();
    let known = rules.explain(target, cleaner.limits());
    let known: Vec<KnownRule> = known.iter().map(KnownRule::new).collect();
    let matching = known.iter().filter(|rule| rule.matches);
    let tells = matching.flat_map(|known| known.rule.tells.iter().copied());
    let tells = tells.collect();
    Ok(Explanation {
        v: JSON_VERSION,
        r#type: "explanation",
        url: target.as_str().to_owned(),
        domain: target.registrable_domain().to_owned(),
        rules_version: rules.version().to_owned(),
        rules: known,
        tells,
        image,
        link,
    })
}

/// The verdict on the only URL of a small message.
fn judge(
    cleaner: &Arc<Cleaner>,
    recipients: &[String],
    html: &str,
) -> Result<Option<VerdictReport>, Failure> {
    let raw = format!(
        "From: sender@example.org\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n\
         <html><body>{html}</body></html>\r\n"
    );
    let envelope = Envelope {
        recipients: recipients.to_vec(),
        ..Envelope::default()
    };
    let cleaned = engine::clean(cleaner, envelope, raw.as_bytes())
        .map_err(|e| Failure::new(Code::Data, e.to_string()))?;
    let finding = cleaned.outcome.findings.first();
    Ok(finding.map(|f| VerdictReport::new(&f.verdict)))
}

fn escaped(url: &str) -> String {
    url.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Explanation {
    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{HEADING}{}{HEADING:#}", printable(&self.url))?;
        writeln!(out, "  domain {}", printable(&self.domain))?;
        for rule in &self.rules {
            rule.write_text(out)?;
        }
        for (name, verdict) in [("image", &self.image), ("link", &self.link)] {
            match verdict {
                Some(verdict) => {
                    writeln!(
                        out,
                        "  as {name}: {} (score {})",
                        verdict.word(),
                        verdict.score
                    )?;
                    verdict.write_text(out, "    ")?;
                }
                None => writeln!(out, "  as {name}: keep")?,
            }
        }
        if !self.tells.is_empty() {
            let names: Vec<Tells> = self.tells.iter().copied().collect();
            writeln!(out, "  tells its owner: {}", tells(&names))?;
        }
        writeln!(out, "  rules version {}", printable(&self.rules_version))
    }
}
