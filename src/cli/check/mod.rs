//! `untrackd check`: whether the milter could run as it is configured, and
//! what to tell the MTA.

mod allowlist;
mod place;
mod postfix;
mod socket;

use super::{
    Context, engine,
    exit::{Code, Failure},
    settings,
    terminal::{ASIDE, HEADING, NEW, OLD, WARNING, printable},
};
use crate::{config::Config, milter, rules::ListInfo};
use clap::Args;
use std::io::{self, Write};

const EXAMPLES: &str = "\
Examples:
  untrackd check
  sudo -u untrackd untrackd check        as the service would find it
  untrackd --config new.toml check && systemctl reload untrackd";

/// Checks configuration and rules, and prints the lines that the MTA needs
///
/// Shows the lists of others and what of them is used. Tests that the socket
/// can be made and reached (or that a milter answers there already), that the
/// block log can be written, that the allowlist can be read, and how Postfix is
/// set up, if it is installed. Nothing is changed. Exits with 78 if
/// configuration, rules, lists or the allowlist are wrong, with 73 if the
/// socket or the log cannot be made.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CheckArgs {}

/// One thing that was looked at.
#[derive(Debug)]
struct Note {
    state: State,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// As it should be.
    Fine,
    /// Worth knowing.
    Hint,
    /// It will not work like this; the code to exit with.
    Wrong(Code),
}

impl Note {
    fn fine(text: impl Into<String>) -> Self {
        Self {
            state: State::Fine,
            text: text.into(),
        }
    }

    fn hint(text: impl Into<String>) -> Self {
        Self {
            state: State::Hint,
            text: text.into(),
        }
    }

    fn wrong(code: Code, text: impl Into<String>) -> Self {
        Self {
            state: State::Wrong(code),
            text: text.into(),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let (style, word) = match self.state {
            State::Fine => (NEW, "ok     "),
            State::Hint => (WARNING, "hint   "),
            State::Wrong(_) => (OLD, "problem"),
        };
        writeln!(out, "{style}{word}{style:#} {}", printable(&self.text))
    }
}

pub(super) fn run(_args: &CheckArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    let cleaner = engine::build_cleaner(&config)?;
    let mut out = anstream::stdout();
    write_paths(&mut out, &config)?;
    let rules = cleaner.rules();
    let text = format!("rules: {}, version {}", rules.len(), rules.version());
    let mut notes = vec![Note::fine("configuration"), Note::fine(text)];
    notes.extend(rules.lists().iter().flat_map(check_list));
    notes.extend(socket::check(&config.milter));
    notes.extend(place::check_log(&config.log));
    notes.push(allowlist::check(&config));
    notes.extend(postfix::check(&config.milter.socket));
    for note in &notes {
        note.write(&mut out)?;
    }
    write_lines(&mut out, &config)?;
    out.flush()?;
    let wrong = notes.iter().find_map(|note| match note.state {
        State::Wrong(code) => Some(code),
        State::Fine | State::Hint => None,
    });
    Ok(wrong.unwrap_or(Code::Ok))
}

/// How many misread entries of a list are named.
const MISREAD: usize = 5;

/// What a list of others is, and what of it was not understood.
fn check_list(list: &ListInfo) -> Vec<Note> {
    let mut notes = vec![Note::fine(list.to_string())];
    for misread in list.misread.iter().take(MISREAD) {
        notes.push(Note::hint(format!("list {}: {misread}", list.name)));
    }
    let more = list.not_understood.saturating_sub(MISREAD);
    if more > 0 {
        let text = format!("list {}: {more} more entries not understood", list.name);
        notes.push(Note::hint(text));
    }
    notes
}

fn write_paths(out: &mut impl Write, config: &Config) -> io::Result<()> {
    let shown = |path: &Option<std::path::PathBuf>, none: &str| match path {
        Some(path) => path.display().to_string(),
        None => none.to_owned(),
    };
    let log = &config.log;
    let rows = [
        (
            "configuration",
            shown(&config.file, "no file, the defaults hold"),
        ),
        ("rules", shown(&config.rules, "built in")),
        ("heuristics", shown(&config.heuristics, "built in")),
        ("socket", config.milter.socket.to_string()),
        ("block log", log.path.display().to_string()),
        ("keys", log.keys.display().to_string()),
    ];
    for (name, value) in rows {
        writeln!(out, "{ASIDE}{name:13}{ASIDE:#} {}", printable(&value))?;
    }
    writeln!(out)
}

fn write_lines(out: &mut impl Write, config: &Config) -> io::Result<()> {
    let address = settings::socket(config);
    writeln!(out, "\n{HEADING}Postfix, in main.cf:{HEADING:#}")?;
    for line in milter::postfix_lines(&address) {
        writeln!(out, "    {}", printable(&line))?;
    }
    writeln!(out, "\n{HEADING}Sendmail, in sendmail.mc:{HEADING:#}")?;
    let line = milter::sendmail_line(&address);
    writeln!(out, "    {}", printable(&line))
}
