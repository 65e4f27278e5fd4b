//! Whose messages pass untouched.

use super::{Exempt, path};
use crate::skip::Skip;
use std::net::IpAddr;

/// What is known about the sender when a message begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sender {
    /// The SMTP client's address.
    pub(super) client: Option<IpAddr>,
    /// Whether it authenticated (SMTP AUTH).
    pub(super) authenticated: bool,
}

impl Exempt {
    /// Whether the sender's messages are exempt, and why.
    pub(super) fn sender(&self, sender: Sender) -> Option<Skip> {
        if self.authenticated && sender.authenticated {
            return Some(Skip::Authenticated);
        }
        // An IPv4 client of a dual-stack socket shows up as ::ffff:192.0.2.1.
        let client = sender.client?.to_canonical();
        self.networks
            .iter()
            .any(|network| network.contains(&client))
            .then_some(Skip::Network)
    }

    /// Whether messages to the address are exempt, and why.
    pub(super) fn recipient(&self, address: &str) -> Option<Skip> {
        if self.recipients.is_empty() {
            return None;
        }
        let address = address.to_lowercase();
        // RFC 5321 section 4.5.1: `postmaster` may come without a domain.
        let (local, domain) = path::split(&address).unwrap_or((&address, ""));
        self.recipients
            .iter()
            .any(|pattern| match pattern.rsplit_once('@') {
                Some(("", "")) => false,
                Some(("", wanted)) => wanted == domain,
                Some((wanted, "")) => wanted == local,
                _ => *pattern == address,
            })
            .then_some(Skip::Recipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exempt() -> Exempt {
        Exempt {
            authenticated: true,
            networks: vec![
                "192.0.2.0/24".parse().unwrap(),
                "2001:db8::/32".parse().unwrap(),
            ],
            recipients: ["abuse@", "ann@example.org", "@lists.example.net"]
                .map(String::from)
                .to_vec(),
        }
    }

    #[test]
    fn recipients_match_by_address_local_part_or_domain() {
        for (address, is_exempt) in [
            ("abuse@example.com", true),
            ("ABUSE@Example.COM", true),
            ("abuse", true),
            ("Ann@EXAMPLE.org", true),
            ("ann@example.net", false),
            ("anyone@lists.example.net", true),
            ("anyone@sub.lists.example.net", false),
            ("noabuse@example.com", false),
            ("\"x@y\"@lists.example.net", true),
            ("", false),
        ] {
            assert_eq!(
                exempt().recipient(address).is_some(),
                is_exempt,
                "{address}"
            );
        }
    }

    #[test]
    fn an_empty_pattern_matches_nobody() {
        let exempt = Exempt {
            recipients: vec!["@".into()],
            ..exempt()
        };
        for address in ["ann@example.org", "postmaster", ""] {
            assert_eq!(exempt.recipient(address), None, "{address}");
        }
    }

    #[test]
    fn networks_match_mapped_addresses_too() {
        for (client, expected) in [
            ("192.0.2.7", Some(Skip::Network)),
            ("::ffff:192.0.2.7", Some(Skip::Network)),
            ("2001:db8::1", Some(Skip::Network)),
            ("198.51.100.1", None),
        ] {
            let sender = Sender {
                client: Some(client.parse().unwrap()),
                authenticated: false,
            };
            assert_eq!(exempt().sender(sender), expected, "{client}");
        }
    }

    #[test]
    fn authentication_counts_only_if_policy_says_so() {
        let sender = Sender {
            client: None,
            authenticated: true,
        };
        assert_eq!(exempt().sender(sender), Some(Skip::Authenticated));
        let strict = Exempt {
            authenticated: false,
            ..exempt()
        };
        assert_eq!(strict.sender(sender), None);
    }
}
