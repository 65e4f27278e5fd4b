//! One URL in its place in a message.

use super::{known::KnownRule, reason};
use crate::{
    clean::{Cleaner, Finding},
    cli::{
        report::{VerdictReport, or_message},
        terminal::{ASIDE, HEADING, OLD, printable},
    },
    review::words,
    sighting::{Facts, Hidden},
    url::Target,
};
use serde::Serialize;
use std::io::{self, Write};

/// One URL in its place.
#[derive(Serialize)]
pub(super) struct Sighting<'a> {
    part: &'a str,
    vector: &'static str,
    /// Absent for a header field.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<Element<'a>>,
    #[serde(flatten)]
    verdict: VerdictReport,
    reason: String,
    /// Whether it is changed, or tracking that remains.
    notable: bool,
    rules_version: &'a str,
    /// Rules that match the URL, but have no part in the verdict.
    other_rules: Vec<KnownRule>,
}

/// The element that a URL stands in.
#[derive(Serialize)]
struct Element<'a> {
    /// In CSS pixels.
    width: Option<f32>,
    height: Option<f32>,
    /// Why it does not show.
    hidden: Option<&'static str>,
    alt: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    after_body: bool,
    /// Of its start tag, in bytes from the start of the decoded part.
    offset: usize,
}

impl<'a> Sighting<'a> {
    pub(super) fn new(finding: &'a Finding, cleaner: &'a Cleaner) -> Self {
        let rules = cleaner.rules();
        let known = finding.url.as_ref();
        let known = known.map(|url| rules.explain(url, cleaner.limits()));
        let has_part = |id: &str| finding.verdict.rules.iter().any(|rule| *rule.id == *id);
        let others = known.iter().flatten();
        let others = others.filter(|e| e.is_match && !has_part(&e.rule.id));
        Self {
            part: &finding.part,
            vector: finding.vector.name(),
            url: finding.url.as_ref().map(Target::as_str),
            element: finding.facts.as_deref().map(Element::new),
            verdict: VerdictReport::explained(&finding.verdict),
            reason: reason::of(finding, cleaner.judge()),
            notable: finding.verdict.notable,
            rules_version: rules.version(),
            other_rules: others.map(KnownRule::new).collect(),
        }
    }

    pub(super) fn write_text(&self, out: &mut impl Write, finding: &Finding) -> io::Result<()> {
        const INDENT: &str = "      ";
        let part = or_message(self.part);
        writeln!(
            out,
            "  {part} {} {HEADING}{}{HEADING:#} {OLD}{}{OLD:#}",
            self.vector,
            self.verdict.word(),
            printable(self.url.unwrap_or_default())
        )?;
        writeln!(out, "{INDENT}{}", printable(&self.reason))?;
        if let Some(element) = &self.element {
            element.write_text(out, INDENT)?;
        }
        self.verdict.write_text(out, INDENT)?;
        for rule in &self.other_rules {
            rule.write_text(out, INDENT)?;
        }
        let told = words::tells(&self.verdict.tells, finding.vector.trigger());
        writeln!(out, "{INDENT}tells its owner: {told}")
    }
}

impl<'a> Element<'a> {
    fn new(facts: &'a Facts) -> Self {
        Self {
            width: facts.width,
            height: facts.height,
            hidden: facts.hidden.map(hidden),
            alt: facts.has_alt,
            text: &facts.text,
            after_body: facts.after_body,
            offset: facts.offset,
        }
    }

    fn write_text(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        let side = |side: Option<f32>| side.map_or_else(|| "?".to_owned(), |s| s.to_string());
        write!(out, "{indent}{ASIDE}element at byte {}", self.offset)?;
        if self.width.is_some() || self.height.is_some() {
            write!(out, ", {}×{}", side(self.width), side(self.height))?;
        }
        if let Some(hidden) = self.hidden {
            write!(out, ", hidden by {hidden}")?;
        }
        if self.alt {
            write!(out, ", with a description")?;
        }
        if !self.text.is_empty() {
            write!(out, ", text {:?}", printable(self.text))?;
        }
        if self.after_body {
            write!(out, ", after the end of the body")?;
        }
        writeln!(out, "{ASIDE:#}")
    }
}

fn hidden(why: Hidden) -> &'static str {
    match why {
        Hidden::Ancestor => "an element around it",
        Hidden::Clipped => "clipping",
        Hidden::Display => "display:none",
        Hidden::HiddenAttribute => "the hidden attribute",
        Hidden::MsoHide => "mso-hide:all",
        Hidden::OffScreen => "its place out of view",
        Hidden::Opacity => "opacity:0",
        Hidden::Visibility => "visibility:hidden",
        Hidden::ZeroSize => "a size of zero",
    }
}
