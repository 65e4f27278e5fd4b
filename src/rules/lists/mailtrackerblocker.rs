//! MailTrackerBlocker's regular expressions: vendor, tab, expression.
//!
//! They are looked for anywhere in the URL, without regard to case, as the
//! extension does.

use super::{ListInfo, RuleRef, error::Unusable, tally::Tally, value::requested, vendor};
use crate::url::Target;
use ahash::AHashMap;
use regex::bytes::{RegexBuilder, RegexSet, RegexSetBuilder};
use std::sync::Arc;

/// Largest compiled program of one expression, in bytes.
const PROGRAM_BYTES: usize = 512 << 10;

/// Largest compiled program of all expressions together, in bytes.
const SET_BYTES: usize = 32 << 20;

/// Largest cache of the automaton's states, in bytes.
const SET_CACHE_BYTES: usize = 8 << 20;

/// The expressions of one list.
pub(super) struct Patterns {
    set: RegexSet,
    /// The vendor of each expression of `set`, as a number of `vendors`.
    owners: Vec<usize>,
    vendors: Vec<String>,
    /// Made when the list's name and version are known.
    references: Vec<RuleRef>,
}

impl Patterns {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        let (mut expressions, mut owners, mut vendors) = (Vec::new(), Vec::new(), Vec::new());
        let mut numbers: AHashMap<&str, usize> = AHashMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let place = || format!("line {}: {line}", number + 1);
            let Some((vendor, expression)) = line.split_once('\t') else {
                tally.misread(place, "no tab between vendor and expression");
                continue;
            };
            if let Err(problem) = check(expression) {
                tally.misread(place, problem);
                continue;
            }
            tally.used += 1;
            expressions.push(expression);
            owners.push(*numbers.entry(vendor).or_insert_with(|| {
                vendors.push(vendor.to_owned());
                vendors.len() - 1
            }));
        }
        if expressions.is_empty() {
            return Err(Unusable::new(
                "no line is a vendor, a tab and a regular expression; name the file in the format \
                 that it is in, or leave it out",
            ));
        }
        let set = RegexSetBuilder::new(&expressions)
            .unicode(false)
            .case_insensitive(true)
            .size_limit(SET_BYTES)
            .dfa_size_limit(SET_CACHE_BYTES)
            .build()
            .map_err(|e| Unusable::new(format!("the expressions are too large together: {e}")))?;
        Ok(Self {
            set,
            owners,
            vendors,
            references: Vec::new(),
        })
    }

    /// Names list and version in what each vendor's hits refer to.
    pub(super) fn refer(&mut self, pixel: &RuleRef, info: &ListInfo) {
        let shown = info.shown();
        let reference = |name: &String| RuleRef {
            vendor: Arc::new(vendor(info, &format!("{name} ({shown})"))),
            ..pixel.clone()
        };
        self.references = self.vendors.drain(..).map(|v| reference(&v)).collect();
    }

    /// The vendor of the first expression that is found in the URL.
    pub(super) fn pixel(&self, target: &Target) -> Option<&RuleRef> {
        let matched = self.set.matches(requested(target).as_bytes());
        let owner = self.owners.get(matched.iter().next()?)?;
        self.references.get(*owner)
    }
}

/// Whether an expression can be used alone.
fn check(expression: &str) -> Result<(), String> {
    let compiled = RegexBuilder::new(expression)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(PROGRAM_BYTES)
        .build()
        .map_err(|e| e.to_string())?;
    if compiled.is_match(b"") {
        return Err("the expression matches every URL".to_owned());
    }
    Ok(())
}
