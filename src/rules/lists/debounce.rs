//! Brave's list of redirects whose destination can be read from the URL.

use super::{
    error::Unusable,
    pattern::{HostIndex, UrlPattern},
    tally::Tally,
    value::{destination, parameter},
};
use crate::{
    limits::Limits,
    url::{
        Target,
        decode::{Chain, Destination},
    },
};
use regex::{Captures, Regex, RegexBuilder};
use serde::Deserialize;
use serde_json::Value;

/// Largest compiled program of one expression, in bytes.
const PROGRAM_BYTES: usize = 512 << 10;

/// The redirects of one list.
pub(super) struct Redirects {
    index: HostIndex,
    entries: Vec<Entry>,
}

struct Entry {
    include: Vec<UrlPattern>,
    exclude: Vec<UrlPattern>,
    reading: Reading,
    /// Put in front of a destination that has none.
    scheme: Option<String>,
}

/// How the destination is read.
enum Reading {
    /// A query parameter.
    Parameter(String),
    /// A query parameter in base64.
    Base64(Chain),
    /// The groups of an expression on the path, joined.
    Path(Regex),
    /// The same, put into a URL in place of `$1` and so on.
    Template(Regex, String),
}

#[derive(Deserialize)]
struct RawEntry {
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    action: String,
    param: String,
    #[serde(default)]
    prepend_scheme: Option<String>,
    /// Only if the browser's user has switched this on.
    #[serde(default)]
    pref: Option<String>,
    #[serde(default)]
    redirect_url_template: Option<String>,
}

impl Redirects {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        let values: Vec<Value> = serde_json::from_str(text)?;
        let mut redirects = Self {
            index: HostIndex::default(),
            entries: Vec::new(),
        };
        for (number, value) in values.into_iter().enumerate() {
            let place = || format!("entry {}", number + 1);
            match serde_json::from_value::<RawEntry>(value) {
                Ok(raw) if raw.pref.is_some() => tally.unused += 1,
                Ok(raw) => match Entry::compile(raw) {
                    Ok(entry) => redirects.add(entry, tally),
                    Err(problem) => tally.misread(place, problem),
                },
                Err(e) => tally.misread(place, e.to_string()),
            }
        }
        if redirects.entries.is_empty() {
            return Err(Unusable::new(
                "no entry can be used; name the file in the format that it is in, or leave it out",
            ));
        }
        Ok(redirects)
    }

    fn add(&mut self, entry: Entry, tally: &mut Tally) {
        tally.used += 1;
        for pattern in &entry.include {
            self.index.add(pattern, self.entries.len());
        }
        self.entries.push(entry);
    }

    /// Whether the URL is a redirect, readable or not.
    pub(super) fn is_redirect(&self, target: &Target) -> bool {
        self.of(target).next().is_some()
    }

    /// Where a redirect leads.
    pub(super) fn unwrap(&self, target: &Target, limits: &Limits) -> Option<Destination> {
        self.of(target).find_map(|entry| entry.read(target, limits))
    }

    /// The entries that are for this URL.
    fn of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Entry> {
        let entries = self.index.of(target).into_iter();
        let entries = entries.filter_map(|at| self.entries.get(at));
        let fits = |patterns: &[UrlPattern]| patterns.iter().any(|p| p.matches(target));
        entries.filter(move |entry| fits(&entry.include) && !fits(&entry.exclude))
    }
}

impl Entry {
    fn compile(raw: RawEntry) -> Result<Self, String> {
        let patterns = |texts: &[String]| -> Result<Vec<UrlPattern>, String> {
            texts.iter().map(|text| UrlPattern::parse(text)).collect()
        };
        let scheme = match raw.prepend_scheme {
            Some(scheme) if !matches!(scheme.as_str(), "http" | "https") => {
                return Err(format!("unknown prepend_scheme {scheme:?}"));
            }
            scheme => scheme,
        };
        let reading = match (raw.action.as_str(), raw.redirect_url_template) {
            ("redirect", None) => Reading::Parameter(raw.param),
            ("base64,redirect", None) => {
                let steps = [&format!("param:{}", raw.param), "base64"];
                Reading::Base64(Chain::parse(&steps).map_err(|e| e.to_string())?)
            }
            ("regex-path", None) => Reading::Path(expression(&raw.param)?),
            ("regex-path-template", Some(template)) => {
                Reading::Template(expression(&raw.param)?, template)
            }
            (action, _) => return Err(format!("unknown action {action:?}")),
        };
        Ok(Self {
            include: patterns(&raw.include)?,
            exclude: patterns(&raw.exclude)?,
            reading,
            scheme,
        })
    }

    fn read(&self, target: &Target, limits: &Limits) -> Option<Destination> {
        let scheme = self.scheme.as_deref();
        match &self.reading {
            Reading::Parameter(name) => {
                let value = parameter(target, name)?;
                destination(value.as_bytes(), scheme, target, limits)
            }
            Reading::Base64(chain) => chain.run(target, limits).ok(),
            Reading::Path(expression) => {
                let captures = path_captures(expression, target)?;
                let groups = captures.iter().skip(1).flatten();
                let value: String = groups.map(|group| group.as_str()).collect();
                destination(value.as_bytes(), scheme, target, limits)
            }
            Reading::Template(expression, template) => {
                let captures = path_captures(expression, target)?;
                let mut url = String::new();
                captures.expand(template, &mut url);
                destination(url.as_bytes(), scheme, target, limits)
            }
        }
    }
}

/// The groups of an expression on the path. None if the last one reaches the
/// end of the path and a query follows: whether that belongs to the
/// destination cannot be told.
fn path_captures<'a>(expression: &Regex, target: &'a Target) -> Option<Captures<'a>> {
    let captures = expression.captures(target.path())?;
    let ends = captures.iter().skip(1).flatten().map(|group| group.end());
    let reaches_end = ends.max() == Some(target.path().len());
    (!reaches_end || target.query().is_none()).then_some(captures)
}

fn expression(text: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(text)
        .size_limit(PROGRAM_BYTES)
        .build()
        .map_err(|e| e.to_string())?;
    if regex.captures_len() < 2 {
        return Err("the expression has no group".to_owned());
    }
    Ok(regex)
}
