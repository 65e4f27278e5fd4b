//! Envelope addresses: what stands between MAIL FROM or RCPT TO and the
//! parameters (RFC 5321 section 4.1.2).

/// Longest address that is kept, in bytes. RFC 5321 section 4.5.3.1.3 allows
/// 256; Postfix takes lines up to 2,048.
const MAX_BYTES: usize = 4096;

/// The address in a path: without angle brackets and without a source route
/// (RFC 5321 section 4.1.1.3); empty for the null reverse-path. Bytes that
/// are not UTF-8 (RFC 6531) are replaced.
pub(super) fn address(path: &[u8]) -> String {
    let path = path.trim_ascii();
    let path = path.strip_prefix(b"<").unwrap_or(path);
    let path = path.strip_suffix(b">").unwrap_or(path);
    let address = without_route(path);
    let address = address.get(..MAX_BYTES).unwrap_or(address);
    String::from_utf8_lossy(address).into_owned()
}

/// The local part and the domain; the last `@` divides them, since a quoted
/// local part may hold others (RFC 5321 section 4.1.2).
pub(super) fn split(address: &str) -> Option<(&str, &str)> {
    address.rsplit_once('@')
}

fn without_route(path: &[u8]) -> &[u8] {
    if !path.starts_with(b"@") {
        return path;
    }
    // A colon inside an address literal, as in `@[IPv6:::1]:a@b`, does not
    // end the route.
    let mut literal = false;
    for (i, byte) in path.iter().enumerate() {
        match byte {
            b'[' => literal = true,
            b']' => literal = false,
            b':' if !literal => return path.get(i + 1..).unwrap_or_default(),
            _ => {}
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_source_routes_are_taken_off() {
        for (path, expected) in [
            ("<ann@example.org>", "ann@example.org"),
            ("ann@example.org", "ann@example.org"),
            ("<>", ""),
            ("", ""),
            (" <ann@example.org> ", "ann@example.org"),
            ("<@a.example,@b.example:ann@example.org>", "ann@example.org"),
            ("<@[IPv6:::1]:ann@example.org>", "ann@example.org"),
            ("<@example.org>", "@example.org"),
            ("<\"a>b@c:d\"@example.org>", "\"a>b@c:d\"@example.org"),
            ("<postmaster>", "postmaster"),
            ("<grün@müller.example>", "grün@müller.example"),
        ] {
            assert_eq!(address(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_do_no_harm() {
        assert_eq!(address(b"<a\xff@example.org>"), "a\u{fffd}@example.org");
    }

    #[test]
    fn an_endless_address_is_cut() {
        assert_eq!(address(&[b'a'; 100_000]).len(), 4096);
    }

    #[test]
    fn the_last_at_sign_divides() {
        assert_eq!(
            split("\"a@b\"@example.org"),
            Some(("\"a@b\"", "example.org"))
        );
        assert_eq!(split("postmaster"), None);
    }
}
