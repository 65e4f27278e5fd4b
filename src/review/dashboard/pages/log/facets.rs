//! Conditions that narrow a query down, with how often each would fit.

use crate::review::{
    DIMENSIONS, Facet,
    dashboard::view::{Shown, number, terms},
};

/// How many messages [`Reader::facets`](crate::review::Reader::facets) looks
/// at: the newest ones that fit.
const SCANNED: u64 = 5_000;
/// Most values of one facet.
const MAX_VALUES: usize = 6;

/// One facet.
#[derive(Debug)]
pub(super) struct FacetView {
    pub(super) title: String,
    pub(super) values: Vec<ValueView>,
}

/// One of its values.
#[derive(Debug)]
pub(super) struct ValueView {
    pub(super) text: Shown,
    pub(super) count: String,
    /// The query with it.
    pub(super) with: String,
    /// The query without it.
    pub(super) without: String,
}

/// The facets of a query; `link` makes an address of the text of one.
pub(super) fn views(
    facets: &[Facet],
    query: &str,
    link: impl Fn(&str) -> String,
) -> Vec<FacetView> {
    let views = facets.iter().map(|facet| FacetView {
        title: title(facet.field),
        values: values(facet, query, &link),
    });
    views.filter(|view| !view.values.is_empty()).collect()
}

fn values(facet: &Facet, query: &str, link: &impl Fn(&str) -> String) -> Vec<ValueView> {
    let terms = facet
        .values
        .iter()
        .map(|(value, count)| (value, *count, terms::one(facet.field, value)));
    let fresh = terms.filter(|(.., term)| !terms::has(query, term));
    let view = |(value, count, term): (&String, u64, String)| ValueView {
        text: Shown::new(value),
        count: number::count(count),
        with: link(&terms::with(query, &term)),
        without: link(&terms::with(query, &terms::opposite(&term))),
    };
    fresh.take(MAX_VALUES).map(view).collect()
}

/// Headings of facets that are no dimension of the sums.
const TITLES: &[(&str, &str)] = &[
    ("action", "What was done"),
    ("category", "Kinds of service"),
];

fn title(field: &str) -> String {
    let dimensions = DIMENSIONS.iter().map(|info| (info.field, info.title));
    let mut titles = dimensions.chain(TITLES.iter().copied());
    let known = titles.find(|(known, _)| *known == field);
    known.map_or(field, |(_, title)| title).to_owned()
}

/// What the numbers are of.
pub(super) fn note() -> String {
    format!(
        "The numbers are of the newest {} messages that fit.",
        number::count(SCANNED)
    )
}
