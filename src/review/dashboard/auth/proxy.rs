//! Visitors whom a trusted proxy has identified.

use crate::config::{Dashboard, Role};
use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::IpAddr;

/// Longest name, in characters.
const NAME_CHARS: usize = 128;

/// Whether the connection comes from a trusted proxy.
pub(super) fn is_trusted(peers: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    peers.iter().any(|peer| peer.contains(&address))
}

/// The user's name and role, or why there is none.
pub(super) fn who(
    config: &Dashboard,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<(String, Role), &'static str> {
    if !is_trusted(&config.peers, address) {
        return Err("This dashboard is reached through its proxy only. \
                    An administrator names the proxy's address in dashboard.peers.");
    }
    let field = HeaderName::from_bytes(config.header.as_bytes()).ok();
    let mut values = headers.get_all(field.unwrap_or(header::FROM)).iter();
    let name = match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok().filter(|name| is_name(name)),
        (None, _) => {
            return Err("The proxy did not say who you are. \
                        It has to send the field named in dashboard.header.");
        }
        // A name of the visitor's own beside the proxy's.
        (Some(_), Some(_)) => None,
    };
    let name = name.ok_or(
        "The proxy sent a name that cannot be used. It has to send one, \
         and to take away what the browser sends as such.",
    )?;
    let is_admin = config.admins.iter().any(|admin| admin == name);
    let role = if is_admin {
        Role::Admin
    } else {
        Role::ReadOnly
    };
    Ok((name.to_owned(), role))
}

fn is_name(name: &str) -> bool {
    let separates = |c| matches!(c, ',' | ';' | ':' | '"' | '<' | '>');
    !name.is_empty()
        && name.len() <= NAME_CHARS
        && name.chars().all(|c| c.is_ascii_graphic() && !separates(c))
}

/// The address that the nearest proxy saw: the last one in `X-Forwarded-For`.
/// Those before it may be made up.
pub(super) fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = value.to_str().ok()?.rsplit(',').next()?.trim();
    last.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn names_are_plain() {
        for name in ["ada", "ada@example.org", "FIRM\\ada", "a.b+c_d-e"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a b", "a,b", "<b>", "a\u{e4}", "a:b", &"x".repeat(129)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn only_the_nearest_hop_counts() {
        for (value, expected) in [
            ("192.0.2.1", Some([192, 0, 2, 1])),
            ("10.0.0.1, 192.0.2.7", Some([192, 0, 2, 7])),
            ("192.0.2.7, unknown", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(value));
            assert_eq!(forwarded_for(&headers), expected.map(IpAddr::from));
        }
    }
}
