//! A table of what was measured, and of what is wrong with it.

use std::{fmt::Display, time::Duration};

/// Lines of a table, filled one by one.
#[derive(Default)]
pub(crate) struct Figures {
    lines: Vec<(String, String)>,
    wrong: Vec<String>,
}

impl Figures {
    pub(crate) fn add(&mut self, name: &str, value: impl Display) {
        self.lines.push((name.to_owned(), value.to_string()));
    }

    /// Adds a figure that has to be `expected`.
    pub(crate) fn check<T: Copy + Display + PartialEq>(
        &mut self,
        name: &str,
        value: T,
        expected: T,
    ) {
        if value != expected {
            self.wrong
                .push(format!("{name}: {value} instead of {expected}"));
        }
        self.add(name, value);
    }

    /// Adds what is wrong, unless it is right.
    pub(crate) fn require(&mut self, is_right: bool, wrong: impl Display) {
        if !is_right {
            self.wrong.push(wrong.to_string());
        }
    }

    /// Prints the table.
    ///
    /// # Panics
    ///
    /// If something is wrong.
    pub(crate) fn finish(self, title: &str) {
        let width = self.lines.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or_default();
        println!("{title}");
        for (name, value) in &self.lines {
            println!("  {name:width$}  {value}");
        }
        assert!(self.wrong.is_empty(), "{title}:\n{}", self.wrong.join("\n"));
    }
}

/// KiB as MiB.
pub(crate) fn mebibytes(kibibytes: f64) -> String {
    format!("{:.1} MiB", kibibytes / 1024.0)
}

pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
