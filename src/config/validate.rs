//! From what is written to what is meant.
//!
//! All problems are gathered, so that one look at the output is enough to
//! correct a file.

use super::{
    error::Problem,
    raw::{Raw, RawExempt, RawLists, RawLog, RawMilter},
    settings::{Config, Milter, Trace},
    socket::Socket,
    sources::Origins,
    suggest::nearest,
    surroundings::Surroundings,
};
use crate::{
    judge::Choices,
    limits::Limits,
    milter::Exempt,
    rules::{Category, ListSource, Needs},
    telemetry::{self, Level},
};
use ipnet::IpNet;
use jiff::{SignedDuration, civil::Date};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};
use std::{
    collections::BTreeSet,
    net::IpAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

/// The MTA gives up after 300 s (Postfix `milter_content_timeout`); the
/// message must have been decided well before.
const MESSAGE_TIME: RangeInclusive<u64> = 1..=240;
const DRAIN_TIME: RangeInclusive<u64> = 0..=3600;
const STALL_TIME: RangeInclusive<u64> = 1..=3600;

pub(super) fn validate(
    raw: Raw,
    origins: &Origins,
    surroundings: &Surroundings,
    file: Option<&Path>,
) -> Result<Config, Vec<Problem>> {
    let mut v = Validation {
        origins,
        surroundings,
        problems: Vec::new(),
    };
    let mode = v.choice("mode", &raw.mode);
    let header = v.choice("header", &raw.header);
    let on_error = v.choice("on_error", &raw.on_error);
    let rules = v.optional_path("rules", raw.rules);
    let heuristics = v.optional_path("heuristics", raw.heuristics);
    let milter = v.milter(raw.milter);
    let exempt = v.exempt(&raw.exempt);
    let pixels = v.choice("pixels.action", &raw.pixels.action);
    let remote = v.choice("remote", &raw.remote);
    let receipts = v.choice("receipts", &raw.receipts);
    let parameters = v.choice("links.parameters", &raw.links.parameters);
    let unwrap = v.categories("links.unwrap", &raw.links.unwrap);
    let lists = v.lists(&raw.lists);
    v.limits(&raw.limits);
    let log = v.log(raw.log);
    let review = v.review(raw.review);
    let dashboard = v.dashboard(raw.dashboard);
    let metrics = v.metrics(&raw.metrics);
    let level = v.choice("trace.level", &raw.trace.level);
    let format = v.choice("trace.format", &raw.trace.format);
    let config = (|| {
        Some(Config {
            file: file.map(Path::to_owned),
            mode: mode?,
            header: header?,
            on_error: on_error?,
            low_trust: raw.low_trust,
            rules,
            lists,
            heuristics,
            milter: milter?,
            exempt,
            choices: Choices {
                pixels: pixels?,
                remote: remote?,
                receipts: receipts?,
                unwrap: unwrap?,
                parameters: parameters?,
                plain_text: raw.links.plain_text,
            },
            limits: raw.limits,
            log: log?,
            review: review?,
            dashboard: dashboard?,
            metrics: metrics?,
            trace: Trace {
                level: level?,
                format: format?,
            },
        })
    })();
    match config {
        Some(config) if v.problems.is_empty() => Ok(config),
        _ => Err(v.problems),
    }
}

pub(super) struct Validation<'a> {
    origins: &'a Origins,
    pub(super) surroundings: &'a Surroundings,
    problems: Vec<Problem>,
}

