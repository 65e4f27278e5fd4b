//! Whose mail it says it is, out of the From field.

use mail_parser::{Address, HeaderValue, parsers::MessageStream};

/// How much of a From field is read, in bytes.
const MAX_FROM: usize = 8192;

/// Longest domain name (RFC 1035 section 2.3.4).
const MAX_DOMAIN: usize = 255;

/// The domain, in lower case, of the first address of a From field (RFC 5322
/// section 3.6.2).
pub fn from_domain(value: &[u8]) -> Option<String> {
    let value = value.get(..MAX_FROM).unwrap_or(value);
    // The parser wants the line end that ends a field.
    let mut field = value.to_vec();
    field.push(b'\n');
    let HeaderValue::Address(addresses) = MessageStream::new(&field).parse_address() else {
        return None;
    };
    let first = match &addresses {
        Address::List(list) => list.first(),
        Address::Group(groups) => groups.iter().find_map(|g| g.addresses.first()),
    }?;
    let (_, domain) = first.address.as_deref()?.rsplit_once('@')?;
    let domain = domain.trim().trim_end_matches('.');
    if domain.is_empty() || domain.len() > MAX_DOMAIN || domain.chars().any(char::is_control) {
        return None;
    }
    Some(domain.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_the_first_author_is_found() {
        for (value, expected) in [
            (" ann@example.org", Some("example.org")),
            (" Ann <ann@Example.ORG>", Some("example.org")),
            (
                " \"evil@example.com\" <ann@example.org>",
                Some("example.org"),
            ),
            (
                " Ann (a@b.example) <ann@example.org>, Bob <bob@example.net>",
                Some("example.org"),
            ),
            (
                " =?utf-8?q?Gr=C3=BCn?= <g@example.org>",
                Some("example.org"),
            ),
            (
                " Group: ann@example.org, bob@example.net;",
                Some("example.org"),
            ),
            (" Ann\n <ann@example.org>", Some("example.org")),
            (" undisclosed", None),
            (" ann@", None),
            ("", None),
        ] {
            assert_eq!(
                from_domain(value.as_bytes()).as_deref(),
                expected,
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_hostile_from_field_is_cheap() {
        let nested = [b'('; 1_000_000];
        assert_eq!(from_domain(&nested), None);
        let many = b"a@b.example,".repeat(100_000);
        assert_eq!(from_domain(&many).as_deref(), Some("b.example"));
    }
}
