//! The query language of the block log.

use std::sync::LazyLock;
use untrackd::review::{Context, Query};

/// A fixed moment; a real one would make found inputs depend on the day.
static NOW: LazyLock<jiff::Zoned> = LazyLock::new(|| {
    let now = "2026-11-21T12:00:00+01:00[Europe/Berlin]".parse();
    now.expect("a time in the form of RFC 9557")
});

/// Longest query that is read, in bytes.
const MAX_TEXT: usize = 8_192;

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let context = Context {
        now: &NOW,
        keys: None,
    };
    match Query::parse(text, &context) {
        Err(error) => {
            let characters = text.chars().count();
            assert!((1..=characters + 1).contains(&error.position), "{error}");
            assert!(!error.problem.is_empty());
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
        }
        Ok(query) => {
            let canonical = query.to_string();
            // Quotes and escapes can make a text longer than it came.
            if canonical.len() > MAX_TEXT {
                return;
            }
            let again = Query::parse(&canonical, &context);
            assert_eq!(again.as_ref(), Ok(&query), "{canonical:?}");
            assert_eq!(query.is_empty(), canonical.is_empty());
            assert_eq!(again.map(|q| q.to_string()).as_ref(), Ok(&canonical));
        }
    }
}
