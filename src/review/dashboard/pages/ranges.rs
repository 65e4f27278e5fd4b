//! The choice of days above a page, and their conditions in the query
//! language.

use crate::{
    review::{
        Days,
        dashboard::{
            app::App,
            view::{Parameters, Range, path, range::PRESETS},
        },
    },
    visible::printable,
};
use jiff::{ToSpan, civil::Date, tz::TimeZone};

/// The days of the lists that only look back: rules, lists and the allowlist.
pub(super) const LOOK_BACK: u32 = 30;

/// The choice of days as a page shows it.
#[derive(Debug)]
pub(super) struct RangeBar {
    /// Ranges with a name.
    pub(super) presets: Vec<RangeLink>,
    /// Whether the days are given by date.
    pub(super) is_custom: bool,
    /// The first day.
    pub(super) from: String,
    /// The last day.
    pub(super) to: String,
    /// The page's own path.
    pub(super) path: String,
    /// The page's other parameters.
    pub(super) others: Vec<(&'static str, String)>,
    /// The parameters that name the days that are shown.
    pub(super) own: Vec<(&'static str, String)>,
    /// What is wrong with the days that were asked for.
    pub(super) error: Option<String>,
}

/// A range with a name.
#[derive(Debug)]
pub(super) struct RangeLink {
    /// What the link says.
    pub(super) label: &'static str,
    /// The same page with this range.
    pub(super) href: String,
    /// Whether it is the one that is shown.
    pub(super) is_current: bool,
}

impl RangeBar {
    /// Reads the days from the parameters of the page at `path`, which has
    /// these other parameters. What makes no sense is told and the default
    /// shown.
    pub(super) fn read(
        app: &App,
        parameters: &Parameters,
        path: String,
        others: Vec<(&'static str, String)>,
    ) -> (Range, Self) {
        let today = today(app);
        let given = |name| parameters.get(name);
        let (range, error) = match Range::parse(given("range"), given("from"), given("to"), today) {
            Ok(range) => (range, None),
            Err(error) => (Range::default_to(today), Some(error)),
        };
        let own = range.parameters().to_vec();
        let link = |name: &'static str, label: &'static str| {
            let mut all = vec![("range", name.to_owned())];
            all.extend(others.clone());
            RangeLink {
                label,
                href: with(&path, &all),
                is_current: range.preset == Some(name),
            }
        };
        let bar = Self {
            presets: PRESETS.iter().map(|p| link(p.name, p.label)).collect(),
            is_custom: range.preset.is_none() || error.is_some(),
            from: range.days.first.to_string(),
            to: range.days.last.to_string(),
            error: error.map(|error| printable(&error).into_owned()),
            others,
            own,
            path,
        };
        (range, bar)
    }

    /// The parameters that name the days that are shown, as far as they differ
    /// from the default.
    pub(super) fn days(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.own.iter().filter(|(_, value)| !value.is_empty())
    }
}

/// A path with parameters; empty ones are left out.
pub(super) fn with(path: &str, parameters: &[(&str, String)]) -> String {
    let parameters: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    path::with(path, &parameters)
}

/// The conditions that ask for these days. The daily sums are by day in UTC,
/// so the times are stated in UTC.
pub(super) fn terms(days: Days) -> String {
    let end = days.last.tomorrow().unwrap_or(days.last);
    format!("since:{}T00:00:00Z until:{end}T00:00:00Z", days.first)
}

/// The present day in UTC.
pub(super) fn today(app: &App) -> Date {
    app.now().with_time_zone(TimeZone::UTC).date()
}

/// The last 30 days.
pub(super) fn look_back(app: &App) -> Days {
    let last = today(app);
    Days {
        first: last.saturating_sub(i64::from(LOOK_BACK - 1).days()),
        last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_asked_for_whole_and_in_utc() {
        let days = Days {
            first: jiff::civil::date(2026, 11, 15),
            last: jiff::civil::date(2026, 12, 31),
        };
        assert_eq!(
            terms(days),
            "since:2026-11-15T00:00:00Z until:2027-01-01T00:00:00Z"
        );
    }
}
