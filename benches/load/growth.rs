//! Plots of what grows with the number of connections.

use super::{figures::Series, plot::Plot};
use std::path::Path;

/// A name, and points over the number of connections.
type Line = (String, Vec<(f64, f64)>);

/// What was measured with more and more connections.
#[derive(Default)]
pub(crate) struct Growth {
    processor: Vec<Line>,
    waits: Vec<Line>,
}

impl Growth {
    /// Adds a measurement; they come by growing number of connections.
    pub(crate) fn add(&mut self, series: &Series) {
        let name = format!("{}: {}", series.milter, series.mail);
        let connections = series.connections as f64;
        let processor = (connections, series.median(|r| r.processor));
        let wait = (connections, series.median(|r| r.waits[1]) / 1e3);
        point(&mut self.processor, &name, processor);
        point(&mut self.waits, &name, wait);
    }

    /// Draws both plots.
    pub(crate) fn plot(self, directory: &Path) -> Result<(), String> {
        let cpu = ("connections-cpu.svg", "CPU a message", "CPU a message, µs");
        let wait = ("connections-wait.svg", "Time to the answer", "p99, ms");
        for ((file, title, y_label), lines) in [(cpu, self.processor), (wait, self.waits)] {
            let path = directory.join(file);
            Plot {
                title: format!("{title}, by connections that send without a pause"),
                x_label: "connections".to_owned(),
                y_label: y_label.to_owned(),
                log_x: true,
                log_y: true,
                lines,
            }
            .write(&path)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
        }
        Ok(())
    }
}

fn point(lines: &mut Vec<Line>, name: &str, point: (f64, f64)) {
    match lines.iter_mut().find(|(other, _)| other == name) {
        Some((_, points)) => points.push(point),
        None => lines.push((name.to_owned(), vec![point])),
    }
}
