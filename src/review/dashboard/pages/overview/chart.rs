//! The chart of the overview: messages by outcome, or findings by vector.

use crate::review::{
    DIMENSIONS, Dimension, Series, Slot, chart,
    chart::OverTime,
    dashboard::view::{Range, outcome, path, terms},
};
use jiff::{Timestamp, tz::TimeZone};

pub(super) use crate::review::chart::COLORS;

/// What the chart counts apart.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Split {
    /// Messages by what became of them.
    #[default]
    Outcome,
    /// Findings by vector.
    Vector,
}

impl Split {
    pub(super) const ALL: &[Self] = &[Self::Outcome, Self::Vector];

    /// The one with this parameter.
    pub(super) fn of(parameter: &str) -> Self {
        let mut all = Self::ALL.iter().copied();
        let found = all.find(|split| split.parameter() == parameter);
        found.unwrap_or_default()
    }

    /// The value of `by=`; empty for the default.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Outcome => "",
            Self::Vector => "vector",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Outcome => "by outcome",
            Self::Vector => "by vector",
        }
    }

    pub(super) fn dimension(self) -> Dimension {
        match self {
            Self::Outcome => Dimension::Disposition,
            Self::Vector => Dimension::Vector,
        }
    }
}

/// The chart as a figure.
pub(super) fn draw(series: &Series, split: Split, range: &Range, zone: &TimeZone) -> String {
    let info = DIMENSIONS
        .iter()
        .find(|info| info.dimension == split.dimension());
    let field = info.map_or("", |info| info.field);
    let label = |key: &str| match split {
        Split::Outcome => outcome::outcome(key).label.to_owned(),
        Split::Vector => key.to_owned(),
    };
    let link = |slot: &Slot, key: Option<&str>| {
        let what = key.map(|key| terms::one(field, key)).unwrap_or_default();
        let when = within(slot, range);
        path::log(&terms::all([what.as_str(), when.as_str()]))
    };
    chart::over_time(&OverTime {
        id: "over-time",
        title: match split {
            Split::Outcome => "Messages by outcome",
            Split::Vector => "Findings by vector",
        },
        unit: match split {
            Split::Outcome => "messages",
            Split::Vector => "findings",
        },
        series,
        label: &label,
        link: Some(&link),
        zone,
    })
}

/// The time of a slot as conditions; a week at the edge may reach beyond the
/// range.
fn within(slot: &Slot, range: &Range) -> String {
    let time = |ms: i64| Timestamp::from_millisecond(ms).ok();
    let (first, end) = range.bounds();
    let begin = time(slot.start_ms.max(first));
    let end = time(slot.start_ms.saturating_add(slot.span_ms).min(end));
    match (begin, end) {
        (Some(begin), Some(end)) => format!("since:{begin} until:{end}"),
        _ => String::new(),
    }
}
