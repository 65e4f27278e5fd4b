//! The first page: what was found in a stretch of days, by whom, and whether
//! the log is in order.

mod chart;
mod health;
mod tiles;
mod tops;

use super::asked;
use crate::review::{
    Dimension, Reader, ReviewError, Series, TopRow, Totals,
    dashboard::{
        app::App,
        fault::Fault,
        frame::{Frame, html},
        view::{Parameters, Range, Shown, path, range},
        visitor::Visitor,
    },
};
use askama::Template;
use axum::{Router, extract::State, response::Response, routing::get};
use chart::Split;
use health::{Health, Vitals};
use jiff::tz::TimeZone;
use tiles::Tile;
use tops::TopList;

pub(in crate::review::dashboard) fn routes() -> Router<App> {
    Router::new().route("/", get(show))
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    /// What is wrong with the range that was asked for.
    problem: Option<Shown>,
    ranges: Vec<Choice>,
    /// The range in words.
    days: String,
    from: String,
    to: String,
    by: &'static str,
    splits: Vec<Choice>,
    tiles: Vec<Tile>,
    /// SVG and its table, made and escaped by the component for charts.
    chart: String,
    tops: Vec<TopList>,
    health: Health,
    /// Whether no message was ever counted.
    is_fresh: bool,
    /// Whether no message was counted in these days.
    is_empty: bool,
    log: String,
}

/// One of several states to choose from.
#[derive(Debug)]
struct Choice {
    label: &'static str,
    href: String,
    is_current: bool,
}

/// What is read from the block log for the page.
#[derive(Default)]
struct Gathered {
    now: Totals,
    before: Totals,
    series: Series,
    tops: Vec<(Dimension, Vec<TopRow>)>,
    vitals: Vitals,
}

impl Gathered {
    fn read(reader: &Reader, range: &Range, split: Split) -> Result<Self, ReviewError> {
        let top = |dimension: &Dimension| -> Result<_, ReviewError> {
            Ok((
                *dimension,
                reader.top(*dimension, range.days, tops::LENGTH)?,
            ))
        };
        let now = reader.totals(range.days)?;
        Ok(Self {
            now,
            before: reader.totals(range.before())?,
            series: reader.series(split.dimension(), range.days, chart::COLORS)?,
            tops: tops::SHOWN.iter().map(top).collect::<Result<_, _>>()?,
            vitals: Vitals::read(reader, now.messages > 0)?,
        })
    }
}

async fn show(
    State(app): State<App>,
    visitor: Visitor,
    parameters: Parameters,
) -> Result<Response, Fault> {
    let now = app.now();
    let today = now.with_time_zone(TimeZone::UTC).date();
    let asked = ["range", "from", "to"].map(|name| parameters.get(name));
    let [name, from, to] = asked;
    let (range, problem) = match Range::parse(name, from, to, today) {
        Ok(range) => (range, None),
        Err(problem) => (Range::default_to(today), Some(Shown::new(&problem))),
    };
    let split = Split::of(parameters.get("by"));
    let found = app
        .read(move |reader| Gathered::read(reader, &range, split))
        .await;
    let found = asked::or_empty(found)?;
    let zone = now.time_zone();
    html(&Overview {
        frame: Frame::new(&app, &visitor, "Overview", "/"),
        problem,
        ranges: ranges(&range, split),
        days: in_words(&range),
        from: range.days.first.to_string(),
        to: range.days.last.to_string(),
        by: split.parameter(),
        splits: splits(&range, split),
        tiles: tiles::tiles(&found.now, &found.before, &range, zone),
        chart: chart::draw(&found.series, split, &range, zone),
        tops: tops::lists(&found.tops, &range, zone),
        health: Health::new(&found.vitals, &now),
        is_fresh: found.vitals.is_fresh(),
        is_empty: found.now.messages == 0,
        log: path::log(&range.query(zone)),
    })
}

/// The page's address for another range or another chart.
fn address(range: &Range, split: Split) -> String {
    let range = range.parameters();
    let mut parameters: Vec<(&str, &str)> = Vec::new();
    parameters.extend(range.iter().map(|(name, value)| (*name, value.as_str())));
    parameters.push(("by", split.parameter()));
    path::with("/", &parameters)
}

fn ranges(current: &Range, split: Split) -> Vec<Choice> {
    let choice = |preset: &range::Preset| Choice {
        label: preset.label,
        href: address(&preset.range(current.days.last), split),
        is_current: current.preset == Some(preset.name),
    };
    range::PRESETS.iter().map(choice).collect()
}

fn splits(range: &Range, current: Split) -> Vec<Choice> {
    let choice = |split: &Split| Choice {
        label: split.label(),
        href: address(range, *split),
        is_current: *split == current,
    };
    Split::ALL.iter().map(choice).collect()
}

fn in_words(range: &Range) -> String {
    let days = range.days;
    if days.first == days.last {
        format!("{} (UTC)", days.first)
    } else {
        format!("{} to {} (UTC)", days.first, days.last)
    }
}
