//! The rules of ClearURLs: providers, each with a pattern of URLs, names of
//! parameters, and expressions that pick a destination out of a redirect.

use super::{
    error::Unusable,
    tally::Tally,
    value::{destination, requested},
};
use crate::{
    limits::Limits,
    url::{Target, decode::Destination},
};
use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Largest compiled program of one expression, in bytes.
const PROGRAM_BYTES: usize = 1 << 20;

/// Largest compiled program of the expressions of all providers together, in
/// bytes.
const SET_BYTES: usize = 32 << 20;

/// Largest cache of the automaton's states, in bytes.
const SET_CACHE_BYTES: usize = 8 << 20;

/// The providers of one list.
pub(super) struct Providers {
    /// Which URLs each provider is for.
    urls: RegexSet,
    /// In the order of `urls`.
    providers: Vec<Provider>,
}

/// One provider, as far as mail can use it.
pub(super) struct Provider {
    /// URLs that it is not for.
    exceptions: RegexSet,
    /// Names of parameters, each to match as a whole.
    names: RegexSet,
    /// The first group is the destination.
    redirections: Vec<Regex>,
}

#[derive(Deserialize)]
struct File {
    providers: Map<String, Value>,
}

/// A provider as it is written. Keys that are not here (`forceRedirection`)
/// matter to a browser only.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProvider {
    url_pattern: String,
    /// Blocks every request, which a mail cannot.
    #[serde(default)]
    complete_provider: bool,
    #[serde(default)]
    rules: Vec<String>,
    /// Cuts anywhere in the URL.
    #[serde(default)]
    raw_rules: Vec<String>,
    /// Somebody is paid for the click; not undone.
    #[serde(default)]
    referral_marketing: Vec<String>,
    #[serde(default)]
    exceptions: Vec<String>,
    #[serde(default)]
    redirections: Vec<String>,
}

impl Providers {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        let file: File = serde_json::from_str(text)?;
        let (mut urls, mut providers) = (Vec::new(), Vec::new());
        for (name, value) in file.providers {
            match serde_json::from_value::<RawProvider>(value) {
                Ok(raw) => {
                    if let Some(provider) = Provider::compile(&name, &raw, tally) {
                        urls.push(raw.url_pattern);
                        providers.push(provider);
                    }
                }
                Err(e) => tally.misread(|| format!("provider {name}"), e.to_string()),
            }
        }
        if tally.used == 0 {
            return Err(Unusable::new(
                "no provider has a rule or redirection that can be used; name the file in the \
                 format that it is in, or leave it out",
            ));
        }
        let urls = set(&urls)
            .map_err(|e| Unusable::new(format!("the URL patterns are too large together: {e}")))?;
        Ok(Self { urls, providers })
    }

    /// The providers that are for this URL.
    pub(super) fn of<'a>(&'a self, target: &Target) -> Vec<&'a Provider> {
        let url = requested(target).as_bytes();
        let matched = self.urls.matches(url);
        let providers = matched.iter().filter_map(|at| self.providers.get(at));
        providers.filter(|p| !p.exceptions.is_match(url)).collect()
    }

    /// Whether the URL is a redirect, readable or not.
    pub(super) fn is_redirect(&self, target: &Target) -> bool {
        let url = requested(target).as_bytes();
        let providers = self.of(target);
        let mut redirections = providers.iter().flat_map(|p| &p.redirections);
        redirections.any(|expression| expression.is_match(url))
    }

    /// Where a redirect leads.
    pub(super) fn unwrap(&self, target: &Target, limits: &Limits) -> Option<Destination> {
        let url = requested(target).as_bytes();
        let providers = self.of(target);
        let redirections = providers.iter().flat_map(|p| &p.redirections);
        redirections
            .filter_map(|expression| expression.captures(url)?.get(1))
            .find_map(|group| destination(group.as_bytes(), None, target, limits))
    }
}

impl Provider {
    /// None if nothing of it can be used.
    fn compile(name: &str, raw: &RawProvider, tally: &mut Tally) -> Option<Self> {
        let place = |kind: &str, text: &str| format!("provider {name}, {kind} {text}");
        if let Err(e) = expression(&raw.url_pattern) {
            tally.misread(|| place("urlPattern", &raw.url_pattern), e);
            return None;
        }
        for text in &raw.exceptions {
            if let Err(e) = expression(text) {
                // Without its exception the provider would go too far.
                tally.misread(|| place("exception", text), e);
                return None;
            }
        }
        tally.unused +=
            raw.raw_rules.len() + raw.referral_marketing.len() + usize::from(raw.complete_provider);
        let mut names = Vec::new();
        for text in &raw.rules {
            let whole = format!("^(?:{text})$");
            match expression(&whole) {
                Ok(e) if e.is_match(b"") => {
                    tally.misread(
                        || place("rule", text),
                        "the rule matches a name of no length",
                    );
                }
                Ok(_) => names.push(whole),
                Err(e) => tally.misread(|| place("rule", text), e),
            }
        }
        let mut redirections = Vec::new();
        for text in &raw.redirections {
            match expression(text) {
                Ok(e) if e.captures_len() < 2 => {
                    tally.misread(|| place("redirection", text), "the expression has no group");
                }
                Ok(e) => redirections.push(e),
                Err(e) => tally.misread(|| place("redirection", text), e),
            }
        }
        let used = names.len() + redirections.len();
        if used == 0 {
            return None;
        }
        let (exceptions, names) = match (set(&raw.exceptions), set(&names)) {
            (Ok(exceptions), Ok(names)) => (exceptions, names),
            (Err(e), _) | (_, Err(e)) => {
                tally.misread(|| format!("provider {name}"), e);
                return None;
            }
        };
        tally.used += used;
        Some(Self {
            exceptions,
            names,
            redirections,
        })
    }

    /// Whether a parameter of this name may go.
    pub(super) fn drops(&self, name: &str) -> bool {
        self.names.is_match(name.as_bytes())
    }
}

fn expression(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(PROGRAM_BYTES)
        .build()
        .map_err(|e| e.to_string())
}

fn set(texts: &[String]) -> Result<RegexSet, String> {
    RegexSetBuilder::new(texts)
        .unicode(false)
        .case_insensitive(true)
        .size_limit(SET_BYTES)
        .dfa_size_limit(SET_CACHE_BYTES)
        .build()
        .map_err(|e| e.to_string())
}