impl Validation<'_> {
    pub(super) fn problem(&mut self, key: &str, what: String, remedy: impl Into<String>) {
        let problem = self.origins.problem(key, what, remedy);
        self.problems.push(problem);
    }

    /// One of the names of an enumeration, which knows them itself.
    pub(super) fn choice<'de, T: Deserialize<'de>>(
        &mut self,
        key: &str,
        text: &'de str,
    ) -> Option<T> {
        let result: Result<T, ValueError> = T::deserialize(text.into_deserializer());
        let Err(e) = result else { return result.ok() };
        // "unknown variant `x`, expected one of `a`, `b`": the names stand in
        // back quotes, the first being the one that was not understood.
        let e = e.to_string();
        let names: Vec<&str> = e.split('`').skip(3).step_by(2).collect();
        let mut remedy = format!("write one of {}", quoted(&names));
        if let Some(near) = nearest(text, names.iter().copied()) {
            remedy += &format!("; did you mean {near:?}?");
        }
        self.problem(key, format!("{text:?} is not allowed here"), remedy);
        None
    }

    /// Categories, each once and in the order of their names.
    fn categories(&mut self, key: &str, names: &[String]) -> Option<Vec<Category>> {
        let categories: Option<BTreeSet<_>> =
            names.iter().map(|name| self.choice(key, name)).collect();
        Some(categories?.into_iter().collect())
    }

    /// Lists of others, the decisive ones first.
    fn lists(&mut self, raw: &RawLists) -> Vec<ListSource> {
        let mut sources: Vec<ListSource> = Vec::new();
        for (key, needs, entries) in [
            ("lists.decisive", Needs::Nothing, &raw.decisive),
            ("lists.hidden", Needs::Hidden, &raw.hidden),
        ] {
            for entry in entries {
                let Some(source) = self.list(key, entry, needs) else {
                    continue;
                };
                if sources.iter().any(|s| s.path == source.path) {
                    let what = format!("{entry:?} is named twice");
                    self.problem(key, what, "name each file once, in hidden or in decisive");
                } else {
                    sources.push(source);
                }
            }
        }
        sources
    }

    fn list(&mut self, key: &str, entry: &str, needs: Needs) -> Option<ListSource> {
        let Some((format, path)) = entry.split_once(':') else {
            let what = format!("{entry:?} names no format");
            let remedy = "write FORMAT:PATH, as in \"adblock:/etc/untrackd/lists/easyprivacy.txt\"";
            self.problem(key, what, remedy);
            return None;
        };
        let format = self.choice(key, format);
        let path = self.path(key, path);
        Some(ListSource {
            format: format?,
            path: path?,
            needs,
        })
    }

    pub(super) fn path(&mut self, key: &str, text: &str) -> Option<PathBuf> {
        let path = PathBuf::from(text);
        if path.is_absolute() {
            return Some(path);
        }
        let what = format!("{text:?} is no full path");
        self.problem(key, what, "begin it with / (a service has no home)");
        None
    }

    fn optional_path(&mut self, key: &str, text: Option<String>) -> Option<PathBuf> {
        text.and_then(|text| self.path(key, &text))
    }

    pub(super) fn duration(
        &mut self,
        key: &str,
        text: &str,
        range: RangeInclusive<u64>,
    ) -> Option<Duration> {
        let parsed = text.parse::<SignedDuration>().ok();
        let duration = parsed.and_then(|d| Duration::try_from(d).ok());
        let in_range = |d: &Duration| {
            let up = if d.subsec_nanos() > 0 { 1 } else { 0 };
            range.contains(&d.as_secs().saturating_add(up))
        };
        let duration = duration.filter(in_range);
        if duration.is_none() {
            let (least, most) = (range.start(), range.end());
            self.problem(
                key,
                format!("{text:?} is no time between {least} s and {most} s"),
                "write a number and a unit, as in \"10s\" or \"2m\"",
            );
        }
        duration
    }

    pub(super) fn number(&mut self, key: &str, value: u64, range: RangeInclusive<u64>) {
        if !range.contains(&value) {
            let what = format!("{value} is out of range");
            let remedy = format!(
                "write a number between {} and {}",
                range.start(),
                range.end()
            );
            self.problem(key, what, remedy);
        }
    }

    fn milter(&mut self, raw: RawMilter) -> Option<Milter> {
        let connections = u64::try_from(raw.max_connections).unwrap_or(u64::MAX);
        self.number("milter.max_connections", connections, 1..=100_000);
        let socket = match raw.socket {
            Some(text) => self.socket(&text),
            None => self.default_socket(),
        };
        let mode = u32::from_str_radix(&raw.socket_mode, 8).ok();
        let mode = mode.filter(|mode| *mode <= 0o777);
        if mode.is_none() {
            let what = format!("{:?} is no file mode", raw.socket_mode);
            let remedy = "write three octal digits with a leading zero, as in \"0660\"";
            self.problem("milter.socket_mode", what, remedy);
        }
        let group = raw.socket_group.filter(|group| !group.is_empty());
        let message_time = self.duration("milter.message_time", &raw.message_time, MESSAGE_TIME);
        let drain_time = self.duration("milter.drain_time", &raw.drain_time, DRAIN_TIME);
        let stall_time = self.duration("milter.stall_time", &raw.stall_time, STALL_TIME);
        Some(Milter {
            socket: socket?,
            socket_mode: mode?,
            socket_group: group,
            max_connections: raw.max_connections,
            message_time: message_time?,
            drain_time: drain_time?,
            stall_time: stall_time?,
        })
    }

    fn socket(&mut self, text: &str) -> Option<Socket> {
        match Socket::parse(text) {
            Ok(socket) => Some(socket),
            Err(what) => {
                self.problem(
                    "milter.socket",
                    format!("{text:?} {what}"),
                    "write \"unix:/full/path\" or \"inet:host:port\"",
                );
                None
            }
        }
    }

    fn default_socket(&mut self) -> Option<Socket> {
        let path = self.surroundings.runtime_dir().join("milter.sock");
        self.socket(&format!("unix:{}", path.display()))
    }

    fn exempt(&mut self, raw: &RawExempt) -> Exempt {
        let networks = raw.networks.iter().filter_map(|text| self.network(text));
        let networks = networks.collect();
        let recipients = raw.recipients.iter();
        let recipients = recipients.filter_map(|t| self.recipient("exempt.recipients", t));
        Exempt {
            authenticated: raw.authenticated,
            networks,
            recipients: recipients.collect(),
        }
    }

    fn network(&mut self, text: &str) -> Option<IpNet> {
        const KEY: &str = "exempt.networks";
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(address.into());
        }
        match text.parse::<IpNet>() {
            Ok(network) if network.trunc() == network => Some(network),
            Ok(network) => {
                let what = format!("{text:?} has bits set behind its prefix");
                let remedy = format!("write \"{}\" or a longer prefix", network.trunc());
                self.problem(KEY, what, remedy);
                None
            }
            Err(_) => {
                let what = format!("{text:?} is no network");
                let remedy = "write an address with or without a prefix length, \
                              as in \"192.0.2.0/24\" or \"2001:db8::/32\"";
                self.problem(KEY, what, remedy);
                None
            }
        }
    }

    fn recipient(&mut self, key: &str, text: &str) -> Option<String> {
        let (user, domain) = text.rsplit_once('@').unwrap_or_default();
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>');
        if (user.is_empty() && domain.is_empty()) || text.contains(is_odd) {
            self.problem(
                key,
                format!("{text:?} is no recipient"),
                "write \"user@example.org\", \"user@\" (in any domain) or \"@example.org\"",
            );
            return None;
        }
        Some(text.to_lowercase())
    }

    /// A limit of zero would switch the product off without a word.
    fn limits(&mut self, limits: &Limits) {
        let fields = serde_json::to_value(limits).unwrap_or_default();
        for (name, value) in fields.as_object().into_iter().flatten() {
            let (least, most) = match name.as_str() {
                "unwrap_rounds" => (0, 100),
                "depth" | "encoded_depth" => (1, 1000),
                // RFC 5322 section 2.1.1: must not exceed 998, should not 78.
                "line_bytes" => (78, 998),
                "memory_bytes" => (1, 1 << 40),
                _ => (1, u64::from(u32::MAX)),
            };
            let value = value.as_u64().unwrap_or(u64::MAX);
            self.number(&format!("limits.{name}"), value, least..=most);
        }
    }

    fn log(&mut self, raw: RawLog) -> Option<telemetry::Settings> {
        let privacy = self.choice("log.privacy", &raw.privacy);
        let path = match raw.path {
            Some(text) => self.path("log.path", &text),
            None => Some(self.surroundings.state_dir().join("log.db")),
        };
        let keys = match raw.keys {
            Some(text) => self.path("log.keys", &text),
            None => path.as_ref().map(|path| path.with_extension("keys")),
        };
        let full_until = self.full_until(privacy, raw.full_until.as_deref());
        let exclude = raw.exclude.iter();
        let exclude = exclude.filter_map(|text| self.recipient("log.exclude", text));
        let exclude = exclude.collect();
        let rotate_keys_days = u32::try_from(raw.rotate_keys_days).unwrap_or(u32::MAX);
        self.number("log.rotate_keys_days", rotate_keys_days.into(), 0..=3_650);
        let queue = u64::try_from(raw.queue).unwrap_or(u64::MAX);
        self.number("log.queue", queue, 1..=1_000_000);
        let keep_days = self.days("log.keep_days", raw.keep_days);
        let keep_rollup_days = self.days("log.keep_rollup_days", raw.keep_rollup_days);
        self.number("log.max_bytes", raw.max_bytes, 1 << 20..=1 << 50);
        self.number("log.min_free_bytes", raw.min_free_bytes, 0..=1 << 50);
        Some(telemetry::Settings {
            enabled: raw.enabled,
            path: path?,
            keys: keys?,
            privacy: privacy?,
            full_until,
            exclude,
            rotate_keys_days,
            queue: raw.queue,
            log_clean: raw.log_clean,
            keep_days,
            keep_rollup_days,
            max_bytes: raw.max_bytes,
            min_free_bytes: raw.min_free_bytes,
        })
    }

    /// Addresses in clear need an end, so that nobody forgets them.
    fn full_until(&mut self, privacy: Option<Level>, text: Option<&str>) -> Option<Date> {
        const KEY: &str = "log.full_until";
        const REMEDY: &str = "write the last day on which addresses are stored in clear, \
                              as in \"2026-12-01\"";
        match text.filter(|text| !text.is_empty()) {
            None if privacy == Some(Level::Full) => {
                let what = "log.privacy is \"full\" and has no end".to_owned();
                self.problem(KEY, what, REMEDY);
                None
            }
            None => None,
            Some(text) => {
                let day = text.parse().ok();
                if day.is_none() {
                    self.problem(KEY, format!("{text:?} is no day"), REMEDY);
                }
                day
            }
        }
    }

    pub(super) fn days(&mut self, key: &str, days: usize) -> u32 {
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        self.number(key, u64::from(days), 1..=36_500);
        days
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(", ")
}
