//! What stands in the messages that fit a query: for what no daily sum
//! answers.

use super::{Reader, ReviewError};
use crate::review::{Dimension, Facet, FindingRow, MessageRow, Query, Sum, Top, TopRow, query};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most messages that a top list looks at, the newest first.
const TOP_MESSAGES: usize = 20_000;
/// Most messages that facets look at, the newest first.
const FACET_MESSAGES: usize = 5_000;
/// Most values of one facet.
const FACET_VALUES: usize = 20;

/// The fields that are offered to narrow a query, and their values in one
/// message.
type FacetField = (&'static str, fn(&MessageRow) -> Vec<&str>);

const FACETS: &[FacetField] = &[
    ("is", |m| vec![&m.disposition]),
    ("vector", |m| of_findings(m, |f| Some(&f.vector))),
    ("action", |m| of_findings(m, |f| Some(action(f)))),
    ("company", |m| of_findings(m, |f| f.company.as_deref())),
    ("sender", senders),
    ("category", |m| of_findings(m, |f| f.category.as_deref())),
    ("recipient-domain", |m| {
        m.recipients
            .iter()
            .filter_map(|r| r.domain.as_deref())
            .collect()
    }),
    ("skip", |m| {
        m.skips.iter().map(|s| s.name.as_str()).collect()
    }),
];

fn of_findings<'a>(
    message: &'a MessageRow,
    value: fn(&'a FindingRow) -> Option<&'a str>,
) -> Vec<&'a str> {
    message.findings.iter().filter_map(value).collect()
}

fn senders(message: &MessageRow) -> Vec<&str> {
    let domains = [&message.sender_domain, &message.from_domain];
    domains.into_iter().filter_map(|d| d.as_deref()).collect()
}

fn action(finding: &FindingRow) -> &str {
    if finding.opaque && finding.action == "keep" {
        "opaque"
    } else {
        &finding.action
    }
}

/// The keys of a dimension in a finding; none for those of messages.
fn keys_of_finding(dimension: Dimension, finding: &FindingRow) -> Vec<&str> {
    match dimension {
        Dimension::Company => finding.company.as_deref().into_iter().collect(),
        Dimension::Rule => finding.rules.iter().map(String::as_str).collect(),
        Dimension::Tracker => vec![&finding.tracker_domain],
        Dimension::Vector => vec![&finding.vector],
        _ => Vec::new(),
    }
}

/// The keys of a dimension in a message; none for those of findings.
fn keys_of_message(dimension: Dimension, message: &MessageRow) -> Vec<&str> {
    match dimension {
        Dimension::Disposition => vec![&message.disposition],
        Dimension::Skip => message.skips.iter().map(|s| s.name.as_str()).collect(),
        Dimension::Sender => message.sender_domain.as_deref().into_iter().collect(),
        Dimension::RecipientDomain => {
            let domains = message
                .recipients
                .iter()
                .filter_map(|r| r.domain.as_deref());
            domains.collect()
        }
        _ => Vec::new(),
    }
}

impl Reader {
    /// The largest keys among the 20,000 newest messages that fit.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn top_in(
        &self,
        query: &Query,
        dimension: Dimension,
        limit: usize,
    ) -> Result<Top, ReviewError> {
        self.ask(|| {
            let mut ids = self.ids(query, query::Order::Down(i64::MAX), TOP_MESSAGES + 1)?;
            let is_complete = ids.len() <= TOP_MESSAGES;
            ids.truncate(TOP_MESSAGES);
            let mut found: HashMap<String, TopRow> = HashMap::new();
            for message in self.rows(&ids)? {
                count(&mut found, dimension, &message);
            }
            let mut rows: Vec<TopRow> = found.into_values().collect();
            rows.sort_by(|a, b| {
                (b.sum.findings, b.sum.messages)
                    .cmp(&(a.sum.findings, a.sum.messages))
                    .then_with(|| a.key.cmp(&b.key))
            });
            rows.truncate(limit);
            Ok(Top {
                rows,
                scanned: ids.len() as u64,
                is_complete,
            })
        })
    }

    /// The most frequent values of some fields among the 5,000 newest messages
    /// that fit, in the order in which a page shows them.
    ///
    /// # Errors
    ///
    /// The database cannot be read, or not in time.
    pub fn facets(&self, query: &Query) -> Result<Vec<Facet>, ReviewError> {
        self.ask(|| {
            let ids = self.ids(query, query::Order::Down(i64::MAX), FACET_MESSAGES)?;
            let mut counts: Vec<HashMap<String, u64>> = vec![HashMap::new(); FACETS.len()];
            for message in self.rows(&ids)? {
                for ((_, values), counts) in FACETS.iter().zip(&mut counts) {
                    let values: BTreeSet<&str> = values(&message).into_iter().collect();
                    for value in values {
                        *counts.entry(value.to_owned()).or_default() += 1;
                    }
                }
            }
            Ok(FACETS
                .iter()
                .zip(counts)
                .map(|((field, _), counts)| {
                    let mut values: Vec<(String, u64)> = counts.into_iter().collect();
                    values.sort_by(|(x, a), (y, b)| b.cmp(a).then_with(|| x.cmp(y)));
                    values.truncate(FACET_VALUES);
                    Facet { field, values }
                })
                .collect())
        })
    }
}

fn count(found: &mut HashMap<String, TopRow>, dimension: Dimension, message: &MessageRow) {
    let mut row = |key: &str, action: Option<&str>, findings: u64, messages: u64| {
        let row = found.entry(key.to_owned()).or_insert_with(|| TopRow {
            key: key.to_owned(),
            sum: Sum::default(),
            actions: BTreeMap::new(),
        });
        let sum = Sum { findings, messages };
        match action {
            None => row.sum.add(sum),
            Some(action) => row.actions.entry(action.to_owned()).or_default().add(sum),
        }
    };
    let is_done = matches!(message.disposition.as_str(), "changed" | "clean");
    let of_message: BTreeSet<&str> = keys_of_message(dimension, message).into_iter().collect();
    let mut keys: BTreeSet<&str> = BTreeSet::new();
    let mut actions: BTreeSet<(&str, String)> = BTreeSet::new();
    for finding in &message.findings {
        let findings = finding.count.try_into().unwrap_or_default();
        let action = match (action(finding), is_done) {
            (action @ ("neutralize" | "remove" | "unwrap" | "trim"), false) => {
                format!("would-{action}")
            }
            (action, _) => action.to_owned(),
        };
        let own = keys_of_finding(dimension, finding);
        for key in own.into_iter().chain(of_message.iter().copied()) {
            let is_new = actions.insert((key, action.clone()));
            row(key, Some(&action), findings, is_new.into());
            row(key, None, findings, keys.insert(key).into());
        }
    }
    for key in of_message {
        row(key, None, 0, keys.insert(key).into());
    }
}
