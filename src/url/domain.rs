//! Domain names as the block log keeps them, and the allowlist.

use ::url::Host;

/// The domain of an address: what follows the last `@`.
pub(crate) fn of_address(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// A domain name in lower case and punycode; `None` if it is none. An address
/// literal (RFC 5321 section 4.1.3) is kept as it is.
pub(crate) fn normal(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_end_matches(['.', '>']);
    if let Some(address) = literal(domain) {
        return Some(address);
    }
    match Host::parse(domain).ok()? {
        Host::Domain(name) => {
            // Characters that punycode leaves out may have stood behind a
            // last full stop.
            let name = name.trim_end_matches('.');
            is_name(name).then(|| name.to_owned())
        }
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// The URL standard lets `=` and others through, in which a mail address can
/// hide.
fn is_name(name: &str) -> bool {
    (1..=253).contains(&name.len()) && name.bytes().all(is_name_byte)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'_')
}

fn literal(domain: &str) -> Option<String> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    let inner = inner.strip_prefix("IPv6:").unwrap_or(inner);
    let address: std::net::IpAddr = inner.parse().ok()?;
    Some(format!("[{address}]"))
}

/// The registrable part of a domain name (public suffix list), so that a
/// subdomain made for one recipient is not kept; the whole name where there is
/// none.
pub(crate) fn registrable(domain: &str) -> Option<String> {
    let name = normal(domain)?;
    Some(match psl::domain_str(&name) {
        Some(short) if !name.starts_with('[') => short.to_owned(),
        _ => name,
    })
}

/// The same, but only under a suffix that the public suffix list knows: other
/// names are those of machines, which people like to call after themselves.
pub(crate) fn public(domain: &str) -> Option<String> {
    let name = registrable(domain)?;
    psl::suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.is_known())
        .then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_are_dropped() {
        for (domain, expected) in [
            ("bounce.Mail.example.CO.UK.", Some("example.co.uk")),
            ("example.org", Some("example.org")),
            ("localhost", Some("localhost")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("example.org.\u{200b}..", Some("example.org")),
            ("[192.0.2.7]", Some("[192.0.2.7]")),
            ("[IPv6:2001:db8::1]", Some("[2001:db8::1]")),
            ("jane=example.org", None),
            ("a b.example", None),
            ("ex\u{1b}[31m.org", None),
            ("", None),
            (".\u{200b}.", None),
        ] {
            assert_eq!(registrable(domain).as_deref(), expected, "{domain:?}");
        }
    }

    #[test]
    fn names_of_machines_are_not_public() {
        assert_eq!(public("mta1.example.org").as_deref(), Some("example.org"));
        for private in ["janes-laptop.local", "janes-laptop", "[192.0.2.7]"] {
            assert_eq!(public(private), None, "{private}");
        }
    }

    #[test]
    fn the_last_at_sign_counts() {
        assert_eq!(of_address("\"a@b\"@example.org"), Some("example.org"));
        assert_eq!(of_address("postmaster"), None);
    }
}
