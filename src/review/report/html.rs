//! The report as one HTML file that needs nothing else.

use super::{
    model::Report,
    view::{View, label},
};
use crate::review::{
    Slot,
    chart::{self, Link, OverTime, bar},
};
use askama::Template;
use jiff::tz::TimeZone;

/// The report's own styles; those of the charts come before them.
const CSS: &str = include_str!("report.css");

#[derive(Template)]
#[template(path = "report_page.html")]
struct Page<'a> {
    view: &'a View<'a>,
    css: &'a [&'a str],
    charts: Vec<String>,
    rules: Option<String>,
    made: String,
    version: &'static str,
}

impl Page<'_> {
    /// The bar beside a row's numbers.
    fn bar(&self, (part, whole): &(u64, u64)) -> String {
        bar(*part, *whole)
    }
}

/// Writes the report as one HTML file: styles and charts inside, light and
/// dark, without any request. With the address of a dashboard every number
/// leads to the messages that it counts, otherwise nothing leads anywhere.
///
/// # Errors
///
/// The template fails, which it does not.
pub fn html(report: &Report, dashboard: Option<&str>) -> Result<String, askama::Error> {
    let view = View::new(report, dashboard);
    Page {
        charts: charts(&view),
        rules: view.rules(),
        made: report.made.strftime("%-d %b %Y, %H:%M UTC").to_string(),
        css: &[chart::CSS, CSS],
        version: env!("CARGO_PKG_VERSION"),
        view: &view,
    }
    .render()
}

fn charts(view: &View<'_>) -> Vec<String> {
    let has_links = view.links.base().is_some();
    let draw = |(title, unit, field, series)| {
        let link = |slot: &Slot, key: Option<&str>| view.slot(field, slot, key);
        let link: &Link<'_> = &link;
        chart::over_time(&OverTime {
            id: &format!("by-{field}"),
            title,
            unit,
            series,
            label: &label,
            link: has_links.then_some(link),
            zone: &TimeZone::UTC,
        })
    };
    view.series().map(draw).into()
}
