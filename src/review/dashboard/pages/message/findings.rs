//! What was found in a message, as the page shows it.

use super::facts::{Name, disclosure};
use crate::{
    review::{
        FindingRow,
        dashboard::view::{Shown, number, outcome, path},
        words,
    },
    sighting::Trigger,
};

/// One finding.
#[derive(Debug)]
pub(super) struct Finding {
    /// From one, in the order of the message.
    pub(super) number: usize,
    pub(super) vector: Shown,
    pub(super) vector_href: String,
    pub(super) vector_meaning: &'static str,
    pub(super) action: &'static str,
    /// The badge's class.
    pub(super) class: &'static str,
    pub(super) count: Option<String>,
    pub(super) part: Shown,
    pub(super) rules: Vec<Name>,
    pub(super) company: Option<Name>,
    pub(super) vendor: Option<Shown>,
    pub(super) category: Option<Shown>,
    pub(super) tracker: Option<Name>,
    pub(super) destination: Option<Shown>,
    pub(super) urls: Vec<Shown>,
    pub(super) score: i64,
    pub(super) evidence: Vec<Evidence>,
    pub(super) tells: String,
    /// Identifier of the entry of the allowlist that spared it.
    pub(super) allowed: Option<Shown>,
    /// Where an entry for it can be made.
    pub(super) allow_href: Option<String>,
}

/// One reason for or against.
#[derive(Debug)]
pub(super) struct Evidence {
    pub(super) kind: Shown,
    /// With its sign.
    pub(super) weight: Option<String>,
    pub(super) detail: Shown,
    pub(super) meaning: &'static str,
}

impl Finding {
    pub(super) fn new(message: i64, index: usize, row: &FindingRow) -> Self {
        let trigger = outcome::trigger(&row.vector).unwrap_or(Trigger::Show);
        let kinds = row
            .tells
            .iter()
            .filter_map(|name| disclosure(name))
            .collect();
        let is_named = !row.tracker.is_empty();
        Self {
            number: index.saturating_add(1),
            vector: Shown::new(&row.vector),
            vector_href: path::log(&format!("vector:{}", row.vector)),
            vector_meaning: outcome::vector(&row.vector),
            action: outcome::action(&row.action, row.opaque),
            class: class(&row.action),
            count: (row.count > 1).then(|| number::stored(row.count)),
            part: Shown::new(&row.part),
            rules: row
                .rules
                .iter()
                .map(|id| Name::plain(id, "/rule"))
                .collect(),
            company: row
                .company
                .as_deref()
                .filter(|name| !name.is_empty())
                .map(|name| Name::plain(name, "/company")),
            vendor: row
                .vendor_name
                .as_deref()
                .filter(|name| Some(*name) != row.company.as_deref())
                .map(Shown::new),
            category: row.category.as_deref().map(Shown::new),
            tracker: is_named.then(|| Name {
                text: Shown::host(&row.tracker),
                href: path::named("/tracker", &row.tracker_domain),
            }),
            destination: row.destination.as_deref().map(Shown::host),
            urls: row.urls.iter().map(|url| Shown::new(&url.shape)).collect(),
            score: row.score,
            evidence: row.evidence.iter().map(evidence).collect(),
            tells: words::tells(&kinds, trigger),
            allowed: row.allowed.as_deref().map(Shown::new),
            allow_href: is_stopped(&row.action).then(|| {
                let (message, finding) = (message.to_string(), index.to_string());
                path::with(
                    "/allowlist/new",
                    &[("message", &message), ("finding", &finding)],
                )
            }),
        }
    }
}

fn is_stopped(action: &str) -> bool {
    matches!(action, "neutralize" | "remove" | "trim" | "unwrap")
}

fn class(action: &str) -> &'static str {
    if is_stopped(action) {
        "badge badge-good"
    } else if action == "allow" {
        "badge badge-quiet"
    } else {
        "badge"
    }
}

fn evidence(row: &crate::review::EvidenceRow) -> Evidence {
    Evidence {
        kind: Shown::new(&row.kind),
        weight: (row.weight != 0).then(|| format!("{:+}", row.weight).replace('-', "−")),
        detail: Shown::new(&row.detail),
        meaning: words::evidence(&row.kind).unwrap_or_default(),
    }
}
