//! The declarations of a `style=` attribute.

use cssparser::{ParseError, Parser, ParserInput, Token};

/// Most components of a value that are kept; the properties that matter here
/// have fewer.
const MOST_PARTS: usize = 8;

/// A component of a property's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    /// A function with the components of its arguments, without commas.
    Function(String, Vec<Part>),
    /// A keyword in lower case.
    Ident(String),
    /// A number without a unit.
    Number(f32),
    /// Anything that is not told apart, such as a string or a URL.
    Other,
    /// A percentage, 100 for the whole.
    Percent(f32),
    /// A length in CSS pixels.
    Px(f32),
    /// A length whose unit depends on the window.
    Relative,
}

/// Hands every declaration of one of `properties` in `css` to `each`: the
/// property, its value, and whether it is `!important`.
pub(crate) fn declarations(
    css: &str,
    properties: &[&'static str],
    mut each: impl FnMut(&'static str, &[Part], bool),
) {
    let mut input = ParserInput::new(css);
    let mut parser = Parser::new(&mut input);
    loop {
        let property = match parser.next() {
            Ok(Token::Ident(name)) => properties.iter().find(|p| name.eq_ignore_ascii_case(p)),
            Ok(Token::Semicolon) => continue,
            Ok(_) => None,
            Err(_) => return,
        };
        match property {
            Some(property) if parser.try_parse(Parser::expect_colon).is_ok() => {
                let (parts, important) = value(&mut parser);
                each(property, &parts, important);
            }
            _ => skip_declaration(&mut parser),
        }
    }
}

fn skip_declaration(parser: &mut Parser<'_, '_>) {
    while let Ok(token) = parser.next() {
        if *token == Token::Semicolon {
            return;
        }
    }
}

/// Reads up to the next semicolon. Blocks within are skipped by the parser.
fn value(parser: &mut Parser<'_, '_>) -> (Vec<Part>, bool) {
    let mut parts = Vec::new();
    let mut important = false;
    let mut after_bang = false;
    while let Ok(token) = parser.next() {
        let part = match token {
            Token::Semicolon => break,
            Token::Delim('!') => {
                after_bang = true;
                continue;
            }
            Token::Ident(word) if after_bang => {
                important |= word.eq_ignore_ascii_case("important");
                continue;
            }
            Token::Function(name) => {
                let name = name.to_ascii_lowercase();
                Part::Function(name, arguments(parser))
            }
            token => part(token),
        };
        if parts.len() < MOST_PARTS {
            parts.push(part);
        }
    }
    (parts, important)
}

fn arguments(parser: &mut Parser<'_, '_>) -> Vec<Part> {
    let mut parts = Vec::new();
    let read: Result<(), ParseError<'_, ()>> = parser.parse_nested_block(|inside| {
        while let Ok(token) = inside.next() {
            if *token != Token::Comma && parts.len() < MOST_PARTS {
                parts.push(part(token));
            }
        }
        Ok(())
    });
    if read.is_err() {
        parts.clear();
    }
    parts
}

fn part(token: &Token<'_>) -> Part {
    match token {
        Token::Ident(word) => Part::Ident(word.to_ascii_lowercase()),
        Token::Number { value, .. } => Part::Number(*value),
        Token::Percentage { unit_value, .. } => Part::Percent(unit_value * 100.0),
        Token::Dimension { value, unit, .. } => length(*value, unit),
        _ => Part::Other,
    }
}

/// CSS Values Level 4, section 6. A font size is taken to be 16 pixels.
fn length(value: f32, unit: &str) -> Part {
    const UNITS: &[(&str, f32)] = &[
        ("px", 1.0),
        ("pt", 96.0 / 72.0),
        ("em", 16.0),
        ("rem", 16.0),
        ("in", 96.0),
        ("cm", 96.0 / 2.54),
        ("mm", 9.6 / 2.54),
        ("q", 2.4 / 2.54),
        ("pc", 16.0),
        ("ex", 8.0),
        ("ch", 8.0),
    ];
    UNITS
        .iter()
        .find(|(name, _)| unit.eq_ignore_ascii_case(name))
        .map_or(Part::Relative, |(_, pixels)| Part::Px(value * pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(css: &str) -> Vec<(&'static str, Vec<Part>, bool)> {
        let mut read = Vec::new();
        let properties = ["a", "clip", "display", "height", "width"];
        declarations(css, &properties, |property, parts, important| {
            read.push((property, parts.to_vec(), important));
        });
        read
    }

    fn one(css: &str) -> Part {
        read(css)[0].1[0].clone()
    }

    #[test]
    fn properties_and_their_values_are_read() {
        assert_eq!(
            read("Display : NONE ! important;;width:1px;height:0"),
            [
                ("display", vec![Part::Ident("none".to_owned())], true),
                ("width", vec![Part::Px(1.0)], false),
                ("height", vec![Part::Number(0.0)], false),
            ]
        );
    }

    #[test]
    fn every_unit_has_its_length() {
        assert_eq!(one("a:3pt"), Part::Px(4.0));
        assert_eq!(one("a:2em"), Part::Px(32.0));
        assert_eq!(one("a:1IN"), Part::Px(96.0));
        assert_eq!(one("a:-10px"), Part::Px(-10.0));
        assert_eq!(one("a:50%"), Part::Percent(50.0));
        assert_eq!(one("a:50vw"), Part::Relative);
    }

    #[test]
    fn what_is_no_declaration_or_not_asked_for_is_skipped() {
        let css = "*zoom:1; ; a bar; 'a':y; {a:b}; color:red; width:2px";
        assert_eq!(read(css), [("width", vec![Part::Px(2.0)], false)]);
    }

    #[test]
    fn a_semicolon_in_a_string_url_comment_or_block_ends_nothing() {
        let css = "a:url(data:x;y) ';' /*;*/ (;) {;}; width:2px";
        assert_eq!(read(css).len(), 2);
        assert_eq!(read(css)[1].0, "width");
    }

    #[test]
    fn functions_keep_their_arguments() {
        assert_eq!(
            one("clip:rect(0, 1px 2% auto)"),
            Part::Function(
                "rect".to_owned(),
                vec![
                    Part::Number(0.0),
                    Part::Px(1.0),
                    Part::Percent(2.0),
                    Part::Ident("auto".to_owned()),
                ]
            )
        );
    }
}
