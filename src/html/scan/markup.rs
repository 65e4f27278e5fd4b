//! HTML source read for its text and its tags, without their attributes.
//!
//! lol_html says where the start tags are. What stands between two of them is
//! read here where it is needed, which is in links: that costs a fraction of
//! what lol_html takes for handing out text and end tags.

use super::kind::Kind;
use super::name::Name;

/// What is found in HTML source.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Token<'h> {
    /// Text, its character references not decoded.
    Text(&'h [u8]),
    /// With the offset of its `<`.
    EndTag(Name, usize),
    StartTag(Name),
}

/// Reads HTML source, comments left out (HTML standard, section 13.2.5).
///
/// A CDATA section is read as the comment that it is outside of SVG and
/// MathML: to the first `>`. What the end of the source cuts off is no text.
pub(super) struct Markup<'h> {
    html: &'h [u8],
    at: usize,
    /// The element whose text is read first, if it is raw: up to its end tag
    /// it holds neither markup nor anything that shows.
    raw_text: Option<Name>,
}

impl<'h> Markup<'h> {
    /// Reads `html` from offset `at`, in the content of the raw text element
    /// `raw_text` or in none.
    pub(super) fn new(html: &'h [u8], at: usize, raw_text: Option<Name>) -> Self {
        Self { html, at, raw_text }
    }

    /// Reads `rest`, which starts with `<`. `Err` holds the length of what is
    /// passed over.
    fn markup(&mut self, rest: &'h [u8]) -> Result<Token<'h>, usize> {
        match rest {
            [_, b'/', letter, ..] if letter.is_ascii_alphabetic() => {
                let start = self.at;
                let name = self.tag(rest, 2);
                Ok(Token::EndTag(name, start))
            }
            [_, b'/', ..] => Err(up_to_bracket(rest)),
            [_, b'!', b'-', b'-', comment @ ..] => Err(4 + comment_length(comment)),
            [_, b'!' | b'?', ..] => Err(up_to_bracket(rest)),
            [_, letter, ..] if letter.is_ascii_alphabetic() => {
                let name = self.tag(rest, 1);
                self.raw_text = Some(name).filter(|name| is_raw_text(*name));
                Ok(Token::StartTag(name))
            }
            _ => {
                self.at += 1;
                Ok(Token::Text(rest.get(..1).unwrap_or_default()))
            }
        }
    }

    /// The name of the tag at the start of `rest`, which stands at `name`, and
    /// passes over it.
    fn tag(&mut self, rest: &[u8], name: usize) -> Name {
        let tag = rest.get(name..).unwrap_or_default();
        let (found, length) = Name::read(tag);
        let behind = tag.get(length..).unwrap_or_default();
        self.at += name + length + attributes_length(behind);
        found
    }

    /// Offset of the end tag of `element` behind here, or the end.
    fn end_of_raw_text(&self, element: Name) -> usize {
        let rest = self.html.get(self.at..).unwrap_or_default();
        let end = memchr::memchr_iter(b'<', rest).find(|open| {
            let tag = rest.get(open + 1..).unwrap_or_default();
            matches!(tag, [b'/', name @ ..] if {
                let (name, length) = Name::read(name);
                // One that the end of the source cuts off is none.
                name == element && tag.len() > 1 + length
            })
        });
        end.map_or(self.html.len(), |end| self.at + end)
    }
}

impl<'h> Iterator for Markup<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(element) = self.raw_text.take() {
            self.at = self.end_of_raw_text(element);
        }
        loop {
            let rest = self.html.get(self.at..).filter(|rest| !rest.is_empty())?;
            let length = memchr::memchr(b'<', rest).unwrap_or(rest.len());
            if length > 0 {
                self.at += length;
                return Some(Token::Text(rest.get(..length)?));
            }
            match self.markup(rest) {
                Ok(token) => return Some(token),
                Err(length) => self.at += length,
            }
        }
    }
}

/// The elements of HTML whose content is no markup (HTML standard, section
/// 13.2.6.2 and where it is used).
pub(super) fn is_raw_text(element: Name) -> bool {
    matches!(
        Kind::of(element),
        Kind::Fallback | Kind::RawText | Kind::Style
    )
}

/// Length of `rest` up to the first `>` and with it.
fn up_to_bracket(rest: &[u8]) -> usize {
    memchr::memchr(b'>', rest).map_or(rest.len(), |at| at + 1)
}

/// Length of a comment behind `<!--`.
fn comment_length(comment: &[u8]) -> usize {
    let end = memchr::memchr_iter(b'>', comment).find(|end| {
        let text = comment.get(..*end).unwrap_or_default();
        matches!(text, [] | [b'-']) || text.ends_with(b"--") || text.ends_with(b"--!")
    });
    end.map_or(comment.len(), |end| end + 1)
}

/// Where in a tag a byte stands.
enum Place {
    AfterName,
    BeforeName,
    BeforeValue,
    Name,
    TagName,
    Value,
}

