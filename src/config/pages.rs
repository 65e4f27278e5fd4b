//! The sections `[review]`, `[dashboard]` and `[metrics]`: what people and
//! programs are shown.

use super::{
    raw::{RawDashboard, RawMetrics, RawReview},
    settings::{Auth, Dashboard, Metrics, Review},
    validate::Validation,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
};

/// How long a session may last without a request, in seconds.
const IDLE: RangeInclusive<u64> = 60..=30 * 86_400;

impl Validation<'_> {
    pub(super) fn review(&mut self, raw: RawReview) -> Option<Review> {
        let dir = self.surroundings.state_dir().join("review");
        let allowlist = match raw.allowlist {
            Some(text) => self.path("review.allowlist", &text),
            None => Some(dir.join("allow.toml")),
        };
        let audit = match raw.audit {
            Some(text) => self.path("review.audit", &text),
            None => Some(dir.join("audit.db")),
        };
        let keep_audit_days = self.days("review.keep_audit_days", raw.keep_audit_days);
        let min_group = u32::try_from(raw.min_group).unwrap_or(u32::MAX);
        self.number("review.min_group", u64::from(min_group), 1..=1_000);
        Some(Review {
            allowlist: allowlist?,
            audit: audit?,
            keep_audit_days,
            min_group,
            recipient_reports: raw.recipient_reports,
        })
    }

    pub(super) fn dashboard(&mut self, raw: RawDashboard) -> Option<Dashboard> {
        let listen = self.listen("dashboard.listen", &raw.listen);
        let auth: Option<Auth> = self.choice("dashboard.auth", &raw.auth);
        let role = self.choice("dashboard.role", &raw.role);
        let users = match raw.users {
            Some(text) => self.path("dashboard.users", &text),
            None => Some(self.surroundings.state_dir().join("review/users")),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if raw.header.is_empty() || !raw.header.chars().all(is_name) {
            let what = format!("{:?} is no name of a header field", raw.header);
            self.problem(
                "dashboard.header",
                what,
                "write one such as \"Remote-User\"",
            );
        }
        let peers = raw
            .peers
            .iter()
            .filter_map(|text| self.peer(text))
            .collect();
        let idle = self.duration("dashboard.idle", &raw.idle, IDLE);
        if let (Some(listen), Some(Auth::None)) = (listen, auth)
            && !listen.ip().is_loopback()
        {
            let what = format!("{listen} is reached from other machines, and nobody has to log in");
            self.problem(
                "dashboard.listen",
                what,
                "write \"127.0.0.1:8025\", or set dashboard.auth to \"password\" or \"header\"",
            );
        }
        Some(Dashboard {
            listen: listen?,
            auth: auth?,
            role: role?,
            users: users?,
            header: raw.header,
            peers,
            admins: raw.admins,
            hosts: raw.hosts.iter().map(|host| host.to_lowercase()).collect(),
            https: raw.https,
            idle: idle?,
        })
    }

    pub(super) fn metrics(&mut self, raw: &RawMetrics) -> Option<Metrics> {
        match raw.listen.as_deref() {
            None | Some("") => Some(Metrics { listen: None }),
            Some(text) => Some(Metrics {
                listen: Some(self.listen("metrics.listen", text)?),
            }),
        }
    }

    fn listen(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            let what = format!("{text:?} is no address with a port");
            let remedy = "write one such as \"127.0.0.1:8025\" or \"[::1]:8025\"";
            self.problem(key, what, remedy);
        }
        address
    }

    fn peer(&mut self, text: &str) -> Option<IpNet> {
        let network = text.parse::<IpAddr>().map(IpNet::from).ok();
        let network = network.or_else(|| text.parse().ok());
        if network.is_none() {
            let what = format!("{text:?} is no address or network");
            self.problem("dashboard.peers", what, "write one such as \"192.0.2.7\"");
        }
        network
    }
}
