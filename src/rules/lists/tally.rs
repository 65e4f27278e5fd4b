//! Counts what became of a list's entries.

use super::Misread;

/// How many misread entries are kept to be shown.
const SHOWN: usize = 20;

/// What became of a list's entries.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) used: usize,
    pub(super) unused: usize,
    pub(super) not_understood: usize,
    /// The first of those that were not understood.
    pub(super) misread: Vec<Misread>,
}

impl Tally {
    /// An entry that cannot be read; `place` says where it stands.
    pub(super) fn misread(&mut self, place: impl FnOnce() -> String, problem: impl Into<String>) {
        self.not_understood += 1;
        if self.misread.len() < SHOWN {
            self.misread.push(Misread {
                place: place(),
                problem: one_line(&problem.into()),
            });
        }
    }
}

/// The crate `regex` draws its errors on several lines, the last of which
/// says what is wrong.
fn one_line(problem: &str) -> String {
    let last = problem.lines().rfind(|line| !line.trim().is_empty());
    let last = last.unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}
