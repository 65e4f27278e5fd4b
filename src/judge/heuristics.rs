//! Weights and thresholds, as data.

use serde::Deserialize;
use std::{collections::BTreeMap, fs, io, path::Path};
use thiserror::Error;

/// The shipped weights.
const BUILTIN: &str = include_str!("../../rules/heuristics.toml");

/// Weights and thresholds by which sightings are judged.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heuristics {
    /// The sum from which on a sighting is a tracker.
    pub threshold: i32,
    /// Where "tiny", "visible" and "repeated" begin.
    pub limits: Thresholds,
    /// Each kind of evidence by name.
    pub evidence: BTreeMap<String, Weight>,
}

/// Where the kinds of evidence begin to apply.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Both sides at most this long, in CSS pixels: tiny.
    pub tiny_side: f32,
    /// An area of at most this, in square CSS pixels: tiny.
    pub tiny_area: f32,
    /// One side as for `tiny_side`, the other at most this long: thin.
    pub thin_side: f32,
    /// Both sides longer than this, in CSS pixels: visible.
    pub visible_side: f32,
    /// How often the same URL makes a spacer.
    pub repeated: usize,
}

/// What one kind of evidence is worth.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// Its part in the decision.
    pub class: Class,
    /// What it adds to the sum.
    pub weight: i32,
}

/// The part that a kind of evidence has in the decision.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Speaks against a tracker.
    Against,
    /// Enough by itself, if the sum reaches the threshold.
    Decisive,
    /// The URL can tell one recipient from another.
    Identity,
    /// Nobody is meant to see the image.
    Presentation,
    /// Needs company.
    Weak,
}

/// Why the weights could not be loaded.
#[derive(Debug, Error)]
pub enum HeuristicsError {
    /// The file cannot be read.
    #[error("{file}: cannot read the weights: {source}")]
    Read {
        /// The file.
        file: String,
        /// The cause.
        source: io::Error,
    },
    /// The file is not valid.
    #[error("{file}: {message}")]
    Syntax {
        /// The file.
        file: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A kind of evidence is missing or not known.
    #[error(
        "{file}: the kinds of evidence must be exactly those of the shipped file: {problem} `{kind}`"
    )]
    Kind {
        /// The file.
        file: String,
        /// `missing` or `unknown`.
        problem: &'static str,
        /// The name.
        kind: String,
    },
}

impl Heuristics {
    /// The shipped weights.
    ///
    /// # Errors
    ///
    /// Only if the binary was built from a broken `rules/heuristics.toml`,
    /// which a test rules out.
    pub fn builtin() -> Result<Self, HeuristicsError> {
        Self::parse("rules/heuristics.toml", BUILTIN)
    }

    /// Weights from a file of the administrator's.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is not valid, or names other kinds of
    /// evidence than the shipped one.
    pub fn from_file(path: &Path) -> Result<Self, HeuristicsError> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|source| HeuristicsError::Read {
            file: file.clone(),
            source,
        })?;
        Self::parse(&file, &text)
    }

    fn parse(file: &str, text: &str) -> Result<Self, HeuristicsError> {
        let parsed: Self = toml::from_str(text).map_err(|e| HeuristicsError::Syntax {
            file: file.to_owned(),
            message: e.to_string(),
        })?;
        let kind_error = |problem, kind: &str| HeuristicsError::Kind {
            file: file.to_owned(),
            problem,
            kind: kind.to_owned(),
        };
        for kind in super::evidence::kinds() {
            if !parsed.evidence.contains_key(kind) {
                return Err(kind_error("missing", kind));
            }
        }
        for kind in parsed.evidence.keys() {
            if !super::evidence::kinds().any(|k| k == kind) {
                return Err(kind_error("unknown", kind));
            }
        }
        Ok(parsed)
    }

    /// What a kind of evidence is worth.
    pub(super) fn weight(&self, kind: &str) -> Weight {
        self.evidence.get(kind).copied().unwrap_or(Weight {
            class: Class::Weak,
            weight: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_weights_load() {
        let h = Heuristics::builtin().unwrap();
        assert_eq!(h.threshold, 60);
        assert_eq!(h.weight("tiny").class, Class::Presentation);
    }

    #[test]
    fn a_misspelt_kind_is_an_error_that_names_it() {
        let text = BUILTIN.replace("[evidence.tiny]", "[evidence.tinny]");
        let e = Heuristics::parse("x.toml", &text).unwrap_err().to_string();
        assert_eq!(
            e,
            "x.toml: the kinds of evidence must be exactly those of the shipped file: missing `tiny`"
        );
    }

    #[test]
    fn a_bad_value_is_an_error_with_its_line() {
        let text = BUILTIN.replace("threshold = 60", "threshold = \"much\"");
        let e = Heuristics::parse("x.toml", &text).unwrap_err().to_string();
        assert!(
            e.starts_with("x.toml: TOML parse error at line 11, column 13"),
            "{e}"
        );
    }
}
