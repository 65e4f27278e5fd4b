//! The configuration as it is written: one field a key, nothing understood.
//!
//! The defaults stand here, those of `[limits]` and `[log]` with the types that
//! they belong to, and nowhere else; `systemd/untrackd.toml` repeats
//! them for the reader, and a test compares the two.

use crate::{limits::Limits, telemetry};
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    pub(super) mode: String,
    pub(super) header: String,
    pub(super) on_error: String,
    pub(super) remote: String,
    pub(super) receipts: String,
    pub(super) low_trust: bool,
    pub(super) rules: Option<String>,
    pub(super) heuristics: Option<String>,
    pub(super) milter: RawMilter,
    pub(super) exempt: RawExempt,
    pub(super) pixels: RawPixels,
    pub(super) links: RawLinks,
    pub(super) lists: RawLists,
    pub(super) limits: Limits,
    pub(super) log: RawLog,
    pub(super) review: RawReview,
    pub(super) dashboard: RawDashboard,
    pub(super) metrics: RawMetrics,
    pub(super) trace: RawTrace,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            mode: "enforce".into(),
            header: "changed".into(),
            on_error: "accept".into(),
            remote: "keep".into(),
            receipts: "remove".into(),
            low_trust: false,
            rules: None,
            heuristics: None,
            milter: RawMilter::default(),
            exempt: RawExempt::default(),
            pixels: RawPixels::default(),
            links: RawLinks::default(),
            lists: RawLists::default(),
            limits: Limits::default(),
            log: RawLog::default(),
            review: RawReview::default(),
            dashboard: RawDashboard::default(),
            metrics: RawMetrics::default(),
            trace: RawTrace::default(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawMilter {
    pub(super) socket: Option<String>,
    pub(super) socket_mode: String,
    pub(super) socket_group: Option<String>,
    pub(super) max_connections: usize,
    pub(super) message_time: String,
    pub(super) drain_time: String,
    pub(super) stall_time: String,
}

impl Default for RawMilter {
    fn default() -> Self {
        Self {
            socket: None,
            socket_mode: "0660".into(),
            socket_group: None,
            max_connections: 400,
            message_time: "10s".into(),
            drain_time: "30s".into(),
            stall_time: "1m".into(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawExempt {
    pub(super) authenticated: bool,
    pub(super) networks: Vec<String>,
    pub(super) recipients: Vec<String>,
}

impl Default for RawExempt {
    fn default() -> Self {
        Self {
            authenticated: true,
            networks: Vec::new(),
            recipients: vec!["abuse@".into(), "postmaster@".into()],
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawPixels {
    pub(super) action: String,
}

impl Default for RawPixels {
    fn default() -> Self {
        Self {
            action: "neutralize".into(),
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLinks {
    pub(super) unwrap: Vec<String>,
    pub(super) parameters: String,
    pub(super) plain_text: bool,
}

impl Default for RawLinks {
    fn default() -> Self {
        Self {
            unwrap: vec!["mail".into(), "sales".into(), "web".into()],
            parameters: "recipient".into(),
            plain_text: true,
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLists {
    pub(super) hidden: Vec<String>,
    pub(super) decisive: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLog {
    pub(super) enabled: bool,
    pub(super) path: Option<String>,
    pub(super) keys: Option<String>,
    pub(super) privacy: String,
    pub(super) full_until: Option<String>,
    pub(super) exclude: Vec<String>,
    pub(super) rotate_keys_days: usize,
    pub(super) queue: usize,
    pub(super) log_clean: bool,
    pub(super) keep_days: usize,
    pub(super) keep_rollup_days: usize,
    pub(super) max_bytes: u64,
    pub(super) min_free_bytes: u64,
}

impl Default for RawLog {
    fn default() -> Self {
        let log = telemetry::Settings::default();
        let days = |days: u32| usize::try_from(days).unwrap_or(usize::MAX);
        Self {
            enabled: log.enabled,
            // They depend on who runs the program.
            path: None,
            keys: None,
            privacy: log.privacy.name().into(),
            full_until: None,
            exclude: log.exclude,
            rotate_keys_days: days(log.rotate_keys_days),
            queue: log.queue,
            log_clean: log.log_clean,
            keep_days: days(log.keep_days),
            keep_rollup_days: days(log.keep_rollup_days),
            max_bytes: log.max_bytes,
            min_free_bytes: log.min_free_bytes,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawReview {
    pub(super) allowlist: Option<String>,
    pub(super) audit: Option<String>,
    pub(super) keep_audit_days: usize,
    pub(super) min_group: usize,
    pub(super) recipient_reports: bool,
}

impl Default for RawReview {
    fn default() -> Self {
        Self {
            // They depend on who runs the program.
            allowlist: None,
            audit: None,
            keep_audit_days: 400,
            min_group: 5,
            recipient_reports: false,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDashboard {
    pub(super) listen: String,
    pub(super) auth: String,
    pub(super) role: String,
    pub(super) users: Option<String>,
    pub(super) header: String,
    pub(super) peers: Vec<String>,
    pub(super) admins: Vec<String>,
    pub(super) hosts: Vec<String>,
    pub(super) https: bool,
    pub(super) idle: String,
}

impl Default for RawDashboard {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8025".into(),
            auth: "none".into(),
            role: "read-only".into(),
            users: None,
            header: "Remote-User".into(),
            peers: vec!["127.0.0.1".into(), "::1".into()],
            admins: Vec::new(),
            hosts: Vec::new(),
            https: false,
            idle: "12h".into(),
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawMetrics {
    pub(super) listen: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawTrace {
    pub(super) level: String,
    pub(super) format: String,
}

impl Default for RawTrace {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: "auto".into(),
        }
    }
}
