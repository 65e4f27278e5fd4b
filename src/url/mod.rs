//! URLs as a mail client would follow them, and what can be read from them
//! without asking anybody.
//!
//! The lowest layer: it knows nothing of mail, HTML or rules.

pub mod decode;
pub mod query;
pub mod reveal;

use ::url::{Position, Url};
use std::fmt;

/// An absolute http or https URL in the normal form of the URL standard.
///
/// Tabs and newlines inside, upper case, backslashes, dotted-number hosts and
/// internationalised names have one spelling here, so that a disguise does
/// not hide a tracker. Anything else (`cid:`, `data:`, `mailto:`, a relative
/// reference) is not a `Target`: no tracker can be reached by it.
#[derive(Clone, Eq, Hash, PartialEq)]
pub struct Target(Url);

impl Target {
    /// Reads `text`, an attribute value with its entities already decoded.
    ///
    /// A protocol-relative reference (`//host/path`) is read as https, as
    /// mail clients do. `None` if it is not an http or https URL with a host.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| c <= ' ');
        let parsed = if starts_with_two_slashes(text) {
            Url::parse(&format!("https:{text}"))
        } else {
            Url::parse(text)
        };
        let url = parsed.ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(Self(url))
    }

    /// The normalised URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host: lower case, punycode, without a port.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The path, beginning with `/`.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// The raw query without `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }

    /// Path and query, as rule patterns match them.
    pub fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }

    /// The raw fragment without `#`, if there is one.
    pub fn fragment(&self) -> Option<&str> {
        self.0.fragment()
    }

    /// Whether a user name or password stands before the host.
    pub fn has_user_info(&self) -> bool {
        !self.0.username().is_empty() || self.0.password().is_some()
    }

    /// The registrable domain of the host (public suffix list), or the host
    /// itself where there is none, as for an IP address.
    pub fn registrable_domain(&self) -> &str {
        psl::domain_str(self.host()).unwrap_or_else(|| self.host())
    }
}

fn starts_with_two_slashes(text: &str) -> bool {
    let mut slashes = text
        .bytes()
        .filter(|b| !matches!(b, b'\t' | b'\n' | b'\r'))
        .take(2);
    let is_slash = |b: Option<u8>| matches!(b, Some(b'/' | b'\\'));
    is_slash(slashes.next()) && is_slash(slashes.next())
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> Option<String> {
        Target::parse(text).map(|t| t.as_str().to_owned())
    }

    #[test]
    fn disguises_have_one_spelling() {
        for disguise in [
            "https://track.example.org/open",
            " HTTPS://TRACK.example.ORG/open\n",
            "ht\ntps:/\t/track.example.org/open",
            "//track.example.org/open",
            "\\\\track.example.org\\open",
            "https:/\\track.example.org/x/../open",
            "https://track.example.org:443/open",
        ] {
            assert_eq!(
                normal(disguise).as_deref(),
                Some("https://track.example.org/open"),
                "{disguise:?}"
            );
        }
    }

    #[test]
    fn a_number_for_a_host_is_an_address() {
        assert_eq!(
            normal("http://2130706433/p").as_deref(),
            Some("http://127.0.0.1/p")
        );
    }

    #[test]
    fn what_reaches_no_host_is_no_target() {
        for text in [
            "cid:1@x",
            "data:image/gif;base64,AA",
            "mailto:a@example.org",
            "a/b.gif",
            "",
            "http://",
        ] {
            assert_eq!(normal(text), None, "{text:?}");
        }
    }
}
