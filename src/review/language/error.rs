//! What is wrong with a query.

use super::fields;
use crate::{config::suggest::nearest, visible::printable};
use std::fmt;

/// Longest piece of the query that an error repeats, in characters.
const MAX_REPEATED: usize = 40;

/// The text is no query.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct QueryError {
    /// Where, in characters from 1.
    pub position: usize,
    /// Which field.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub problem: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl QueryError {
    pub(super) fn new(position: usize, problem: String) -> Self {
        Self {
            position,
            field: None,
            problem,
            suggestion: None,
        }
    }

    pub(super) fn unknown_field(position: usize, name: &str) -> Self {
        let near = nearest(&name.to_lowercase(), fields::names());
        let mut problem = format!("there is no field {}", repeat(name));
        if near.is_none() {
            problem += "; put the text in quotes to look for it as it is";
        }
        Self {
            suggestion: near.map(str::to_owned),
            ..Self::new(position, problem)
        }
    }

    /// A word that is none of those that the field knows.
    pub(super) fn unknown_choice(position: usize, word: &str, choices: &[&'static str]) -> Self {
        let near = nearest(&word.to_lowercase(), choices.iter().copied());
        let mut problem = format!("{} is none of its values", repeat(word));
        if near.is_none() {
            problem += &format!(" ({})", choices.join(", "));
        }
        Self {
            suggestion: near.map(str::to_owned),
            ..Self::new(position, problem)
        }
    }

    pub(super) fn in_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}", self.position)?;
        if let Some(field) = self.field {
            write!(f, ", {field}")?;
        }
        write!(f, ": {}", self.problem)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean {suggestion}?")?;
        }
        Ok(())
    }
}

/// A piece of the query as an error may show it.
pub(super) fn repeat(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_REPEATED).collect();
    if text.chars().nth(MAX_REPEATED).is_some() {
        short.push('…');
    }
    format!("\"{}\"", printable(&short))
}
