//! What is known about mail services: open pixels, click redirects and
//! parameters, as data.
//!
//! One TOML file a vendor under `rules/<category>/<vendor>.toml`; see
//! `docs/rules.md` for the schema.

mod any_host;
mod compile;
mod details;
mod error;
mod examples;
mod files;
mod hosts;
mod index;
mod landmarks;
mod lists;
mod load;
mod lookup;
mod names;
mod path;
mod schema;

pub use details::{Example, ExampleOutcome, RuleDetails};
pub use error::{Mistake, RulesError};
pub use files::RuleFiles;
pub use lists::{ListError, ListFormat, ListInfo, ListSource, Lists, Misread};
pub use lookup::{Explanation, Parameters, PixelHit};

use crate::url::{Target, decode::Chain};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// What a URL tells its owner when it is loaded or followed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tells {
    /// The mailing.
    Campaign,
    /// Which link of the mailing.
    Link,
    /// The recipient, by address or by a number that stands for it.
    Recipient,
    /// Anything else that the sender stored about the recipient.
    Variables,
}

/// The kind of service, which policy is set by.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Advertising networks.
    Advertising,
    /// Affiliate networks, which pay for clicks.
    Affiliate,
    /// Security gateways, which scan a link when it is followed.
    Gateway,
    /// Mail services and newsletter tools.
    Mail,
    /// Sales and outreach tools.
    Sales,
    /// Webmail and chat shims.
    Shim,
    /// Redirectors of web sites.
    Web,
}

/// Who runs a tracker.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Vendor {
    /// Permanent identifier, equal to the file's name.
    pub id: String,
    /// The product's name.
    pub name: String,
    /// The company behind it.
    pub company: String,
    /// From the folder that the file is in.
    pub category: Category,
}

/// A rule as a finding refers to it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct RuleRef {
    /// Permanent identifier of the rule.
    pub id: Arc<str>,
    /// Whose rule it is.
    pub vendor: Arc<Vendor>,
    /// What a matching URL tells its owner.
    pub tells: Arc<[Tells]>,
}

/// What became of a link when its wrappers were taken off.
#[derive(Clone, Debug, PartialEq)]
pub enum Unwrapped {
    /// No redirect rule matches whose category is to be unwrapped.
    Plain,
    /// A redirect of a known service whose destination cannot be read, or
    /// whose payload did not decode to an acceptable URL.
    Opaque(RuleRef),
    /// The destination, and the rules of each wrapper from the outside in.
    To {
        /// Where the link leads.
        target: Target,
        /// What is written in place of the link: `target` as the wrapper
        /// states it, plain ASCII; see
        /// [`Destination::text`](crate::url::decode::Destination::text).
        text: String,
        /// The wrappers' rules, at least one.
        rules: Vec<RuleRef>,
    },
}

/// How much a rule is believed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Seen in real mail, or documented.
    #[default]
    High,
    /// From hearsay: off, unless it is enabled.
    Low,
}

/// What a pixel rule needs beside a URL that matches.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Needs {
    /// Nothing: the endpoint serves open pixels only, so a hit is decisive.
    #[default]
    Nothing,
    /// A tiny or hidden presentation: the endpoint may serve visible images.
    Hidden,
}

impl Needs {
    /// The key of the lists that need it, in the configuration's `[lists]`.
    pub fn list_key(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Nothing => "decisive",
        }
    }
}

/// The kind of a rule.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleKind {
    /// A click redirect whose destination cannot be read.
    Opaque,
    /// A parameter that can be dropped.
    Parameter,
    /// An open pixel.
    Pixel,
    /// A click redirect whose destination can be read.
    Redirect,
}

/// A compiled rule.
struct Rule {
    reference: RuleRef,
    /// None: any host.
    hosts: Vec<hosts::HostPattern>,
    /// On path and query; any if there is none.
    path: Option<path::PathPattern>,
    trust: Trust,
    action: Action,
}

/// What a rule is for.
enum Action {
    Opaque,
    Pixel(Needs),
    /// The names of the parameters, each perhaps with `*` at its end.
    Trim(Vec<String>),
    Unwrap(Chain),
}

impl Rule {
    fn matches(&self, target: &Target) -> bool {
        self.matches_host(target) && self.matches_path(target)
    }

    fn matches_host(&self, target: &Target) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|h| h.matches(target.host()))
    }

    /// Whether the rule matches, if the index named it for `target`, which
    /// goes by the host where the rule has hosts.
    fn matches_path(&self, target: &Target) -> bool {
        self.path.as_ref().is_none_or(|path| path.matches(target))
    }

    fn kind(&self) -> RuleKind {
        match self.action {
            Action::Opaque => RuleKind::Opaque,
            Action::Pixel(_) => RuleKind::Pixel,
            Action::Trim(_) => RuleKind::Parameter,
            Action::Unwrap(_) => RuleKind::Redirect,
        }
    }
}

/// All rules, checked and indexed; immutable. A reload makes a new one.
pub struct RuleSet {
    version: String,
    rules: Vec<Rule>,
    index: index::Index,
    low_trust: bool,
    lists: Lists,
}

impl RuleSet {
    /// The version that findings and our header name: the first twelve hex
    /// digits of a SHA-256 over the rule files and, if there are any, the
    /// lists of others.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule; a loaded set always has one.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The same set with the rules of low trust switched on.
    #[must_use]
    pub fn with_low_trust(self) -> Self {
        Self {
            low_trust: true,
            ..self
        }
    }

    /// The same set, and behind its rules these lists of others.
    #[must_use]
    pub fn with_lists(self, lists: Lists) -> Self {
        Self {
            version: load::version_with(&self.version, lists.infos()),
            lists,
            ..self
        }
    }

    /// The lists of others, in the order of the configuration.
    pub fn lists(&self) -> &[ListInfo] {
        self.lists.infos()
    }

    /// All rules in the order of their files, with their kind.
    pub fn iter(&self) -> impl Iterator<Item = (&RuleRef, RuleKind)> {
        self.rules.iter().map(|r| (&r.reference, r.kind()))
    }

    /// All vendors, each once, in the order of their files.
    pub fn vendors(&self) -> impl Iterator<Item = &Arc<Vendor>> {
        let mut last: Option<&Arc<Vendor>> = None;
        self.rules.iter().filter_map(move |rule| {
            let vendor = &rule.reference.vendor;
            let is_new = last.is_none_or(|l| !Arc::ptr_eq(l, vendor));
            last = Some(vendor);
            is_new.then_some(vendor)
        })
    }

    /// The rule with this identifier.
    pub fn find(&self, id: &str) -> Option<&RuleRef> {
        self.iter().map(|(rule, _)| rule).find(|r| &*r.id == id)
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RuleSet({}, {} rules)", self.version, self.len())
    }
}

#[cfg(test)]
mod tests;
