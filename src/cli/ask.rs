//! What every command that asks the block log shares: the query, the people
//! in it, and the database.

use super::{
    Context,
    exit::{Code, Failure, chain},
};
use crate::{
    config::Config,
    review::{self, FIELDS, Query, QueryError, Reader, ReviewError, audit},
    telemetry::keys::{KeyErrorKind, Keys},
    visible::printable,
};
use clap::Args;
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::{
    ffi::{OsStr, OsString},
    io::ErrorKind,
    path::PathBuf,
};

/// A query and where to ask it.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Asked {
    /// What to look for: `field:value`, `-field:value` for what must not be,
    /// `since:7d`, or words; see docs/queries.md and "untrackd log
    /// --fields"
    #[arg(value_name = "QUERY")]
    pub(super) query: Vec<String>,
    /// Another database than the configured one
    #[arg(long, value_name = "FILE")]
    pub(super) database: Option<PathBuf>,
}

/// What a question is asked with.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) now: Zoned,
}

impl Desk {
    /// The configured one; `database` is asked instead of the configured one.
    pub(super) fn new(context: &Context, database: Option<&PathBuf>) -> Result<Self, Failure> {
        let mut config = context.config()?;
        if let Some(path) = database {
            config.log.path.clone_from(path);
        }
        Ok(Self {
            config,
            now: Timestamp::now().to_zoned(TimeZone::system()),
        })
    }

    /// Opens the block log.
    pub(super) fn reader(&self) -> Result<Reader, Failure> {
        Ok(Reader::open(&self.config.log.path)?)
    }

    /// The keys of the pseudonyms; `None` if there are none, as at levels
    /// without pseudonyms.
    pub(super) fn keys(&self) -> Result<Option<Keys>, Failure> {
        match Keys::load(&self.config.log.keys) {
            Ok(keys) => Ok(Some(keys)),
            Err(e) if is_missing(&e.kind) => Ok(None),
            Err(e) => {
                let code = match &e.kind {
                    KeyErrorKind::Io(e) if e.kind() == ErrorKind::PermissionDenied => {
                        Code::Permission
                    }
                    _ => Code::Config,
                };
                let text = format!(
                    "{}; addresses cannot be looked up without it",
                    printable(&chain(&e))
                );
                Err(Failure::new(code, text))
            }
        }
    }

    /// Reads a query. If it asks for people, that is put down in the audit log
    /// first, and refused if it cannot be.
    pub(super) fn query(&self, text: &str) -> Result<Query, Failure> {
        // A first reading shows whether keys are needed.
        let query = self.parse(text, None)?;
        if query.people().is_empty() {
            return Ok(query);
        }
        let keys = self.keys()?;
        let query = self.parse(text, keys.as_ref())?;
        let looked_up = audit::lookup(&self.config, query.people(), "cli");
        looked_up.map_err(|e| {
            let code = if e.is_denied() {
                Code::Permission
            } else {
                Code::Io
            };
            let text = format!("nobody is looked up: {}", printable(&chain(&e)));
            Failure::new(code, text)
        })?;
        Ok(query)
    }

    fn parse(&self, text: &str, keys: Option<&Keys>) -> Result<Query, Failure> {
        let context = review::Context {
            now: &self.now,
            keys,
        };
        Query::parse(text, &context).map_err(|e| Failure::new(Code::Usage, explain(text, &e)))
    }
}

/// The error with the query and a mark below the place.
fn explain(text: &str, error: &QueryError) -> String {
    // Made visible before it is counted: an escape is longer than what it
    // stands for.
    let before: String = text
        .chars()
        .take(error.position.saturating_sub(1))
        .collect();
    let indent = printable(&before).chars().count();
    format!(
        "{error}\n  {}\n  {:indent$}^\nsee \"untrackd log --fields\"",
        printable(text),
        ""
    )
}

/// Arguments as one query. A shell has taken away quotes, so that an argument
/// with spaces is one value: `company:Example Mail`.
pub(super) fn joined(arguments: &[String]) -> String {
    let pieces: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
    pieces.join(" ")
}

fn quoted(argument: &str) -> String {
    let argument = argument.trim();
    let is_one_value = argument.contains(char::is_whitespace) && !argument.contains('"');
    match argument.split_once(':') {
        Some((field, value)) if is_one_value && !value.contains(':') && is_field(field) => {
            let (negation, field) = match field.strip_prefix('-') {
                Some(field) => ("-", field),
                None => ("", field),
            };
            format!("{negation}{}", Query::term(field, value))
        }
        _ => argument.to_owned(),
    }
}

fn is_field(name: &str) -> bool {
    let name = name.strip_prefix('-').unwrap_or(name).to_lowercase();
    FIELDS
        .iter()
        .any(|field| field.name == name || field.aliases.contains(&name.as_str()))
}

/// Keeps `-field:value` from being taken for options.
pub(super) fn shield(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    arguments.map(|argument| match argument.to_str() {
        Some(text) if is_negation(text) => {
            let mut shielded = OsString::from(" ");
            shielded.push(OsStr::new(text));
            shielded
        }
        _ => argument,
    })
}

fn is_negation(argument: &str) -> bool {
    argument
        .strip_prefix('-')
        .and_then(|rest| rest.split_once(':'))
        .is_some_and(|(field, _)| !field.starts_with('-') && is_field(field))
}

fn is_missing(kind: &KeyErrorKind) -> bool {
    matches!(kind, KeyErrorKind::Io(e) if e.kind() == ErrorKind::NotFound)
}

impl From<ReviewError> for Failure {
    fn from(error: ReviewError) -> Self {
        let code = match &error {
            ReviewError::Missing(_) => Code::NoInput,
            ReviewError::NotPermitted(_) => Code::Permission,
            ReviewError::Damaged { .. } | ReviewError::NotOurs { .. } => Code::Data,
            ReviewError::TooLong => Code::TempFail,
            ReviewError::Failed { .. } => Code::Io,
        };
        Self::new(code, printable(&error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_took_apart_is_put_together() {
        for (arguments, expected) in [
            (&["is:changed", "since:7d"][..], "is:changed since:7d"),
            (&["company:Example Mail"], "company:\"Example Mail\""),
            (&["-company:Example Mail"], "-company:\"Example Mail\""),
            (&["is:changed -company:x"], "is:changed -company:x"),
            (&["company:\"Example Mail\""], "company:\"Example Mail\""),
            (&["two words"], "two words"),
        ] {
            let arguments: Vec<String> = arguments.iter().map(|a| (*a).to_owned()).collect();
            assert_eq!(joined(&arguments), expected);
        }
    }

    #[test]
    fn negations_are_no_options() {
        let shielded = |argument: &str| {
            let mut all = shield([OsString::from(argument)].into_iter());
            all.next().unwrap().into_string().unwrap()
        };
        assert_eq!(shielded("-company:x"), " -company:x");
        assert_eq!(shielded("--company:x"), "--company:x");
        assert_eq!(shielded("-c"), "-c");
        assert_eq!(shielded("-n:3"), "-n:3");
        assert_eq!(shielded("is:changed"), "is:changed");
    }
}
