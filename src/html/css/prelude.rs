//! What stands before a block: an at-rule, or the selectors of a style rule.

use crate::sighting::ReadEvent;

/// Classes and identifiers that mail programs put around a mail when it is
/// forwarded or answered. Style sheets name them to learn of it.
const QUOTATIONS: &[&str] = &[
    "appendonsend",
    "divrplyfwdmsg",
    "forwardbody1",
    "gmail_attr",
    "gmail_extra",
    "gmail_quote",
    "gmail_quote_container",
    "mailcontainerbody",
    "moz-cite-prefix",
    "moz-email-headers-table",
    "moz-forward-container",
    "olk_src_body_section",
    "outlookmessageheader",
    "protonmail_quote",
    "yahoo_quoted",
    "yahooquotedcontent",
    "zmail_extra",
];

/// The at-rules that are told apart.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Rule {
    FontFace,
    Import,
    Media,
    /// None: a style rule, or declarations.
    #[default]
    None,
    Other,
    /// Its URLs are compared and never loaded.
    Silent,
}

impl Rule {
    pub(super) fn of(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "font-face" => Self::FontFace,
            "import" => Self::Import,
            "media" => Self::Media,
            "namespace" | "document" | "-moz-document" => Self::Silent,
            _ => Self::Other,
        }
    }
}

/// What was read since the last block, semicolon or at-keyword.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Prelude {
    pub(super) rule: Rule,
    print: bool,
    other_medium: bool,
    quotation: bool,
    blockquote: bool,
    hash: bool,
}

impl Prelude {
    /// After an at-keyword.
    pub(super) fn at(rule: Rule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Takes in a name that is neither a class nor an identifier.
    pub(super) fn word(&mut self, name: &str) {
        match self.rule {
            Rule::Media if name.eq_ignore_ascii_case("print") => self.print = true,
            Rule::Media => {
                self.other_medium |= ["screen", "all", "not"]
                    .iter()
                    .any(|word| name.eq_ignore_ascii_case(word));
            }
            Rule::None => self.blockquote |= name.eq_ignore_ascii_case("blockquote"),
            _ => (),
        }
    }

    /// Takes in a class.
    pub(super) fn class(&mut self, name: &str) {
        self.quotation |= self.rule == Rule::None
            && QUOTATIONS
                .iter()
                .any(|word| name.eq_ignore_ascii_case(word));
    }

    /// Takes in an identifier.
    pub(super) fn hash(&mut self, name: &str) {
        self.hash = true;
        self.class(name);
    }

    /// Ends a selector of a list.
    pub(super) fn comma(&mut self) {
        self.note_blockquote();
        (self.blockquote, self.hash) = (false, false);
    }

    /// What makes a client use what stands in the block.
    pub(super) fn event(mut self) -> Option<ReadEvent> {
        self.note_blockquote();
        if self.quotation {
            Some(ReadEvent::Forward)
        } else if self.print && !self.other_medium {
            Some(ReadEvent::Print)
        } else {
            None
        }
    }

    /// Many a mail has a style for quotations; one for a single element
    /// within them waits for the mail itself to become one.
    fn note_blockquote(&mut self) {
        self.quotation |= self.blockquote && self.hash;
    }
}
