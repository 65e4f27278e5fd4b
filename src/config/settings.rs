//! The configuration as it is meant: checked, with units and defaults filled
//! in.

use super::socket::Socket;
use crate::{
    clean::HeaderPolicy,
    judge::Choices,
    limits::Limits,
    milter::{Exempt, Mode, OnError},
    rules::ListSource,
    telemetry,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// A configuration that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// Whether messages are changed.
    pub mode: Mode,
    /// When our header field is added.
    pub header: HeaderPolicy,
    /// What becomes of a message when cleaning it failed.
    pub on_error: OnError,
    /// Whether rules of low trust are used.
    pub low_trust: bool,
    /// Directory of rules instead of the built-in ones.
    pub rules: Option<PathBuf>,
    /// Section `[lists]`: lists of others, the decisive ones first.
    pub lists: Vec<ListSource>,
    /// Heuristics file instead of the built-in one.
    pub heuristics: Option<PathBuf>,
    /// Section `[milter]`.
    pub milter: Milter,
    /// Section `[exempt]`.
    pub exempt: Exempt,
    /// What is done with trackers, links, parameters, remote content and
    /// requests for receipts.
    pub choices: Choices,
    /// Section `[limits]`.
    pub limits: Limits,
    /// Section `[log]`.
    pub log: telemetry::Settings,
    /// Section `[review]`.
    pub review: Review,
    /// Section `[dashboard]`.
    pub dashboard: Dashboard,
    /// Section `[metrics]`.
    pub metrics: Metrics,
    /// Section `[trace]`.
    pub trace: Trace,
}

/// Section `[milter]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Milter {
    /// Where to listen.
    pub socket: Socket,
    /// File mode of a Unix socket.
    pub socket_mode: u32,
    /// Group of a Unix socket, if it is to differ from the process's.
    pub socket_group: Option<String>,
    /// Most connections open at a time.
    pub max_connections: usize,
    /// Time allowed for cleaning one message.
    pub message_time: Duration,
    /// How long a stop waits for messages in flight.
    pub drain_time: Duration,
    /// How long a command of the MTA may take to come in.
    pub stall_time: Duration,
}

/// Section `[review]`: what people do with the block log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Review {
    /// The allowlist. By default `review/allow.toml` below the state
    /// directory.
    pub allowlist: PathBuf,
    /// Who looked up whom and changed what. By default `review/audit.db` below
    /// the state directory.
    pub audit: PathBuf,
    /// For how many days the audit log is kept.
    pub keep_audit_days: u32,
    /// Exported sums leave out groups of fewer recipients.
    pub min_group: u32,
    /// Whether lists of the recipients with the most trackers are made.
    pub recipient_reports: bool,
}

/// Section `[dashboard]`: the block log in a browser.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Dashboard {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How visitors say who they are.
    pub auth: Auth,
    /// What visitors may do where nobody says who they are.
    pub role: Role,
    /// File of users and tokens, made by `untrackd dashboard passwd`.
    pub users: PathBuf,
    /// Header field in which a trusted proxy names the user.
    pub header: String,
    /// Addresses of trusted proxies.
    pub peers: Vec<IpNet>,
    /// Users of a trusted proxy who are administrators.
    pub admins: Vec<String>,
    /// Names besides `localhost` and addresses that browsers may call the
    /// dashboard by (against DNS rebinding).
    pub hosts: Vec<String>,
    /// Whether browsers reach it by HTTPS (through a proxy), so that cookies
    /// are marked `Secure`.
    pub https: bool,
    /// After how long without a request a session ends.
    pub idle: Duration,
}

/// How visitors of the dashboard say who they are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// A trusted proxy says it.
    Header,
    /// They do not; only on a loopback address.
    None,
    /// By name and password, or with a token.
    Password,
}

/// What a visitor of the dashboard may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Looks at everything that is no person.
    ReadOnly,
    /// Changes the allowlist, looks up people.
    Admin,
}

/// Section `[metrics]`: numbers for a monitoring system.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Metrics {
    /// Where to listen; nowhere by default.
    pub listen: Option<SocketAddr>,
}

/// Section `[trace]`: what the service says about its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trace {
    /// Least severe messages that are shown.
    pub level: Level,
    /// How they are written.
    pub format: Format,
}

/// Severity of a message of the service.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is wrong, and the service goes on.
    Warn,
    /// What was done, one line a changed message.
    Info,
    /// Why it was done.
    Debug,
    /// Every step.
    Trace,
}

/// How messages of the service are written.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// As text; without time stamps under the journal, which adds its own.
    Auto,
    /// One JSON object a line.
    Json,
    /// As text with time stamps.
    Text,
}

/// Keys that a reload does not change, by their dotted path or section.
const NEEDS_RESTART: &[(&str, Same)] = &[
    ("milter.socket", |a, b| a.milter.socket == b.milter.socket),
    ("milter.socket_mode", |a, b| {
        a.milter.socket_mode == b.milter.socket_mode
    }),
    ("milter.socket_group", |a, b| {
        a.milter.socket_group == b.milter.socket_group
    }),
    ("milter.max_connections", |a, b| {
        a.milter.max_connections == b.milter.max_connections
    }),
    ("milter.drain_time", |a, b| {
        a.milter.drain_time == b.milter.drain_time
    }),
    ("milter.stall_time", |a, b| {
        a.milter.stall_time == b.milter.stall_time
    }),
    ("[log]", |a, b| a.log == b.log),
    ("review.allowlist", |a, b| {
        a.review.allowlist == b.review.allowlist
    }),
    ("[metrics]", |a, b| a.metrics == b.metrics),
    ("[trace]", |a, b| a.trace == b.trace),
];

type Same = fn(&Config, &Config) -> bool;

impl Config {
    /// Keys (or sections, in brackets) in which `newer` differs and that take
    /// effect only after a restart.
    pub fn needing_restart(&self, newer: &Self) -> Vec<&'static str> {
        let differing = NEEDS_RESTART.iter().filter(|(_, same)| !same(self, newer));
        differing.map(|(key, _)| *key).collect()
    }
}
