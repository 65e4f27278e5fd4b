//! The URLs in CSS.
//!
//! cssparser hands a nested block to a closure, so that a message could
//! choose the depth of the recursion. Here a block is entered by starting a
//! new parser behind its bracket, which is a flat walk over the tokens; the
//! kinds of the open blocks stand in a vector.

use super::prelude::{Prelude, Rule};
use crate::html::CssForm;
use crate::sighting::ReadEvent;
use cssparser::{Parser, ParserInput, Token};
use std::ops::{ControlFlow, Range};

/// Functions whose string is a URL.
const URL_FUNCTIONS: &[&str] = &["url", "src"];

/// Functions in which a string of their own is a URL.
const IMAGE_FUNCTIONS: &[&str] = &["image-set", "-webkit-image-set", "image"];

/// Filters of Internet Explorer, in which some strings are URLs.
const FILTERS: &[&str] = &["alphaimageloader", "icmfilter"];

/// What a filter's name begins with.
const FILTER_SCHEME: &str = "progid:";

/// A URL in CSS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CssUrl {
    /// What lies between the quotes or parentheses, escapes and all.
    pub(crate) span: Range<usize>,
    pub(crate) form: CssForm,
    pub(crate) loads: Loads,
    /// What makes a client load it, if it is not that the mail is shown.
    pub(crate) event: Option<ReadEvent>,
}

/// What a client takes a URL in CSS for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loads {
    /// A font (`@font-face`).
    Font,
    /// A picture, as far as one can tell.
    Image,
    /// A picture, if it is a URL at all.
    Perhaps,
    /// A style sheet (`@import`).
    Sheet,
}

/// Whether `css` can hold a URL at all; most CSS in mail does not.
///
/// `css` is the source of a style sheet or, with its character references
/// decoded, of a `style=` attribute.
pub(crate) fn may_hold(css: &[u8]) -> bool {
    memchr::memchr3_iter(b'(', b'@', b'\\', css).any(|at| match css.get(at) {
        Some(b'(') => {
            let before = css.get(..at).unwrap_or_default();
            [URL_FUNCTIONS, IMAGE_FUNCTIONS, FILTERS]
                .iter()
                .copied()
                .flatten()
                .any(|name| ends_with(before, name))
        }
        Some(b'@') => matches!(css.get(at + 1), Some(b'i' | b'I')),
        _ => true,
    }) || may_hold_custom_property(css)
}

/// Whether a custom property (`--name`) can be declared in `css`, whose string
/// may become a URL elsewhere. Comments of HTML have the same two hyphens.
pub(crate) fn may_hold_custom_property(css: &[u8]) -> bool {
    memchr::memchr_iter(b'-', css).any(|at| {
        if css.get(at + 1) != Some(&b'-') {
            return false;
        }
        let before = at.checked_sub(1).and_then(|at| css.get(at));
        let behind = css.get(at + 2);
        !matches!(before, Some(b'!' | b'-'))
            && behind
                .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | 0x80..))
    })
}

fn ends_with(bytes: &[u8], name: &str) -> bool {
    bytes
        .len()
        .checked_sub(name.len())
        .and_then(|start| bytes.get(start..))
        .is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
}

/// Hands every URL in `css` to `found`, in order, until that breaks off.
///
/// A URL or string that is broken by a newline is none, as CSS has it; one
/// that the end of the text leaves open is one.
pub(crate) fn urls(css: &str, mut found: impl FnMut(CssUrl) -> ControlFlow<()>) {
    let mut walk = Walk::default();
    let mut base = 0;
    while let Some(rest) = css.get(base..) {
        let mut input = ParserInput::new(rest);
        let mut parser = Parser::new(&mut input);
        loop {
            let start = base + parser.position().byte_index();
            let Ok(token) = parser.next_including_whitespace_and_comments() else {
                return;
            };
            let step = walk.step(token);
            let end = base + parser.position().byte_index();
            let (span, form, loads) = match step {
                Step::Next => continue,
                Step::Enter => {
                    base = end;
                    break;
                }
                Step::Bare(loads) => (bare(css, start..end), CssForm::Bare, loads),
                Step::Quoted(loads) => {
                    let (span, form) = quoted(css, start..end);
                    (span, form, loads)
                }
            };
            let event = walk.event();
            if found(CssUrl {
                span,
                form,
                loads,
                event,
            })
            .is_break()
            {
                return;
            }
        }
    }
}

