//! What an element is to the scan.

use super::name::Name;

/// The elements that are told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    A,
    Base,
    Body,
    /// Its content is shown by clients that do not know it, or that run no
    /// scripts.
    Fallback,
    Html,
    Image,
    Other,
    /// lol_html takes its content for raw text, and so does every client
    /// that agrees on where the element is.
    RawText,
    Style,
}

impl Kind {
    pub(super) fn of(element: Name) -> Self {
        const KINDS: [(Name, Kind); 17] = [
            (Name::new("a"), Kind::A),
            (Name::new("base"), Kind::Base),
            (Name::new("body"), Kind::Body),
            (Name::new("html"), Kind::Html),
            (Name::new("iframe"), Kind::Fallback),
            (Name::new("image"), Kind::Image),
            (Name::new("img"), Kind::Image),
            (Name::new("input"), Kind::Image),
            (Name::new("noembed"), Kind::Fallback),
            (Name::new("noframes"), Kind::Fallback),
            (Name::new("noscript"), Kind::Fallback),
            (Name::new("plaintext"), Kind::RawText),
            (Name::new("script"), Kind::RawText),
            (Name::new("style"), Kind::Style),
            (Name::new("textarea"), Kind::RawText),
            (Name::new("title"), Kind::RawText),
            (Name::new("xmp"), Kind::RawText),
        ];
        let found = KINDS.iter().find(|(name, _)| *name == element);
        found.map_or(Self::Other, |(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_told_apart_by_name() {
        assert_eq!(Kind::of(Name::new("A")), Kind::A);
        assert_eq!(Kind::of(Name::new("plaintext")), Kind::RawText);
        assert_eq!(Kind::of(Name::new("noscript")), Kind::Fallback);
        assert_eq!(Kind::of(Name::new("td")), Kind::Other);
        assert_eq!(Kind::of(Name::UNKNOWN), Kind::Other);
    }
}
