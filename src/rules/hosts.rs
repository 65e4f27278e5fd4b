//! The hosts that a rule is for.

use crate::url::Target;

/// Longest host name that can be looked up (RFC 1035 section 2.3.4); a longer
/// one cannot be reached and is nobody's tracker.
pub(super) const LONGEST_HOST: usize = 253;

/// A host and its subdomains, or a name under every public suffix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum HostPattern {
    /// `example.org`
    Suffix(String),
    /// `amazon.*`
    AnySuffix(String),
}

impl HostPattern {
    /// Reads `example.org` or `amazon.*`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (name, pattern): (_, fn(String) -> Self) = match text.strip_suffix(".*") {
            Some(name) => (name, Self::AnySuffix),
            None => (text, Self::Suffix),
        };
        let example = || {
            format!(
                "{text:?} is not a host; write a name in lower case such as \"example.org\", \
                 which stands for its subdomains too, or \"amazon.*\" for any public suffix"
            )
        };
        if name.is_empty() || name.contains(['*', '/', ':', '@']) {
            return Err(example());
        }
        let probe = Target::parse(&format!("https://{name}/")).ok_or_else(example)?;
        if probe.host() != name || name.starts_with('.') || name.ends_with('.') {
            return Err(example());
        }
        if matches!(pattern(String::new()), Self::Suffix(_)) {
            let is_bare_suffix = psl::suffix_str(name) == Some(name);
            if is_bare_suffix {
                return Err(format!(
                    "{text:?} is a public suffix, under which anybody can have a name; write the whole host"
                ));
            }
        }
        Ok(pattern(name.to_owned()))
    }

    /// The name, without `.*`.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Suffix(name) | Self::AnySuffix(name) => name,
        }
    }

    /// Whether the rule is for `host`.
    pub(super) fn matches(&self, host: &str) -> bool {
        let is_under = |host: &str, name: &str| {
            host.strip_suffix(name)
                .is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        match self {
            Self::Suffix(name) => is_under(bare(host), name),
            Self::AnySuffix(name) => {
                without_public_suffix(host).is_some_and(|host| is_under(host, name))
            }
        }
    }

    /// Whether `host` is somebody else's but could be taken for a match:
    /// `notexample.org`, `example.org.evil.example`.
    pub(super) fn is_imitated_by(&self, host: &str) -> bool {
        let owned = psl::domain_str(self.name()).unwrap_or(self.name());
        !self.matches(host) && host.contains(owned) && psl::domain_str(host) != Some(owned)
    }
}

/// Every suffix of `host` that begins at a label, longest first.
pub(super) fn suffixes(host: &str) -> impl Iterator<Item = &str> {
    let host = Some(bare(host)).filter(|h| h.len() <= LONGEST_HOST);
    std::iter::successors(host, |rest| rest.split_once('.').map(|(_, rest)| rest))
}

/// `mail.amazon` of `mail.amazon.co.uk`. Nothing under suffixes where
/// companies give names to their customers (`amazon.blogspot.com`), and
/// nothing under an unknown suffix.
pub(super) fn without_public_suffix(host: &str) -> Option<&str> {
    let host = bare(host);
    let suffix = psl::suffix(host.as_bytes())?;
    if suffix.typ() != Some(psl::Type::Icann) {
        return None;
    }
    let name = host.len().checked_sub(suffix.as_bytes().len() + 1)?;
    host.get(..name)
}

/// Without the dot that ends a fully qualified name.
fn bare(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, host: &str) -> bool {
        HostPattern::parse(pattern).is_ok_and(|p| p.matches(host))
    }

    #[test]
    fn a_host_stands_for_itself_and_its_subdomains() {
        assert!(matches("example.org", "example.org"));
        assert!(matches("example.org", "example.org."));
        assert!(matches("example.org", "a.b.example.org"));
        assert!(!matches("example.org", "notexample.org"));
        assert!(!matches("example.org", "example.org.evil.example"));
        assert!(!matches("example.org", "org"));
    }

    #[test]
    fn a_star_stands_for_a_public_suffix_only() {
        assert!(matches("amazon.*", "amazon.com"));
        assert!(matches("amazon.*", "www.amazon.co.uk"));
        assert!(!matches("amazon.*", "amazon.evil.com"));
        assert!(!matches("amazon.*", "notamazon.com"));
        // Anybody can have this name from the company that runs the suffix.
        assert!(!matches("amazon.*", "amazon.blogspot.com"));
        assert!(!matches("amazon.*", "amazon.nosuchsuffix"));
    }

    #[test]
    fn an_imitation_belongs_to_somebody_else() {
        let imitates =
            |pattern, host| HostPattern::parse(pattern).is_ok_and(|p| p.is_imitated_by(host));
        assert!(imitates("t.example.org", "nott.example.org.evil.example"));
        assert!(imitates("t.example.org", "t.notexample.org"));
        assert!(!imitates("t.example.org", "t.example.org"));
        assert!(!imitates("t.example.org", "www.example.org"));
        assert!(imitates("amazon.*", "notamazon.com"));
        assert!(imitates("amazon.*", "amazon.com.evil.example"));
        assert!(!imitates("amazon.*", "www.amazon.co.uk"));
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        for bad in [
            "",
            "*",
            ".*",
            "*.org",
            "EXAMPLE.org",
            "a/b",
            "a:1",
            ".a.org",
            "a.org.",
            "com",
            "co.uk",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn suffixes_begin_at_labels() {
        let all: Vec<_> = suffixes("a.b.example.org.").collect();
        assert_eq!(
            all,
            ["a.b.example.org", "b.example.org", "example.org", "org"]
        );
        assert_eq!(suffixes(&"a.".repeat(200)).count(), 0);
    }
}
