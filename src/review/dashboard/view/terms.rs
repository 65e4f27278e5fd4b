//! Adds conditions to the text of a query and takes them away, as it was
//! written: the query string is the state, and people read it.

use crate::review::Query;

/// The conditions of a query as written: what stands between spaces outside
/// of quotes. A quotation without end runs to the end of the text.
pub(crate) fn split(query: &str) -> Vec<&str> {
    let mut terms = Vec::new();
    let mut begin = None;
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, c) in query.char_indices() {
        if c.is_whitespace() && !is_quoted {
            if let Some(begin) = begin.take() {
                terms.extend(query.get(begin..at));
            }
            continue;
        }
        begin.get_or_insert(at);
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = is_quoted,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
    }
    terms.extend(begin.and_then(|begin| query.get(begin..)));
    terms
}

/// Whether this condition is one of the query's.
pub(crate) fn has(query: &str, term: &str) -> bool {
    split(query).contains(&term)
}

/// The query with this condition too. Its opposite, which nothing could fit
/// together with it, is taken away.
pub(crate) fn with(query: &str, term: &str) -> String {
    let opposite = opposite(term);
    let mut terms = split(query);
    terms.retain(|old| *old != term && *old != opposite);
    terms.push(term);
    terms.join(" ")
}

/// The query without this condition.
pub(crate) fn without(query: &str, term: &str) -> String {
    let mut terms = split(query);
    terms.retain(|old| *old != term);
    terms.join(" ")
}

/// The negation of a condition.
pub(crate) fn opposite(term: &str) -> String {
    match term.strip_prefix('-') {
        Some(positive) => positive.to_owned(),
        None => format!("-{term}"),
    }
}

/// A query of one or more conditions.
pub(crate) fn all<'a>(terms: impl IntoIterator<Item = &'a str>) -> String {
    let terms: Vec<&str> = terms.into_iter().filter(|term| !term.is_empty()).collect();
    terms.join(" ")
}

/// A condition on one value, quoted where it needs to be.
pub(crate) fn one(field: &str, value: &str) -> String {
    Query::term(field, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_a_condition_together() {
        for (query, expected) in [
            ("", vec![]),
            ("  a  b ", vec!["a", "b"]),
            (
                r#"company:"Example Inc" -is:clean"#,
                vec![r#"company:"Example Inc""#, "-is:clean"],
            ),
            (r#"x:"a \" b" c"#, vec![r#"x:"a \" b""#, "c"]),
            (r#"x:a\" b" c"#, vec![r#"x:a\" b""#, "c"]),
            (r#"a "open end"#, vec!["a", r#""open end"#]),
            ("é\u{3000}ü", vec!["é", "ü"]),
        ] {
            assert_eq!(split(query), expected, "{query}");
        }
    }

    #[test]
    fn a_condition_replaces_its_opposite() {
        assert_eq!(with("", "is:clean"), "is:clean");
        assert_eq!(with("a -is:clean", "is:clean"), "a is:clean");
        assert_eq!(with("is:clean a", "-is:clean"), "a -is:clean");
        assert_eq!(with("is:clean", "is:clean"), "is:clean");
        assert_eq!(without("a is:clean b", "is:clean"), "a b");
        assert!(has("a is:clean", "is:clean"));
        assert!(!has("a -is:clean", "is:clean"));
    }
}
