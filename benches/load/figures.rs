//! What was measured, for people and for programs.

use serde_json::{Value, json};
use std::{fmt::Write as _, fs, io, path::Path};

/// One round of a measurement. Times are in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Round {
    pub(crate) messages: usize,
    /// Messages a second.
    pub(crate) rate: f64,
    /// The milter's processor time a message.
    pub(crate) processor: f64,
    /// Time to the answer: 50, 99 and 99.9 of a hundred stay within it.
    pub(crate) waits: [f64; 3],
}

/// All rounds of one measurement.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) section: &'static str,
    pub(crate) mail: String,
    pub(crate) milter: String,
    pub(crate) connections: usize,
    pub(crate) rounds: Vec<Round>,
}

impl Series {
    /// The median of something over the rounds.
    pub(crate) fn median(&self, of: impl Fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }

    /// The median over the rounds of a quotient: of this and another milter
    /// in the same round.
    pub(crate) fn ratio(&self, to: &Self, of: impl Fn(&Round) -> f64) -> f64 {
        let pairs = self.rounds.iter().zip(&to.rounds);
        median(pairs.map(|(a, b)| of(a) / of(b)).collect())
    }

    fn to_json(&self) -> Value {
        let rounds: Vec<Value> = self.rounds.iter().map(round_json).collect();
        json!({
            "section": self.section,
            "mail": self.mail,
            "milter": self.milter,
            "connections": self.connections,
            "median": {
                "messages_per_second": self.median(|r| r.rate),
                "cpu_us_per_message": self.median(|r| r.processor),
                "p50_us": self.median(|r| r.waits[0]),
                "p99_us": self.median(|r| r.waits[1]),
                "p999_us": self.median(|r| r.waits[2]),
            },
            "rounds": rounds,
        })
    }
}

fn round_json(round: &Round) -> Value {
    json!({
        "messages": round.messages,
        "messages_per_second": round.rate,
        "cpu_us_per_message": round.processor,
        "p50_us": round.waits[0],
        "p99_us": round.waits[1],
        "p999_us": round.waits[2],
    })
}

/// The middle one, or the mean of the two in the middle; not a number if
/// there is none.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n == 0 {
        f64::NAN
    } else {
        f64::midpoint(values[(n - 1) / 2], values[n / 2])
    }
}

/// A target and what became of it.
#[derive(Debug)]
struct Target {
    name: String,
    measured: f64,
    limit: f64,
    is_met: bool,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    series: Vec<Series>,
    targets: Vec<Target>,
    others: Vec<(String, f64)>,
}

impl Figures {
    pub(crate) fn add(&mut self, series: Series) {
        self.series.push(series);
    }

    /// Adds a figure that is no series.
    pub(crate) fn note(&mut self, name: impl Into<String>, value: f64) {
        self.others.push((name.into(), value));
    }

    /// Adds a target that is met if `measured` is no larger than `limit`.
    pub(crate) fn at_most(&mut self, name: impl Into<String>, measured: f64, limit: f64) {
        self.target(name.into(), measured, limit, measured <= limit);
    }

    /// Adds a target that is met if `measured` is no smaller than `limit`.
    pub(crate) fn at_least(&mut self, name: impl Into<String>, measured: f64, limit: f64) {
        self.target(name.into(), measured, limit, measured >= limit);
    }

    fn target(&mut self, name: String, measured: f64, limit: f64, is_met: bool) {
        self.targets.push(Target {
            name,
            measured,
            limit,
            is_met,
        });
    }

    /// The targets as a table.
    pub(crate) fn targets_table(&self) -> String {
        let mut table = Table::new(&["target", "measured", "limit", ""]);
        for target in &self.targets {
            table.row([
                target.name.clone(),
                significant(target.measured),
                significant(target.limit),
                if target.is_met { "met" } else { "MISSED" }.to_owned(),
            ]);
        }
        table.to_string()
    }

    /// Writes everything to a file.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let series: Vec<Value> = self.series.iter().map(Series::to_json).collect();
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|t| {
                json!({
                    "target": t.name,
                    "measured": t.measured,
                    "limit": t.limit,
                    "met": t.is_met,
                })
            })
            .collect();
        let others: serde_json::Map<String, Value> = self
            .others
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        let all = json!({ "series": series, "targets": targets, "others": others });
        fs::write(path, format!("{all:#}\n"))
    }
}

/// Lines of cells; the first column is flush left, the others flush right.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(heads: &[&str]) -> Self {
        Self {
            rows: vec![heads.iter().map(|&head| head.to_owned()).collect()],
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::from(" ");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let _ = if column == 0 {
                    write!(line, " {cell:width$}")
                } else {
                    write!(line, "  {cell:>width$}")
                };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A number with three significant digits.
pub(crate) fn significant(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.digits$}")
}
