//! The report as a mail: text, and HTML out of tables.
//!
//! Many mail programs show no SVG, drop `<style>`, and ask before they load
//! anything. So the bars are cells with a background, styles stand at their
//! elements but for those of small screens, and nothing is loaded.

use super::{
    model::Report,
    text,
    view::{Row, Table, View, label},
};
use crate::review::{
    Series,
    chart::{Times, grouped},
};
use askama::Template;
use jiff::tz::TimeZone;
use mail_builder::{
    MessageBuilder,
    headers::{HeaderType, address::Address, date::Date, message_id::MessageId, text::Text},
};
use std::io;

/// Most lines of a chart.
const MAX_BARS: usize = 62;

/// Colours of the parts of a bar, readable on white and on black: the first
/// ones of Okabe and Ito.
const COLORS: &[&str] = &["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8f8f8f"];

/// Whom the mail is from and to. The addresses are not checked here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// The author's address.
    pub from: String,
    /// The recipients' addresses. They see each other.
    pub to: Vec<String>,
    /// What makes the Message-ID differ from every other (RFC 5322 section
    /// 3.6.4): letters and digits.
    pub unique: String,
}

#[derive(Template)]
#[template(path = "report_mail.html")]
struct Body<'a> {
    view: &'a View<'a>,
    bars: Vec<Bar>,
    legend: Vec<(&'static str, String)>,
    rules: Option<String>,
}

/// A line of a chart: what it is called, its parts in percent of the line, and
/// the number.
struct Bar {
    name: String,
    parts: Vec<(&'static str, u64)>,
    rest: u64,
    number: String,
}

impl Body<'_> {
    /// How long a row's bar is, in percent.
    fn percent(&self, row: &Row) -> Option<u64> {
        let (part, whole) = row.bar?;
        Some(percent(part, whole))
    }

    /// The columns, that of the names included.
    fn columns(&self, table: &Table) -> usize {
        table.columns.len() + 1
    }
}

/// Composes the mail. Lines end with CR LF.
///
/// # Errors
///
/// The template fails, or the mail cannot be written to memory; neither
/// happens.
pub fn mail(
    report: &Report,
    dashboard: Option<&str>,
    envelope: &Envelope,
) -> Result<Vec<u8>, io::Error> {
    let view = View::new(report, dashboard);
    let html = Body {
        bars: bars(&report.outcomes),
        legend: legend(&report.outcomes),
        rules: view.rules(),
        view: &view,
    };
    let html = html.render().map_err(io::Error::other)?;
    let mut text = text::text(report);
    if let Some(base) = dashboard {
        text += &format!("\n{base}\n");
    }
    let (_, domain) = envelope.from.rsplit_once('@').unwrap_or_default();
    let fixed = |value: &'static str| HeaderType::Text(Text::new(value));
    let mut message = MessageBuilder::new().from(Address::new_address(
        Some("untrackd"),
        envelope.from.as_str(),
    ));
    if !envelope.to.is_empty() {
        let to = envelope.to.iter().map(|to| Address::from(to.as_str()));
        message = message.to(Address::new_list(to.collect()));
    }
    message
        .subject(format!("{}: {}", view.title, view.summary()))
        .header("Date", Date::new(report.made.as_second()))
        .header(
            "Message-ID",
            MessageId::new(format!("{}@{domain}", envelope.unique)),
        )
        // RFC 3834: nobody is to answer automatically. Programs older than it
        // heed Precedence, and Exchange has a field of its own.
        .header("Auto-Submitted", fixed("auto-generated"))
        .header("Precedence", fixed("bulk"))
        .header("X-Auto-Response-Suppress", fixed("All"))
        .text_body(text)
        .html_body(html)
        .write_to_vec()
}

fn sum(counts: &[u64]) -> u64 {
    counts.iter().copied().fold(0, u64::saturating_add)
}

/// A part of a whole in percent; one at least for anything.
fn percent(part: u64, whole: u64) -> u64 {
    match (part, whole) {
        (0, _) | (_, 0) => 0,
        _ => {
            let percent = u128::from(part) * 100 / u128::from(whole);
            u64::try_from(percent).unwrap_or(100).clamp(1, 100)
        }
    }
}

fn color(n: usize) -> &'static str {
    COLORS.get(n).or(COLORS.last()).copied().unwrap_or_default()
}

fn bars(series: &Series) -> Vec<Bar> {
    let largest = series.slots.iter().map(|slot| sum(&slot.counts)).max();
    let largest = largest.unwrap_or_default();
    if largest == 0 || series.slots.len() > MAX_BARS {
        return Vec::new();
    }
    let times = Times::new(&series.slots, &TimeZone::UTC);
    let bar = |(n, slot): (usize, &crate::review::Slot)| {
        let counts = slot.counts.iter().enumerate();
        let mut parts: Vec<(&'static str, u64)> = Vec::new();
        let mut rest = 100u64;
        for (n, count) in counts.filter(|(_, count)| **count > 0) {
            let part = percent(*count, largest).min(rest);
            rest -= part;
            parts.push((color(n), part));
        }
        parts.retain(|(_, part)| *part > 0);
        Bar {
            name: times.name(n),
            parts,
            rest,
            number: grouped(sum(&slot.counts)),
        }
    };
    series.slots.iter().enumerate().map(bar).collect()
}

fn legend(series: &Series) -> Vec<(&'static str, String)> {
    let keys = series.keys.iter().enumerate();
    keys.map(|(n, key)| (color(n), label(key))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Slot;

    #[test]
    fn bars_are_in_percent_of_the_longest() {
        let slot = |counts: &[u64]| Slot {
            counts: counts.to_vec(),
            span_ms: 86_400_000,
            start_ms: 0,
        };
        let series = Series {
            keys: vec!["clean".to_owned(), "changed".to_owned()],
            slots: vec![slot(&[150, 50]), slot(&[0, 1]), slot(&[0, 0])],
        };
        let found: Vec<_> = bars(&series)
            .into_iter()
            .map(|bar| (bar.parts, bar.rest, bar.number))
            .collect();
        let (first, second) = (COLORS[0], COLORS[1]);
        assert_eq!(
            found,
            [
                (vec![(first, 75), (second, 25)], 0, "200".to_owned()),
                (vec![(second, 1)], 99, "1".to_owned()),
                (vec![], 100, "0".to_owned()),
            ]
        );
        assert!(bars(&Series::default()).is_empty());
    }
}
