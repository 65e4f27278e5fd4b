//! How often each rule and each list was hit.

use super::catalogue::{Catalogue, ListState};
use crate::{
    review::{Sum, TopRow},
    rules::ListInfo,
};
use std::collections::HashMap;

/// Hits by the identifier of the rule.
#[derive(Debug, Default)]
pub(super) struct RuleHits(HashMap<String, Sum>);

impl RuleHits {
    /// From the daily sums of rules.
    pub(super) fn new(rows: Vec<TopRow>) -> Self {
        Self(rows.into_iter().map(|row| (row.key, row.sum)).collect())
    }

    /// Of one rule.
    pub(super) fn of_rule(&self, id: &str) -> Sum {
        self.0.get(id).copied().unwrap_or_default()
    }

    /// Of all rules of the catalogue together.
    pub(super) fn of_own(&self, catalogue: &Catalogue) -> Sum {
        let sums = catalogue.rules.iter().map(|rule| self.of_rule(&rule.id));
        sums.fold(Sum::default(), add)
    }

    /// Of each list of the catalogue in any version, in its order. Where the
    /// name of one list begins with that of another, a hit is the longer
    /// one's; lists of the same name cannot be told apart and show the same.
    pub(super) fn of_lists(&self, lists: &[ListState]) -> Vec<Sum> {
        let stem = |list: &ListState| list.loaded.as_ref().ok().map(ListInfo::id_stem);
        let stems: Vec<Option<String>> = lists.iter().map(stem).collect();
        let mut sums = vec![Sum::default(); lists.len()];
        for (id, sum) in &self.0 {
            let fits = |stem: &&String| id.starts_with(stem.as_str());
            let fitting = stems.iter().flatten().filter(fits);
            let Some(longest) = fitting.max_by_key(|stem| stem.len()) else {
                continue;
            };
            for (own, total) in stems.iter().zip(&mut sums) {
                if own.as_ref() == Some(longest) {
                    *total = add(*total, *sum);
                }
            }
        }
        sums
    }
}

fn add(a: Sum, b: Sum) -> Sum {
    Sum {
        findings: a.findings.saturating_add(b.findings),
        messages: a.messages.saturating_add(b.messages),
    }
}
