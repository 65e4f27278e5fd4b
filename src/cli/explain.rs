//! `untrackd explain`: what would become of a URL, and why.
//!
//! The URL is put into a message, once as an image and once as a link, and
//! the message goes through the same cleaner as any other: so the answer
//! cannot differ from what happens to mail.

use super::{
    Context, engine,
    exit::{Code, Failure},
    report::{JSON_VERSION, VerdictReport, tells},
    terminal::{HEADING, json_line, printable},
};
use crate::{
    clean::{Cleaner, Envelope},
    rules::Tells,
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
    tells: BTreeSet<Tells>,
    /// Absent where nothing speaks for or against it.
    image: Option<VerdictReport>,
    link: Option<VerdictReport>,
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
    let verdicts = image.iter().chain(&link);
    let tells = verdicts.flat_map(|v| v.rules.iter().flat_map(|r| r.tells.iter().copied()));
    Ok(Explanation {
        v: JSON_VERSION,
        r#type: "explanation",
        url: target.as_str().to_owned(),
        domain: target.registrable_domain().to_owned(),
        rules_version: cleaner.rules().version().to_owned(),
        tells: tells.collect(),
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
                None => writeln!(out, "  as {name}: keep, nothing is known about it")?,
            }
        }
        if !self.tells.is_empty() {
            let names: Vec<Tells> = self.tells.iter().copied().collect();
            writeln!(out, "  tells its owner: {}", tells(&names))?;
        }
        writeln!(out, "  rules version {}", printable(&self.rules_version))
    }
}
