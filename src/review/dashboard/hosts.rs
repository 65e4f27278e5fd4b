//! Which names the dashboard answers to.
//!
//! A page of a stranger can have its own name resolved to our address and then
//! read our answers (DNS rebinding). It cannot change the name in the request.

use super::{app::App, fault::Fault, server::Peer};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::net::{IpAddr, SocketAddr};

/// Refuses requests for other hosts (RFC 9110, section 7.4).
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let config = &app.config().dashboard;
    let local = request.extensions().get::<Peer>().map(|peer| peer.local);
    let mut fields = request.headers().get_all(header::HOST).iter();
    let field = (fields.next(), fields.next());
    let is_ours = |host: &str| is_ours(host, &config.hosts, local);
    let is_known = match field {
        (Some(host), None) => host.to_str().is_ok_and(is_ours),
        // Of HTTP/1.0, or sent twice.
        _ => false,
    };
    // The absolute form of a target, as proxies get it.
    let named = request.uri().authority();
    if is_known && named.is_none_or(|authority| is_ours(authority.as_str())) {
        next.run(request).await
    } else {
        let text = "The dashboard does not answer to this name. \
                    An administrator can add it to dashboard.hosts.";
        Fault::Misdirected(text.to_owned()).into_response()
    }
}

/// Whether a host, with or without port, is one of ours. Ports do not matter:
/// a tunnel may have another.
fn is_ours(host: &str, names: &[String], local: Option<SocketAddr>) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) => {
            let is_local = local.is_some_and(|l| l.ip().to_canonical() == address.to_canonical());
            is_local || address.is_loopback() || names.contains(&name)
        }
        Err(_) => name == "localhost" || names.contains(&name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_are_answered_to() {
        let names = ["mail.example.org".to_owned()];
        let local = Some("192.0.2.1:8025".parse().unwrap());
        for host in [
            "localhost",
            "LOCALHOST:8025",
            "127.0.0.1:9000",
            "127.0.0.53",
            "[::1]:8025",
            "192.0.2.1:8025",
            "mail.example.org",
            "Mail.Example.Org.:443",
        ] {
            assert!(is_ours(host, &names, local), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evil.example:8025",
            "192.0.2.2",
            "[::2]",
            "mail.example.org.evil.example",
            "127.0.0.1.evil.example",
            "x@localhost",
        ] {
            assert!(!is_ours(host, &names, local), "{host}");
        }
    }
}
