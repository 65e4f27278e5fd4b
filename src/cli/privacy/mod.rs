//! `untrackd privacy`: what is kept about people, and getting rid of it.

mod audit;
mod erase;
mod export;
mod rotate;
mod status;

use super::{Context, exit::Code, exit::Failure, terminal::printable};
use crate::{
    config::Config,
    review::{
        audit::{Act, ActKind, Audit, AuditError, Channel, actor},
        privacy::{DamagedFile, Person, PrivacyError, damaged},
    },
    telemetry::{
        keys::{KeyError, Keys, is_missing},
        store::Trouble,
    },
};
use clap::{Args, Subcommand};
use std::{error::Error, path::Path};

/// Show what is kept about people, write it out, or erase it
///
/// Exports, erasures and new keys are written to the audit log; without it
/// they do not take place.
#[derive(Debug, Args)]
pub(super) struct PrivacyArgs {
    #[command(subcommand)]
    command: PrivacyCommand,
}

#[derive(Debug, Subcommand)]
enum PrivacyCommand {
    Status(status::StatusArgs),
    Export(export::ExportArgs),
    Erase(erase::EraseArgs),
    RotateKeys(rotate::RotateArgs),
    Audit(audit::AuditArgs),
}

pub(super) fn run(args: &PrivacyArgs, context: &Context) -> Result<Code, Failure> {
    let config = context.config()?;
    match &args.command {
        PrivacyCommand::Status(args) => status::run(args, &config),
        PrivacyCommand::Export(args) => export::run(args, &config, context.verbosity),
        PrivacyCommand::Erase(args) => erase::run(args, &config, context.verbosity),
        PrivacyCommand::RotateKeys(args) => rotate::run(args, &config),
        PrivacyCommand::Audit(args) => audit::run(args, &config),
    }
}

/// What cannot be recorded does not take place.
impl From<AuditError> for Failure {
    fn from(e: AuditError) -> Self {
        let code = if e.is_denied() {
            Code::Permission
        } else {
            Code::Io
        };
        Self::new(code, printable(&e.to_string()))
    }
}

impl From<PrivacyError> for Failure {
    fn from(e: PrivacyError) -> Self {
        let code = match &e.trouble {
            _ if e.is_missing() => Code::NoInput,
            _ if e.is_denied() => Code::Permission,
            Trouble::Damaged(_) | Trouble::Foreign | Trouble::Newer { .. } => Code::Data,
            Trouble::Locked(_) => Code::TempFail,
            _ => Code::Io,
        };
        Self::new(code, printable(&e.to_string()))
    }
}

impl From<KeyError> for Failure {
    fn from(e: KeyError) -> Self {
        let code = if e.is_denied() {
            Code::Permission
        } else {
            Code::Io
        };
        let cause = e.source().map(ToString::to_string).unwrap_or_default();
        Self::new(code, printable(&format!("{e}: {cause}")))
    }
}

/// The keys; none where the level needs none.
fn keys(config: &Config) -> Result<Option<Keys>, Failure> {
    match Keys::load(&config.log.keys) {
        Ok(keys) => Ok(Some(keys)),
        Err(KeyError { kind, .. }) if is_missing(&kind) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// A person as the command line names one.
fn person(text: &str, keys: Option<&Keys>) -> Result<Person, Failure> {
    let is_pseudonym = text.starts_with("r_") || text.starts_with("s_");
    if text.contains('@') || is_pseudonym {
        return Ok(Person::of(text, keys));
    }
    let message = format!(
        "{}: neither an address nor a pseudonym; write jane@example.org or r_…",
        printable(text)
    );
    Err(Failure::new(Code::Usage, message))
}

/// Records that something about a person begins.
fn begin(config: &Config, kind: ActKind, subject: Option<&str>) -> Result<(Audit, i64), Failure> {
    let audit = Audit::of(config)?;
    let begun = audit.begin(&Act {
        kind,
        actor: &actor(),
        channel: Channel::Cli.name(),
        subject,
        details: "",
    })?;
    Ok((audit, begun))
}

/// Files that hold the same data and that no command looks into.
fn not_covered(database: &Path) -> Vec<DamagedFile> {
    damaged(database)
}
