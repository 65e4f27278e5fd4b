//! Takes a query apart into conditions, without knowing any field.
//!
//! ```text
//! query = [ piece *( space piece ) ]
//! piece = [ "-" ] [ name ":" ] value *( "," value )   ; commas only after a name
//! value = 1*( character / DQUOTE *( character / "\" character ) DQUOTE )
//! ```

use super::error::{QueryError, repeat};

/// One condition as written.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where it begins, in characters from 1.
    pub(super) at: usize,
    /// Where the field's name begins.
    pub(super) name_at: usize,
    pub(super) negated: bool,
    pub(super) field: Option<String>,
    /// At least one; a piece without a field has exactly one.
    pub(super) values: Vec<Text>,
}

/// One value as written, without quotes and outer stars.
#[derive(Debug, Default)]
pub(super) struct Text {
    /// Where it begins, in characters from 1.
    pub(super) at: usize,
    /// Empty only if it is a star.
    pub(super) text: String,
    /// Whether a star stands before it.
    pub(super) open_start: bool,
    /// Whether a star stands after it.
    pub(super) open_end: bool,
}

/// A character, and whether it stands in quotes.
type Char = (char, bool);

struct Lexer<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    at: usize,
}

/// The pieces of a query, in order.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, QueryError> {
    let mut lexer = Lexer {
        rest: text.chars().peekable(),
        at: 1,
    };
    let mut pieces = Vec::new();
    loop {
        while lexer.next_if(char::is_whitespace).is_some() {}
        if lexer.rest.peek().is_none() {
            return Ok(pieces);
        }
        pieces.push(lexer.piece()?);
    }
}

impl Lexer<'_> {
    fn next_if(&mut self, fits: impl FnOnce(char) -> bool) -> Option<char> {
        let found = self.rest.next_if(|&c| fits(c))?;
        self.at += 1;
        Some(found)
    }

    fn piece(&mut self) -> Result<Piece, QueryError> {
        let at = self.at;
        let negated = self.next_if(|c| c == '-').is_some();
        if negated && self.rest.peek().is_none_or(|c| c.is_whitespace()) {
            return Err(QueryError::new(
                at,
                "nothing follows the -; put it in quotes to look for it".to_owned(),
            ));
        }
        let name_at = self.at;
        let mut begun: Vec<Char> = Vec::new();
        while let Some(c) = self.next_if(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            begun.push((c, false));
        }
        let mut piece = Piece {
            at,
            name_at,
            negated,
            field: None,
            values: Vec::new(),
        };
        if !begun.is_empty() && self.next_if(|c| c == ':').is_some() {
            piece.field = Some(begun.iter().map(|(c, _)| c).collect());
            loop {
                let at = self.at;
                let chars = self.value(Vec::new(), true)?;
                piece.values.push(text(at, &chars)?);
                if self.next_if(|c| c == ',').is_none() {
                    return Ok(piece);
                }
            }
        }
        let chars = self.value(begun, false)?;
        piece.values.push(text(name_at, &chars)?);
        if let Some(word) = piece.values.first()
            && word.text.is_empty()
        {
            return Err(QueryError::new(
                name_at,
                "a * alone says nothing; leave it out".to_owned(),
            ));
        }
        Ok(piece)
    }

    /// Goes on with a value to its end.
    fn value(&mut self, begun: Vec<Char>, ends_at_comma: bool) -> Result<Vec<Char>, QueryError> {
        let mut chars = begun;
        while let Some(c) = self.next_if(|c| !(c.is_whitespace() || ends_at_comma && c == ',')) {
            if c == '"' {
                self.quoted(&mut chars)?;
            } else {
                chars.push((c, false));
            }
        }
        Ok(chars)
    }

    /// Goes on behind an opening quote.
    fn quoted(&mut self, chars: &mut Vec<Char>) -> Result<(), QueryError> {
        let at = self.at - 1;
        loop {
            match self.next_if(|_| true) {
                Some('"') => return Ok(()),
                Some('\\') => chars.extend(self.next_if(|_| true).map(|c| (c, true))),
                Some(c) => chars.push((c, true)),
                None => {
                    return Err(QueryError::new(
                        at,
                        "the quotation has no end; write \\\" for a quote in it".to_owned(),
                    ));
                }
            }
        }
    }
}

/// Takes outer stars and space away.
fn text(at: usize, chars: &[Char]) -> Result<Text, QueryError> {
    const STAR: Char = ('*', false);
    let mut inner = chars;
    let mut found = Text {
        at,
        ..Text::default()
    };
    while let [STAR, rest @ ..] = inner {
        (inner, found.open_start) = (rest, true);
    }
    while let [rest @ .., STAR] = inner {
        (inner, found.open_end) = (rest, true);
    }
    let whole: String = inner.iter().map(|(c, _)| c).collect();
    found.text = whole.trim().to_owned();
    if inner.contains(&STAR) {
        let problem = format!(
            "{}: a * stands at the beginning or end of a value; put it in quotes to mean itself",
            repeat(&whole)
        );
        return Err(QueryError::new(at, problem));
    }
    if found.text.is_empty() && !found.open_start {
        return Err(QueryError::new(at, "a value is missing here".to_owned()));
    }
    Ok(found)
}
