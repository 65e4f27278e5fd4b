//! Brave's lists of parameters: names for the URLs that fit a pattern.

use super::{
    error::Unusable,
    pattern::{HostIndex, UrlPattern},
    tally::Tally,
};
use crate::url::Target;
use ahash::AHashSet;
use serde::Deserialize;
use serde_json::Value;

/// The parameters of one list.
pub(super) struct Filters {
    index: HostIndex,
    entries: Vec<Entry>,
}

/// Names for the URLs that fit a pattern.
pub(super) struct Entry {
    include: Vec<UrlPattern>,
    exclude: Vec<UrlPattern>,
    names: AHashSet<String>,
}

#[derive(Deserialize)]
struct RawEntry {
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
    params: Vec<String>,
}

impl Filters {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        let values: Vec<Value> = serde_json::from_str(text)?;
        let mut filters = Self {
            index: HostIndex::default(),
            entries: Vec::new(),
        };
        for (number, value) in values.into_iter().enumerate() {
            let place = || format!("entry {}", number + 1);
            let raw = serde_json::from_value::<RawEntry>(value).map_err(|e| e.to_string());
            match raw.and_then(Entry::compile) {
                Ok(entry) => filters.add(entry, tally),
                Err(problem) => tally.misread(place, problem),
            }
        }
        if filters.entries.is_empty() {
            return Err(Unusable::new(
                "no entry can be used; name the file in the format that it is in, or leave it out",
            ));
        }
        Ok(filters)
    }

    fn add(&mut self, entry: Entry, tally: &mut Tally) {
        tally.used += entry.names.len();
        for pattern in &entry.include {
            self.index.add(pattern, self.entries.len());
        }
        self.entries.push(entry);
    }

    /// The entries that are for this URL.
    pub(super) fn of<'a>(&'a self, target: &Target) -> Vec<&'a Entry> {
        let entries = self.index.of(target).into_iter();
        let entries = entries.filter_map(|at| self.entries.get(at));
        let fits = |patterns: &[UrlPattern]| patterns.iter().any(|p| p.matches(target));
        entries
            .filter(|entry| fits(&entry.include) && !fits(&entry.exclude))
            .collect()
    }
}

impl Entry {
    fn compile(raw: RawEntry) -> Result<Self, String> {
        let patterns = |texts: &[String]| -> Result<Vec<UrlPattern>, String> {
            texts.iter().map(|text| UrlPattern::parse(text)).collect()
        };
        Ok(Self {
            include: patterns(&raw.include)?,
            exclude: patterns(&raw.exclude)?,
            names: raw.params.into_iter().filter(|n| !n.is_empty()).collect(),
        })
    }

    /// Whether a parameter of this name may go.
    pub(super) fn drops(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
