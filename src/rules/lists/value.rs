//! From what a list picks out of a URL to a destination.

use crate::{
    limits::Limits,
    url::{Target, decode::Destination},
};
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// How often a value is percent-decoded at the most.
const ROUNDS: usize = 3;

/// The URL without its fragment, which no server sees.
pub(super) fn requested(target: &Target) -> &str {
    let url = target.as_str();
    url.split('#').next().unwrap_or(url)
}

/// The first value of a query parameter that is not empty, as it stands.
pub(super) fn parameter<'a>(target: &'a Target, wanted: &str) -> Option<&'a str> {
    let pairs = target.query()?.split('&');
    let mut values = pairs.filter_map(|pair| pair.split_once('='));
    values.find_map(|(name, value)| {
        let name: Cow<'_, [u8]> = percent_decode(name.as_bytes()).into();
        (*name == *wanted.as_bytes() && !value.is_empty()).then_some(value)
    })
}

/// The destination that `value` states, an absolute URL that may be
/// percent-encoded as a whole; or, with `scheme`, one without its scheme.
///
/// It is decoded until it begins like a URL and not once more: what is still
/// encoded then belongs to the destination.
pub(super) fn destination(
    value: &[u8],
    scheme: Option<&str>,
    wrapper: &Target,
    limits: &Limits,
) -> Option<Destination> {
    let mut value: Cow<'_, [u8]> = value.into();
    if let Some(scheme) = scheme {
        let decoded: Vec<u8> = percent_decode(&value).collect();
        value = if has_scheme(&decoded) {
            decoded.into()
        } else {
            [scheme.as_bytes(), b"://", &decoded].concat().into()
        };
    }
    for _ in 0..ROUNDS {
        if has_scheme(&value) || !value.contains(&b'%') {
            break;
        }
        value = percent_decode(&value).collect::<Vec<u8>>().into();
    }
    Destination::of(value.into_owned(), wrapper, limits).ok()
}

fn has_scheme(value: &[u8]) -> bool {
    let begins = |with: &str| {
        let head = value.get(..with.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()))
    };
    begins("http://") || begins("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(value: &str, scheme: Option<&str>) -> Option<String> {
        let wrapper = Target::parse("https://w.example/").unwrap();
        destination(value.as_bytes(), scheme, &wrapper, &Limits::default()).map(|d| d.text)
    }

    #[test]
    fn a_value_is_decoded_until_it_begins_like_a_url() {
        for value in [
            "https://a.example/?u=https%3A%2F%2Fb.example",
            "https%3A%2F%2Fa.example%2F%3Fu%3Dhttps%253A%252F%252Fb.example",
            "https:%2F%2Fa.example%2F%3Fu%3Dhttps%253A%252F%252Fb.example",
            "https%253A%252F%252Fa.example%252F%253Fu%253Dhttps%25253A%25252F%25252Fb.example",
        ] {
            let expected = "https://a.example/?u=https%3A%2F%2Fb.example";
            assert_eq!(leads(value, None).as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn a_value_without_scheme_is_no_destination_unless_the_list_says_so() {
        assert_eq!(leads("a.example/x", None), None);
        let with = |value| leads(value, Some("https"));
        assert_eq!(
            with("a.example%2Fx").as_deref(),
            Some("https://a.example/x")
        );
        assert_eq!(
            with("http://a.example/").as_deref(),
            Some("http://a.example/")
        );
    }

    #[test]
    fn a_parameter_is_found_by_its_decoded_name() {
        let target = Target::parse("https://w.example/?a=&%75=1&u=2").unwrap();
        assert_eq!(parameter(&target, "u"), Some("1"));
        assert_eq!(parameter(&target, "a"), None);
    }
}
