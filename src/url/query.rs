//! Parameters taken out of a URL with every other byte left as it is.

use super::decode::coding::unescape_text;
use std::borrow::Cow;

/// `url` without the query parameters whose name `drop` accepts; `None` if
/// there is none.
///
/// `url` is the text as the mail states it (entities decoded). What is left
/// keeps its bytes and its order, the fragment included: nothing is
/// normalised, since a server may compare or sign the URL as it was written.
/// If no parameter is left, the `?` goes too.
///
/// Parameters are what stands between `&`; a `;` separates nothing, as in the
/// URL standard. A name ends at the first `=` or where its pair ends, and is
/// percent-decoded before `drop` sees it, without the tabs and line breaks
/// that a client ignores. What looks like parameters after `#` is not sent to
/// any server and is left alone.
pub fn without(url: &str, mut drop: impl FnMut(&str) -> bool) -> Option<String> {
    let (requested, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let (before, query) = requested.split_once('?')?;
    let mut kept = Vec::new();
    let mut dropped = false;
    for pair in query.split('&') {
        if !pair.is_empty() && drop(&name(pair)) {
            dropped = true;
        } else {
            kept.push(pair);
        }
    }
    if !dropped {
        return None;
    }
    let mut shorter = String::with_capacity(url.len());
    shorter.push_str(before);
    if kept.iter().any(|pair| !pair.is_empty()) {
        shorter.push('?');
        shorter.push_str(&kept.join("&"));
    }
    shorter.push_str(fragment);
    Some(shorter)
}

/// The name of a pair as a server reads it.
fn name(pair: &str) -> Cow<'_, str> {
    let raw = pair.split_once('=').map_or(pair, |(name, _)| name);
    // Mailers wrap long attribute values, and the URL standard drops these.
    if raw.contains(['\t', '\n', '\r']) {
        let raw = raw.replace(['\t', '\n', '\r'], "");
        return unescape_text(&raw).into_owned().into();
    }
    unescape_text(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_x(url: &str) -> Option<String> {
        without(url, |name| name == "x")
    }

    #[test]
    fn a_whole_pair_goes_and_the_rest_keeps_its_bytes() {
        for (url, expected) in [
            ("https://a.example/?x=1&b=2", "https://a.example/?b=2"),
            ("https://a.example/?b=2&x=1", "https://a.example/?b=2"),
            (
                "https://a.example/?a&x=1&b=%7E+%2f",
                "https://a.example/?a&b=%7E+%2f",
            ),
            ("HTTPS://A.example/../?x=1&B=ü", "HTTPS://A.example/../?B=ü"),
            ("//a.example/p?c=1&x=2&x=3&a=4", "//a.example/p?c=1&a=4"),
            (
                "https://a.example/?a=1&x=y=z&b=?",
                "https://a.example/?a=1&b=?",
            ),
            ("https://a.example/?x&b=2", "https://a.example/?b=2"),
            ("https://a.example/?x=&b", "https://a.example/?b"),
            (
                "https://a.example/?a=1&&x=2&=3",
                "https://a.example/?a=1&&=3",
            ),
        ] {
            assert_eq!(without_x(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn an_empty_query_goes_with_its_question_mark() {
        for (url, expected) in [
            ("https://a.example/p?x=1", "https://a.example/p"),
            ("https://a.example?x=1&x=2", "https://a.example"),
            ("https://a.example/?&x=1&", "https://a.example/"),
            ("https://a.example/?x=1#part", "https://a.example/#part"),
        ] {
            assert_eq!(without_x(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn a_fragment_is_left_alone() {
        assert_eq!(
            without_x("https://a.example/?x=1&b=2#?x=1&x=2").as_deref(),
            Some("https://a.example/?b=2#?x=1&x=2")
        );
        for url in ["https://a.example/#x=1", "https://a.example/#?x=1&x=2"] {
            assert_eq!(without_x(url), None, "{url}");
        }
    }

    #[test]
    fn nothing_to_drop_is_none() {
        for url in [
            "",
            "?",
            "https://a.example/x=1",
            "https://a.example/?",
            "https://a.example/?a=x&xx=1&X=2&y=x",
            "https://a.example/?a=1;x=2",
            "https://a.example/?a=1%26x=2",
            "https://a.example/?a=1&amp;x=2",
        ] {
            assert_eq!(without_x(url), None, "{url}");
        }
    }

    #[test]
    fn a_name_is_compared_as_a_server_reads_it() {
        for name in ["mc_eid", "mc%5Feid", "%6d%63_eid", "mc_\r\n\teid"] {
            let url = format!("https://a.example/?a=1&{name}=5");
            let shorter = without(&url, |n| n == "mc_eid");
            assert_eq!(shorter.as_deref(), Some("https://a.example/?a=1"), "{url}");
        }
        // Decoded once only.
        let url = "https://a.example/?mc%255Feid=5";
        assert_eq!(without(url, |n| n == "mc_eid"), None);
    }

    #[test]
    fn an_empty_pair_is_no_parameter() {
        assert_eq!(without("https://a.example/?&&", |_| true), None);
        assert_eq!(
            without("https://a.example/?=1&a", str::is_empty).as_deref(),
            Some("https://a.example/?a")
        );
    }
}
