//! The names of the ways in which a mail makes a client send a request.

/// Writes the enum, its table and its names from one list, so that a vector
/// is one line.
macro_rules! vectors {
    ($($(#[doc = $doc:literal])+ $vector:ident = $name:literal on $trigger:ident,)+) => {
        /// A way in which a mail makes a client send a request, or a click be
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

            /// When the request is sent.
            pub fn trigger(self) -> Trigger {
                match self {
                    $(Self::$vector => Trigger::$trigger,)+
                }
            }
        }
    };
}

/// When a vector makes a client send a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Trigger {
    /// A link is followed: the request leads to what the reader wants.
    Click,
    /// A link is followed: a request beside it, which nobody asked for.
    Ping,
    /// The reader's program is asked to answer the mail.
    Receipt,
    /// The mail is shown, printed or forwarded.
    Show,
    /// A form is sent.
    Submit,
}

vectors! {
    /// `<a href>`.
    AHref = "a-href" on Click,
    /// `<area href>`.
    AreaHref = "area-href" on Click,
    /// `background=` on any element.
    Background = "background" on Show,
    /// `@import` in a style sheet.
    CssImport = "css-import" on Show,
    /// `url()` in a style sheet or a `style=` attribute.
    CssUrl = "css-url" on Show,
    /// `<img src>` and `<image src>`, which HTML reads as `img`.
    ImgSrc = "img-src" on Show,
    /// One candidate of `<img srcset>`.
    ImgSrcset = "img-srcset" on Show,
    /// `<input type=image src>`.
    InputSrc = "input-src" on Show,
    /// A header field that asks for a receipt (RFC 8098 section 2.1 and its
    /// forerunners).
    ReceiptHeader = "receipt-header" on Receipt,
    /// A URL in plain text, which mail programs make a link of.
    TextUrl = "text-url" on Click,
}

impl Vector {
    /// Whether the URL leads the reader somewhere when it is clicked.
    pub fn is_link(self) -> bool {
        self.trigger() == Trigger::Click
    }

    /// Whether it is loaded when the mail is shown.
    pub fn is_load(self) -> bool {
        self.trigger() == Trigger::Show
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
