//! The names of the ways in which HTML makes a client send a request.

/// Writes the enum, its table and its names from one list, so that a vector
/// is one line.
macro_rules! vectors {
    ($($(#[doc = $doc:literal])+ $vector:ident = $name:literal,)+) => {
        /// A way in which HTML makes a client send a request, or a click be
        /// recorded.
        ///
        /// The names are permanent: the block log stores them.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Vector {
            $($(#[doc = $doc])+ $vector,)+
        }

        impl Vector {
            /// Every vector, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$vector,)+];

            /// The permanent name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$vector => $name,)+
                }
            }
        }
    };
}

vectors! {
    /// `<a href>`.
    AHref = "a-href",
    /// `<area href>`.
    AreaHref = "area-href",
    /// `background=` on any element.
    Background = "background",
    /// `@import` in a style sheet.
    CssImport = "css-import",
    /// `url()` in a style sheet or a `style=` attribute.
    CssUrl = "css-url",
    /// `<img src>` and `<image src>`, which HTML reads as `img`.
    ImgSrc = "img-src",
    /// One candidate of `<img srcset>`.
    ImgSrcset = "img-srcset",
    /// `<input type=image src>`.
    InputSrc = "input-src",
}

impl Vector {
    /// Whether the URL is followed by a click; all others are loaded when the
    /// mail is shown.
    pub fn is_link(self) -> bool {
        matches!(self, Self::AHref | Self::AreaHref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_lower_case_words() {
        let names: BTreeSet<_> = Vector::ALL.iter().map(|v| v.name()).collect();
        assert_eq!(names.len(), Vector::ALL.len());
        for name in names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
        }
    }
}
