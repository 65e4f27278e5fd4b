//! The path pattern of a rule.

use crate::url::Target;
use regex::bytes::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// Largest compiled program of one pattern, in bytes.
const PROGRAM_BYTES: usize = 512 << 10;

/// A regular expression on path and query.
///
/// Compiled when it is first asked: the patterns of rules for any host are
/// matched together by the index, and of the others a mail meets few. To
/// compile them all would be most of the program's start.
pub(super) struct PathPattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl PathPattern {
    /// A pattern that is known to be right, or will be asked
    /// [`Self::compile`].
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            regex: OnceLock::new(),
        }
    }

    /// Compiles the pattern now.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(super) fn compile(&self) -> Result<(), String> {
        let regex = build(&self.text).map_err(|e| e.to_string())?;
        self.regex.get_or_init(|| Some(regex));
        Ok(())
    }

    /// The pattern as it is written.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether path and query of `target` match.
    pub(super) fn matches(&self, target: &Target) -> bool {
        let regex = self.regex.get_or_init(|| build(&self.text).ok());
        let text = target.path_and_query().as_bytes();
        regex.as_ref().is_some_and(|r| r.is_match(text))
    }

    /// Whether the pattern can only match from the beginning of the path, so
    /// that it may stand without hosts.
    pub(super) fn is_anchored(&self) -> bool {
        self.text.starts_with('^') && !has_outer_alternative(&self.text)
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    // A normalised URL is ASCII.
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(PROGRAM_BYTES)
        .build()
}

/// Whether a `|` stands outside all groups and classes.
fn has_outer_alternative(pattern: &str) -> bool {
    let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_anchored_pattern_may_stand_without_hosts() {
        for (pattern, is_anchored) in [
            ("^/a", true),
            ("^/(a|b)", true),
            (r"^/[|(]\|a", true),
            ("/a", false),
            ("^/a|/b", false),
            ("^/(a)|b", false),
            ("", false),
        ] {
            assert_eq!(
                PathPattern::new(pattern).is_anchored(),
                is_anchored,
                "{pattern}"
            );
        }
    }

    #[test]
    fn a_pattern_that_is_no_regular_expression_matches_nothing() {
        let pattern = PathPattern::new("^/(");
        assert!(pattern.compile().is_err());
        assert!(!pattern.matches(&Target::parse("https://a.example/(").unwrap()));
    }
}