enum Step {
    Bare(Loads),
    /// Into the block that the token opens.
    Enter,
    Next,
    Quoted(Loads),
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Block {
    Curly,
    Filter,
    Image,
    Paren,
    Square,
    Url,
}

/// A block that is open.
#[derive(Clone, Copy)]
struct Open {
    block: Block,
    /// Whether it is, or stands in, that of `@font-face`.
    is_font: bool,
    event: Option<ReadEvent>,
}

/// Where a declaration of a custom property is being read.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Custom {
    Name,
    #[default]
    No,
    Value,
}

#[derive(Default)]
struct Walk {
    open: Vec<Open>,
    prelude: Prelude,
    custom: Custom,
    /// Whether the last token was a full stop, which makes a class of a name.
    after_dot: bool,
}

impl Walk {
    fn step(&mut self, token: &Token<'_>) -> Step {
        if matches!(token, Token::WhiteSpace(_) | Token::Comment(_)) {
            return Step::Next;
        }
        let block = self.block();
        if block == Some(Block::Url)
            && let Some(open) = self.open.last_mut()
        {
            // Only the first thing in `url()` can be its string.
            open.block = Block::Paren;
        }
        let after_dot = std::mem::take(&mut self.after_dot);
        if self.custom == Custom::Name {
            self.custom = match token {
                Token::Colon => Custom::Value,
                _ => Custom::No,
            };
        }
        match token {
            Token::AtKeyword(name) => {
                self.prelude = Prelude::at(Rule::of(name));
                Step::Next
            }
            Token::Semicolon => {
                self.begin();
                Step::Next
            }
            Token::CurlyBracketBlock => self.enter(Block::Curly),
            Token::SquareBracketBlock => self.enter(Block::Square),
            Token::ParenthesisBlock => self.enter(Block::Paren),
            Token::Function(name) if is_one_of(name, URL_FUNCTIONS) => self.enter(Block::Url),
            Token::Function(name) if is_one_of(name, IMAGE_FUNCTIONS) => self.enter(Block::Image),
            Token::Function(name) if is_filter(name) => self.enter(Block::Filter),
            Token::Function(_) => self.enter(Block::Paren),
            Token::CloseCurlyBracket => self.leave(&[Block::Curly]),
            Token::CloseSquareBracket => self.leave(&[Block::Square]),
            Token::CloseParenthesis => {
                self.leave(&[Block::Filter, Block::Image, Block::Paren, Block::Url])
            }
            Token::UnquotedUrl(_) => match self.take_rule() {
                Rule::Silent => Step::Next,
                rule => Step::Bare(self.loads(rule)),
            },
            Token::QuotedString(text) => self.string(text, block),
            token => {
                self.word(token, after_dot, block);
                Step::Next
            }
        }
    }

    /// What makes a client load what is read now.
    fn event(&self) -> Option<ReadEvent> {
        self.open.last().and_then(|open| open.event)
    }

    fn block(&self) -> Option<Block> {
        self.open.last().map(|open| open.block)
    }

    /// Takes in what may tell something about the block to come.
    fn word(&mut self, token: &Token<'_>, after_dot: bool, block: Option<Block>) {
        match token {
            Token::Ident(name) if after_dot || block == Some(Block::Square) => {
                self.prelude.class(name);
            }
            Token::Ident(name) => {
                self.prelude.word(name);
                if (name.starts_with("--") || name.eq_ignore_ascii_case("initial-value"))
                    && matches!(block, None | Some(Block::Curly))
                {
                    self.custom = Custom::Name;
                }
            }
            Token::Hash(name) | Token::IDHash(name) => self.prelude.hash(name),
            Token::Comma => self.prelude.comma(),
            Token::Delim('.') => self.after_dot = true,
            _ => (),
        }
    }

