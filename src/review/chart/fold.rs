//! What of a series is drawn: at most as many keys as there are colours.

use super::{super::Series, COLORS};

/// A key, or several that share a colour.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Column<'a> {
    /// The key; none of several.
    pub(super) key: Option<&'a str>,
    /// In words.
    pub(super) name: String,
    /// Of all slots.
    pub(super) sum: u64,
}

/// A series as it is drawn.
#[derive(Debug)]
pub(super) struct Fold<'a> {
    /// The columns of the table, the layers of the bars.
    pub(super) columns: Vec<Column<'a>>,
    /// The counts of each slot, one for each column.
    pub(super) rows: Vec<Vec<u64>>,
}

impl<'a> Fold<'a> {
    pub(super) fn new(series: &'a Series, label: &dyn Fn(&str) -> String) -> Self {
        // A last colour for the rest, if there is one.
        let single = match series.keys.len() {
            n if n <= COLORS => n,
            _ => COLORS - 1,
        };
        let has_rest = series.keys.len() > single;
        let rows: Vec<Vec<u64>> = series
            .slots
            .iter()
            .map(|slot| {
                let count = |n: usize| slot.counts.get(n).copied().unwrap_or_default();
                let mut row: Vec<u64> = (0..single).map(count).collect();
                if has_rest {
                    row.push(add((single..series.keys.len()).map(count)));
                }
                row
            })
            .collect();
        let mut columns: Vec<Column<'a>> = series
            .keys
            .iter()
            .take(single)
            .map(|key| Column {
                key: Some(key.as_str()),
                name: label(key),
                sum: 0,
            })
            .collect();
        if has_rest {
            let rest = series.keys.len() - single;
            columns.push(Column {
                key: None,
                name: format!("{rest} others"),
                sum: 0,
            });
        }
        for (n, column) in columns.iter_mut().enumerate() {
            column.sum = add(rows.iter().filter_map(|row| row.get(n).copied()));
        }
        Self { columns, rows }
    }

    /// Whether there is nothing to see.
    pub(super) fn is_empty(&self) -> bool {
        self.columns.iter().all(|column| column.sum == 0)
    }

    /// Everything together.
    pub(super) fn sum(&self) -> u64 {
        add(self.columns.iter().map(|column| column.sum))
    }

    /// Each slot's sum.
    pub(super) fn sums(&self) -> impl Iterator<Item = u64> {
        self.rows.iter().map(|row| add(row.iter().copied()))
    }
}

pub(super) fn add(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::{super::super::Slot, *};

    fn series(keys: usize) -> Series {
        Series {
            keys: (0..keys).map(|n| format!("k{n}")).collect(),
            slots: vec![
                Slot {
                    counts: (1..).take(keys).collect(),
                    ..Slot::default()
                },
                // The counts of the last keys are left out: they are zero.
                Slot {
                    counts: vec![10],
                    ..Slot::default()
                },
            ],
        }
    }

    #[test]
    fn eight_keys_have_a_colour_each() {
        let series = series(8);
        let fold = Fold::new(&series, &str::to_uppercase);
        assert_eq!(fold.columns.len(), 8);
        assert_eq!(fold.columns[0].name, "K0");
        assert_eq!(fold.columns[7].key, Some("k7"));
        assert_eq!(fold.rows[1], [10, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(fold.sum(), 36 + 10);
    }

    #[test]
    fn more_keys_share_the_last_one() {
        let series = series(10);
        let fold = Fold::new(&series, &str::to_owned);
        let last = &fold.columns[7];
        // Keys seven, eight and nine, counted from zero: 8 + 9 + 10.
        assert_eq!(
            (last.key, last.name.as_str(), last.sum),
            (None, "3 others", 27)
        );
        assert_eq!(fold.sums().collect::<Vec<_>>(), [55, 10]);
    }

    #[test]
    fn nothing_is_empty() {
        assert!(Fold::new(&Series::default(), &str::to_owned).is_empty());
        let series = Series {
            keys: vec!["a".to_owned()],
            slots: vec![Slot::default()],
        };
        assert!(Fold::new(&series, &str::to_owned).is_empty());
    }
}
