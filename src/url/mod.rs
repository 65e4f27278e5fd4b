//! URLs as a mail client would follow them, and what can be read from them
//! without asking anybody.
//!
//! The lowest layer: it knows nothing of mail, HTML or rules.

pub mod decode;
pub(crate) mod domain;
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

/// Where Gmail's image proxy answers, under several names.
const IMAGE_PROXY: &str = "googleusercontent.com";

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
        Self::of(parsed.ok()?)
    }

    /// The URL that `reference` leads to from here (RFC 3986 section 5).
    /// `None` if that is not an http or https URL with a host.
    pub fn join(&self, reference: &str) -> Option<Self> {
        Self::of(self.0.join(reference).ok()?)
    }

    /// `None` if it leads to no host. A full stop alone is the root of all
    /// names, which has no address.
    fn of(url: Url) -> Option<Self> {
        let target = Self(url);
        let leads_to_host =
            matches!(target.0.scheme(), "http" | "https") && !target.host().is_empty();
        leads_to_host.then_some(target)
    }

    /// The URL that an image proxy was asked for, if it names it behind `#`.
    ///
    /// Gmail puts `https://ci3.googleusercontent.com/…#https://example.org/…`
    /// in place of the images of a mail, and a reader who forwards the mail
    /// sends these on.
    pub fn proxied(&self) -> Option<Self> {
        let host = self.host();
        let is_proxy = host == IMAGE_PROXY
            || host
                .strip_suffix(IMAGE_PROXY)
                .is_some_and(|rest| rest.ends_with('.'));
        is_proxy
            .then(|| self.fragment().and_then(Self::parse))
            .flatten()
    }

    /// The normalised URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host: lower case, punycode, without a port and without the full
    /// stop that may end it (RFC 1034 section 3.1).
    pub fn host(&self) -> &str {
        let host = self.0.host_str().unwrap_or_default();
        host.strip_suffix('.').unwrap_or(host)
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

    /// The same URL with letters, digits and `-._~` spelt as themselves in path
    /// and query, which means the same (RFC 3986 section 6.2.2.2). `None` if
    /// they already are.
    ///
    /// Rules are matched against this spelling, too: a letter of a known path
    /// can be written as `%6C`.
    pub fn without_needless_escapes(&self) -> Option<Self> {
        let spelt = unescape_unreserved(self.path_and_query())?;
        let start = &self.0[..Position::BeforePath];
        let end = &self.0[Position::AfterQuery..];
        Self::parse(&format!("{start}{spelt}{end}"))
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

/// `text` with the escapes of unreserved characters (RFC 3986 section 2.3)
/// undone; `None` if there are none.
fn unescape_unreserved(text: &str) -> Option<String> {
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    let mut spelt = String::new();
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find('%') {
        let (before, escape) = rest.split_at(at);
        spelt.push_str(before);
        let digits = escape.get(1..3);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|b| is_unreserved(*b)) {
            Some(byte) => {
                spelt.push(char::from(byte));
                rest = escape.get(3..).unwrap_or_default();
                found = true;
            }
            None => {
                spelt.push('%');
                rest = escape.get(1..).unwrap_or_default();
            }
        }
    }
    spelt.push_str(rest);
    found.then_some(spelt)
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
    fn needless_escapes_are_undone_and_others_stay() {
        let spelt = |text: &str| {
            let target = Target::parse(text)?.without_needless_escapes()?;
            Some(target.as_str().to_owned())
        };
        assert_eq!(
            spelt("https://example.org/%6c.%70hp?u=%68ttp%3A%2F%2Fx%2541&%zz=%4#%61").as_deref(),
            Some("https://example.org/l.php?u=http%3A%2F%2Fx%2541&%zz=%4#%61")
        );
        assert_eq!(spelt("https://example.org/l.php?u=http%3A%2F%2F"), None);
        assert_eq!(spelt("https://example.org/%2e%2E/a%e4"), None);
    }

    #[test]
    fn a_number_for_a_host_is_an_address() {
        assert_eq!(
            normal("http://2130706433/p").as_deref(),
            Some("http://127.0.0.1/p")
        );
    }

    #[test]
    fn hosts_have_one_spelling() {
        for (disguise, host) in [
            ("http://0x7f000001/p", "127.0.0.1"),
            ("http://0177.0.0.1/p", "127.0.0.1"),
            ("http://127.1/p", "127.0.0.1"),
            ("http://[::0001]/p", "[::1]"),
            ("http://%65xample.org/p", "example.org"),
            ("http://example.org./p", "example.org"),
            ("http://user:secret@example.org/p", "example.org"),
            ("http://b\u{fc}cher.example/p", "xn--bcher-kva.example"),
            ("http:/\\example.org/p", "example.org"),
        ] {
            let target = Target::parse(disguise).expect(disguise);
            assert_eq!(target.host(), host, "{disguise}");
        }
    }

    #[test]
    fn a_full_stop_alone_is_no_host() {
        assert_eq!(Target::parse("https://./path"), None);
        assert_eq!(Target::parse("https:/.//example.org"), None);
        let base = Target::parse("https://example.org/").unwrap();
        assert_eq!(base.join("//./path"), None);
    }

    #[test]
    fn a_reference_is_resolved_from_its_base() {
        let base = Target::parse("https://example.org/a/b?c").unwrap();
        let join = |reference| base.join(reference).map(|t| t.as_str().to_owned());
        assert_eq!(
            join("d.gif").as_deref(),
            Some("https://example.org/a/d.gif")
        );
        assert_eq!(join("?e").as_deref(), Some("https://example.org/a/b?e"));
        assert_eq!(
            join("//h.example/f").as_deref(),
            Some("https://h.example/f")
        );
        assert_eq!(join("cid:1@example.org"), None);
    }

    #[test]
    fn an_image_proxy_tells_whom_it_asks() {
        let proxied = |url: &str| {
            let target = Target::parse(url).and_then(|t| t.proxied());
            target.map(|t| t.as_str().to_owned())
        };
        let proxy = "https://ci3.googleusercontent.com/meips/AbC=s0-d-e1-ft#";
        assert_eq!(
            proxied(&format!("{proxy}https://t.example.org/o?u=1")).as_deref(),
            Some("https://t.example.org/o?u=1")
        );
        assert_eq!(proxied(&format!("{proxy}top")), None);
        assert_eq!(proxied("https://example.org/#https://t.example.org/"), None);
        assert_eq!(
            proxied("https://notgoogleusercontent.com/#https://t.example.org/"),
            None
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
