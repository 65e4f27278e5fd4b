//! The list of rules, those without a hit among them.

use super::{
    actions::Done,
    catalogue::{Catalogue, Catalogues},
    entities::{self, Choice},
    kind::Kind,
    named::Named,
    pager::Pager,
    ranges::{self, RangeBar, with},
};
use crate::{
    config::Config,
    review::{
        Dimension, TopRow,
        dashboard::{
            app::App,
            fault::Fault,
            frame::{Frame, html},
            view::{Parameters, Shown, number, path},
            visitor::Visitor,
        },
    },
    rules::{Category, RuleDetails, RuleKind},
};
use askama::Template;
use axum::{Extension, Router, extract::State, response::Response, routing::get};
use std::collections::HashMap;

const HERE: &str = "/rules";
/// How many rules stand on a page.
const PAGE: usize = 50;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route(HERE, get(list))
}

/// The value of `show=`, what the choice says, and which rules it lists.
type Show = (&'static str, &'static str, fn(&Listed) -> bool);

/// Which rules are listed.
const SHOWS: &[Show] = &[
    ("", "All", |_| true),
    ("hit", "With a hit", |rule| rule.findings > 0),
    ("idle", "Without a hit", |rule| rule.findings == 0),
    ("off", "Off", |rule| rule.why_off.is_some()),
    ("gone", "Of lists, or gone", |rule| rule.category.is_none()),
];

/// A rule that is in the catalogue, or was hit, or both.
struct Listed {
    id: String,
    findings: u64,
    row: TopRow,
    vendor: String,
    kind: Option<RuleKind>,
    category: Option<Category>,
    why_off: Option<String>,
}

/// A rule as a line.
struct Row {
    id: Shown,
    href: String,
    vendor: Shown,
    kind: &'static str,
    category: &'static str,
    why_off: Option<String>,
    bar: String,
    findings: String,
    log: Option<String>,
    done: Vec<Done>,
}

#[derive(Template)]
#[template(path = "rules.html")]
struct Rules {
    frame: Frame,
    range: RangeBar,
    shows: Vec<Choice>,
    categories: Vec<Choice>,
    name: Shown,
    summary: String,
    idle: String,
    mistakes: Vec<Shown>,
    rows: Vec<Row>,
    pager: Pager,
    export_csv: String,
    export_json: String,
}

async fn list(
    State(app): State<App>,
    visitor: Visitor,
    Extension(catalogues): Extension<Catalogues>,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let catalogue = catalogues.get(&app).await;
    let (name, show, category) = (
        parameters.get("name"),
        parameters.get("show"),
        parameters.get("category"),
    );
    let others = vec![
        ("name", name.to_owned()),
        ("show", show.to_owned()),
        ("category", category.to_owned()),
    ];
    let (range, bar) = RangeBar::read(&app, &parameters, HERE.to_owned(), others);
    let days = range.days;
    let hits = app
        .read(move |reader| reader.top(Dimension::Rule, days, usize::MAX))
        .await?;

    let mut listed = listed(&catalogue, app.config(), hits);
    let largest = listed.iter().map(|rule| rule.findings).max().unwrap_or(0);
    let idle = listed.iter().filter(|rule| rule.findings == 0).count();
    let wanted = name.to_lowercase();
    let fits = SHOWS.iter().find(|(own, ..)| *own == show);
    listed.retain(|rule| {
        fits.is_none_or(|(.., fits)| fits(rule))
            && (category.is_empty() || rule.category.is_some_and(|c| c.name() == category))
            && (rule.id.to_lowercase().contains(&wanted)
                || rule.vendor.to_lowercase().contains(&wanted))
    });
    let mut all = bar.own.clone();
    all.extend(bar.others.clone());
    let (pager, shown) = Pager::of(&parameters, &listed, PAGE, |page| {
        let mut all = all.clone();
        all.push(("page", page));
        with(HERE, &all)
    });
    let within = ranges::terms(days);
    let rows = shown.iter().map(|rule| Row::new(rule, largest, &within));
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let export = |format| {
        Kind::of(Dimension::Rule)
            .map_or_else(String::new, |kind| entities::export(kind, &bar, format))
    };
    html(&Rules {
        frame: Frame::new(&app, &visitor, "Rules", HERE),
        shows: choices(SHOWS.iter().map(|(value, label, _)| (*value, *label)), show),
        categories: choices(
            std::iter::once(("", "All")).chain(Category::ALL.iter().map(|c| (c.name(), c.name()))),
            category,
        ),
        name: Shown::new(name),
        summary: number::things(count(listed.len()), "rule", "rules"),
        idle: number::things(count(idle), "rule has", "rules have"),
        mistakes: catalogue
            .mistakes
            .iter()
            .map(|mistake| Shown::new(&mistake.to_string()))
            .collect(),
        rows: rows.collect(),
        pager,
        export_csv: export("csv"),
        export_json: export("json"),
        range: bar,
    })
}

fn choices(all: impl Iterator<Item = (&'static str, &'static str)>, current: &str) -> Vec<Choice> {
    let choice = |(value, label)| Choice {
        value,
        label,
        is_current: value == current,
    };
    all.map(choice).collect()
}

/// Every rule of the catalogue and every one that was hit, those with the most
/// hits first, the others in the order of their files.
fn listed(catalogue: &Catalogue, config: &Config, hits: Vec<TopRow>) -> Vec<Listed> {
    let mut hits: HashMap<String, TopRow> =
        hits.into_iter().map(|row| (row.key.clone(), row)).collect();
    let known = catalogue.rules.iter().map(|rule| {
        let row = hits.remove(&rule.id).unwrap_or_default();
        Listed::known(rule, row, config)
    });
    let mut all: Vec<Listed> = known.collect();
    let mut rest: Vec<TopRow> = hits.into_values().collect();
    rest.sort_by(|a, b| a.key.cmp(&b.key));
    all.extend(rest.into_iter().map(Listed::unknown));
    all.sort_by_key(|rule| std::cmp::Reverse(rule.findings));
    all
}

impl Listed {
    fn known(rule: &RuleDetails, row: TopRow, config: &Config) -> Self {
        Self {
            id: rule.id.clone(),
            findings: row.sum.findings,
            row: TopRow {
                key: rule.id.clone(),
                ..row
            },
            vendor: rule.vendor.name.clone(),
            kind: Some(rule.kind),
            category: Some(rule.vendor.category),
            why_off: config.why_off(rule),
        }
    }

    fn unknown(row: TopRow) -> Self {
        Self {
            id: row.key.clone(),
            findings: row.sum.findings,
            vendor: String::new(),
            kind: None,
            category: None,
            why_off: None,
            row,
        }
    }
}

impl Row {
    fn new(rule: &Listed, largest: u64, within: &str) -> Self {
        let named = Named::new(Dimension::Rule, &rule.row, largest, within);
        Self {
            id: named.name,
            href: named.href.unwrap_or_else(|| path::named("/rule", &rule.id)),
            vendor: Shown::new(&rule.vendor),
            kind: rule.kind.map_or("of a list, or gone", RuleKind::name),
            category: rule.category.map_or("", Category::name),
            why_off: rule.why_off.clone(),
            bar: named.bar,
            findings: named.findings,
            log: named.log.filter(|_| rule.findings > 0),
            done: named.done,
        }
    }
}
