//! Whether the allowlist can be read.

use super::Note;
use crate::{allow::AllowFile, cli::exit::Failure, config::Config};
use jiff::Timestamp;

pub(super) fn check(config: &Config) -> Note {
    let file = AllowFile::new(&config.review.allowlist);
    let path = file.path().display().to_string();
    match file.load() {
        Ok(entries) if entries.is_empty() => {
            Note::fine(format!("allowlist: {path}: no entries, nothing is spared"))
        }
        Ok(entries) => {
            let now = Timestamp::now();
            let expired = entries.iter().filter(|e| !e.is_in_force(now)).count();
            let all = entries.len();
            Note::fine(format!(
                "allowlist: {path}: {all} entries, {expired} expired"
            ))
        }
        Err(e) => {
            let failure = Failure::from(e);
            let text = format!(
                "allowlist: {}; a milter that starts now spares nothing",
                failure.message
            );
            Note::wrong(failure.code, text)
        }
    }
}
