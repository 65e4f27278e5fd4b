//! The regression check: ratios that a run must not exceed.

use super::Row;
use std::{fs, path::Path, process::ExitCode};
use toml::Table;

const FILE: &str = "benches/bounds.toml";

/// By class and step, the largest ratio to the limit.
pub struct Bounds(Table);

impl Bounds {
    /// Those of the repository.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
        let text = fs::read_to_string(path).expect("benches/bounds.toml can be read");
        Self(text.parse().expect("benches/bounds.toml is TOML"))
    }

    fn of(&self, class: &str, stage: &str) -> Option<f64> {
        let bound = self.0.get(class)?.get(stage)?;
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        bound
            .as_float()
            .or_else(|| bound.as_integer().map(|n| n as f64))
    }

    /// Says which rows are beyond their bound, or have none.
    pub fn check(&self, rows: &[Row]) -> ExitCode {
        let mut complaints = Vec::new();
        let mut checked = 0;
        for (class, bounds) in &self.0 {
            for stage in bounds.as_table().into_iter().flat_map(Table::keys) {
                let is_row = |r: &&Row| r.class == *class && r.name() == *stage;
                if !rows.iter().any(|r| is_row(&r)) {
                    complaints.push(format!(
                        "{class}, {stage}: this was not measured; take it out of {FILE}"
                    ));
                }
            }
        }
        for row in rows {
            let (class, stage, ratio) = (&row.class, row.name(), row.ratio);
            let Some(bound) = self.of(class, &stage) else {
                continue;
            };
            checked += 1;
            if ratio > bound {
                complaints.push(format!(
                    "{class}, {stage}: {ratio:.2} times its limit, and at most {bound} is allowed"
                ));
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
            "bench-check: {} of {checked} checks failed; run it again while the machine does nothing \
             else, and then either find the change that made it slower or, with its reason, raise the \
             bound in {FILE}",
            complaints.len()
        );
        ExitCode::FAILURE
    }
}
