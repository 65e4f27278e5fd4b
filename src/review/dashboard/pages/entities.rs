//! The lists of companies, trackers and senders: who is met most.

use super::{
    kind::{KINDS, Kind},
    named::{self, Named},
    pager::Pager,
    ranges::{self, RangeBar, with},
};
use crate::review::{
    Dimension, TopRow,
    dashboard::{
        app::App,
        fault::Fault,
        frame::{Frame, html},
        view::{Parameters, Shown, number},
        visitor::Visitor,
    },
};
use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};

/// Most names that are read: the sums keep 2,000 a day.
const MOST: usize = 20_000;
/// How many names stand on a page.
const PAGE: usize = 50;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    // Rules have a list page of their own, which shows those without a hit.
    let kinds = KINDS
        .iter()
        .filter(|kind| kind.dimension != Dimension::Rule);
    kinds.fold(Router::new(), |router, kind| {
        let page = move |State(app): State<App>, visitor: Visitor, parameters: Parameters| async move {
            list(&app, &visitor, &parameters, kind).await
        };
        router.route(kind.list, get(page))
    })
}

/// An order of the list: the value of `sort=`, what the choice says, and the
/// order itself.
type Sort = (&'static str, &'static str, fn(&mut [TopRow]));

/// Every order; the first is the default.
const SORTS: &[Sort] = &[
    ("", "Most findings", |rows| {
        rows.sort_by_key(|row| std::cmp::Reverse(row.sum.findings));
    }),
    ("messages", "Most messages", |rows| {
        rows.sort_by_key(|row| std::cmp::Reverse(row.sum.messages));
    }),
    ("name", "Name", |rows| {
        rows.sort_by_cached_key(|row| row.key.to_lowercase());
    }),
];

/// A choice in a form.
#[derive(Debug)]
pub(super) struct Choice {
    /// What is sent.
    pub(super) value: &'static str,
    /// What is read.
    pub(super) label: &'static str,
    /// Whether it is the present one.
    pub(super) is_current: bool,
}

#[derive(Template)]
#[template(path = "entities.html")]
struct Entities {
    frame: Frame,
    kind: &'static Kind,
    range: RangeBar,
    sorts: Vec<Choice>,
    name: Shown,
    rows: Vec<Named>,
    summary: String,
    pager: Pager,
    export_csv: String,
    export_json: String,
}

async fn list(
    app: &App,
    visitor: &Visitor,
    parameters: &Parameters,
    kind: &'static Kind,
) -> Result<Response, Fault> {
    let name = parameters.get("name");
    let asked = parameters.get("sort");
    let known = SORTS.iter().find(|(sort, ..)| *sort == asked);
    let sort = known.map_or("", |(sort, ..)| sort);
    let others = vec![("sort", sort.to_owned()), ("name", name.to_owned())];
    let (range, bar) = RangeBar::read(app, parameters, kind.list.to_owned(), others);

    let days = range.days;
    let mut rows = app
        .read(move |reader| reader.top(kind.dimension, days, MOST))
        .await?;
    let largest = rows.iter().map(named::weight).max().unwrap_or(0);
    let wanted = name.to_lowercase();
    rows.retain(|row| row.key.to_lowercase().contains(&wanted));
    let order = SORTS.iter().find(|(own, ..)| *own == sort);
    if let Some((.., order)) = order {
        order(&mut rows);
    }

    let mut all = bar.own.clone();
    all.extend(bar.others.clone());
    let (pager, shown) = Pager::of(parameters, &rows, PAGE, |page| {
        let mut all = all.clone();
        all.push(("page", page));
        with(kind.list, &all)
    });
    let within = ranges::terms(days);
    let view = shown
        .iter()
        .map(|row| Named::new(kind.dimension, row, largest, &within));
    html(&Entities {
        frame: Frame::new(app, visitor, kind.many, kind.list),
        kind,
        sorts: SORTS
            .iter()
            .filter(|(value, ..)| kind.counts_messages() || *value != "messages")
            .map(|(value, label, _)| Choice {
                value,
                label,
                is_current: *value == sort,
            })
            .collect(),
        name: Shown::new(name),
        summary: number::things(
            u64::try_from(rows.len()).unwrap_or(u64::MAX),
            kind.one,
            &kind.many.to_lowercase(),
        ),
        rows: view.collect(),
        pager,
        export_csv: export(kind, &bar, "csv"),
        export_json: export(kind, &bar, "json"),
        range: bar,
    })
}

/// The list of these days as a file.
pub(super) fn export(kind: &Kind, bar: &RangeBar, format: &str) -> String {
    let of = kind.dimension.info().plural;
    let mut all = vec![("view", "top".to_owned()), ("of", of.to_owned())];
    all.extend(bar.own.clone());
    all.push(("format", format.to_owned()));
    with("/export", &all)
}
