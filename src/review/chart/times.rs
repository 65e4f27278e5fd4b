//! What stretches of time are called, and which of them have room for a label.

use super::super::Slot;
use jiff::{Timestamp, Zoned, tz::TimeZone};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const WEEK_MS: i64 = 7 * DAY_MS;

/// Steps between labels, in hours.
const HOURS: &[i64] = &[1, 2, 3, 6, 12, 24];
/// Steps between labels, in days or weeks.
const SLOTS: &[usize] = &[1, 2, 7, 14, 28, 56, 91, 182, 364];
/// Least room between two labels, in widths of a character.
const SPACE: f64 = 2.0;

/// The slots' names.
#[derive(Debug)]
pub struct Times {
    slots: Vec<(Zoned, i64)>,
    /// Whether dates need a year.
    has_years: bool,
}

/// A label at the axis of time.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    /// Its centre.
    pub(super) x: f64,
    /// What it says.
    pub(super) text: String,
}

impl Times {
    /// The names of slots, hours in the time zone `zone`.
    pub fn new(slots: &[Slot], zone: &TimeZone) -> Self {
        let slots: Vec<_> = slots
            .iter()
            .map(|slot| {
                let is_utc_day = slot.span_ms >= DAY_MS && slot.start_ms % DAY_MS == 0;
                let zone = if is_utc_day { &TimeZone::UTC } else { zone };
                let start = Timestamp::from_millisecond(slot.start_ms).unwrap_or_default();
                (start.to_zoned(zone.clone()), slot.span_ms)
            })
            .collect();
        let year = |end: Option<&(Zoned, i64)>| end.map(|(start, _)| start.year());
        Self {
            has_years: year(slots.first()) != year(slots.last()),
            slots,
        }
    }

    /// The name of the `n`th slot, counted from zero: `Tue 17 Nov`,
    /// `Tue 17 Nov 14:00`, `week of 16 Nov`. Empty if there is none.
    pub fn name(&self, n: usize) -> String {
        let Some((start, span)) = self.slots.get(n) else {
            return String::new();
        };
        let form = match (*span, self.has_years) {
            (WEEK_MS.., false) => "week of %-d %b",
            (WEEK_MS.., true) => "week of %-d %b %Y",
            (DAY_MS.., false) => "%a %-d %b",
            (DAY_MS.., true) => "%a %-d %b %Y",
            (_, false) => "%a %-d %b %H:%M",
            (_, true) => "%a %-d %b %Y %H:%M",
        };
        start.strftime(form).to_string()
    }

    /// Labels for slots `width` apart, the first of which begins at `left`,
    /// where a character is `character` wide. They do not overlap, and none
    /// leaves the space between 0 and `end`.
    pub(super) fn labels(&self, left: f64, width: f64, character: f64, end: f64) -> Vec<Label> {
        let longest = 6.0 * character; // "28 Nov"
        let room = longest + SPACE * character;
        let is_hours = self.slots.first().is_some_and(|(_, span)| *span < DAY_MS);
        let hours = HOURS.iter().find(|&&step| step as f64 * width >= room);
        let hours = hours.copied().unwrap_or(24);
        let slots = SLOTS.iter().find(|&&step| step as f64 * width >= room);
        let slots = slots.copied().unwrap_or(364);
        let mut labels: Vec<Label> = Vec::new();
        let mut free = 0.0;
        for (n, (start, _)) in self.slots.iter().enumerate() {
            let is_wanted = if is_hours {
                i64::from(start.hour()) % hours == 0
            } else {
                n % slots == 0
            };
            if !is_wanted {
                continue;
            }
            let form = match (is_hours, start.hour()) {
                (true, 1..) => "%H:%M",
                _ => "%-d %b",
            };
            let text = start.strftime(form).to_string();
            let half = text.chars().count() as f64 * character / 2.0;
            let x = left + (n as f64 + 0.5) * width;
            if x - half < free || x + half > end {
                continue;
            }
            free = x + half + SPACE * character;
            labels.push(Label { x, text });
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday 17 November 2026, 0:00 UTC: 20,774 days after 1970.
    const TUESDAY: i64 = 20_774 * DAY_MS;

    fn slots(start_ms: i64, span_ms: i64, count: i64) -> Vec<Slot> {
        (0..count)
            .map(|n| Slot {
                start_ms: start_ms + n * span_ms,
                span_ms,
                counts: vec![],
            })
            .collect()
    }

    #[test]
    fn slots_are_called_by_what_they_are() {
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        let named = |start, span, count| {
            let times = Times::new(&slots(start, span, count), &berlin);
            times.name(0)
        };
        assert_eq!(named(TUESDAY, DAY_MS, 2), "Tue 17 Nov");
        assert_eq!(named(TUESDAY - DAY_MS, WEEK_MS, 2), "week of 16 Nov");
        // 13:00 UTC is 14:00 one hour to the east.
        assert_eq!(
            named(TUESDAY + 13 * HOUR_MS, HOUR_MS, 2),
            "Tue 17 Nov 14:00"
        );
        // A day that begins at midnight of the zone.
        assert_eq!(named(TUESDAY - HOUR_MS, DAY_MS, 2), "Tue 17 Nov");
        assert_eq!(named(TUESDAY, DAY_MS, 60), "Tue 17 Nov 2026");
        assert_eq!(Times::new(&[], &berlin).name(0), "");
    }

    #[test]
    fn labels_stand_at_round_hours() {
        let times = Times::new(&slots(TUESDAY, HOUR_MS, 24), &TimeZone::UTC);
        // A label needs 6 + 2 characters of 5 = 40; the slots are 20 wide.
        let labels = times.labels(30.0, 20.0, 5.0, 510.0);
        let texts: Vec<_> = labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "17 Nov", "02:00", "04:00", "06:00", "08:00", "10:00", "12:00", "14:00", "16:00",
                "18:00", "20:00", "22:00"
            ]
        );
        assert_eq!(labels[1].x, 30.0 + 2.5 * 20.0);
    }

    #[test]
    fn labels_never_overlap_or_leave_the_chart() {
        for (span, count) in [(HOUR_MS, 24), (HOUR_MS, 168), (DAY_MS, 30), (DAY_MS, 400)] {
            for chart in [300.0, 700.0] {
                let times = Times::new(&slots(TUESDAY, span, count), &TimeZone::UTC);
                let width = chart / count as f64;
                let labels = times.labels(0.0, width, 6.0, chart);
                assert!(labels.len() >= 2, "{count} on {chart}");
                let mut end = -1.0;
                for label in labels {
                    let half = label.text.chars().count() as f64 * 3.0;
                    assert!(label.x - half > end, "{label:?} on {chart}");
                    end = label.x + half;
                }
                assert!(end <= chart);
            }
        }
    }

    #[test]
    fn two_hours_of_the_same_name_have_one_label() {
        // Clocks go back on 25 October 2026, 1:00 UTC, in Berlin.
        let night = TUESDAY - 23 * DAY_MS - 3 * HOUR_MS;
        let berlin: Zoned = "2026-10-25T00:00[Europe/Berlin]".parse().unwrap();
        let times = Times::new(&slots(night, HOUR_MS, 8), berlin.time_zone());
        // From 23:00 on, with room for one label every second slot; 2:00 comes
        // twice.
        let labels = times.labels(30.0, 20.0, 5.0, 200.0);
        let texts: Vec<_> = labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(texts, ["25 Oct", "02:00", "04:00"]);
    }
}
