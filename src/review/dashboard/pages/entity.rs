//! The page of one company, tracker, sender or rule.

use super::{
    actions,
    beside::Sample,
    catalogue::{Catalogue, Catalogues},
    kind::{Beside, By, KINDS, Kind},
    named::{self, Named},
    ranges::{self, RangeBar},
    told::Told,
};
use crate::{
    review::{
        Context, Days, Dimension, Query, Reader, ReviewError, Series, Slot, Span, TopRow,
        chart::{self, OverTime},
        dashboard::{
            app::App,
            fault::Fault,
            frame::{Frame, html},
            view::{Line, Parameters, number, path},
            visitor::Visitor,
        },
    },
    rules::RuleDetails,
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};

/// How many of the newest messages stand on the page.
const NEWEST: usize = 10;
/// Most rules that are told on the page of a company or tracker.
const MAX_TOLD: usize = 50;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    KINDS.iter().fold(Router::new(), |router, kind| {
        let page = move |State(app): State<App>,
                         visitor: Visitor,
                         Extension(catalogues): Extension<Catalogues>,
                         Path(name): Path<String>,
                         parameters: Parameters| async move {
            show(&app, &visitor, &catalogues, &parameters, kind, name).await
        };
        // A name that cannot be a segment of a path is a parameter.
        let unnamed = move |State(app): State<App>,
                            visitor: Visitor,
                            Extension(catalogues): Extension<Catalogues>,
                            parameters: Parameters| async move {
            let name = parameters.get("name").to_owned();
            show(&app, &visitor, &catalogues, &parameters, kind, name).await
        };
        router
            .route(&format!("{}/{{name}}", kind.folder), get(page))
            .route(&format!("{}/", kind.folder), get(unnamed))
    })
}

#[derive(Template)]
#[template(path = "entity.html")]
struct Entity {
    frame: Frame,
    kind: &'static Kind,
    range: RangeBar,
    tiles: Vec<Tile>,
    seen: Option<Seen>,
    chart: String,
    beside: Vec<BesideView>,
    sample: String,
    told: Vec<Told>,
    more_told: usize,
    /// Whether this is a rule of a list of others, of which no file says more.
    is_of_list: bool,
    /// Whether this is the page of a rule, whose facts are told in full.
    is_rule: bool,
    lines: Vec<Line>,
    log: String,
    allow: Option<String>,
    is_known: bool,
}

/// A number that leads to what it counts.
#[derive(Debug)]
struct Tile {
    number: String,
    label: String,
    note: String,
    href: String,
}

/// Since when and until when it was met.
#[derive(Debug)]
struct Seen {
    first: String,
    first_href: String,
    last: String,
    last_href: String,
    /// In all of that time.
    all: String,
}

/// A list of what occurs together with this.
#[derive(Debug)]
struct BesideView {
    title: &'static str,
    rows: Vec<Named>,
}

/// What the block log says.
struct Answers {
    row: Option<TopRow>,
    span: Option<Span>,
    series: Series,
    sample: Sample,
}

