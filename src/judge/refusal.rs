//! Links that are never touched: unsubscribing, preferences, view in browser.

use crate::url::Target;
use aho_corasick::AhoCorasick;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use thiserror::Error;

/// The shipped words.
const BUILTIN: &str = include_str!("../../rules/refusal.toml");

/// Recognises links that must keep every byte.
pub struct Refusal {
    url: AhoCorasick,
    text: AhoCorasick,
}

/// The file's form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    url: Vec<String>,
    text: Vec<String>,
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
        let fold = |list: Vec<String>| list.into_iter().map(|w| w.to_lowercase());
        Ok(Self {
            url: AhoCorasick::new(fold(words.url))?,
            text: AhoCorasick::new(fold(words.text))?,
        })
    }

    /// Whether path or query say that this is such a link.
    pub(super) fn names_url(&self, target: &Target) -> bool {
        let decoded = percent_decode_str(target.path_and_query()).decode_utf8_lossy();
        self.url.is_match(&*decoded.to_lowercase())
    }

    /// Whether the visible text of the link says so.
    pub(super) fn names_text(&self, text: &str) -> bool {
        !text.is_empty() && self.text.is_match(&*text.to_lowercase())
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
