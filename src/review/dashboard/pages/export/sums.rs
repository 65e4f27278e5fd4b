//! Sums as a file. They leave the house, so small groups of people are left
//! out and numbers are rounded; the pages themselves show exact ones.

use super::table::{Cell, Table};
use crate::review::{
    DIMENSIONS, Dimension, Reader, ReviewError, Series, TopRow, Totals,
    dashboard::{app::App, fault::Fault, view::Range},
    suppress,
};
use jiff::Timestamp;

/// Most lines of a list.
const MAX_LINES: usize = 2_000;
/// Most keys of a series.
const MAX_KEYS: usize = 50;

/// Which sums.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum View {
    /// Counts over time.
    Series,
    /// A top list.
    Top,
    /// The totals of the range.
    Totals,
}

/// Reads the sums; with them the name of the file.
///
/// # Errors
///
/// There is no such list, or the block log cannot be read.
pub(super) async fn read(
    app: &App,
    view: View,
    of: &str,
    range: Range,
) -> Result<(String, Table), Fault> {
    let min_group = app.config().review.min_group;
    if view == View::Totals {
        let totals = app.read(move |reader| reader.totals(range.days)).await?;
        return Ok(("totals".to_owned(), totals_table(&totals, min_group)));
    }
    let (dimension, plural) = dimension(of)?;
    let table = app
        .read(move |reader| match view {
            View::Series => series(reader, dimension, &range, min_group),
            View::Top | View::Totals => top(reader, dimension, &range, min_group),
        })
        .await?;
    let view = if view == View::Series {
        "series"
    } else {
        "top"
    };
    Ok((format!("{view}-{plural}"), table))
}

fn dimension(of: &str) -> Result<(Dimension, &'static str), Fault> {
    let found = DIMENSIONS.iter().find(|info| info.plural == of);
    found
        .map(|info| (info.dimension, info.plural))
        .ok_or_else(|| {
            let names: Vec<_> = DIMENSIONS.iter().map(|info| info.plural).collect();
            Fault::BadRequest(format!("Say what to list: of={}.", names.join(", of=")))
        })
}

fn top(
    reader: &Reader,
    dimension: Dimension,
    range: &Range,
    min_group: u32,
) -> Result<Table, ReviewError> {
    let rows = reader.top(dimension, range.days, MAX_LINES)?;
    let rows = if min_group > 1 {
        let sizes = reader.group_sizes(dimension, range.days)?;
        suppress::suppress(rows, |key| sizes.get(key).copied(), min_group)
    } else {
        rows
    };
    Ok(top_table(&rows))
}

fn top_table(rows: &[TopRow]) -> Table {
    let row = |row: &TopRow| {
        vec![
            Cell::Text(row.key.clone()),
            Cell::Number(row.sum.findings),
            Cell::Number(row.sum.messages),
        ]
    };
    Table {
        columns: ["name", "findings", "messages"].map(str::to_owned).into(),
        rows: rows.iter().map(row).collect(),
    }
}

fn series(
    reader: &Reader,
    dimension: Dimension,
    range: &Range,
    min_group: u32,
) -> Result<Table, ReviewError> {
    let mut found = reader.series(dimension, range.days, MAX_KEYS)?;
    if min_group > 1 {
        let sizes = reader.group_sizes(dimension, range.days)?;
        let is_large = |key: &String| sizes.get(key).is_some_and(|n| *n >= u64::from(min_group));
        found = keep(found, is_large);
    }
    Ok(series_table(&found))
}

/// Without the keys that are not to be kept, the counts rounded.
fn keep(series: Series, is_kept: impl Fn(&String) -> bool) -> Series {
    let kept: Vec<bool> = series.keys.iter().map(is_kept).collect();
    let filter = |values: Vec<u64>| {
        let pairs = values.into_iter().zip(&kept);
        let pairs = pairs.filter(|(_, is_kept)| **is_kept);
        pairs.map(|(count, _)| suppress::rounded(count)).collect()
    };
    let slots = series.slots.into_iter().map(|mut slot| {
        slot.counts = filter(slot.counts);
        slot
    });
    Series {
        slots: slots.collect(),
        keys: {
            let pairs = series.keys.into_iter().zip(&kept);
            let pairs = pairs.filter(|(_, is_kept)| **is_kept);
            pairs.map(|(key, _)| key).collect()
        },
    }
}

fn series_table(series: &Series) -> Table {
    let mut table = Table {
        columns: ["from", "until", "name", "count"].map(str::to_owned).into(),
        rows: Vec::new(),
    };
    let time = |ms: i64| {
        let time = Timestamp::from_millisecond(ms).map(|time| time.to_string());
        Cell::Text(time.unwrap_or_default())
    };
    for slot in &series.slots {
        for (key, count) in series.keys.iter().zip(&slot.counts) {
            table.rows.push(vec![
                time(slot.start_ms),
                time(slot.start_ms.saturating_add(slot.span_ms)),
                Cell::Text(key.clone()),
                Cell::Number(*count),
            ]);
        }
    }
    table
}

fn totals_table(totals: &Totals, min_group: u32) -> Table {
    let totals = if min_group > 1 {
        suppress::totals(totals)
    } else {
        *totals
    };
    let rows = [
        ("messages", totals.messages),
        ("changed", totals.changed),
        ("would-change", totals.would_change),
        ("clean", totals.clean),
        ("skipped", totals.skipped),
        ("failed", totals.failed),
        ("trackers", totals.trackers),
        ("links", totals.links),
        ("receipts", totals.receipts),
        ("kept", totals.kept),
        ("opaque", totals.opaque),
        ("allowed", totals.allowed),
    ];
    let row = |(name, count): (&str, u64)| vec![Cell::Text(name.to_owned()), Cell::Number(count)];
    Table {
        columns: ["name", "count"].map(str::to_owned).into(),
        rows: rows.into_iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::Slot;

    #[test]
    fn small_groups_leave_a_series_with_their_counts() {
        let series = Series {
            keys: vec!["large".to_owned(), "small".to_owned(), "other".to_owned()],
            slots: vec![Slot {
                start_ms: 0,
                span_ms: 1,
                counts: vec![12, 3, 8],
            }],
        };
        let kept = keep(series, |key| key != "small");
        assert_eq!(kept.keys, ["large", "other"]);
        assert_eq!(kept.slots[0].counts, [10, 10]);
    }
}
