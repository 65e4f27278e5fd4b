//! The URL patterns of browser extensions, which Brave's lists use:
//! `*://*.example.org/path?*`.

use super::super::hosts::suffixes;
use crate::url::Target;
use ahash::AHashMap;

/// One pattern.
#[derive(Debug)]
pub(super) struct UrlPattern {
    /// None: http and https.
    scheme: Option<String>,
    host: Host,
    /// What stands between the stars of path and query.
    pieces: Vec<String>,
}

#[derive(Debug)]
enum Host {
    Any,
    Exactly(String),
    /// The host and its subdomains.
    Under(String),
}

impl UrlPattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let problem = || format!("{text:?} is no URL pattern such as \"*://*.example.org/a*\"");
        let (scheme, rest) = text.split_once("://").ok_or_else(problem)?;
        let scheme = match scheme {
            "*" => None,
            "http" | "https" => Some(scheme.to_owned()),
            _ => return Err(problem()),
        };
        let slash = rest.find('/').ok_or_else(problem)?;
        let (host, path) = rest.split_at(slash);
        let host = match (host, host.strip_prefix("*.")) {
            ("*", _) => Host::Any,
            (_, Some(name)) if is_name(name) => Host::Under(name.to_ascii_lowercase()),
            (name, None) if is_name(name) => Host::Exactly(name.to_ascii_lowercase()),
            _ => return Err(problem()),
        };
        Ok(Self {
            scheme,
            host,
            pieces: path.split('*').map(str::to_owned).collect(),
        })
    }

    /// Whether `target` fits. Linear in its length for a given pattern.
    pub(super) fn matches(&self, target: &Target) -> bool {
        let scheme = target.as_str().split(':').next();
        let fits_scheme = self.scheme.is_none() || self.scheme.as_deref() == scheme;
        let fits_host = match &self.host {
            Host::Any => true,
            Host::Exactly(name) => target.host() == name,
            Host::Under(name) => suffixes(target.host()).any(|suffix| suffix == name),
        };
        fits_scheme && fits_host && fits(&self.pieces, target.path_and_query())
    }
}

fn is_name(host: &str) -> bool {
    !host.is_empty() && !host.contains(['*', ':', '@', '?', '#'])
}

/// Whether `text` is the pieces in their order with anything between them.
/// The earliest place of each piece is as good as any other.
fn fits(pieces: &[String], text: &str) -> bool {
    let Some((first, rest)) = pieces.split_first() else {
        return false;
    };
    let Some(mut left) = text.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, between)) = rest.split_last() else {
        return left.is_empty();
    };
    for piece in between {
        match left.split_once(piece.as_str()) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}

/// Entries by the hosts of their patterns.
#[derive(Debug, Default)]
pub(super) struct HostIndex {
    hosts: AHashMap<String, Vec<usize>>,
    any: Vec<usize>,
}

impl HostIndex {
    pub(super) fn add(&mut self, pattern: &UrlPattern, entry: usize) {
        let entries = match &pattern.host {
            Host::Any => &mut self.any,
            Host::Exactly(name) | Host::Under(name) => self.hosts.entry(name.clone()).or_default(),
        };
        // An entry has many patterns, which come together.
        if entries.last() != Some(&entry) {
            entries.push(entry);
        }
    }

    /// The entries that may concern `target`, each once, in their order.
    pub(super) fn of(&self, target: &Target) -> Vec<usize> {
        let named = suffixes(target.host()).filter_map(|suffix| self.hosts.get(suffix));
        let mut entries: Vec<usize> = named.flatten().chain(&self.any).copied().collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        let target = Target::parse(url).unwrap();
        UrlPattern::parse(pattern).unwrap().matches(&target)
    }

    #[test]
    fn scheme_host_and_path_must_fit() {
        assert!(matches("*://a.example/*", "http://a.example/"));
        assert!(matches("*://a.example/*", "https://a.example/b?c"));
        assert!(!matches("https://a.example/*", "http://a.example/"));
        assert!(!matches("*://a.example/*", "https://b.a.example/"));
        assert!(matches("*://*.a.example/*", "https://b.a.example/"));
        assert!(matches("*://*.a.example/*", "https://a.example/"));
        assert!(!matches("*://*.a.example/*", "https://nota.example/"));
        assert!(!matches(
            "*://*.a.example/*",
            "https://a.example.evil.example/"
        ));
        assert!(matches("*://*/*", "https://any.example/"));
    }

    #[test]
    fn stars_stand_for_anything_in_path_and_query() {
        assert!(matches("*://a.example/r?*", "https://a.example/r?u=1"));
        assert!(!matches("*://a.example/r?*", "https://a.example/rest?u=1"));
        assert!(matches("*://a.example/*/s/*", "https://a.example/x/y/s/z"));
        assert!(!matches("*://a.example/*/s/*", "https://a.example/s/z"));
        assert!(matches("*://a.example/a*b", "https://a.example/abab"));
        assert!(!matches("*://a.example/a*b", "https://a.example/aba"));
        assert!(matches("*://a.example/a", "https://a.example/a#x"));
        assert!(!matches("*://a.example/a", "https://a.example/ab"));
        // Both ends may not share a character.
        assert!(!matches("*://a.example/ab*ba", "https://a.example/aba"));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "a.example",
            "ftp://a.example/*",
            "*://a.example",
            "*://a.*/x",
            "*:///x",
        ] {
            assert!(UrlPattern::parse(text).is_err(), "{text:?}");
        }
    }
}
