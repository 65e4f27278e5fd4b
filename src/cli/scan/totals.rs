//! Sums over all scanned messages.

use crate::cli::{
    report::{JSON_VERSION, MessageReport},
    terminal::{HEADING, WARNING, json_line},
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    v: u32,
    r#type: &'static str,
    pub(super) files: u64,
    pub(super) messages: u64,
    pub(super) changed: u64,
    /// Messages in which something was found, changed or not.
    pub(super) found: u64,
    /// Messages that were left alone, in part or as a whole.
    pub(super) skipped: u64,
    pub(super) errors: u64,
    findings: BTreeMap<&'static str, u64>,
    skips: BTreeMap<&'static str, u64>,
}

impl Totals {
    pub(super) fn new() -> Self {
        Self {
            v: JSON_VERSION,
            r#type: "total",
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, report: &MessageReport) {
        self.messages += 1;
        self.changed += u64::from(report.changed);
        self.found += u64::from(report.found());
        self.skipped += u64::from(!report.skips.is_empty());
        for finding in &report.findings {
            *self.findings.entry(finding.verdict.word()).or_default() += 1;
        }
        for skip in &report.skips {
            *self.skips.entry(skip.reason).or_default() += 1;
        }
    }

    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", json_line(self))
    }

    pub(super) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "{HEADING}{} messages in {} files{HEADING:#}: {} changed, {} with something found, \
             {} skipped in part or as a whole, {} errors",
            self.messages, self.files, self.changed, self.found, self.skipped, self.errors
        )?;
        if !self.findings.is_empty() {
            writeln!(out, "found: {}", list(&self.findings))?;
        }
        if !self.skips.is_empty() {
            writeln!(out, "{WARNING}skipped: {}{WARNING:#}", list(&self.skips))?;
        }
        Ok(())
    }
}

fn list(counts: &BTreeMap<&str, u64>) -> String {
    let counts = counts.iter().map(|(name, n)| format!("{name} {n}"));
    counts.collect::<Vec<_>>().join(", ")
}
