//! `untrackd privacy rotate-keys`: a new key now.

use super::begin;
use crate::{
    cli::{
        exit::{Code, Failure},
        terminal::json_line,
    },
    config::Config,
    review::audit::{ActKind, Outcome},
    telemetry::keys::{Renewal, Schedule, renew},
};
use serde_json::json;
use std::{io::Write, time::SystemTime};

/// Make a new key for pseudonyms, and destroy those that no row needs
///
/// A running milter takes the new key up within a second or two. Pseudonyms
/// made before stay what they are, and are found as long as their key is
/// there.
#[derive(Debug, clap::Args)]
pub(super) struct RotateArgs {
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &RotateArgs, config: &Config) -> Result<Code, Failure> {
    let log = &config.log;
    if !log.privacy.keeps_persons() {
        let message = format!(
            "log.privacy is \"{}\", for which no key is needed",
            log.privacy
        );
        return Err(Failure::new(Code::Config, message));
    }
    let (audit, begun) = begin(config, ActKind::Rotate, None)?;
    let schedule = Schedule {
        rotate_days: log.rotate_keys_days,
        keep_days: log.keep_days,
    };
    let result = renew(&log.keys, schedule, SystemTime::now(), true);
    let (outcome, details) = match &result {
        Ok(renewal) => (Outcome::Done, describe(renewal)),
        Err(_) => (Outcome::Failed, String::new()),
    };
    audit.finish(begun, outcome, &details)?;
    let renewal = result?;
    let mut out = anstream::stdout();
    if args.json {
        let object = json!({
            "v": 1,
            "type": "privacy-rotate-keys",
            "added": renewal.added,
            "destroyed": renewal.destroyed,
        });
        writeln!(out, "{}", json_line(&object))?;
    } else {
        writeln!(out, "{}", describe(&renewal))?;
    }
    Ok(Code::Ok)
}

fn describe(renewal: &Renewal) -> String {
    let mut text = match renewal.added {
        Some(id) => format!("key {id} makes new pseudonyms"),
        None => "no new key".to_owned(),
    };
    for id in &renewal.destroyed {
        text += &format!("; key {id} is destroyed");
    }
    text
}
