//! MailTrackerBlocker's regular expressions: vendor, tab, expression.
//!
//! They are looked for anywhere in the URL, without regard to case, as the
//! extension does.

use super::{
    super::landmarks::Landmarks, ListInfo, RuleRef, error::Unusable, tally::Tally,
    value::requested, vendor,
};
use crate::url::Target;
use ahash::{AHashMap, AHashSet};
use aho_corasick::AhoCorasick;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::Arc;

/// Largest compiled program of one expression, in bytes.
const PROGRAM_BYTES: usize = 512 << 10;

/// The expressions of one list.
pub(super) struct Patterns {
    expressions: Vec<Expression>,
    /// Texts of which each expression needs one: one pass over the URL tells
    /// which few to try. All in one automaton would have too many states.
    literals: AhoCorasick,
    /// The expression that needs each text of `literals`.
    needed_by: Vec<usize>,
    /// Expressions without such a text.
    always: Vec<usize>,
    vendors: Vec<String>,
    /// Made when the list's name and version are known.
    references: Vec<RuleRef>,
}

struct Expression {
    regex: Regex,
    /// Its vendor, as a number of `vendors`.
    owner: usize,
}

impl Patterns {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        let (mut expressions, mut vendors) = (Vec::new(), Vec::new());
        let (mut literals, mut needed_by, mut always) = (Vec::new(), Vec::new(), Vec::new());
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
            let regex = match compile(expression) {
                Ok(regex) => regex,
                Err(problem) => {
                    tally.misread(place, problem);
                    continue;
                }
            };
            tally.used += 1;
            match Landmarks::of(expression) {
                Landmarks::None => always.push(expressions.len()),
                Landmarks::Start(texts) | Landmarks::Within(texts) => {
                    needed_by.extend(texts.iter().map(|_| expressions.len()));
                    literals.extend(texts);
                }
            }
            let owner = *numbers.entry(vendor).or_insert_with(|| {
                vendors.push(vendor.to_owned());
                vendors.len() - 1
            });
            expressions.push(Expression { regex, owner });
        }
        if expressions.is_empty() {
            return Err(Unusable::new(
                "no line is a vendor, a tab and a regular expression; name the file in the format \
                 that it is in, or leave it out",
            ));
        }
        let literals = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(literals)
            .map_err(|e| Unusable::new(format!("the expressions are too large together: {e}")))?;
        Ok(Self {
            expressions,
            literals,
            needed_by,
            always,
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
        let url = requested(target).as_bytes();
        // Each once, however often the URL repeats its text.
        let mut candidates: AHashSet<usize> = self.always.iter().copied().collect();
        let found = self.literals.find_overlapping_iter(url);
        candidates.extend(found.filter_map(|m| self.needed_by.get(m.pattern().as_usize())));
        let matching = candidates.into_iter().filter_map(|number| {
            let expression = self.expressions.get(number)?;
            expression
                .regex
                .is_match(url)
                .then_some((number, expression))
        });
        let (_, first) = matching.min_by_key(|(number, _)| *number)?;
        self.references.get(first.owner)
    }
}

fn compile(expression: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(expression)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(PROGRAM_BYTES)
        .build()
        .map_err(|e| e.to_string())?;
    if regex.is_match(b"") {
        return Err("the expression matches every URL".to_owned());
    }
    Ok(regex)
}
