//! The query language: `field:value -field:value since:7d words`.
//!
//! ```text
//! text ─► lexer (pieces) ─► value (by the field's kind) ─► Query ─► canonical text
//! ```
//!
//! The fields stand in one table, [`FIELDS`], out of which help, completion and
//! `docs/queries.md` are made.

mod choices;
mod error;
mod fields;
mod lexer;
mod number;
mod value;
mod when;

pub use error::QueryError;
pub use fields::{FIELDS, FieldInfo};

pub(super) use fields::Field;
pub(super) use number::Range;
pub(super) use value::{Pattern, Value, message_id_forms, network};

use crate::telemetry::keys::Keys;
use fields::Kind;
use jiff::{Timestamp, Zoned};
use lexer::Piece;
use std::fmt;

/// Longest query, in bytes.
const MAX_TEXT: usize = 8_192;
/// Most conditions of one query.
const MAX_TERMS: usize = 64;
/// Most values of one condition.
const MAX_VALUES: usize = 256;

/// What a query is read with.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What `7d` is counted back from; dates are those of its time zone.
    pub now: &'a Zoned,
    /// The keys of the pseudonyms. Without them an address is looked for in
    /// clear only.
    pub keys: Option<&'a Keys>,
}

/// What to look for. Every condition must fit; an empty query fits every
/// message.
///
/// Conditions about findings must hold for one and the same finding, negated
/// ones for none at all.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Query {
    since_ms: Option<i64>,
    until_ms: Option<i64>,
    terms: Vec<Term>,
    people: Vec<String>,
}

/// One condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Term {
    /// Whether it must not hold.
    pub(super) negated: bool,
    /// What is asked.
    pub(super) condition: Condition,
}

/// What a condition asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Condition {
    /// The field has one of these values.
    Field(Field, Vec<Value>),
    /// This stands in one of the names of the message or its findings.
    Word(String),
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    ///
    /// A field or a value is unknown, or the text is no query; the error says
    /// where.
    pub fn parse(text: &str, context: &Context<'_>) -> Result<Self, QueryError> {
        if text.len() > MAX_TEXT {
            return Err(QueryError::new(1, format!("longer than {MAX_TEXT} bytes")));
        }
        let mut query = Self::default();
        for piece in lexer::pieces(text)? {
            if query.terms.len() >= MAX_TERMS {
                let problem = format!("more than {MAX_TERMS} conditions");
                return Err(QueryError::new(piece.at, problem));
            }
            query.add(piece, context)?;
        }
        Ok(query)
    }

    fn add(&mut self, piece: Piece, context: &Context<'_>) -> Result<(), QueryError> {
        let Some(name) = &piece.field else {
            let word = piece.values.into_iter().next().unwrap_or_default();
            self.terms.push(Term {
                negated: piece.negated,
                condition: Condition::Word(word.text),
            });
            return Ok(());
        };
        let info =
            fields::find(name).ok_or_else(|| QueryError::unknown_field(piece.name_at, name))?;
        if piece.values.len() > MAX_VALUES {
            let problem = format!("more than {MAX_VALUES} values");
            return Err(QueryError::new(piece.at, problem).in_field(info.name));
        }
        if let Kind::Moment(edge) = info.kind {
            return self.bound(&piece, edge, info, context);
        }
        let mut values: Vec<Value> = Vec::new();
        for text in &piece.values {
            let value =
                value::read(text, info, context.keys).map_err(|error| error.in_field(info.name))?;
            if let Value::Person { typed, .. } = &value
                && info.field == Field::Recipient
                && !value::is_pseudonym(typed)
                && !self.people.contains(typed)
            {
                self.people.push(typed.clone());
            }
            if !values.contains(&value) {
                values.push(value);
            }
        }
        self.terms.push(Term {
            negated: piece.negated,
            condition: Condition::Field(info.field, values),
        });
        Ok(())
    }

    /// Narrows the time; of several bounds the narrowest counts.
    fn bound(
        &mut self,
        piece: &Piece,
        edge: when::Edge,
        info: &FieldInfo,
        context: &Context<'_>,
    ) -> Result<(), QueryError> {
        let fail =
            |at, problem: &str| Err(QueryError::new(at, problem.to_owned()).in_field(info.name));
        if piece.negated {
            return fail(piece.at, "a time cannot be negated; use the other end");
        }
        let [text] = piece.values.as_slice() else {
            return fail(piece.at, "takes one time");
        };
        let at = match when::parse(&text.text, context.now, edge) {
            Ok(at) => at,
            Err(problem) => return fail(text.at, &problem),
        };
        match edge {
            when::Edge::Begin => self.since_ms = Some(self.since_ms.map_or(at, |o| o.max(at))),
            when::Edge::End => self.until_ms = Some(self.until_ms.map_or(at, |o| o.min(at))),
        }
        Ok(())
    }

    /// Whether it fits every message.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && self.since_ms.is_none() && self.until_ms.is_none()
    }

    /// The recipients' addresses that somebody typed, in lower case. A look-up
    /// by person is to be audited.
    pub fn people(&self) -> &[String] {
        &self.people
    }

    /// Not before this time, in milliseconds since 1970 (UTC).
    pub fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    /// Before this time, in milliseconds since 1970 (UTC).
    pub fn until_ms(&self) -> Option<i64> {
        self.until_ms
    }

    /// A condition as text, quoted where it needs to be: what a link to a
    /// filtered log is made of.
    pub fn term(field: &str, value: &str) -> String {
        format!("{field}:{}", value::quoted(value))
    }

    /// A word as text, quoted where it needs to be.
    pub fn word(text: &str) -> String {
        value::quoted_word(text)
    }

    pub(super) fn terms(&self) -> &[Term] {
        &self.terms
    }
}

/// The canonical text, which means the same query.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for (name, ms) in [("since", self.since_ms), ("until", self.until_ms)] {
            if let Some(time) = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) {
                write!(f, "{gap}{name}:{time}")?;
                gap = " ";
            }
        }
        for term in &self.terms {
            write!(f, "{gap}{term}")?;
            gap = " ";
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        match &self.condition {
            Condition::Word(word) => f.write_str(&value::quoted_word(word)),
            Condition::Field(field, values) => {
                let info = field.info();
                write!(f, "{}:", info.name)?;
                for (n, value) in values.iter().enumerate() {
                    if n > 0 {
                        f.write_str(",")?;
                    }
                    value.write(info, f)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
