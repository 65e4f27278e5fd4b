//! Addresses that a report is sent from and to.
//!
//! They become arguments of sendmail(1) and stand in header fields, so only
//! the plain form is taken: a dot-atom (RFC 5321 section 4.1.2) at a domain,
//! without quotes, comments or anything beyond ASCII.

/// Longest path less its angle brackets (RFC 5321 section 4.5.3.1.3).
const MAX_LENGTH: usize = 254;
/// Longest local part (section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest label of a domain name (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;

/// An address, or the name of a local mailbox such as `root`.
///
/// # Errors
///
/// It is none.
pub(super) fn recipient(text: &str) -> Result<String, String> {
    if text.contains('@') {
        return sender(text);
    }
    if !is_local(text) {
        return Err(format!(
            "{text:?} is no address; write postmaster@example.com"
        ));
    }
    Ok(text.to_owned())
}

/// An address with a domain.
///
/// # Errors
///
/// It is none.
pub(super) fn sender(text: &str) -> Result<String, String> {
    let is_address = text.len() <= MAX_LENGTH
        && text
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local(local) && is_domain(domain));
    if !is_address {
        return Err(format!(
            "{text:?} is no address; write postmaster@example.com"
        ));
    }
    Ok(text.to_owned())
}

fn is_local(text: &str) -> bool {
    let is_atom = |atom: &str| {
        let is_text = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        !atom.is_empty() && atom.bytes().all(is_text)
    };
    // A leading hyphen would be taken for an option by careless programs.
    text.len() <= MAX_LOCAL && !text.starts_with('-') && text.split('.').all(is_atom)
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        let is_text = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(is_text)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken() {
        for text in ["root@mx1", "a.b+c@mail.example.com", "o'neill@example.org"] {
            assert_eq!(sender(text).as_deref(), Ok(text));
            assert_eq!(recipient(text).as_deref(), Ok(text));
        }
        assert_eq!(recipient("root").as_deref(), Ok("root"));
        assert!(sender("root").is_err());
    }

    #[test]
    fn what_could_be_read_otherwise_is_not() {
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "@",
            "a@",
            "@example.com",
            "-oQ/tmp",
            "-f@example.com",
            "a b@example.com",
            "a,b@example.com",
            "\"a b\"@example.com",
            "a..b@example.com",
            "a@b@example.com",
            "a@-example.com",
            "a@exa mple.com",
            "a@example..com",
            "a@example.com\nBcc: b@example.com",
            "a@example.com>",
            "|/bin/sh;",
            "jürgen@example.com",
            long.as_str(),
        ] {
            assert!(sender(text).is_err(), "{text:?}");
            assert!(recipient(text).is_err(), "{text:?}");
        }
    }
}
