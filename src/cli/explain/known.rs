//! What the rules know about a URL, whatever the configuration makes of it.

use crate::{
    cli::{report::RuleReport, terminal::printable},
    rules::{self, RuleKind},
};
use serde::Serialize;
use std::io::{self, Write};

/// A rule that matches a URL, or only its host.
#[derive(Debug, Serialize)]
pub(super) struct KnownRule {
    #[serde(flatten)]
    pub(super) rule: RuleReport,
    kind: RuleKind,
    /// Whether the URL matches; otherwise only its host does.
    pub(super) matches: bool,
    /// Whether the rule is off, because too little is known about it.
    off: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination: Option<String>,
    /// Why there is no destination.
    #[serde(skip_serializing_if = "Option::is_none")]
    undecoded: Option<String>,
}

impl KnownRule {
    pub(super) fn new(explanation: &rules::Explanation<'_>) -> Self {
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

    pub(super) fn write_text(&self, out: &mut impl Write, indent: &str) -> io::Result<()> {
        let state = match (self.matches, self.off) {
            (true, false) => "matches",
            (true, true) => "matches, but is off",
            (false, _) => "knows the host only",
        };
        writeln!(out, "{indent}rule {} {state}", self.rule.describe())?;
        if let Some(destination) = &self.destination {
            writeln!(out, "{indent}  leads to {}", printable(destination))?;
        }
        if let Some(reason) = &self.undecoded {
            writeln!(out, "{indent}  cannot be decoded: {}", printable(reason))?;
        }
        Ok(())
    }
}
