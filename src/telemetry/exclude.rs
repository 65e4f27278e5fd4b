//! Whose messages get no row of their own.

use super::keys::normal_address;
use std::collections::HashSet;

/// Addresses whose messages only count.
#[derive(Debug, Default)]
pub(crate) struct Exclude(HashSet<String>);

impl Exclude {
    /// Of `user@example.org`, `user@` (in any domain) and `@example.org`.
    pub(crate) fn of(patterns: &[String]) -> Self {
        let patterns = patterns.iter().filter(|pattern| *pattern != "@");
        Self(patterns.map(|pattern| normal_address(pattern)).collect())
    }

    /// Whether one of them is this address.
    pub(crate) fn has(&self, address: &str) -> bool {
        if self.0.is_empty() || address.is_empty() {
            return false;
        }
        let address = normal_address(address);
        // RFC 5321 section 4.5.1: `postmaster` may come without a domain.
        let (local, domain) = address.rsplit_once('@').unwrap_or((&address, ""));
        self.0.contains(&format!("{local}@"))
            || (!domain.is_empty() && self.0.contains(&format!("@{domain}")))
            || self.0.contains(&address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_match_whole_or_by_either_side() {
        let patterns = ["Ann@example.org", "council@", "@board.example.org", "@"];
        let exclude = Exclude::of(&patterns.map(String::from));
        for (address, is_excluded) in [
            ("ann@EXAMPLE.org", true),
            ("ann@example.net", false),
            ("council@example.net", true),
            ("council", true),
            ("anyone@Board.example.org", true),
            ("anyone@sub.board.example.org", false),
            ("<ann@example.org>", true),
            ("joann@example.org", false),
            ("", false),
        ] {
            assert_eq!(exclude.has(address), is_excluded, "{address}");
        }
        assert!(!Exclude::default().has("ann@example.org"));
    }
}