/// Length of a tag behind its name, with its `>`: one within quotes does not
/// end it (HTML standard, sections 13.2.5.32 to 13.2.5.39).
fn attributes_length(behind_name: &[u8]) -> usize {
    let mut place = Place::TagName;
    let mut at = 0;
    while let Some(byte) = behind_name.get(at) {
        at += 1;
        let is_space = byte.is_ascii_whitespace();
        place = match (byte, place) {
            (b'>', _) => return at,
            (b'"' | b'\'', Place::BeforeValue) => {
                let value = behind_name.get(at..).unwrap_or_default();
                match memchr::memchr(*byte, value) {
                    Some(length) => at += length + 1,
                    None => return behind_name.len(),
                }
                Place::BeforeName
            }
            (b'=', Place::AfterName | Place::Name) => Place::BeforeValue,
            (_, Place::BeforeValue) if is_space => Place::BeforeValue,
            (_, Place::BeforeValue) => Place::Value,
            (_, Place::AfterName | Place::Name) if is_space => Place::AfterName,
            (_, Place::BeforeName | Place::TagName | Place::Value) if is_space => Place::BeforeName,
            (b'/', Place::AfterName | Place::BeforeName | Place::Name | Place::TagName) => {
                Place::BeforeName
            }
            (_, Place::AfterName | Place::BeforeName | Place::Name) => Place::Name,
            (_, place @ (Place::TagName | Place::Value)) => place,
        };
    }
    behind_name.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read in short: text as it is, `/name@offset` and `+name`.
    fn read(html: &str) -> Vec<String> {
        const NAMES: [&str; 9] = [
            "a", "b", "br", "iframe", "p", "script", "style", "svg", "title",
        ];
        let name = |name| NAMES.into_iter().find(|n| Name::new(n) == name);
        Markup::new(html.as_bytes(), 0, None)
            .map(|token| match token {
                Token::Text(text) => String::from_utf8_lossy(text).into_owned(),
                Token::EndTag(tag, at) => format!("/{}@{at}", name(tag).unwrap_or("?")),
                Token::StartTag(tag) => format!("+{}", name(tag).unwrap_or("?")),
            })
            .collect()
    }

    #[test]
    fn text_and_tags_are_told_apart() {
        assert_eq!(
            read("one<B>two</b >three</A\n>"),
            ["one", "+b", "two", "/b@9", "three", "/a@19"]
        );
        assert_eq!(read("1 < 2 <= 3<"), ["1 ", "<", " 2 ", "<", "= 3", "<"]);
        assert_eq!(read("&lt;a&gt;"), ["&lt;a&gt;"]);
        assert_eq!(read(""), [""; 0]);
    }

    #[test]
    fn a_bracket_in_quotes_does_not_end_a_tag() {
        for tag in [
            "<a x='>'>",
            "<a x=\">\" y>",
            "<a x = '>'>",
            "<a x='1'y='>'>",
            "<a/x='>'>",
            "<a x/y='>'/>",
            "<a =x='>'>",
        ] {
            assert_eq!(read(&format!("{tag}text")), ["+a", "text"], "{tag}");
        }
        for tag in ["<a '>", "<a x='1'\">", "<a x=1'>", "<a x=y=\">", "<a=\">"] {
            let read = read(&format!("{tag}text"));
            assert_eq!(read.last().map(String::as_str), Some("text"), "{tag}");
        }
    }

    #[test]
    fn comments_hold_no_text() {
        for comment in [
            "<!-- </b> > -->",
            "<!-->",
            "<!--->",
            "<!---->",
            "<!--x--!>",
            "<!-- -- ->-->",
            "<!--[if mso]><b><![endif]-->",
            "<![endif]>",
            "<!doctype html>",
            "<!>",
            "<?xml ?>",
            "</>",
            "</ b>",
            "</1>",
        ] {
            assert_eq!(read(&format!("x{comment}y")), ["x", "y"], "{comment}");
        }
        assert_eq!(read("x<!--y->z"), ["x"]);
        assert_eq!(read("x<!--y"), ["x"]);
    }

    #[test]
    fn raw_text_ends_with_the_end_tag_of_its_element() {
        assert_eq!(
            read("<style>a</b></STYLE>b<title>c</titles>d</title/>e"),
            ["+style", "/style@12", "b", "+title", "/title@39", "e"]
        );
        assert_eq!(read("<script>a</b>c"), ["+script"]);
        assert_eq!(read("<iframe>a</iframe"), ["+iframe"]);
        let inside = Markup::new(b"x</b></style>y", 0, Some(Name::new("style")));
        let texts = inside.filter(|token| matches!(token, Token::Text(_)));
        assert_eq!(texts.collect::<Vec<_>>(), [Token::Text(b"y")]);
    }

    #[test]
    fn what_the_end_cuts_off_is_no_text() {
        for html in ["x<b", "x<b y='"] {
            assert_eq!(read(html), ["x", "+b"], "{html}");
        }
        for html in ["x</b", "x</b y"] {
            assert_eq!(read(html), ["x", "/b@1"], "{html}");
        }
        for html in ["x</", "x<!", "x<?"] {
            assert_eq!(read(html), ["x"], "{html}");
        }
    }
}
