//! What of a message's findings is kept.

use super::{
    super::{
        entry::{Counts, FindingEntry, MAX_EVIDENCE, MAX_FINDINGS, MAX_SAMPLES, Sample, Vendor},
        shape::{self, Names},
    },
    View, name,
};
use crate::{
    clean::{Finding, Outcome},
    judge::{Action, Verdict},
    url::Target,
};
use serde::Serialize;
use std::{collections::HashMap, fmt::Write, sync::Arc};

/// The action of what the allowlist spared.
const ALLOW: &str = "allow";

/// Folds equal findings into one each. Returns how many found no place.
pub(super) fn fold(findings: &[Finding], view: &View) -> (Vec<FindingEntry>, usize) {
    let mut entries: Vec<FindingEntry> = Vec::new();
    let mut places: HashMap<Fold<'_>, usize> = HashMap::new();
    let mut unlisted = 0_usize;
    for finding in findings.iter().filter(|f| is_telling(&f.verdict)) {
        let fold = Fold::of(finding);
        if let Some(entry) = places.get(&fold).and_then(|&n| entries.get_mut(n)) {
            add(entry, finding, view);
        } else if entries.len() < MAX_FINDINGS {
            places.insert(fold, entries.len());
            entries.push(first(finding, view));
        } else {
            unlisted = unlisted.saturating_add(1);
        }
    }
    (entries, unlisted)
}

fn first(finding: &Finding, view: &View) -> FindingEntry {
    let verdict = &finding.verdict;
    let outermost = verdict.rules.first();
    let tells: Vec<&str> = verdict.discloses.iter().map(|d| d.name()).collect();
    FindingEntry {
        part: finding.part.chars().take(64).collect(),
        vector: finding.vector.name(),
        action: action(verdict),
        opaque: verdict.opaque,
        allowed: verdict.spared.as_deref().map(name),
        rules: verdict.rules.iter().map(|rule| name(&rule.id)).collect(),
        vendor: outermost.map(|rule| Vendor {
            id: name(&rule.vendor.id),
            name: name(&rule.vendor.name),
            company: name(&rule.vendor.company),
            category: word(&rule.vendor.category),
        }),
        tells: tells.join(" "),
        host: finding
            .url
            .as_ref()
            .map(|url| shape::of_host(url.host(), &view.names))
            .unwrap_or_default(),
        domain: finding
            .url
            .as_ref()
            .map(|url| name(url.registrable_domain()))
            .unwrap_or_default(),
        destination: destination(&verdict.action).map(name),
        score: verdict.score,
        evidence: evidence(verdict, &view.names),
        count: 1,
        samples: vec![sample(finding, view)],
    }
}

fn add(entry: &mut FindingEntry, finding: &Finding, view: &View) {
    entry.count = entry.count.saturating_add(1);
    if finding.verdict.score > entry.score {
        entry.score = finding.verdict.score;
        entry.evidence = evidence(&finding.verdict, &view.names);
    }
    if entry.samples.len() < MAX_SAMPLES {
        let sample = sample(finding, view);
        if !entry.samples.contains(&sample) {
            entry.samples.push(sample);
        }
    }
}

fn sample(finding: &Finding, view: &View) -> Sample {
    let url = finding.url.as_ref();
    let text = url.map(Target::as_str).unwrap_or_default();
    Sample {
        shape: url.map_or_else(
            || shape::HIDDEN.to_owned(),
            |url| shape::of_url(url, &view.names),
        ),
        hash: view.key().map(|key| key.url(text)),
    }
}

/// What folded findings have in common.
#[derive(Eq, Hash, PartialEq)]
struct Fold<'a> {
    vector: &'static str,
    action: &'static str,
    opaque: bool,
    spared: Option<&'a Arc<str>>,
    rules: Vec<&'a Arc<str>>,
    host: &'a str,
    destination: Option<&'a str>,
}

impl<'a> Fold<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            vector: finding.vector.name(),
            action: action(&finding.verdict),
            opaque: finding.verdict.opaque,
            spared: finding.verdict.spared.as_ref(),
            rules: finding.verdict.rules.iter().map(|rule| &rule.id).collect(),
            host: finding.url.as_ref().map(Target::host).unwrap_or_default(),
            destination: destination(&finding.verdict.action),
        }
    }
}

/// Whether there is anything to say about a URL.
pub(super) fn is_telling(verdict: &Verdict) -> bool {
    verdict.notable
}

/// The permanent name of what was done, or would have been.
fn action(verdict: &Verdict) -> &'static str {
    match verdict.spared {
        Some(_) => ALLOW,
        None => verdict.action.name(),
    }
}

fn destination(action: &Action) -> Option<&str> {
    match action {
        Action::Unwrap(to) => Some(to.target.registrable_domain()),
        Action::Keep | Action::Neutralize | Action::Remove | Action::Trim(_) => None,
    }
}

fn evidence(verdict: &Verdict, names: &Names) -> String {
    let mut lines = String::new();
    for (n, evidence) in verdict.evidence.iter().take(MAX_EVIDENCE).enumerate() {
        if n > 0 {
            lines.push('\n');
        }
        // Writing to a string cannot fail.
        let _ = write!(lines, "{}:{}", evidence.kind, evidence.weight);
        let detail = shape::of_text(&evidence.detail, names);
        if !detail.is_empty() {
            lines.push(' ');
            lines += &detail;
        }
    }
    lines
}

/// What the allowlist spared is neither stopped nor left over: it has an
/// action of its own.
pub(super) fn count(outcome: &Outcome) -> Counts {
    let mut counts = Counts::default();
    let counted = |f: &&Finding| is_telling(&f.verdict) && f.verdict.spared.is_none();
    for finding in outcome.findings.iter().filter(counted) {
        let count = match finding.verdict.action {
            Action::Keep if finding.verdict.opaque => &mut counts.opaque,
            Action::Keep => &mut counts.kept,
            Action::Neutralize => &mut counts.neutralized,
            Action::Remove => &mut counts.removed,
            Action::Trim(_) | Action::Unwrap(_) => &mut counts.unwrapped,
        };
        *count = count.saturating_add(1);
    }
    counts
}

/// The permanent name that an enum has in its serialised form.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
