//! Structured values: a type and its parameters (RFC 2045 section 5.1, RFC
//! 2231), transfer encodings and dispositions.
//!
//! Our own reader and not mail-parser's, because a boundary must be known
//! byte for byte: mail-parser replaces bytes that are not UTF-8 and decodes
//! encoded words within parameters, after which the delimiter lines in the
//! body are not recognised, and it does not tell when a value can be read in
//! two ways.

/// What a media type cannot hold (RFC 2045 section 5.1, tspecials).
const SPECIALS: &[char] = &[
    '(', ')', '<', '>', '@', ',', ';', ':', '\\', '"', '/', '[', ']', '?', '=',
];

/// A parameter of a structured field.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Parameter {
    /// In lower case, with the `*` suffixes of RFC 2231.
    name: String,
    value: Vec<u8>,
    /// Whether all readers agree on the value.
    is_clear: bool,
}

/// A value with parameters, such as `text/html; charset=utf-8`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Structured {
    /// The part before the first parameter in lower case, without comments,
    /// white space and quotes.
    pub(super) head: String,
    /// Whether it is written in a way that a reader without a full parser
    /// understands too: without comments, and the head without quotes.
    pub(super) is_plain: bool,
    /// Whether a comment holds what is a parameter for a reader that knows no
    /// comments.
    pub(super) comment_states_something: bool,
    parameters: Vec<Parameter>,
}

/// One reading of a parameter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Reading {
    pub(super) value: Vec<u8>,
    /// Whether all readers agree on the value.
    pub(super) is_clear: bool,
}

impl Structured {
    /// Reads a field's value; never fails.
    pub(super) fn read(value: &[u8]) -> Self {
        let mut cursor = Cursor::new(value);
        let mut out = Self {
            head: cursor.head(),
            ..Self::default()
        };
        let head_is_quoted = cursor.saw_quote;
        while let Some(parameter) = cursor.parameter() {
            out.parameters.push(parameter);
        }
        out.is_plain = !cursor.saw_comment && !head_is_quoted;
        out.comment_states_something = cursor.comment_states_something;
        out
    }

    /// The head as media type and subtype, or `None` if it is none.
    pub(super) fn media_type(&self) -> Option<&str> {
        let (main, sub) = self.head.split_once('/')?;
        let is_token = |word: &str| !word.is_empty() && !word.contains(SPECIALS);
        (is_token(main) && is_token(sub)).then_some(self.head.as_str())
    }

    /// Every value that is stated for a parameter: the plain ones in their
    /// order, then the extended one and the continued one of RFC 2231.
    pub(super) fn readings(&self, name: &str) -> Vec<Reading> {
        let mut out = Vec::new();
        let mut extended = Vec::new();
        let mut sections: Vec<(u32, bool, &Parameter)> = Vec::new();
        for p in &self.parameters {
            let Some(suffix) = p.name.strip_prefix(name) else {
                continue;
            };
            if suffix.is_empty() {
                out.push(Reading {
                    value: p.value.clone(),
                    is_clear: p.is_clear,
                });
            } else if suffix == "*" {
                extended.push(Reading {
                    value: percent_decoded(without_charset(&p.value)),
                    is_clear: p.is_clear,
                });
            } else if let Some(digits) = suffix.strip_prefix('*') {
                let (digits, is_encoded) = digits
                    .strip_suffix('*')
                    .map_or((digits, false), |d| (d, true));
                if let Ok(index) = digits.parse() {
                    sections.push((index, is_encoded, p));
                }
            }
        }
        out.append(&mut extended);
        sections.sort_by_key(|s| s.0);
        if !sections.is_empty() {
            out.push(joined(&sections));
        }
        out
    }

    /// The first stated value of a parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let first = self.readings(name).into_iter().next()?;
        Some(String::from_utf8_lossy(&first.value).into_owned())
    }
}

fn joined(sections: &[(u32, bool, &Parameter)]) -> Reading {
    let mut value = Vec::new();
    let mut is_clear = true;
    for (expected, (index, is_encoded, p)) in (0u32..).zip(sections) {
        is_clear &= p.is_clear && *index == expected;
        let bytes = if *index == 0 && *is_encoded {
            without_charset(&p.value)
        } else {
            &p.value
        };
        if *is_encoded {
            value.extend(percent_decoded(bytes));
        } else {
            value.extend_from_slice(bytes);
        }
    }
    Reading { value, is_clear }
}

/// The text after `charset'language'`.
fn without_charset(value: &[u8]) -> &[u8] {
    let mut quotes = value.iter().enumerate().filter(|(_, b)| **b == b'\'');
    let second = quotes.nth(1).map_or(0, |(i, _)| i + 1);
    value.get(second..).unwrap_or_default()
}

fn percent_decoded(value: &[u8]) -> Vec<u8> {
    percent_encoding::percent_decode(value).collect()
}

/// Whether a Content-Type value is that of a receipt (RFC 8098 section 3).
pub fn is_disposition_notification(value: &[u8]) -> bool {
    let read = Structured::read(value);
    read.head == "multipart/report"
        && read
            .text("report-type")
            .is_some_and(|t| t.eq_ignore_ascii_case("disposition-notification"))
}

