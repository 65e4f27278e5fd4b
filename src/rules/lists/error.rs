//! Why a list cannot be used at all.

use std::{fmt, path::PathBuf};
use thiserror::Error;

/// A list that cannot be read, or that is not in its format.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub struct ListError {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, where they are known.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.path.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.problem)
    }
}

/// What is wrong with a list's content, before its path is known.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) place: Option<(usize, usize)>,
    pub(super) problem: String,
}

impl Unusable {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self {
            place: None,
            problem: problem.into(),
        }
    }
}

impl From<serde_json::Error> for Unusable {
    fn from(e: serde_json::Error) -> Self {
        let (line, column) = (e.line(), e.column());
        let text = e.to_string();
        let place = format!(" at line {line} column {column}");
        Self {
            place: (line > 0).then_some((line, column)),
            problem: format!(
                "not in this format: {}; name the file in the format that it is in",
                text.strip_suffix(&place).unwrap_or(&text)
            ),
        }
    }
}