impl Answers {
    fn ask(
        reader: &Reader,
        kind: &'static Kind,
        name: &str,
        days: Days,
        query: &Query,
    ) -> Result<Self, ReviewError> {
        let rows = reader.top(kind.dimension, days, usize::MAX)?;
        Ok(Self {
            row: rows.into_iter().find(|row| row.key == name),
            span: reader.span(kind.dimension, name)?,
            series: reader.series_of(kind.dimension, name, days)?,
            sample: Sample::read(reader, kind, name, query, NEWEST)?,
        })
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    catalogues: &Catalogues,
    parameters: &Parameters,
    kind: &'static Kind,
    name: String,
) -> Result<Response, Fault> {
    if name.is_empty() {
        let text = format!("There is no {} without a name.", kind.one);
        return Err(Fault::NotFound(text));
    }
    let own = path::named(kind.folder, &name);
    let (here, others) = if path::is_no_segment(&name) {
        (format!("{}/", kind.folder), vec![("name", name.clone())])
    } else {
        (own.clone(), Vec::new())
    };
    let (range, bar) = RangeBar::read(app, parameters, here, others);
    let days = range.days;
    let within = ranges::terms(days);
    let condition = Query::term(kind.field, &name);
    let text = format!("{condition} {within}");
    let now = app.now();
    let context = Context {
        now: &now,
        keys: None,
    };
    let query = Query::parse(&text, &context);
    let query = query.map_err(|error| Fault::BadRequest(error.to_string()))?;

    let catalogue = catalogues.get(app).await;
    let asked = name.clone();
    let answers = app
        .read(move |reader| Answers::ask(reader, kind, &asked, days, &query))
        .await?;
    let told = told(&catalogue, kind, &name);
    let more_told = told.len().saturating_sub(MAX_TOLD);
    let is_known = answers.span.is_some() || !told.is_empty();
    let log = |terms: &str| named::log(kind.dimension, &name, &[terms, &within]);
    let zone = now.time_zone().clone();
    let link = |slot: &Slot, key: Option<&str>| {
        let span = span_terms(slot);
        let action = key.map(actions::terms).unwrap_or_default();
        named::log(kind.dimension, &name, &[&action, &span])
    };
    let chart = chart::over_time(&OverTime {
        id: "over-time",
        title: "Findings over time",
        unit: "findings",
        series: &answers.series,
        label: &actions::label,
        link: Some(&link),
        zone: &zone,
    });
    let title = named::shown(kind.dimension, &name);
    html(&Entity {
        frame: Frame::new(app, visitor, title.as_str(), &own),
        kind,
        tiles: tiles(&answers, kind, &log),
        seen: answers.span.map(|span| Seen::new(span, kind, &name)),
        chart,
        sample: in_words(&answers.sample),
        beside: answers
            .sample
            .tops
            .iter()
            .map(|(beside, rows)| BesideView::new(beside, rows, &text))
            .collect(),
        told: told
            .iter()
            .take(MAX_TOLD)
            .map(|rule| Told::new(rule, app.config()))
            .collect(),
        more_told,
        is_of_list: kind.dimension == Dimension::Rule
            && name.starts_with("list-")
            && told.is_empty(),
        is_rule: kind.dimension == Dimension::Rule,
        lines: answers
            .sample
            .newest
            .iter()
            .map(|row| Line::new(row, &zone))
            .collect(),
        log: log(""),
        allow: visitor
            .is_admin()
            .then(|| path::with("/allowlist/new", &[("scope", kind.field), ("value", &name)])),
        is_known,
        range: bar,
    })
}

/// The rules that the catalogue has about this.
fn told<'a>(catalogue: &'a Catalogue, kind: &Kind, name: &'a str) -> Vec<&'a RuleDetails> {
    match kind.dimension {
        Dimension::Company => catalogue.of_company(name).collect(),
        Dimension::Tracker => catalogue.of_domain(name).collect(),
        Dimension::Rule => catalogue.rule(name).into_iter().collect(),
        _ => Vec::new(),
    }
}

impl Seen {
    fn new(span: Span, kind: &Kind, name: &str) -> Self {
        let on = |day| {
            let days = Days {
                first: day,
                last: day,
            };
            named::log(kind.dimension, name, &[&ranges::terms(days)])
        };
        Self {
            first: span.first.to_string(),
            first_href: on(span.first),
            last: span.last.to_string(),
            last_href: on(span.last),
            all: number::things(span.sum.findings, "finding", "findings"),
        }
    }
}

/// The numbers above the chart.
fn tiles(answers: &Answers, kind: &Kind, log: &dyn Fn(&str) -> String) -> Vec<Tile> {
    let sum = answers.row.as_ref().map(|row| row.sum).unwrap_or_default();
    let mut tiles = vec![Tile {
        number: number::count(sum.findings),
        label: "findings".to_owned(),
        note: "in these days".to_owned(),
        href: log(""),
    }];
    if kind.counts_messages() {
        tiles.push(Tile {
            number: number::count(sum.messages),
            label: "messages".to_owned(),
            note: "with findings or without".to_owned(),
            href: log(""),
        });
    }
    let sums = answers
        .row
        .iter()
        .flat_map(|row| actions::done(&row.actions, log));
    tiles.extend(sums.map(|done| Tile {
        number: done.count,
        label: done.label,
        note: String::new(),
        href: done.href,
    }));
    tiles
}

/// The conditions for a stretch of a chart.
fn span_terms(slot: &Slot) -> String {
    let moment = |ms| {
        jiff::Timestamp::from_millisecond(ms)
            .unwrap_or_default()
            .to_string()
    };
    let end = slot.start_ms.saturating_add(slot.span_ms);
    format!("since:{} until:{}", moment(slot.start_ms), moment(end))
}

/// How much the lists beside are worth.
fn in_words(sample: &Sample) -> String {
    let scanned = u64::try_from(sample.scanned).unwrap_or(u64::MAX);
    let messages = number::things(scanned, "message", "messages");
    if sample.is_complete {
        format!("Out of all {messages} of these days that the log still has.")
    } else {
        format!("Out of the newest {messages} only: there are more than are looked at.")
    }
}

impl BesideView {
    fn new(beside: &Beside, rows: &[TopRow], within: &str) -> Self {
        let largest = rows.iter().map(named::weight).max().unwrap_or(0);
        let row = |row| match beside.by {
            By::Dimension(dimension) => Named::new(dimension, row, largest, within),
            By::Host => Named::host(row, largest, within),
        };
        Self {
            title: beside.title,
            rows: rows.iter().map(row).collect(),
        }
    }
}