/// The first token of a Content-Transfer-Encoding or Content-Disposition
/// value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Token {
    /// In lower case.
    pub(super) text: String,
    /// Whether nothing but comments and parameters follows.
    pub(super) is_clear: bool,
    /// Whether there is nothing else but white space.
    pub(super) is_plain: bool,
}

/// Reads the first token of a value.
pub(super) fn token(value: &[u8]) -> Token {
    let mut cursor = Cursor::new(value);
    cursor.skip_filling();
    let (bytes, _) = if cursor.peek() == Some(b'"') {
        cursor.quoted()
    } else {
        cursor.take_until(|b| matches!(b, b';' | b'('))
    };
    cursor.skip_filling();
    let is_clear = matches!(cursor.peek(), None | Some(b';'));
    let bytes = bytes.trim_ascii();
    Token {
        text: String::from_utf8_lossy(bytes).to_ascii_lowercase(),
        is_clear,
        is_plain: bytes == value.trim_ascii(),
    }
}

struct Cursor<'a> {
    value: &'a [u8],
    at: usize,
    saw_comment: bool,
    saw_quote: bool,
    comment_states_something: bool,
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

impl<'a> Cursor<'a> {
    fn new(value: &'a [u8]) -> Self {
        Self {
            value,
            at: 0,
            saw_comment: false,
            saw_quote: false,
            comment_states_something: false,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    /// White space, folds and comments (RFC 5322 section 3.2.2).
    fn skip_filling(&mut self) {
        loop {
            self.skip_spaces();
            if self.peek() != Some(b'(') {
                return;
            }
            self.skip_comment();
        }
    }

    fn skip_comment(&mut self) {
        let mut depth = 0usize;
        self.saw_comment = true;
        while let Some(b) = self.peek() {
            self.at += 1;
            match b {
                b'=' | b';' => self.comment_states_something = true,
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => self.at += 1,
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Up to the first parameter.
    fn head(&mut self) -> String {
        let mut head = Vec::new();
        loop {
            self.skip_filling();
            match self.peek() {
                None | Some(b';') => break,
                Some(b'"') => {
                    self.saw_quote = true;
                    self.at += 1;
                }
                Some(b'/') => {
                    head.push(b'/');
                    self.at += 1;
                }
                Some(_) => {
                    // A second word is no part of the type: a semicolon is
                    // missing, and what follows is read as parameters.
                    if head.last().is_some_and(|b| *b != b'/') {
                        break;
                    }
                    let (word, _) = self.take_until(|b| matches!(b, b';' | b'(' | b'/' | b'"'));
                    head.extend(word.to_ascii_lowercase());
                }
            }
        }
        String::from_utf8_lossy(&head).into_owned()
    }

    fn parameter(&mut self) -> Option<Parameter> {
        // Without a semicolon before it, some readers do not see the
        // parameter, others take it for a part of the one before.
        let mut is_clear = false;
        loop {
            self.skip_filling();
            match self.peek()? {
                b';' => {
                    is_clear = true;
                    self.at += 1;
                }
                b'=' | b'"' => self.at += 1,
                _ => {
                    let (name, _) = self.take_until(|b| matches!(b, b';' | b'=' | b'(' | b'"'));
                    let name = String::from_utf8_lossy(&name).to_ascii_lowercase();
                    self.skip_filling();
                    if self.peek() == Some(b'=') {
                        self.at += 1;
                        let (value, value_is_clear) = self.parameter_value();
                        return Some(Parameter {
                            name,
                            value,
                            is_clear: is_clear && value_is_clear,
                        });
                    }
                    is_clear = false;
                }
            }
        }
    }

    fn parameter_value(&mut self) -> (Vec<u8>, bool) {
        self.skip_spaces();
        let (value, mut is_clear) = if self.peek() == Some(b'"') {
            self.quoted()
        } else {
            self.take_until(|b| b == b';')
        };
        let end = self.at;
        self.skip_spaces();
        // A comment here is a comment for some, a part of the value for
        // others; a further word likewise.
        is_clear &= matches!(self.peek(), None | Some(b';'));
        self.at = end;
        (value, is_clear)
    }

    /// A quoted-string; folds in it are undone (RFC 5322 section 3.2.4).
    fn quoted(&mut self) -> (Vec<u8>, bool) {
        self.at += 1;
        let mut out = Vec::new();
        let mut is_clear = true;
        while let Some(b) = self.peek() {
            self.at += 1;
            match b {
                b'"' => return (out, is_clear),
                b'\r' | b'\n' => is_clear = false,
                b'\\' => {
                    is_clear = false;
                    if let Some(escaped) = self.peek() {
                        self.at += 1;
                        out.push(escaped);
                    }
                }
                _ => out.push(b),
            }
        }
        (out, false)
    }

    /// Up to white space or a byte that ends the word.
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> (Vec<u8>, bool) {
        let rest = self.value.get(self.at..).unwrap_or_default();
        let len = rest
            .iter()
            .position(|b| is_space(*b) || ends(*b))
            .unwrap_or(rest.len());
        self.at += len;
        let word = rest.get(..len).unwrap_or_default();
        let is_clear = !word.iter().any(|b| matches!(b, b'(' | b'"' | b'\\'));
        (word.to_vec(), is_clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(value: &str) -> Reading {
        Reading {
            value: value.into(),
            is_clear: true,
        }
    }

    fn readings(value: &str, name: &str) -> Vec<Reading> {
        Structured::read(value.as_bytes()).readings(name)
    }

    #[test]
    fn types_are_read_without_comments_quotes_and_case() {
        let types = [
            (" Text/HTML; charset=x", Some("text/html")),
            ("text / html", Some("text/html")),
            ("(a) text/(b(c))html (d)", Some("text/html")),
            ("\"text/html\"", Some("text/html")),
            ("text/html charset=utf-8", Some("text/html")),
            ("text", None),
            ("=?us-ascii?q?text/html?=", None),
            ("/html", None),
            ("text/", None),
            ("", None),
        ];
        for (value, expected) in types {
            let read = Structured::read(value.as_bytes());
            assert_eq!(read.media_type(), expected, "{value:?}");
        }
    }

    #[test]
    fn parameters_may_be_quoted_bare_or_folded() {
        let value = "multipart/mixed;\r\n\tBoundary=\"a b;c\" ; x=1; charset = utf-8";
        assert_eq!(readings(value, "boundary"), [clear("a b;c")]);
        assert_eq!(readings(value, "charset"), [clear("utf-8")]);
        assert_eq!(
            readings("a/b; boundary=--=_x/y:z", "boundary"),
            [clear("--=_x/y:z")]
        );
    }

    #[test]
    fn a_receipt_is_known_by_its_type() {
        for (value, expected) in [
            (
                " multipart/report; report-type=disposition-notification; boundary=a",
                true,
            ),
            (
                "Multipart/Report;\r\n Report-Type=\"Disposition-Notification\"",
                true,
            ),
            ("multipart/report; report-type=delivery-status", false),
            ("multipart/report", false),
            ("text/plain; report-type=disposition-notification", false),
        ] {
            assert_eq!(
                is_disposition_notification(value.as_bytes()),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn rfc_2231_continuations_are_joined_in_order() {
        let value = "a/b; boundary*1=\"cd\"; boundary*0*=us-ascii'en'a%62";
        assert_eq!(readings(value, "boundary"), [clear("abcd")]);
        assert_eq!(
            readings("a/b; boundary*=us-ascii''a%20b", "boundary"),
            [clear("a b")]
        );
    }

    #[test]
    fn values_that_readers_see_differently_are_not_clear() {
        let unclear = [
            "a/b; boundary=a b",
            "a/b; boundary=a (b)",
            "a/b; boundary=a(b)",
            "a/b; boundary=\"a",
            "a/b; boundary=\"a\"b",
            "a/b; boundary=\"a\\b\"",
            "a/b boundary=a",
            "a/b; boundary*1=a",
        ];
        for value in unclear {
            let found = readings(value, "boundary");
            assert_eq!(found.len(), 1, "{value:?}");
            assert!(!found[0].is_clear, "{value:?}");
        }
    }

    #[test]
    fn what_needs_a_full_parser_is_not_plain() {
        for (value, is_plain, states) in [
            (" text/html;\r\n charset=\"a(b)\"", true, false),
            ("text/html (a)", false, false),
            ("text/html; (a) charset=b", false, false),
            ("\"text/html\"", false, false),
            ("multipart/mixed; (boundary=b) boundary=a", false, true),
        ] {
            let read = Structured::read(value.as_bytes());
            assert_eq!(read.is_plain, is_plain, "{value}");
            assert_eq!(read.comment_states_something, states, "{value}");
        }
    }

    #[test]
    fn two_values_are_two_readings() {
        assert_eq!(
            readings("a/b; boundary=a; boundary=b; boundary*0=c", "boundary"),
            [clear("a"), clear("b"), clear("c")]
        );
    }

    #[test]
    fn transfer_encodings_are_read_in_all_their_spellings() {
        for value in [
            " base64",
            "BASE64 ",
            "\"base64\"",
            "base64 (x)",
            "(x) base64;",
        ] {
            let read = token(value.as_bytes());
            assert_eq!((read.text.as_str(), read.is_clear), ("base64", true));
            assert_eq!(
                read.is_plain,
                value.trim().eq_ignore_ascii_case("base64"),
                "{value:?}"
            );
        }
        assert!(!token(b"base64 7bit").is_clear);
        let nothing = token(b"");
        assert!(nothing.text.is_empty() && nothing.is_clear && nothing.is_plain);
    }

    #[test]
    fn unterminated_comments_and_escapes_at_the_end_end() {
        for value in [
            "(((",
            "a/b (\\",
            "a/b; c=\"\\",
            "a/b; =;=\"\"\"",
            "a/b; c =",
        ] {
            Structured::read(value.as_bytes());
            token(value.as_bytes());
        }
    }
}
