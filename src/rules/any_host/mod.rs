//! The rules for any host, by their paths.
//!
//! Every URL is asked for, and nearly none has such a path. So a pattern is
//! tried only where its landmarks are: letters that the path begins with, or
//! that stand somewhere in it.

use super::{index::Number, landmarks::Landmarks};
use crate::url::Target;
use aho_corasick::{
    AhoCorasick, Anchored, Input, MatchKind, StartKind, automaton::OverlappingState,
};
use regex::bytes::{RegexSet, RegexSetBuilder};

/// Largest compiled program of the patterns of one kind that do not begin with
/// a landmark, in bytes.
const SET_BYTES: usize = 32 << 20;

/// Largest cache of their automaton's states, in bytes.
const SET_CACHE_BYTES: usize = 8 << 20;

/// Rules for any host.
#[derive(Default)]
pub(super) struct AnyHost {
    starting: Option<Starting>,
    within: Option<Within>,
    /// Patterns without landmarks.
    others: Option<Set>,
}

/// Patterns of which each begins with one of its landmarks.
struct Starting {
    landmarks: AhoCorasick,
    /// The rule of each landmark.
    numbers: Vec<Number>,
}

/// Patterns with landmarks further on.
struct Within {
    landmarks: AhoCorasick,
    set: Set,
}

/// Patterns that are matched together.
struct Set {
    patterns: RegexSet,
    /// The rule of each pattern.
    numbers: Vec<Number>,
}

impl AnyHost {
    /// Rules by these patterns.
    ///
    /// # Errors
    ///
    /// That they are too large together.
    pub(super) fn new(paths: &[(&str, Number)]) -> Result<Self, String> {
        let mut starting = (Vec::new(), Vec::new());
        let mut texts_within = Vec::new();
        let mut within = Vec::new();
        let mut others = Vec::new();
        for (path, number) in paths {
            match Landmarks::of(path) {
                Landmarks::None => others.push((*path, *number)),
                Landmarks::Start(texts) => {
                    starting.1.extend(texts.iter().map(|_| *number));
                    starting.0.extend(texts);
                }
                Landmarks::Within(texts) => {
                    texts_within.extend(texts);
                    within.push((*path, *number));
                }
            }
        }
        let (texts, numbers) = starting;
        let starting = automaton(&texts, StartKind::Anchored, MatchKind::Standard)?;
        let guard = automaton(
            &texts_within,
            StartKind::Unanchored,
            MatchKind::LeftmostFirst,
        )?;
        Ok(Self {
            starting: starting.map(|landmarks| Starting { landmarks, numbers }),
            within: match (guard, Set::new(&within)?) {
                (Some(landmarks), Some(set)) => Some(Within { landmarks, set }),
                _ => None,
            },
            others: Set::new(&others)?,
        })
    }

    /// The rules that may match `target`, in their order. Whether the path of
    /// one matches indeed is still to be seen.
    pub(super) fn candidates(&self, target: &Target) -> Vec<Number> {
        let text = target.path_and_query().as_bytes();
        let mut found = Vec::new();
        if let Some(starting) = &self.starting {
            starting.find(text, &mut found);
        }
        if let Some(within) = &self.within
            && within.landmarks.is_match(text)
        {
            within.set.find(text, &mut found);
        }
        if let Some(others) = &self.others {
            others.find(text, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Starting {
    fn find(&self, text: &[u8], found: &mut Vec<Number>) {
        let start = Input::new(text).anchored(Anchored::Yes);
        let mut state = OverlappingState::start();
        // The automaton is made for such a search, so it is never refused.
        while self
            .landmarks
            .try_find_overlapping(start.clone(), &mut state)
            .is_ok()
            && let Some(landmark) = state.get_match()
        {
            found.extend(self.numbers.get(landmark.pattern().as_usize()));
        }
    }
}

impl Set {
    /// `None` if there are no patterns.
    fn new(paths: &[(&str, Number)]) -> Result<Option<Self>, String> {
        if paths.is_empty() {
            return Ok(None);
        }
        let patterns = RegexSetBuilder::new(paths.iter().map(|(path, _)| path))
            .unicode(false)
            .size_limit(SET_BYTES)
            .dfa_size_limit(SET_CACHE_BYTES)
            .build()
            .map_err(|e| {
                format!("the paths of all rules without hosts are too large together: {e}")
            })?;
        let numbers = paths.iter().map(|(_, number)| *number).collect();
        Ok(Some(Self { patterns, numbers }))
    }

    fn find(&self, text: &[u8], found: &mut Vec<Number>) {
        // Nearly no text matches, and to ask which patterns do is dearer.
        if self.patterns.is_match(text) {
            let matches = self.patterns.matches(text);
            found.extend(matches.iter().filter_map(|at| self.numbers.get(at)));
        }
    }
}

/// `None` if there are no texts.
fn automaton(
    texts: &[Vec<u8>],
    start: StartKind,
    kind: MatchKind,
) -> Result<Option<AhoCorasick>, String> {
    if texts.is_empty() {
        return Ok(None);
    }
    let automaton = AhoCorasick::builder()
        .start_kind(start)
        .match_kind(kind)
        .build(texts);
    automaton
        .map(Some)
        .map_err(|e| format!("the paths of all rules without hosts are too many: {e}"))
}

#[cfg(test)]
mod tests;
