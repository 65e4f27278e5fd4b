//! The regression check: ratios that a run must not exceed.

use super::Row;
use std::{fmt::Write, fs, path::PathBuf, process::ExitCode};
use toml::Table;

const FILE: &str = "benches/bounds.toml";

/// How far above what was measured a bound is set. What two runs measure differs
/// by a tenth or two, and by half in a few rows on a busy machine; what is to be
/// found is a step that has become twice as dear.
const GENEROSITY: f64 = 2.0;

/// Steps that cost less than this part of their limit have no bound: so little
/// is mostly chance.
const NOTHING: f64 = 0.05;

/// By class and step, the largest ratio to the limit.
pub(crate) struct Bounds(Table);

impl Bounds {
    /// Those of the repository.
    pub(crate) fn read() -> Self {
        let text = fs::read_to_string(path()).expect("benches/bounds.toml can be read");
        Self(text.parse().expect("benches/bounds.toml is TOML"))
    }

    /// Sets those of the repository anew, from a run. None becomes larger: a
    /// run on a busy machine would allow what it should find. Whoever wants
    /// that takes the bound out of the file first, and says why.
    pub(crate) fn tighten(&self, rows: &[Row]) {
        let mut text = String::from(
            "# The largest ratio to its limit that each step may have in \"make bench-check\".\n\
             # Written by \"cargo bench --bench ratios -- --write-bounds\"; docs/performance.md\n\
             # says when to do that.\n",
        );
        let mut class = "";
        for row in rows.iter().filter(|row| row.ratio >= NOTHING) {
            if row.class != class {
                class = &row.class;
                let _ = writeln!(text, "\n[\"{class}\"]");
            }
            let measured = (row.ratio * GENEROSITY * 10.0).ceil() / 10.0;
            let before = self.0.get(class).and_then(|steps| steps.get(row.name()));
            let bound = before
                .and_then(toml::Value::as_float)
                .map_or(measured, |bound| bound.min(measured));
            let _ = writeln!(text, "\"{}\" = {bound:.1}", row.name());
        }
        fs::write(path(), text).expect("benches/bounds.toml can be written");
        println!("\n{FILE} is set to at most {GENEROSITY} times what was measured");
    }

    /// Says which rows are beyond their bound.
    pub(crate) fn check(&self, rows: &[Row]) -> ExitCode {
        let mut checked = 0;
        let mut complaints = Vec::new();
        for (class, bounds) in &self.0 {
            for (step, bound) in bounds.as_table().into_iter().flatten() {
                checked += 1;
                let bound = bound.as_float().expect("a bound is a number with a point");
                let row = rows.iter().find(|r| r.class == *class && r.name() == *step);
                match row {
                    Some(row) if row.ratio <= bound => {}
                    Some(row) => complaints.push(format!(
                        "{class}, {step}: {:.2} times the {}, and at most {bound} times is allowed",
                        row.ratio,
                        row.limit.name()
                    )),
                    None => complaints.push(format!(
                        "{class}, {step}: there is a bound and no measurement; write {FILE} anew"
                    )),
                }
            }
        }
        if complaints.is_empty() {
            println!("\nall {checked} ratios are within {FILE}");
            return ExitCode::SUCCESS;
        }
        for complaint in &complaints {
            eprintln!("bench-check: {complaint}");
        }
        eprintln!(
            "bench-check: {} of {checked} ratios are beyond {FILE}; run it again while the machine \
             does nothing else, and if they stay, find the change that made it slower",
            complaints.len()
        );
        ExitCode::FAILURE
    }
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(FILE)
}
