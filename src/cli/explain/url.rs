//! A URL by itself.
//!
//! It is put into a message, once as an image and once as a link, and the
//! message goes through the same cleaner as any other: so the answer cannot
//! differ from what happens to mail.

use super::{ExplainArgs, known::KnownRule, reason};
use crate::{
    allow::Allowlist,
    clean::{Cleaner, Envelope, Finding},
    cli::{
        complain, engine,
        exit::{Code, Failure},
        report::{JSON_VERSION, VerdictReport},
        terminal::{HEADING, json_line, printable},
    },
    judge::Disclosure,
    review::words,
    sighting::Trigger,
    url::Target,
};
use serde::Serialize;
use std::{
    collections::BTreeSet,
    io::{self, Write},
    sync::Arc,
};

pub(super) fn run(
    args: &ExplainArgs,
    cleaner: &Arc<Cleaner>,
    allowlist: &Arc<Allowlist>,
    out: &mut impl Write,
) -> Result<Code, Failure> {
    let mut code = Code::Ok;
    for url in &args.urls {
        let Some(target) = Target::parse(url) else {
            complain(&format!("{url}: no http or https URL with a host"));
            code = Code::Data;
            continue;
        };
        let envelope = Envelope {
            recipients: args.to.clone(),
            allowlist: Arc::clone(allowlist),
            ..Envelope::default()
        };
        let explanation = explain(cleaner, &target, &envelope)?;
        if args.json {
            writeln!(out, "{}", json_line(&explanation))?;
        } else {
            explanation.write_text(out)?;
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
    /// The kinds of things that it tells, as an image or as a link.
    tells: BTreeSet<Disclosure>,
    /// Absent if the URL is too long to be judged.
    image: Option<Reading>,
    link: Option<Reading>,
}

/// The URL in one role.
#[derive(Debug, Serialize)]
struct Reading {
    #[serde(flatten)]
    verdict: VerdictReport,
    reason: String,
}

fn explain(
    cleaner: &Arc<Cleaner>,
    target: &Target,
    envelope: &Envelope,
) -> Result<Explanation, Failure> {
    let url = escaped(target.as_str());
    let judge = |html: &str| judge(cleaner, envelope, html);
    let image = judge(&format!("<p>Text</p><img src=\"{url}\"><p>Text</p>"))?;
    let link = judge(&format!("<p><a href=\"{url}\">Text</a></p>"))?;
    let rules = cleaner.rules();
    let known = rules.explain(target, cleaner.limits());
    let readings = [&image, &link].into_iter().flatten();
    let tells = readings.flat_map(|reading| reading.verdict.tells.iter().copied());
    Ok(Explanation {
        v: JSON_VERSION,
        r#type: "explanation",
        url: target.as_str().to_owned(),
        domain: target.registrable_domain().to_owned(),
        rules_version: rules.version().to_owned(),
        rules: known.iter().map(KnownRule::new).collect(),
        tells: tells.collect(),
        image,
        link,
    })
}

/// The verdict on the only URL of a small message.
fn judge(
    cleaner: &Arc<Cleaner>,
    envelope: &Envelope,
    html: &str,
) -> Result<Option<Reading>, Failure> {
    let raw = format!(
        "MIME-Version: 1.0\r\n\
         Content-Type: text/html; charset=utf-8\r\n\r\n\
         <html><body>{html}</body></html>\r\n"
    );
    let outcome = engine::explain(cleaner, envelope.clone(), raw.as_bytes())
        .map_err(|e| Failure::new(Code::Data, e.to_string()))?;
    let reading = |finding: &Finding| Reading {
        verdict: VerdictReport::explained(&finding.verdict),
        reason: reason::of(finding, cleaner.judge()),
    };
    Ok(outcome.findings.first().map(reading))
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
            rule.write_text(out, "  ")?;
        }
        for (name, reading, trigger) in [
            ("image", &self.image, Trigger::Show),
            ("link", &self.link, Trigger::Click),
        ] {
            match reading {
                Some(reading) => reading.write_text(out, name, trigger)?,
                None => writeln!(out, "  as {name}: keep")?,
            }
        }
        writeln!(out, "  rules version {}", printable(&self.rules_version))
    }
}

impl Reading {
    fn write_text(&self, out: &mut impl Write, name: &str, trigger: Trigger) -> io::Result<()> {
        let word = self.verdict.word();
        writeln!(out, "  as {name}: {word} ({})", printable(&self.reason))?;
        self.verdict.write_text(out, "    ")?;
        let told = words::tells(&self.verdict.tells, trigger);
        writeln!(out, "    tells its owner: {told}")
    }
}
