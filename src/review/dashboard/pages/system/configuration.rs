//! The configuration in short: what decides about mail and about people.
//! Neither secrets nor the names of people are in it.

use crate::{
    config::Config,
    review::dashboard::view::{Shown, number},
};
use serde::Serialize;

/// A key of the configuration and its value.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    pub(super) value: Shown,
}

/// How a value is told.
type Tell = fn(&Config) -> String;

/// Every setting that is told.
const SETTINGS: &[(&str, Tell)] = &[
    ("mode", |c| word(&c.mode)),
    ("on_error", |c| word(&c.on_error)),
    ("header", |c| word(&c.header)),
    ("remote", |c| word(&c.choices.remote)),
    ("receipts", |c| word(&c.choices.receipts)),
    ("low_trust", |c| c.low_trust.to_string()),
    ("rules", |c| match &c.rules {
        Some(dir) => dir.display().to_string(),
        None => "built in".to_owned(),
    }),
    ("heuristics", |c| match &c.heuristics {
        Some(file) => file.display().to_string(),
        None => "built in".to_owned(),
    }),
    ("pixels.action", |c| word(&c.choices.pixels)),
    ("links.unwrap", |c| {
        let names: Vec<&str> = c.choices.unwrap.iter().map(|c| c.name()).collect();
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            names.join(", ")
        }
    }),
    ("links.parameters", |c| word(&c.choices.parameters)),
    ("links.plain_text", |c| c.choices.plain_text.to_string()),
    ("lists", |c| things(c.lists.len(), "list", "lists")),
    ("exempt.authenticated", |c| {
        c.exempt.authenticated.to_string()
    }),
    ("exempt.networks", |c| {
        things(c.exempt.networks.len(), "network", "networks")
    }),
    // Some of them are people.
    ("exempt.recipients", |c| {
        things(c.exempt.recipients.len(), "recipient", "recipients")
    }),
    ("milter.max_connections", |c| {
        c.milter.max_connections.to_string()
    }),
    ("milter.message_time", |c| {
        format!("{} s", c.milter.message_time.as_secs())
    }),
    ("log.enabled", |c| c.log.enabled.to_string()),
    ("log.path", |c| c.log.path.display().to_string()),
    ("log.privacy", |c| c.log.privacy.name().to_owned()),
    ("log.full_until", |c| match c.log.full_until {
        Some(last) => last.to_string(),
        None => "never".to_owned(),
    }),
    // These are people, too.
    ("log.exclude", |c| {
        things(
            c.log.exclude.len(),
            "address or domain",
            "addresses and domains",
        )
    }),
    ("log.keep_days", |c| c.log.keep_days.to_string()),
    ("log.keep_rollup_days", |c| {
        c.log.keep_rollup_days.to_string()
    }),
    ("log.max_bytes", |c| number::bytes(c.log.max_bytes)),
    ("log.min_free_bytes", |c| {
        number::bytes(c.log.min_free_bytes)
    }),
    ("review.allowlist", |c| {
        c.review.allowlist.display().to_string()
    }),
    ("review.audit", |c| c.review.audit.display().to_string()),
    ("review.keep_audit_days", |c| {
        c.review.keep_audit_days.to_string()
    }),
    ("dashboard.listen", |c| c.dashboard.listen.to_string()),
    ("dashboard.auth", |c| word(&c.dashboard.auth)),
    ("dashboard.role", |c| word(&c.dashboard.role)),
    ("metrics.listen", |c| match c.metrics.listen {
        Some(address) => address.to_string(),
        None => "nowhere".to_owned(),
    }),
];

/// The settings in force for the dashboard, which has read them at its start.
pub(super) fn settings(config: &Config) -> Vec<Setting> {
    let setting = |(key, tell): &(&'static str, Tell)| Setting {
        key,
        value: Shown::new(&tell(config)),
    };
    SETTINGS.iter().map(setting).collect()
}

/// A choice as the configuration states it.
pub(super) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    let word = value.as_ref().and_then(|value| value.as_str());
    word.unwrap_or_default().to_owned()
}

fn things(count: usize, one: &str, many: &str) -> String {
    number::things(u64::try_from(count).unwrap_or(u64::MAX), one, many)
}
