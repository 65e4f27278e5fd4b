//! Links that are never touched (unsubscribing, preferences, view in browser),
//! and URLs that keep all of their parameters (signed ones, logins).

use crate::url::{Target, decode::coding::unescape_text};
use ahash::AHashSet;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};
use serde::Deserialize;
use std::borrow::Cow;
use thiserror::Error;

/// The shipped words.
const BUILTIN: &str = include_str!("../../rules/refusal.toml");

/// Recognises links that must keep every byte.
pub struct Refusal {
    url: AhoCorasick,
    text: AhoCorasick,
    login_url: AhoCorasick,
    login_text: AhoCorasick,
    signed: Names,
    image: Names,
}

/// Names of parameters, each perhaps with `*` at one end.
#[derive(Default)]
struct Names {
    exact: AHashSet<String>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    url: Vec<String>,
    text: Vec<String>,
    login_url: Vec<String>,
    login_text: Vec<String>,
    signed: Vec<String>,
    image: Vec<String>,
}

/// Why the words could not be loaded.
#[derive(Debug, Error)]
pub enum RefusalError {
    /// The words make no automaton.
    #[error("rules/refusal.toml: {0}")]
    Build(#[from] aho_corasick::BuildError),
    /// The file is not valid.
    #[error("rules/refusal.toml: {0}")]
    Syntax(#[from] toml::de::Error),
}

impl Refusal {
    /// The shipped words.
    ///
    /// # Errors
    ///
    /// Only if the binary was built from a broken `rules/refusal.toml`, which
    /// a test rules out.
    pub fn builtin() -> Result<Self, RefusalError> {
        let words: Words = toml::from_str(BUILTIN)?;
        Ok(Self {
            url: automaton(&words.url)?,
            text: automaton(&words.text)?,
            login_url: automaton(&words.login_url)?,
            login_text: automaton(&words.login_text)?,
            signed: Names::new(&words.signed),
            image: Names::new(&words.image),
        })
    }

    /// Whether path or query say that this is such a link.
    pub(super) fn names_url(&self, target: &Target) -> bool {
        holds_word(&self.url, &unescaped(target))
    }

    /// Whether path or query speak of logging in, confirming and the like.
    pub(super) fn names_login_url(&self, target: &Target) -> bool {
        holds_word(&self.login_url, &unescaped(target))
    }

    /// Whether the visible text of a link speaks of such things.
    pub(super) fn names_login_text(&self, text: &str) -> bool {
        holds_word(&self.login_text, text)
    }

    /// Whether an image may be another one without one of its parameters.
    pub(super) fn makes_picture_by_parameter(&self, target: &Target) -> bool {
        self.image.name_any_of(target)
    }

    /// Whether a parameter is a signature over the others, or a secret that
    /// may be bound to them.
    pub(super) fn is_signed(&self, target: &Target) -> bool {
        self.signed.name_any_of(target)
    }

    /// Whether the visible text of the link says so.
    pub(super) fn names_text(&self, text: &str) -> bool {
        holds_word(&self.text, text)
    }

    /// The http(s) URLs in the values of List-Unsubscribe fields (RFC 2369
    /// section 2: each in angle brackets, white space inside ignored).
    pub(super) fn list_unsubscribe_targets(values: &[String]) -> impl Iterator<Item = Target> {
        values
            .iter()
            .flat_map(|v| v.split('<').skip(1))
            .filter_map(|rest| rest.split_once('>'))
            .map(|(url, _)| url.split_ascii_whitespace().collect::<String>())
            .filter_map(|url| Target::parse(&url))
    }
}

/// Path and query with their escapes undone.
fn unescaped(target: &Target) -> Cow<'_, str> {
    unescape_text(target.path_and_query())
}

/// Words are few letters that many URLs hold, so that looking for the rarest
/// first, as a prefilter does, finds too much.
fn automaton(words: &[String]) -> Result<AhoCorasick, aho_corasick::BuildError> {
    AhoCorasickBuilder::new()
        .kind(Some(AhoCorasickKind::DFA))
        .prefilter(false)
        .ascii_case_insensitive(true)
        .build(words.iter().map(|word| word.to_lowercase()))
}

/// Whether one of the words stands in `text`, in any case.
fn holds_word(words: &AhoCorasick, text: &str) -> bool {
    if text.is_ascii() {
        words.is_match(text)
    } else {
        // The automaton knows the case of ASCII letters only.
        words.is_match(&*text.to_lowercase())
    }
}

impl Names {
    fn new(patterns: &[String]) -> Self {
        let mut names = Self::default();
        for pattern in patterns {
            match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
                (Some(suffix), _) => names.suffixes.push(suffix.to_owned()),
                (None, Some(prefix)) => names.prefixes.push(prefix.to_owned()),
                (None, None) => {
                    names.exact.insert(pattern.clone());
                }
            }
        }
        names
    }

