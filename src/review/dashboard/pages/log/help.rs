//! How to ask: the table of fields, and examples.

use crate::review::{FIELDS, dashboard::view::path};

/// Queries that people ask first, and what they ask for.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "is:changed since:2h",
        "what was changed in the last two hours",
    ),
    (
        "is:failed,skipped",
        "what was passed on as it came, and why",
    ),
    (
        "vector:img-src,css-url action:neutralize",
        "images that report when a mail is opened",
    ),
    (
        "tells:address -category:gateway",
        "URLs that hold the recipient's address, security gateways aside",
    ),
    (
        "action:opaque",
        "redirects that were kept because their destination cannot be read",
    ),
    ("allowed:*", "what the allowlist spared"),
    (
        "recipients:>10 size:>100k",
        "large mailings: more than ten recipients and 100 kB",
    ),
];

/// The help.
#[derive(Debug)]
pub(super) struct Help {
    pub(super) examples: Vec<Example>,
    pub(super) fields: Vec<FieldHelp>,
}

#[derive(Debug)]
pub(super) struct Example {
    pub(super) query: &'static str,
    pub(super) href: String,
    pub(super) meaning: &'static str,
}

#[derive(Debug)]
pub(super) struct FieldHelp {
    pub(super) name: &'static str,
    pub(super) meaning: String,
    pub(super) example: &'static str,
}

impl Help {
    pub(super) fn new() -> Self {
        let example = |&(query, meaning): &(&'static str, &'static str)| Example {
            query,
            href: path::log(query),
            meaning,
        };
        Self {
            examples: EXAMPLES.iter().map(example).collect(),
            fields: FIELDS
                .iter()
                .map(|field| FieldHelp {
                    name: field.name,
                    // Markdown's marks of code; the table is made for both.
                    meaning: field.meaning.replace('`', ""),
                    example: field.example,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::review::{Context, Query};

    #[test]
    fn every_example_is_a_query() {
        let now = "2026-11-21T12:00:00+00:00[UTC]".parse().unwrap();
        let context = Context {
            now: &now,
            keys: None,
        };
        for (query, _) in EXAMPLES {
            let parsed = Query::parse(query, &context);
            assert!(parsed.is_ok_and(|query| !query.is_empty()), "{query}");
        }
    }
}
