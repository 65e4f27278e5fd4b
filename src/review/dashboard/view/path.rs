//! Paths of the dashboard's own pages. Names from mails are only ever values
//! in them, percent-encoded; nothing here leads outside.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a value: RFC 3986's unreserved characters, and the
/// colon, which the query language uses and a query may hold (section 3.4).
const VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// A path with parameters, in the order given. Empty values are left out, so
/// that the address says only what differs from the page's first state.
pub(crate) fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    let mut sign = '?';
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        out.push(sign);
        out.push_str(name);
        out.push('=');
        out.extend(utf8_percent_encode(value, VALUE));
        sign = '&';
    }
    out
}

/// The log, filtered.
pub(crate) fn log(query: &str) -> String {
    with("/log", &[("q", query)])
}

/// A page whose last segment is a name. A name of dots alone would be
/// resolved away (RFC 3986 section 5.2.4), even percent-encoded, so it is a
/// parameter.
pub(crate) fn named(folder: &str, name: &str) -> String {
    if is_no_segment(name) {
        return with(&format!("{folder}/"), &[("name", name)]);
    }
    let segment: String = utf8_percent_encode(name, VALUE).collect();
    format!("{folder}/{segment}")
}

/// Whether a name cannot be the last segment of a path.
pub(crate) fn is_no_segment(name: &str) -> bool {
    matches!(name, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(log(""), "/log");
        assert_eq!(
            log("tracker:a&b#c d%\"><"),
            "/log?q=tracker:a%26b%23c%20d%25%22%3E%3C"
        );
        assert_eq!(
            with("/", &[("range", "7d"), ("by", ""), ("from", "2026-11-21")]),
            "/?range=7d&from=2026-11-21"
        );
        assert_eq!(named("/company", "A/B é"), "/company/A%2FB%20%C3%A9");
        assert_eq!(named("/company", ".."), "/company/?name=..");
        assert_eq!(named("/company", ""), "/company/");
    }
}
