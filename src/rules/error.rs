//! What is wrong with a set of rule files, with the place and the remedy.

use std::{fmt, ops::Range};
use thiserror::Error;

/// Why a set of rule files is refused: every mistake found, in the order of
/// the files.
#[derive(Debug, Error)]
#[error("{}", lines(.mistakes))]
pub struct RulesError {
    /// At least one.
    pub mistakes: Vec<Mistake>,
}

/// One mistake in one rule file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mistake {
    /// The file, as it was given.
    pub file: String,
    /// Line and column, in characters counted from 1; `None` where the file
    /// as a whole is meant.
    pub place: Option<(usize, usize)>,
    /// What is wrong, and what to do.
    pub problem: String,
}

impl Mistake {
    /// A mistake at the beginning of `span` in `content`.
    pub(super) fn at(file: &str, content: &str, span: Range<usize>, problem: String) -> Self {
        let before = content.get(..span.start).unwrap_or(content);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before
            .get(line_start..)
            .map_or(0, |line| line.chars().count())
            + 1;
        Self {
            file: file.to_owned(),
            place: Some((line, column)),
            problem,
        }
    }

    /// A mistake of a whole file or directory.
    pub(super) fn of(file: &str, problem: String) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            problem,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

fn lines(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
