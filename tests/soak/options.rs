//! What is asked for.

use super::common::process::PROGRAM;
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

pub(crate) struct Options {
    /// A directory that is searched through and through; each file is a
    /// message.
    pub(crate) mail: PathBuf,
    pub(crate) messages: u64,
    pub(crate) connections: usize,
    /// The `untrackd` that is looked at.
    pub(crate) program: PathBuf,
    /// Whether mail goes through a Postfix rather than a bare client.
    pub(crate) through_postfix: bool,
    /// How often memory is looked at.
    pub(crate) interval: Duration,
    /// Most processor time that one message may take.
    pub(crate) slow: Duration,
}

impl Options {
    /// For mail in a test's memory.
    pub(crate) fn short() -> Self {
        Self {
            mail: PathBuf::new(),
            messages: 0,
            connections: 0,
            program: PROGRAM.into(),
            through_postfix: false,
            interval: Duration::from_millis(2),
            // An unoptimised build on a busy machine.
            slow: Duration::from_secs(10),
        }
    }

    /// As the Makefile passes them on.
    ///
    /// # Panics
    ///
    /// If one is missing or cannot be read.
    pub(crate) fn from_environment() -> Self {
        let mail: PathBuf = variable("MAIL")
            .expect("SOAK_MAIL names a directory; see 'make soak'")
            .into();
        Self {
            mail,
            messages: number("MESSAGES", 200_000),
            connections: usize::try_from(number("CONNECTIONS", 50)).expect("a small number"),
            program: variable("PROGRAM").map_or_else(
                || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/untrackd"),
                PathBuf::from,
            ),
            through_postfix: match variable("THROUGH") {
                None => false,
                Some(way) if way == "postfix" => true,
                Some(other) => panic!("THROUGH is 'postfix' or nothing, not {}", other.display()),
            },
            interval: Duration::from_secs(1),
            slow: Duration::from_secs(1),
        }
    }
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(format!("SOAK_{name}")).filter(|value| !value.is_empty())
}

fn number(name: &str, default: u64) -> u64 {
    variable(name).map_or(default, |value| {
        let text = value.to_string_lossy().into_owned();
        text.parse()
            .ok()
            .filter(|number| *number > 0)
            .unwrap_or_else(|| panic!("{name} is a number above 0, not {text:?}"))
    })
}
