//! Lists of others, read at run time in their own formats.
//!
//! A list stands beside the rules and never replaces one: our rules are asked
//! first. What a list knows is told with its name and version. What each
//! format means for mail, and what of it is left out: `docs/lists.md`.

mod adblock;
mod ask;
mod clearurls;
mod debounce;
mod error;
mod header;
mod identifying;
mod info;
mod load;
mod mailtrackerblocker;
mod pattern;
mod query_filter;
mod tally;
mod value;

pub(super) use ask::ListParameters;
pub use error::ListError;
pub use info::{ListInfo, Misread};

use super::{Category, Needs, RuleRef, Tells, Vendor};
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, sync::Arc};

/// The format of a list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListFormat {
    /// Filters of Adblock Plus and uBlock Origin: EasyPrivacy and its like.
    Adblock,
    /// Brave's list of parameters that tell how a link was come by, JSON.
    CleanUrls,
    /// The rules of the browser extension ClearURLs, JSON.
    Clearurls,
    /// Brave's list of redirects, JSON.
    Debounce,
    /// The regular expressions of the Apple Mail extension MailTrackerBlocker,
    /// one a line: vendor, tab, expression.
    Mailtrackerblocker,
    /// Brave's list of parameters that identify a person, JSON.
    QueryFilter,
}

impl ListFormat {
    /// The permanent name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adblock => "adblock",
            Self::CleanUrls => "clean-urls",
            Self::Clearurls => "clearurls",
            Self::Debounce => "debounce",
            Self::Mailtrackerblocker => "mailtrackerblocker",
            Self::QueryFilter => "query-filter",
        }
    }

    /// What most of its entries are about.
    fn category(self) -> Category {
        match self {
            Self::Adblock => Category::Advertising,
            Self::Mailtrackerblocker => Category::Mail,
            Self::CleanUrls | Self::Clearurls | Self::Debounce | Self::QueryFilter => Category::Web,
        }
    }
}

/// A list as the configuration names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListSource {
    /// Its format.
    pub format: ListFormat,
    /// Its file.
    pub path: PathBuf,
    /// What a hit needs beside a URL that matches before it is an open pixel.
    pub needs: Needs,
}

/// All lists of a configuration, read and compiled; immutable.
#[derive(Default)]
pub struct Lists {
    lists: Vec<List>,
    /// In the order of `lists`.
    infos: Vec<ListInfo>,
}

impl Lists {
    /// What each list is, in the order of the configuration.
    pub fn infos(&self) -> &[ListInfo] {
        &self.infos
    }
}

/// A compiled list.
struct List {
    needs: Needs,
    body: Body,
    references: References,
}

/// What a list knows.
enum Body {
    Adblock(adblock::Filters),
    ClearUrls(clearurls::Providers),
    Debounce(debounce::Redirects),
    MailTrackerBlocker(mailtrackerblocker::Patterns),
    QueryFilter(query_filter::Filters),
}

/// What a finding says of a list: one reference for each kind of hit.
struct References {
    pixel: RuleRef,
    redirect: RuleRef,
    /// A parameter that identifies the recipient.
    recipient: RuleRef,
    /// Any other parameter.
    campaign: RuleRef,
}

impl References {
    /// `id` names list and version.
    fn new(id: &str, info: &ListInfo) -> Self {
        let shown = info.shown();
        let vendor = Arc::new(vendor(info, &shown));
        let reference = |kind: &str, tells: &[Tells]| RuleRef {
            id: format!("{id}-{kind}").into(),
            vendor: Arc::clone(&vendor),
            tells: tells.into(),
        };
        Self {
            // A list does not say what its pixels tell.
            pixel: reference("pixel", &[]),
            redirect: reference("redirect", &[Tells::Link]),
            recipient: reference("recipient", &[Tells::Recipient]),
            campaign: reference("campaign", &[Tells::Campaign]),
        }
    }
}

/// A list takes the place of a vendor in a finding; `name` holds its version.
fn vendor(info: &ListInfo, name: &str) -> Vendor {
    Vendor {
        id: format!("list-{}", header::slug(&info.name)),
        name: name.to_owned(),
        // Who runs the tracker is not known.
        company: name.to_owned(),
        category: info.format.category(),
    }
}
