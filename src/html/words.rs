//! URLs among other words: in scripts, in the values of `<meta>`, in
//! expressions.

use super::data_url::from_base64;
use super::reach::is_remote;
use percent_encoding::percent_decode_str;

/// Fewest digits of base64 that can hold a URL (`//a.b/`).
const SHORTEST_BASE64: usize = 12;

/// Every URL in `text` that leads to a host, as far as one can tell without
/// knowing what the text is, also percent-encoded.
pub(crate) fn urls(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(text, &mut found);
    if text.contains('%') {
        collect(&percent_decode_str(text).decode_utf8_lossy(), &mut found);
    }
    found.dedup();
    found
}

/// The same for the source of a script, which may also hold them in base64.
pub(crate) fn urls_of_script(text: &str) -> Vec<String> {
    let mut found = urls(text);
    let is_digit = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    for run in text.as_bytes().split(|b| !is_digit(b)) {
        if run.len() >= SHORTEST_BASE64 {
            let decoded = from_base64(run);
            if decoded.is_ascii() {
                collect(&String::from_utf8_lossy(&decoded), &mut found);
            }
        }
    }
    found
}

fn collect(text: &str, found: &mut Vec<String>) {
    for word in text.split(ends_word) {
        // `url=https://…`, `report-uri:https://…`: what leads up to it is cut
        // off, at the first place from which on it is a URL.
        if let Some(url) = start(word) {
            found.push(url.to_owned());
        }
    }
}

/// What no URL holds as written, or what parts it from other words.
fn ends_word(c: char) -> bool {
    c <= ' '
        || matches!(
            c,
            '"' | '\'' | '`' | '<' | '>' | '(' | ')' | ',' | ';' | '|' | '{' | '}'
        )
}

/// The rest of `word` from the first place on from which on it is a URL.
fn start(word: &str) -> Option<&str> {
    let bytes = word.as_bytes();
    let slashes = bytes
        .windows(2)
        .position(|two| two.iter().all(|b| matches!(b, b'/' | b'\\')));
    let scheme = memchr::memchr_iter(b':', bytes).find_map(|colon| {
        ["https", "http"].iter().find_map(|scheme| {
            let at = colon.checked_sub(scheme.len())?;
            let name = word.get(at..colon)?;
            name.eq_ignore_ascii_case(scheme).then_some(at)
        })
    });
    let at = match (slashes, scheme) {
        (Some(slashes), Some(scheme)) => slashes.min(scheme),
        (slashes, scheme) => slashes.or(scheme)?,
    };
    word.get(at..).filter(|url| is_remote(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_found_among_words() {
        for (text, expected) in [
            (
                "script-src 'self'; report-uri https://h.example/1",
                "https://h.example/1",
            ),
            ("frequence=30;polling-uri=//h.example/1", "//h.example/1"),
            ("'<img src=HTTP://h.example/1>'", "HTTP://h.example/1"),
            (
                "%3Cimg%20src=%68ttp:%2f%2fh.example/1%3E",
                "http://h.example/1",
            ),
            ("view-source:https://h.example/1", "https://h.example/1"),
            ("<https://h.example/1>; rel=preload", "https://h.example/1"),
            ("//h.example/1?a:b", "//h.example/1?a:b"),
        ] {
            assert_eq!(urls(text), [expected], "{text}");
        }
    }

    #[test]
    fn text_without_a_url_has_none() {
        for text in [
            "",
            "none",
            "a:b/c",
            "default-src 'none'",
            "width=device-width",
        ] {
            assert_eq!(urls(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_script_may_hold_them_in_base64() {
        // <img src="https://h.example/1">
        let script = "atob('PGltZyBzcmM9Imh0dHBzOi8vaC5leGFtcGxlLzEiPg==')";
        assert_eq!(urls_of_script(script), ["https://h.example/1"]);
        assert_eq!(urls(script), Vec::<String>::new());
    }
}