    fn string(&mut self, text: &str, block: Option<Block>) -> Step {
        match self.take_rule() {
            Rule::Silent => Step::Next,
            Rule::Import => Step::Quoted(Loads::Sheet),
            rule => match block {
                Some(Block::Image | Block::Url) => Step::Quoted(self.loads(rule)),
                Some(Block::Filter) => Step::Quoted(Loads::Perhaps),
                Some(Block::Square) => {
                    self.prelude.class(text);
                    Step::Next
                }
                // `-ms-filter` has the whole filter in a string.
                _ if names_filter(text) => Step::Quoted(Loads::Image),
                _ if self.custom == Custom::Value => Step::Quoted(Loads::Perhaps),
                _ => Step::Next,
            },
        }
    }

    fn loads(&self, rule: Rule) -> Loads {
        if rule == Rule::Import {
            Loads::Sheet
        } else if self.open.last().is_some_and(|open| open.is_font) {
            Loads::Font
        } else {
            Loads::Image
        }
    }

    /// Only the first URL of `@import` is loaded.
    fn take_rule(&mut self) -> Rule {
        let rule = self.prelude.rule;
        if rule == Rule::Import {
            self.prelude.rule = Rule::Other;
        }
        rule
    }

    /// Begins a rule or declaration.
    fn begin(&mut self) {
        self.prelude = Prelude::default();
        self.custom = Custom::No;
    }

    fn enter(&mut self, block: Block) -> Step {
        let (is_font, event) = match self.open.last() {
            Some(open) => (open.is_font, open.event),
            None => (false, None),
        };
        let mut open = Open {
            block,
            is_font,
            event,
        };
        if block == Block::Curly {
            open.is_font |= self.prelude.rule == Rule::FontFace;
            open.event = self.prelude.event().or(event);
            self.begin();
        }
        self.open.push(open);
        Step::Enter
    }

    /// A closing bracket that does not fit is an ordinary token.
    fn leave(&mut self, kinds: &[Block]) -> Step {
        if self.block().is_some_and(|b| kinds.contains(&b)) {
            self.open.pop();
            if kinds.contains(&Block::Curly) {
                self.begin();
            }
        }
        Step::Next
    }
}

fn names_filter(text: &str) -> bool {
    let scheme = text.trim_ascii_start().get(..FILTER_SCHEME.len());
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(FILTER_SCHEME))
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Whether a function is one of [`FILTERS`], whose names may stand behind
/// those of their modules (`DXImageTransform.Microsoft.`).
fn is_filter(name: &str) -> bool {
    FILTERS.iter().any(|f| ends_with(name.as_bytes(), f))
}

/// The inside of the string token at `token`.
fn quoted(css: &str, token: Range<usize>) -> (Range<usize>, CssForm) {
    let text = css.get(token.clone()).unwrap_or_default();
    let (quote, form) = match text.as_bytes().first() {
        Some(b'\'') => ('\'', CssForm::Single),
        _ => ('"', CssForm::Double),
    };
    let inside = text.get(1..).unwrap_or_default();
    let open = inside
        .strip_suffix(quote)
        .filter(|inside| !ends_in_backslash(inside));
    let start = token.start + 1;
    (start..start + open.unwrap_or(inside).len(), form)
}

/// The inside of the `url(…)` token at `token`, without the white space
/// around it.
fn bare(css: &str, token: Range<usize>) -> Range<usize> {
    let text = css.get(token.clone()).unwrap_or_default();
    let open = text.find('(').map_or(0, |at| at + 1);
    let inside = text.get(open..).unwrap_or_default();
    let inside = inside
        .strip_suffix(')')
        .filter(|inside| !ends_in_backslash(inside))
        .unwrap_or(inside);
    let trimmed = inside.trim_start_matches(is_space);
    let start = token.start + open + (inside.len() - trimmed.len());
    let mut end = trimmed.trim_end_matches(is_space);
    if ends_in_backslash(end) {
        // The space after a backslash belongs to the URL.
        let escaped = trimmed.get(..end.len() + 1);
        end = escaped.unwrap_or(end);
    }
    start..start + end.len()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C')
}

/// Whether the character after `text` is escaped.
fn ends_in_backslash(text: &str) -> bool {
    let backslashes = text.bytes().rev().take_while(|b| *b == b'\\').count();
    backslashes % 2 == 1
}

#[cfg(test)]
mod tests;
