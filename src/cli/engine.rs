//! From a configuration to a cleaner, and a message through it.

use super::{
    complain,
    exit::{Code, Failure, chain},
};
use crate::{
    allow::{AllowFile, Allowlist},
    clean::{Cleaner, Envelope, Outcome, raw},
    config::Config,
    judge::{Heuristics, Refusal},
    rules::{Lists, RuleSet},
    skip::Skip,
};
use jiff::Timestamp;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The only place where a cleaner is made.
///
/// # Errors
///
/// If the rules, lists or heuristics are wrong; the message names the file.
pub(crate) fn build_cleaner(config: &Config) -> Result<Arc<Cleaner>, Failure> {
    let rules = match &config.rules {
        Some(dir) => RuleSet::from_dir(dir),
        None => RuleSet::builtin(),
    };
    // Each mistake names its file.
    let mut rules = rules.map_err(|e| Failure::new(Code::Config, chain(&e)))?;
    if config.low_trust {
        rules = rules.with_low_trust();
    }
    if !config.lists.is_empty() {
        let lists = Lists::load(&config.lists);
        let lists = lists.map_err(|e| Failure::new(Code::Config, chain(&e)))?;
        rules = rules.with_lists(lists);
    }
    let heuristics = match &config.heuristics {
        Some(file) => Heuristics::from_file(file),
        None => Heuristics::builtin(),
    };
    let heuristics = heuristics.map_err(|e| Failure::from_error(Code::Config, "weights", &e))?;
    let refusal =
        Refusal::builtin().map_err(|e| Failure::from_error(Code::Config, "built-in words", &e))?;
    Ok(Arc::new(Cleaner::new(
        Arc::new(rules),
        heuristics,
        refusal,
        config.choices.clone(),
        config.header,
        config.limits.clone(),
    )))
}

/// What the configured allowlist spares now. If it cannot be read, that is said
/// on standard error, and nothing is spared.
pub(crate) fn allowlist(config: &Config) -> Arc<Allowlist> {
    match AllowFile::new(&config.review.allowlist).load() {
        Ok(entries) => Arc::new(Allowlist::new(&entries, Timestamp::now())),
        Err(e) => {
            complain(&format!("allowlist: {e}; nothing is spared"));
            Arc::default()
        }
    }
}

/// The same, and says that there is one.
pub(crate) fn announced_allowlist(config: &Config) -> Arc<Allowlist> {
    let allowlist = allowlist(config);
    if !allowlist.is_empty() {
        let path = config.review.allowlist.display();
        let text = match allowlist.entries().len() {
            1 => "1 entry".to_owned(),
            n => format!("{n} entries"),
        };
        complain(&format!("allowlist {path}: {text} in force"));
    }
    allowlist
}

/// What became of one message.
pub(crate) struct Cleaned {
    /// The message, if it was changed.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) outcome: Outcome,
}

/// Cleans a whole message, header block and body. A panic costs this message
/// only.
///
/// # Errors
///
/// If the cleaner panicked.
pub(crate) fn clean(
    cleaner: &Arc<Cleaner>,
    envelope: Envelope,
    message: &[u8],
) -> Result<Cleaned, Panicked> {
    guarded(|| raw::clean(cleaner, envelope, message, Box::new(|| false)))
}

/// Cleans a whole message, with every sighting among the findings and the
/// facts of its element.
///
/// # Errors
///
/// If the cleaner panicked.
pub(crate) fn explain(
    cleaner: &Arc<Cleaner>,
    envelope: Envelope,
    message: &[u8],
) -> Result<Outcome, Panicked> {
    guarded(|| raw::explain(cleaner, envelope, message, Box::new(|| false)))
        .map(|cleaned| cleaned.outcome)
}

fn guarded(work: impl FnOnce() -> raw::Cleaned) -> Result<Cleaned, Panicked> {
    let cleaned = catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)?;
    Ok(Cleaned {
        bytes: cleaned.bytes,
        outcome: cleaned.outcome,
    })
}

/// The cleaner panicked, which is a defect of this program.
#[derive(Debug, thiserror::Error)]
#[error("internal error while cleaning the message (please report it)")]
pub(crate) struct Panicked;

/// Largest message that is read into memory. A larger one is above the limit
/// of the cleaner as well.
pub(crate) fn largest_message(cleaner: &Cleaner) -> u64 {
    let limits = cleaner.limits();
    let bytes = limits.message_bytes.saturating_add(limits.header_bytes);
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The outcome for a message that was not read for its size.
pub(crate) fn oversize() -> Outcome {
    Outcome::untouched(Skip::Oversize)
}
