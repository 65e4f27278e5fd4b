//! The parts of an entry in their normal spelling.

use super::{Scope, ValueError};
use crate::{
    url::{Target, domain},
    visible::is_control,
};

/// Longest value, in bytes; a domain name has at most 253 (RFC 1035 section
/// 2.3.4).
const MAX_VALUE: usize = 253;

/// The normal spelling of what an entry of this scope is about.
///
/// # Errors
///
/// It is no name of its kind, or as wide as a public suffix.
pub fn normal(scope: Scope, value: &str) -> Result<String, ValueError> {
    match scope {
        Scope::Rule => rule(value),
        Scope::Tracker => tracker(value),
        Scope::Company => text("company", value, MAX_VALUE),
        Scope::Sender => sender(value),
        Scope::RecipientDomain => recipient_domain(value),
    }
}

/// What a company's name is compared by.
pub(super) fn folded(company: &str) -> String {
    company.trim().to_lowercase()
}

/// A text of a person, without white space around it.
pub(super) fn text(what: &str, value: &str, most: usize) -> Result<String, ValueError> {
    let value = value.trim();
    if value.is_empty() {
        return Err(ValueError(format!("{what} is empty; say something")));
    }
    if value.chars().count() > most {
        return Err(ValueError(format!(
            "{what} has more than {most} characters; make it shorter"
        )));
    }
    if value.contains(is_control) {
        return Err(ValueError(format!(
            "{what} holds characters that are not seen, or more than one line; take them out"
        )));
    }
    Ok(value.to_owned())
}

fn rule(value: &str) -> Result<String, ValueError> {
    let value = value.trim();
    let is_fit = |c: char| c.is_ascii_graphic();
    if value.is_empty() || value.len() > MAX_VALUE || !value.chars().all(is_fit) {
        return Err(ValueError(format!(
            "rule {value:?} is no identifier of a rule; `untrackd rules list` names them"
        )));
    }
    Ok(value.to_owned())
}

/// A host, which stands for those below it too.
fn tracker(value: &str) -> Result<String, ValueError> {
    let value = value.trim();
    // A URL that was copied names its host.
    let of_url = value
        .contains("://")
        .then(|| Target::parse(value))
        .flatten()
        .map(|target| target.host().to_owned());
    let value = of_url.as_deref().unwrap_or(value);
    if value.parse::<std::net::IpAddr>().is_ok() || is_bracketed(value) {
        // As it stands in a URL.
        return Target::parse(&format!("http://{}/", bracketed(value)))
            .map(|target| target.host().to_owned())
            .ok_or_else(|| no_domain("tracker", value));
    }
    let bare = value.strip_prefix("*.").unwrap_or(value);
    let bare = bare.strip_prefix('.').unwrap_or(bare);
    let host = domain::normal(bare).ok_or_else(|| no_domain("tracker", value))?;
    below_a_suffix("tracker", host)
}

fn is_bracketed(value: &str) -> bool {
    value.starts_with('[') && value.ends_with(']')
}

fn bracketed(value: &str) -> String {
    if value.contains(':') && !is_bracketed(value) {
        format!("[{value}]")
    } else {
        value.to_owned()
    }
}

fn sender(value: &str) -> Result<String, ValueError> {
    let name = domain_of("sender", value)?;
    let registrable =
        domain::registrable(&name).ok_or_else(|| no_domain("sender", value.trim()))?;
    below_a_suffix("sender", registrable)
}

fn recipient_domain(value: &str) -> Result<String, ValueError> {
    domain_of("recipient-domain", value)
}

/// A domain, or the domain of an address.
fn domain_of(what: &str, value: &str) -> Result<String, ValueError> {
    let value = value.trim();
    let name = domain::of_address(value).unwrap_or(value);
    domain::normal(name).ok_or_else(|| no_domain(what, value))
}

/// Refuses `com`, `co.uk` and the like: such an entry would turn everything
/// off by a slip. Names of machines of one's own (`localhost`) are no suffix
/// that anybody else registers below.
fn below_a_suffix(what: &str, name: String) -> Result<String, ValueError> {
    let suffix = psl::suffix(name.as_bytes());
    if suffix.is_some_and(|s| s.is_known() && s.as_bytes() == name.as_bytes()) {
        return Err(ValueError(format!(
            "{what} {name:?} is a public suffix, below which anybody can have a name; \
             name one of those below it"
        )));
    }
    Ok(name)
}

fn no_domain(what: &str, value: &str) -> ValueError {
    ValueError(format!(
        "{what} {value:?} is no domain name; write one such as \"pixel.example.com\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_get_the_spelling_that_they_have_in_urls() {
        for (typed, expected) in [
            ("Pixel.Example.COM.", "pixel.example.com"),
            (" *.pixel.example.com ", "pixel.example.com"),
            (".pixel.example.com", "pixel.example.com"),
            ("https://t.example.org/open?u=1", "t.example.org"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:DB8::1", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("d123.cloudfront.net", "d123.cloudfront.net"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(normal(Scope::Tracker, typed).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_public_suffix_is_refused() {
        for (scope, value) in [
            (Scope::Tracker, "com"),
            (Scope::Tracker, "*.co.uk"),
            (Scope::Tracker, "cloudfront.net"),
            (Scope::Sender, "co.uk"),
        ] {
            let error = normal(scope, value).unwrap_err().to_string();
            assert!(error.contains("is a public suffix"), "{error}");
        }
    }

    #[test]
    fn what_is_no_name_of_its_kind_is_refused() {
        for (scope, value) in [
            (Scope::Tracker, ""),
            (Scope::Tracker, "a b.example"),
            (Scope::Tracker, "pixel.example/x"),
            (Scope::Sender, "ann@"),
            (Scope::RecipientDomain, "ex\u{1b}[31m.example"),
            (Scope::Rule, "two words"),
            (Scope::Rule, ""),
            (Scope::Company, "  "),
            (Scope::Company, "moc\u{202e}gpj"),
        ] {
            assert!(normal(scope, value).is_err(), "{scope:?} {value:?}");
        }
    }

    #[test]
    fn senders_are_kept_by_their_registrable_domain() {
        for (typed, expected) in [
            ("news@Mail.Shop.example.CO.UK", "example.co.uk"),
            ("shop.example", "shop.example"),
        ] {
            assert_eq!(normal(Scope::Sender, typed).as_deref(), Ok(expected));
        }
        let domain = normal(Scope::RecipientDomain, "bob@Dept.example.org");
        assert_eq!(domain.as_deref(), Ok("dept.example.org"));
    }

    #[test]
    fn texts_are_bounded() {
        assert_eq!(text("reason", " a b ", 3).as_deref(), Ok("a b"));
        for wrong in ["abcd", "a\nb", "\t", "a\0"] {
            assert!(text("reason", wrong, 3).is_err(), "{wrong:?}");
        }
    }
}
