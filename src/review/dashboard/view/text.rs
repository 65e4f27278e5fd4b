//! Text from strangers, made fit to be shown.

use crate::visible::printable;
use serde::Serialize;
use std::fmt;

/// Text that a stranger may have written, with control and bidirectional
/// characters made visible. The template escapes what HTML would read.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub(crate) struct Shown(String);

impl Shown {
    /// Any text.
    pub(crate) fn new(text: &str) -> Self {
        Self(printable(text).into_owned())
    }

    /// A host or domain: in punycode, so that no letter is taken for another.
    pub(crate) fn host(name: &str) -> Self {
        if name.is_ascii() {
            return Self::new(name);
        }
        match ::url::Host::parse(name) {
            Ok(::url::Host::Domain(domain)) => Self::new(&domain),
            _ => Self::new(name),
        }
    }

    /// No longer than so many characters, for a line of a list; the page that
    /// the line leads to has the whole.
    pub(crate) fn cut(self, most: usize) -> Self {
        match self.0.char_indices().nth(most) {
            Some((end, _)) => Self(self.0.get(..end).unwrap_or_default().to_owned() + "…"),
            None => self,
        }
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_unseen_is_left() {
        assert_eq!(
            Shown::new("a\u{202e}b\u{7}\u{200b}").as_str(),
            "a\\u{202e}b\\u{7}\\u{200b}"
        );
    }

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(Shown::new("grün").cut(4).as_str(), "grün");
        assert_eq!(Shown::new("grün").cut(3).as_str(), "grü…");
        assert_eq!(Shown::new("").cut(0).as_str(), "");
    }

    #[test]
    fn hosts_are_in_punycode() {
        assert_eq!(
            Shown::host("bücher.example").as_str(),
            "xn--bcher-kva.example"
        );
        // What hides a token of the host is no letter of a name.
        assert_eq!(Shown::host("….ct.example.org").as_str(), "….ct.example.org");
        assert_eq!(
            Shown::host("a\u{202e}b.example").as_str(),
            "a\\u{202e}b.example"
        );
    }
}
