//! What was found in one message, for people and for programs.

use super::terminal::{ASIDE, HEADING, OLD, WARNING, json_line, printable};
use crate::{
    clean::{Finding, HeaderEdit, Outcome},
    judge::{Action, Disclosure, Evidence, Verdict},
    review::words,
    rules::{RuleRef, Tells},
};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// Version of the JSON that is written; grows when a field changes its
/// meaning or goes.
pub(crate) const JSON_VERSION: u32 = 1;

/// One message.
#[derive(Debug, Serialize)]
pub(crate) struct MessageReport {
    v: u32,
    r#type: &'static str,
    /// The file, as it was named.
    pub(crate) file: String,
    /// Which message of the file, from 1; absent where a file is a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<usize>,
    /// Whether the message is changed.
    pub(crate) changed: bool,
    bytes: u64,
    parts: usize,
    html_parts: usize,
    lenient_html: bool,
    pub(crate) findings: Vec<FindingReport>,
    pub(crate) headers: Vec<String>,
    pub(crate) skips: Vec<SkipReport>,
    ambiguities: Vec<AmbiguityReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FindingReport {
    part: String,
    vector: &'static str,
    /// Absent for a header field.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(flatten)]
    pub(crate) verdict: VerdictReport,
}

/// A verdict by its names.
#[derive(Debug, Serialize)]
pub(crate) struct VerdictReport {
    pub(crate) action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) destination: Option<String>,
    pub(crate) opaque: bool,
    /// Identifier of the entry of the allowlist that spared it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed: Option<String>,
    pub(crate) score: i32,
    pub(crate) rules: Vec<RuleReport>,
    pub(crate) evidence: Vec<EvidenceReport>,
    /// The kinds of things that the request tells its receiver.
    pub(crate) tells: BTreeSet<Disclosure>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RuleReport {
    pub(crate) id: String,
    pub(crate) vendor: String,
    pub(crate) company: String,
    pub(crate) category: crate::rules::Category,
    pub(crate) tells: Vec<Tells>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EvidenceReport {
    pub(crate) kind: &'static str,
    pub(crate) weight: i32,
    pub(crate) detail: String,
    /// What evidence of this kind says; only where a verdict is explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meaning: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SkipReport {
    part: String,
    pub(crate) reason: &'static str,
}

#[derive(Debug, Serialize)]
struct AmbiguityReport {
    part: String,
    kind: &'static str,
}

impl MessageReport {
    pub(crate) fn new(
        file: String,
        message: Option<usize>,
        bytes: u64,
        changed: bool,
        outcome: &Outcome,
    ) -> Self {
        let skips = outcome.skips.iter().map(|note| SkipReport {
            part: note.part.clone(),
            reason: note.skip.name(),
        });
        let ambiguities = outcome.ambiguities.iter();
        let ambiguities = ambiguities.map(|(part, ambiguity)| AmbiguityReport {
            part: part.clone(),
            kind: ambiguity.name(),
        });
        Self {
            v: JSON_VERSION,
            r#type: "message",
            file,
            message,
            changed,
            bytes,
            parts: outcome.parts,
            html_parts: outcome.html_parts,
            lenient_html: outcome.lenient_html,
            findings: outcome.findings.iter().map(FindingReport::new).collect(),
            headers: outcome.headers.iter().map(describe).collect(),
            skips: skips.collect(),
            ambiguities: ambiguities.collect(),
        }
    }

    /// Whether anything in it tracks: something was done, or could only be
    /// recognised.
    pub(crate) fn found(&self) -> bool {
        self.changed || self.findings.iter().any(FindingReport::is_notable)
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", json_line(self))
    }

    /// Writes the message's heading and what was found; with `all` what was
    /// kept as well, otherwise nothing if there is nothing to tell.
    pub(crate) fn write_text(&self, out: &mut impl Write, all: bool) -> io::Result<()> {
        if !all && !self.found() && self.skips.is_empty() {
            return Ok(());
        }
        write!(out, "{HEADING}{}{HEADING:#}", printable(&self.file))?;
        if let Some(number) = self.message {
            write!(out, " message {number}")?;
        }
        writeln!(out, ": {}", self.summary())?;
        for finding in &self.findings {
            if all || finding.is_notable() {
                finding.write_text(out)?;
            }
        }
        for header in &self.headers {
            writeln!(out, "  header {}", printable(header))?;
        }
        for skip in &self.skips {
            let part = or_message(&skip.part);
            writeln!(out, "  {part} {WARNING}skipped: {}{WARNING:#}", skip.reason)?;
        }
        for ambiguity in &self.ambiguities {
            let part = or_message(&ambiguity.part);
            writeln!(
                out,
                "  {part} {WARNING}ambiguous: {}{WARNING:#}",
                ambiguity.kind
            )?;
        }
        Ok(())
    }

    fn summary(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in self.findings.iter().filter(|f| f.is_notable()) {
            *counts.entry(finding.verdict.word()).or_default() += 1;
        }
        if counts.is_empty() {
            let word = if self.changed { "changed" } else { "untouched" };
            return word.to_owned();
        }
        let counts = counts.iter().map(|(word, n)| format!("{n} {word}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

impl FindingReport {
    fn new(finding: &Finding) -> Self {
        Self {
            part: finding.part.clone(),
            vector: finding.vector.name(),
            url: finding.url.as_ref().map(|url| url.as_str().to_owned()),
            verdict: VerdictReport::new(&finding.verdict),
        }
    }

    fn is_notable(&self) -> bool {
        let verdict = &self.verdict;
        verdict.action != Action::Keep.name() || verdict.opaque || verdict.allowed.is_some()
    }

    fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let part = or_message(&self.part);
        let word = self.verdict.word();
        writeln!(
            out,
            "  {part} {} {word} {OLD}{}{OLD:#}",
            self.vector,
            printable(self.url.as_deref().unwrap_or_default())
        )?;
        self.verdict.write_text(out, "      ")?;
        self.verdict.write_tells(out, "      ")
    }
}

impl VerdictReport {
    pub(crate) fn new(verdict: &Verdict) -> Self {
        let evidence = verdict.evidence.iter().map(|e: &Evidence| EvidenceReport {
            kind: e.kind,
            weight: e.weight,
            detail: e.detail.clone().into_owned(),
            meaning: None,
        });
        Self {
            action: verdict.action.name(),
            destination: destination(&verdict.action),
            opaque: verdict.opaque,
            allowed: verdict.spared.as_deref().map(str::to_owned),
            score: verdict.score,
            rules: verdict.rules.iter().map(RuleReport::new).collect(),
            evidence: evidence.collect(),
            tells: verdict.discloses.clone(),
        }
    }

    /// The same with the meaning of each piece of evidence.
    pub(crate) fn explained(verdict: &Verdict) -> Self {
        let mut report = Self::new(verdict);
        for evidence in &mut report.evidence {
            evidence.meaning = words::evidence(evidence.kind);
        }
        report
    }

    /// The action, or that the allowlist spared it, or that the redirect
    /// could only be recognised.
    pub(crate) fn word(&self) -> &'static str {
        if self.allowed.is_some() {
            "allow"
        } else if self.opaque && self.action == Action::Keep.name() {
            "opaque"
        } else {
            self.action
        }
    }

    pub(crate) fn write_text(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        if let Some(destination) = &self.destination {
            let verb = if self.action == "trim" {
                "becomes"
            } else {
                "leads to"
            };
            writeln!(out, "{indent}{verb} {}", printable(destination))?;
        }
        for rule in &self.rules {
            writeln!(out, "{indent}{ASIDE}rule {}{ASIDE:#}", rule.describe())?;
        }
        for evidence in &self.evidence {
            write!(
                out,
                "{indent}{ASIDE}{:+} {}",
                evidence.weight, evidence.kind
            )?;
            if !evidence.detail.is_empty() {
                write!(out, ": {}", printable(&evidence.detail))?;
            }
            if let Some(meaning) = evidence.meaning {
                write!(out, " ({meaning})")?;
            }
            writeln!(out, "{ASIDE:#}")?;
        }
        Ok(())
    }

    /// What it tells, by the short names.
    fn write_tells(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        if self.tells.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self.tells.iter().map(|kind| kind.name()).collect();
        writeln!(out, "{indent}{ASIDE}tells {}{ASIDE:#}", names.join(", "))
    }
}

impl RuleReport {
    pub(crate) fn new(rule: &RuleRef) -> Self {
        Self {
            id: rule.id.to_string(),
            vendor: rule.vendor.name.clone(),
            company: rule.vendor.company.clone(),
            category: rule.vendor.category,
            tells: rule.tells.to_vec(),
        }
    }

    /// `mailgun-open (Mailgun by Sinch; tells recipient, campaign)`.
    pub(crate) fn describe(&self) -> String {
        let mut text = format!("{} ({}", printable(&self.id), printable(&self.vendor));
        if !self.company.is_empty() && self.company != self.vendor {
            text += " by ";
            text += &printable(&self.company);
        }
        if !self.tells.is_empty() {
            text += "; tells ";
            text += &tells(&self.tells);
        }
        text + ")"
    }
}

/// The names of what a URL tells, as they are written in rule files.
pub(crate) fn tells(tells: &[Tells]) -> String {
    let names = tells.iter().map(|t| match serde_json::to_value(t) {
        Ok(serde_json::Value::String(name)) => name,
        _ => format!("{t:?}"),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn destination(action: &Action) -> Option<String> {
    match action {
        Action::Trim(to) | Action::Unwrap(to) => Some(to.text.clone()),
        _ => None,
    }
}

fn describe(edit: &HeaderEdit) -> String {
    match edit {
        HeaderEdit::Add { name, value } => format!("added: {name}: {value}"),
        HeaderEdit::Delete { name, index } => format!("removed: {name} (number {index})"),
    }
}

pub(super) fn or_message(part: &str) -> &str {
    if part.is_empty() { "message" } else { part }
}

#[cfg(test)]
pub(crate) mod samples {
    //! A finding of each kind, for the tests of the commands.

    use super::*;
    use crate::{
        rules::{Category, Vendor},
        sighting::Vector,
        url::Target,
    };
    use std::sync::Arc;

    pub(crate) fn target(text: &str) -> Target {
        Target::parse(text).expect("a URL")
    }

    pub(crate) fn pixel() -> Finding {
        let vendor = Vendor {
            id: "exampler".into(),
            name: "Exampler".into(),
            company: "Example Ltd".into(),
            category: Category::Mail,
        };
        let rule = RuleRef {
            id: "exampler-open".into(),
            vendor: Arc::new(vendor),
            tells: Arc::new([Tells::Recipient, Tells::Campaign]),
        };
        Finding {
            part: "1.2".into(),
            vector: Vector::ImgSrc,
            url: Some(target("https://t.example.org/o?u=1")),
            verdict: Verdict {
                action: Action::Neutralize,
                rules: vec![rule],
                evidence: vec![Evidence {
                    kind: "rule",
                    weight: 100,
                    detail: "exampler-open".into(),
                }],
                score: 100,
                opaque: false,
                notable: true,
                discloses: [Disclosure::Campaign, Disclosure::Time].into(),
                spared: None,
            },
            facts: None,
        }
    }

    pub(crate) fn kept() -> Finding {
        let mut finding = pixel();
        finding.verdict = Verdict {
            action: Action::Keep,
            rules: vec![],
            evidence: vec![],
            score: 0,
            opaque: false,
            notable: true,
            ..Verdict::default()
        };
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clean::SkipNote, skip::Skip};

    fn text(outcome: &Outcome, changed: bool, all: bool) -> String {
        let report = MessageReport::new("a\x1b.eml".into(), None, 9, changed, outcome);
        let mut out = anstream::StripStream::new(Vec::new());
        report.write_text(&mut out, all).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    #[test]
    fn a_finding_is_told_with_its_reasons() {
        let outcome = Outcome {
            findings: vec![samples::pixel(), samples::kept()],
            skips: vec![SkipNote {
                part: "2".into(),
                skip: Skip::Signed,
            }],
            ..Outcome::default()
        };
        assert_eq!(
            text(&outcome, true, false),
            "a\\u{1b}.eml: 1 neutralize\n\
             \x20 1.2 img-src neutralize https://t.example.org/o?u=1\n\
             \x20     rule exampler-open (Exampler by Example Ltd; tells recipient, campaign)\n\
             \x20     +100 rule: exampler-open\n\
             \x20     tells campaign, time\n\
             \x20 2 skipped: signed\n"
        );
        assert!(text(&outcome, true, true).contains("img-src keep"));
    }

    #[test]
    fn a_clean_message_is_told_on_demand() {
        let outcome = Outcome::default();
        assert_eq!(text(&outcome, false, false), "");
        assert_eq!(text(&outcome, false, true), "a\\u{1b}.eml: untouched\n");
    }

    #[test]
    fn json_has_the_same_facts_by_name() {
        let outcome = Outcome {
            findings: vec![samples::pixel()],
            ..Outcome::default()
        };
        let report = MessageReport::new("box".into(), Some(3), 9, true, &outcome);
        let mut out = Vec::new();
        report.write_json(&mut out).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["type"], "message");
        assert_eq!(value["message"], 3);
        assert_eq!(value["changed"], true);
        let finding = &value["findings"][0];
        assert_eq!(finding["action"], "neutralize");
        assert_eq!(finding["vector"], "img-src");
        assert_eq!(finding["rules"][0]["tells"][0], "recipient");
        assert_eq!(finding["evidence"][0]["weight"], 100);
        assert_eq!(finding["tells"], serde_json::json!(["campaign", "time"]));
    }
}
