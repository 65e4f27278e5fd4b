//! A URL in its normal form.

use super::plain;
use ::url::{Position, Url};
use std::{
    fmt,
    hash::{Hash, Hasher},
    net::Ipv4Addr,
    ops::Range,
    sync::Arc,
};

/// An absolute http or https URL in the normal form of the URL standard.
///
/// Tabs and newlines inside, upper case, backslashes, dotted-number hosts and
/// internationalised names have one spelling here, so that a disguise does
/// not hide a tracker. Anything else (`cid:`, `data:`, `mailto:`, a relative
/// reference) is not a `Target`: no tracker can be reached by it.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct Target {
    text: Arc<str>,
    places: Places,
}

/// Where the parts of a URL stand in its text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Places {
    pub(super) host: Range<usize>,
    /// Its `/`.
    pub(super) path: usize,
    /// Its `?`.
    pub(super) query: Option<usize>,
    /// Its `#`.
    pub(super) fragment: Option<usize>,
    pub(super) has_user_info: bool,
}

/// Where Gmail's image proxy answers, under several names.
const IMAGE_PROXY: &str = "googleusercontent.com";

impl Target {
    /// Reads `text`, an attribute value with its entities already decoded.
    ///
    /// A protocol-relative reference (`//host/path`) is read as https, as
    /// mail clients do. `None` if it is not an http or https URL with a host.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(|c: char| c <= ' ');
        if let Some(places) = plain::places(text) {
            return Some(Self {
                text: text.into(),
                places,
            });
        }
        let parsed = if starts_with_two_slashes(text) {
            Url::parse(&format!("https:{text}"))
        } else {
            Url::parse(text)
        };
        Self::of(&parsed.ok()?)
    }

    /// The URL that `reference` leads to from here (RFC 3986 section 5).
    /// `None` if that is not an http or https URL with a host.
    pub fn join(&self, reference: &str) -> Option<Self> {
        Self::of(&Url::parse(&self.text).ok()?.join(reference).ok()?)
    }

    /// `None` if it leads to no host. A full stop alone is the root of all
    /// names, which has no address.
    fn of(url: &Url) -> Option<Self> {
        let target = Self {
            text: url.as_str().into(),
            places: Places::of(url),
        };
        let leads_to_host = matches!(url.scheme(), "http" | "https") && !target.host().is_empty();
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
        &self.text
    }

    /// The host: lower case, punycode, without a port and without the full
    /// stop that may end it (RFC 1034 section 3.1).
    pub fn host(&self) -> &str {
        let host = self.slice(self.places.host.clone());
        host.strip_suffix('.').unwrap_or(host)
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &str {
        let end = self.text.find(':').unwrap_or_default();
        self.slice(0..end)
    }

    /// The port as it is written, with its colon; empty if it is the one of
    /// the scheme.
    pub fn port(&self) -> &str {
        self.slice(self.places.host.end..self.places.path)
    }

    /// The path, beginning with `/`.
    pub fn path(&self) -> &str {
        let end = self.places.query.or(self.places.fragment);
        self.slice(self.places.path..end.unwrap_or(self.text.len()))
    }

    /// The raw query without `?`, if there is one.
    pub fn query(&self) -> Option<&str> {
        let start = self.places.query? + 1;
        Some(self.slice(start..self.requested_end()))
    }

    /// Path and query, as rule patterns match them.
    pub fn path_and_query(&self) -> &str {
        self.slice(self.places.path..self.requested_end())
    }

    /// The raw fragment without `#`, if there is one.
    pub fn fragment(&self) -> Option<&str> {
        let start = self.places.fragment? + 1;
        Some(self.slice(start..self.text.len()))
    }

    /// The end of what a server is sent.
    fn requested_end(&self) -> usize {
        self.places.fragment.unwrap_or(self.text.len())
    }

    fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// The same URL with letters, digits and `-._~` spelt as themselves in path
    /// and query, which means the same (RFC 3986 section 6.2.2.2). `None` if
    /// they already are.
    ///
    /// Rules are matched against this spelling, too: a letter of a known path
    /// can be written as `%6C`.
    pub fn without_needless_escapes(&self) -> Option<Self> {
        let spelt = unescape_unreserved(self.path_and_query())?;
        let start = self.slice(0..self.places.path);
        let end = self.slice(self.requested_end()..self.text.len());
        Self::parse(&format!("{start}{spelt}{end}"))
    }

    /// Whether a user name or password stands before the host.
    pub fn has_user_info(&self) -> bool {
        self.places.has_user_info
    }

    /// The registrable domain of the host (public suffix list), or the host
    /// itself where there is none, as for an IP address.
    pub fn registrable_domain(&self) -> &str {
        let host = self.host();
        if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
            return host;
        }
        // Of a name with an empty label, which nobody can have, the list makes
        // something else.
        psl::domain_str(host)
            .filter(|domain| host.ends_with(domain))
            .unwrap_or(host)
    }
}

impl Places {
    fn of(url: &Url) -> Self {
        let at = |position| url[..position].len();
        Self {
            host: at(Position::BeforeHost)..at(Position::AfterHost),
            path: at(Position::BeforePath),
            query: url.query().map(|_| at(Position::AfterPath)),
            fragment: url.fragment().map(|_| at(Position::AfterQuery)),
            has_user_info: !url.username().is_empty() || url.password().is_some(),
        }
    }
}

