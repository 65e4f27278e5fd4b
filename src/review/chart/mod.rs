//! Charts as SVG, made on the server: one component for the dashboard and the
//! HTML report.
//!
//! There is no script, no `style` attribute and no `<style>` element in what
//! these functions return, so that it may stand in a page under the strictest
//! content security policy. Colours and sizes come from [`CSS`], which the
//! dashboard serves as part of its stylesheet and the report carries in its
//! head. Every text is escaped, and what would control a reader's display is
//! made visible.
//!
//! The page may override `--chart-paper` (the background behind the chart),
//! `--chart-grid` and the colours `--c1` to `--c8`; text takes the colour of
//! the text around it. A theme that people choose is heeded as
//! `<html data-theme="light">` or `dark`, otherwise the browser's.

mod fold;
mod plot;
mod scale;
mod small;
mod table;
mod text;
mod times;

pub use small::{bar, sparkline};
pub use text::{counted, escape, grouped};
pub use times::Times;

use super::{Series, Slot};
use fold::Fold;
use jiff::tz::TimeZone;
use plot::{NARROW, Plot, WIDE};
use text::Out;

/// The styles that the charts need.
pub const CSS: &str = include_str!("chart.css");

/// How many colours there are. Of a series with more keys, the smallest ones
/// are shown as one.
pub const COLORS: usize = 8;

/// Counts over time as stacked bars.
pub struct OverTime<'a> {
    /// Prefix of the ids in the figure: unique on the page, of the characters
    /// `a` to `z`, `0` to `9` and `-`.
    pub id: &'a str,
    /// The heading.
    pub title: &'a str,
    /// What is counted, in the plural: `messages`.
    pub unit: &'a str,
    /// The counts.
    pub series: &'a Series,
    /// A key in words.
    pub label: &'a dyn Fn(&str) -> String,
    /// Where a slot, or one key of it, leads to; not escaped.
    pub link: Option<&'a Link<'a>>,
    /// The reader's time zone, for hours. Days and weeks that begin at midnight
    /// UTC are those of the daily sums, and are called by their date in UTC.
    pub zone: &'a TimeZone,
}

/// The address that a slot, or one key of it, leads to.
pub type Link<'a> = dyn Fn(&Slot, Option<&str>) -> String + 'a;

/// Draws the chart as an HTML `<figure>`: the SVG for wide and one for narrow
/// places (the stylesheet shows one of them), the legend with sums, and the
/// same numbers as a table to unfold, for those who do not see the chart or do
/// not use a mouse.
pub fn over_time(chart: &OverTime<'_>) -> String {
    let mut out = Out::default();
    out.open("figure", &[("class", "chart")]);
    out.element("figcaption", &[], chart.title);
    let fold = Fold::new(chart.series, chart.label);
    if fold.is_empty() {
        out.element("p", &[("class", "chart-empty")], "Nothing in this time.");
    } else {
        let times = Times::new(&chart.series.slots, chart.zone);
        for shape in [&WIDE, &NARROW] {
            let plot = Plot {
                chart,
                fold: &fold,
                times: &times,
                shape,
            };
            plot.draw(&mut out);
        }
        legend(&fold, &mut out);
        table::draw(chart, &fold, &times, &mut out);
    }
    out.close("figure");
    out.text
}

fn legend(fold: &Fold<'_>, out: &mut Out) {
    out.open("ul", &[("class", "chart-legend")]);
    for (n, column) in fold.columns.iter().enumerate() {
        out.open("li", &[]);
        let view = [
            ("class", "chart-swatch"),
            ("viewBox", "0 0 12 12"),
            ("aria-hidden", "true"),
            ("focusable", "false"),
        ];
        out.open("svg", &view);
        let all = [("width", "12"), ("height", "12")];
        let color = format!("c{}", n + 1);
        out.empty("rect", &[&all[..], &[("class", &color)]].concat());
        if let Some(path) = plot::pattern(n) {
            out.empty("path", &[("class", "chart-pattern"), ("d", path)]);
        }
        out.close("svg");
        out.write(" ");
        out.element("span", &[], &column.name);
        out.write(" ");
        out.element("b", &[], &grouped(column.sum));
        out.close("li");
    }
    out.close("ul");
}

#[cfg(test)]
mod tests;
