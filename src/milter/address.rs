//! Where the milter listens, in the words of the MTAs.

use super::SocketAddr;
use std::{fmt, net::IpAddr, path::Path};

/// Postfix's queue directory, which a chrooted smtpd takes for the root.
const QUEUE_DIRECTORY: &str = "/var/spool/postfix";

impl fmt::Display for SocketAddr {
    /// As in the configuration: `inet:HOST:PORT` or `unix:PATH`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "inet:{}:{port}", bracketed(bare(host))),
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

/// The lines for Postfix's main.cf; those that begin with `#` are comments.
///
/// The per-milter form in braces needs Postfix 3.0. `default_action=accept`
/// delivers mail uncleaned while the milter is down.
pub fn postfix_lines(address: &SocketAddr) -> Vec<String> {
    let mut lines = Vec::new();
    let endpoint = match address {
        SocketAddr::Tcp { host, port } => {
            format!("inet:{}:{port}", bracketed(reachable(bare(host))))
        }
        SocketAddr::Unix { path, .. } => {
            let endpoint = match path.strip_prefix(QUEUE_DIRECTORY) {
                // A relative path means the same inside and outside of the
                // chroot, since Postfix runs in its queue directory.
                Ok(below) => below,
                Err(_) => {
                    lines.extend(chroot_note(path));
                    path
                }
            };
            format!("unix:{}", endpoint.display())
        }
    };
    lines.push(format!(
        "smtpd_milters = {{ {endpoint}, default_action=accept }}"
    ));
    lines
}

fn chroot_note(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap_or_default().display();
    vec![
        format!(
            "# If smtpd runs chrooted (column \"chroot\" of master.cf, the default in Debian),"
        ),
        format!(
            "# it cannot reach {}: either put n into that column,",
            path.display()
        ),
        format!("# or let untrackd listen on {QUEUE_DIRECTORY}/untrackd/{name}"),
        format!("# and write unix:untrackd/{name} below."),
    ]
}

/// The line for Sendmail's sendmail.mc. Without `F=` mail is delivered
/// uncleaned while the milter is down.
pub fn sendmail_line(address: &SocketAddr) -> String {
    let endpoint = match address {
        SocketAddr::Tcp { host, port } => {
            let host = reachable(bare(host));
            let family = if host.contains(':') { "inet6" } else { "inet" };
            format!("{family}:{port}@{host}")
        }
        SocketAddr::Unix { path, .. } => format!("local:{}", path.display()),
    };
    format!("INPUT_MAIL_FILTER(`untrackd', `S={endpoint}, T=C:10s;S:10s;R:20s;E:60s')dnl")
}

/// A host without the brackets that an IPv6 address may come in.
pub(super) fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .unwrap_or(host)
}

fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    }
}

/// Where an MTA on this machine reaches what listens on all addresses.
fn reachable(host: &str) -> &str {
    match host.parse() {
        Ok(IpAddr::V4(ip)) if ip.is_unspecified() => "127.0.0.1",
        Ok(IpAddr::V6(ip)) if ip.is_unspecified() => "::1",
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str) -> SocketAddr {
        SocketAddr::Tcp {
            host: host.into(),
            port: 8891,
        }
    }

    fn unix(path: &str) -> SocketAddr {
        SocketAddr::Unix {
            path: path.into(),
            mode: 0o660,
            group: None,
        }
    }

    #[test]
    fn postfix_is_told_where_to_connect() {
        for (address, expected) in [
            (tcp("127.0.0.1"), "inet:127.0.0.1:8891"),
            (tcp("::1"), "inet:[::1]:8891"),
            (tcp("[::1]"), "inet:[::1]:8891"),
            (tcp("0.0.0.0"), "inet:127.0.0.1:8891"),
            (tcp("[::]"), "inet:[::1]:8891"),
            (tcp("filter.example.org"), "inet:filter.example.org:8891"),
            (
                unix("/var/spool/postfix/untrackd/milter.sock"),
                "unix:untrackd/milter.sock",
            ),
        ] {
            let expected = format!("smtpd_milters = {{ {expected}, default_action=accept }}");
            assert_eq!(postfix_lines(&address), [expected], "{address}");
        }
    }

    #[test]
    fn a_socket_outside_of_the_chroot_comes_with_a_note() {
        let lines = postfix_lines(&unix("/run/untrackd/milter.sock"));
        let (last, notes) = lines.split_last().unwrap();
        assert_eq!(
            last,
            "smtpd_milters = { unix:/run/untrackd/milter.sock, default_action=accept }"
        );
        assert!(notes.iter().all(|note| note.starts_with("# ")), "{notes:?}");
        assert!(
            notes.concat().contains("unix:untrackd/milter.sock"),
            "{notes:?}"
        );
    }

    #[test]
    fn sendmail_is_told_where_to_connect() {
        for (address, expected) in [
            (tcp("127.0.0.1"), "inet:8891@127.0.0.1"),
            (tcp("::1"), "inet6:8891@::1"),
            (
                unix("/run/untrackd/milter.sock"),
                "local:/run/untrackd/milter.sock",
            ),
        ] {
            assert_eq!(
                sendmail_line(&address),
                format!(
                    "INPUT_MAIL_FILTER(`untrackd', `S={expected}, T=C:10s;S:10s;R:20s;E:60s')dnl"
                )
            );
        }
    }

    #[test]
    fn an_address_is_shown_as_it_is_configured() {
        assert_eq!(tcp("::1").to_string(), "inet:[::1]:8891");
        assert_eq!(unix("/run/u/s").to_string(), "unix:/run/u/s");
    }
}