impl Eq for Target {}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Hash for Target {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
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

/// `text` with the escapes of unreserved characters (RFC 3986 section 2.3)
/// undone; `None` if there are none.
fn unescape_unreserved(text: &str) -> Option<String> {
    let first = memchr::memchr_iter(b'%', text.as_bytes())
        .find(|at| text.get(*at..).and_then(escaped_unreserved).is_some())?;
    let (before, mut rest) = text.split_at_checked(first)?;
    let mut spelt = before.to_owned();
    while let Some((before, escape)) = rest.find('%').and_then(|at| rest.split_at_checked(at)) {
        spelt.push_str(before);
        let (spelling, length) = match escaped_unreserved(escape) {
            Some(character) => (character, 3),
            None => ('%', 1),
        };
        spelt.push(spelling);
        rest = escape.get(length..).unwrap_or_default();
    }
    spelt.push_str(rest);
    Some(spelt)
}

/// The unreserved character that the escape stands for that `text` begins
/// with.
fn escaped_unreserved(text: &str) -> Option<char> {
    let byte = u8::from_str_radix(text.strip_prefix('%')?.get(..2)?, 16).ok()?;
    let is_unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    is_unreserved.then(|| char::from(byte))
}

fn starts_with_two_slashes(text: &str) -> bool {
    let mut slashes = text
        .bytes()
        .filter(|b| !matches!(b, b'\t' | b'\n' | b'\r'))
        .take(2);
    let is_slash = |b: Option<u8>| matches!(b, Some(b'/' | b'\\'));
    is_slash(slashes.next()) && is_slash(slashes.next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{prelude::*, test_runner::RngSeed};

    /// What is read without the parser.
    fn plain(text: &str) -> bool {
        plain::places(text).is_some()
    }

    #[test]
    fn the_registrable_domain_is_a_part_of_the_host() {
        for (url, domain) in [
            ("https://a.b.example.co.uk/", "example.co.uk"),
            ("https://a.example.org./", "example.org"),
            ("https://192.0.2.7/", "192.0.2.7"),
            ("https://[2001:db8::1]/", "[2001:db8::1]"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.registrable_domain(), domain, "{url}");
        }
        let odd = Target::parse("https://a.example.org../").unwrap();
        assert!(odd.host().ends_with(odd.registrable_domain()));
    }

    #[test]
    fn scheme_and_port_are_as_they_stand() {
        for (url, scheme, port) in [
            ("https://a.example.org/x:1", "https", ""),
            ("https://a.example.org:443/", "https", ""),
            ("http://u:p@a.example.org:8080/?:", "http", ":8080"),
            ("https://[2001:db8::1]:8443", "https", ":8443"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.scheme(), target.port()), (scheme, port), "{url}");
        }
    }

    #[test]
    fn urls_as_mail_has_them_are_not_parsed() {
        for text in [
            "https://click.example.org/ls/click?upn=u001.AbC-2F_&x=%7E#part",
            "http://a.b.c.example/L0/https:%2F%2Fexample.org%2F/1/00-0/AbC=360",
            "https://example.org/?",
            "https://example.org/#",
            "https://example.org/~jo/it's/a.gif",
        ] {
            assert!(plain(text), "{text}");
        }
    }

    #[test]
    fn whatever_has_another_normal_form_is_parsed() {
        for text in [
            "HTTPS://example.org/",
            "https://Example.org/",
            "https://example.org",
            "https://example.org:443/",
            "https://jo@example.org/",
            "https://example.org./",
            "https://a..example/",
            "https://127.1/",
            "https://example.0x7f/",
            "https://1.2.3.4/",
            "https://xn--a.example/",
            "https://example.org/a/../b",
            "https://example.org/.hidden",
            "https://example.org/%2E%2e/a",
            "https://example.org/a b",
            "https://example.org/?a='",
            "https://example.org/\u{e4}",
            "https://example.org/a\tb",
            "https:/example.org/",
            "https:///example.org/",
            "https://example.org\\a",
            "ftp://example.org/",
        ] {
            assert!(!plain(text), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(1),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// What is read without the parser is what the parser makes of it.
        #[test]
        fn plain_urls_are_as_the_parser_reads_them(
            scheme in "https?://",
            host in "([a-z0-9_-]{1,6}\\.|xn--|\\.){0,3}(0x)?[a-z0-9][a-z0-9-]{0,5}",
            path in "(/([!-~]|%2[eE]|\\.|[a-z]{1,4}){0,5}){1,3}",
            query in "(\\?([!-~]|[a-z=&]{1,4}){0,8})?",
            fragment in "(#([!-~]|[a-z]{1,4}){0,5})?",
        ) {
            let text = format!("{scheme}{host}{path}{query}{fragment}");
            if let Some(places) = plain::places(&text) {
                let url = Url::parse(&text).unwrap();
                prop_assert_eq!(url.as_str(), &text);
                prop_assert_eq!(places, Places::of(&url));
            }
        }
    }
}