    /// Whether a query parameter of `target` has one of these names.
    fn name_any_of(&self, target: &Target) -> bool {
        let pairs = target.query().into_iter().flat_map(|q| q.split('&'));
        pairs
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
            .any(|name| self.contain(name))
    }

    /// `name` as it stands in the URL.
    fn contain(&self, name: &str) -> bool {
        let mut name = unescape_text(name);
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            name.to_mut().make_ascii_lowercase();
        }
        self.exact.contains(&*name)
            || self.prefixes.iter().any(|p| name.starts_with(p))
            || self.suffixes.iter().any(|s| name.ends_with(s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_path_query_and_text_are_found() {
        let r = Refusal::builtin().unwrap();
        for url in [
            "https://example.org/UNSUBSCRIBE?u=1",
            "https://example.org/?action=opt-out",
            "https://example.org/newsletter/d%C3%A9sinscription",
            "https://example.org/mk/un/AbC",
        ] {
            assert!(r.names_url(&Target::parse(url).unwrap()), "{url}");
        }
        for text in [
            "Unsubscribe here",
            "Se désabonner",
            "Отписаться",
            "配信停止はこちら",
        ] {
            assert!(r.names_text(text), "{text}");
        }
    }

    #[test]
    fn ordinary_links_are_not() {
        let r = Refusal::builtin().unwrap();
        for url in [
            "https://example.org/shop/summer?id=7",
            "https://unsub.example.org/summer",
            "https://example.org/subscribe",
        ] {
            assert!(!r.names_url(&Target::parse(url).unwrap()), "{url}");
        }
        assert!(!r.names_text("Read more"));
        assert!(!r.names_text(""));
    }

    #[test]
    fn urls_that_need_all_of_their_parameters_are_known() {
        let r = Refusal::builtin().unwrap();
        let target = |url: &str| Target::parse(url).unwrap();
        for url in [
            "https://example.org/a.png?X-Amz-Signature=1&mc_eid=2",
            "https://example.org/?mc_eid=2&SIG=1",
            "https://example.org/?payload_signature=1",
            "https://example.org/?access_token=1",
            "https://example.org/?otpToken=1",
            "https://example.org/?X%2DGoog%2DExpires=1",
        ] {
            assert!(r.is_signed(&target(url)), "{url}");
        }
        for url in [
            "https://example.org/?mc_eid=2&design=1",
            "https://example.org/sig?q=hmac",
            "https://example.org/",
        ] {
            assert!(!r.is_signed(&target(url)), "{url}");
        }
        for url in [
            "https://example.org/account/Confirm-Email?mc_eid=1",
            "https://example.org/?next=%2Flogin",
        ] {
            assert!(r.names_login_url(&target(url)), "{url}");
        }
        assert!(!r.names_login_url(&target("https://example.org/shop/summer")));
        for text in ["Reset your Password", "Konto bestätigen", "確認する"] {
            assert!(r.names_login_text(text), "{text}");
        }
        assert!(!r.names_login_text("Shop now"));
    }

    #[test]
    fn list_unsubscribe_is_read_with_folds_and_several_addresses() {
        let value = " <mailto:u@example.org?subject=x>,\r\n <https://example.org/u\r\n\t/1?k=2>";
        let values = [value.to_owned()];
        let targets: Vec<_> = Refusal::list_unsubscribe_targets(&values).collect();
        assert_eq!(
            targets,
            [Target::parse("https://example.org/u/1?k=2").unwrap()]
        );
    }
}
