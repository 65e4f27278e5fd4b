//! What the names of members mean, as data.

use crate::url::reveal::Origin;
use ahash::AHashMap;
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

/// The shipped names.
const BUILTIN: &str = include_str!("../../../rules/disclosure.toml");

/// The shipped names, ready for use. A test rules out that they are broken.
static NAMES: LazyLock<Names> = LazyLock::new(|| Names::parse(BUILTIN).unwrap_or_default());

/// What the value under a name is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Meaning {
    /// The recipient's address or a digest of it.
    Address,
    /// The mailing.
    Campaign,
    /// Which link of the mailing.
    Link,
    /// None of all this.
    Other,
    /// What stands for the recipient.
    Recipient,
    /// What else is stored about the recipient.
    Variables,
}

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    anywhere: Written,
    request: Written,
    payload: Written,
    vendor: BTreeMap<String, Written>,
}

type Written = BTreeMap<Meaning, Vec<String>>;
type Table = AHashMap<String, Meaning>;

/// What names mean, by where they stand.
#[derive(Debug, Default)]
pub(super) struct Names {
    anywhere: Table,
    request: Table,
    payload: Table,
    vendors: AHashMap<String, Table>,
}

impl Names {
    /// The shipped names.
    pub(super) fn builtin() -> &'static Self {
        &NAMES
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let vendors = file.vendor.into_iter();
        Ok(Self {
            anywhere: table(file.anywhere),
            request: table(file.request),
            payload: table(file.payload),
            vendors: vendors.map(|(id, names)| (id, table(names))).collect(),
        })
    }

    /// What `name` means in a member from `origin`, in a URL that rules of
    /// `vendors` match.
    pub(super) fn meaning<'a>(
        &self,
        name: &str,
        origin: Origin,
        vendors: impl Iterator<Item = &'a str>,
    ) -> Option<Meaning> {
        let name = plain(name);
        let name = &*name;
        let of_vendor = || {
            let mut tables = vendors.filter_map(|id| self.vendors.get(id));
            tables.find_map(|table| table.get(name))
        };
        let found = match origin {
            Origin::Destination => None,
            Origin::Payload => of_vendor()
                .or_else(|| self.payload.get(name))
                .or_else(|| self.request.get(name)),
            Origin::Url => of_vendor().or_else(|| self.request.get(name)),
        };
        found.or_else(|| self.anywhere.get(name)).copied()
    }
}

fn table(written: Written) -> Table {
    let pairs = written.into_iter();
    pairs
        .flat_map(|(meaning, names)| names.into_iter().map(move |name| (name, meaning)))
        .collect()
}

/// A name without what its spellings differ in; of `data[email]` the last
/// piece.
fn plain(name: &str) -> Cow<'_, str> {
    let last = name.strip_suffix(']').and_then(|n| n.rsplit_once('['));
    let name = match last {
        Some((_, last)) if !last.is_empty() => last,
        _ => name,
    };
    let is_plain = |b: u8| !b.is_ascii_uppercase() && !is_separator(b);
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let kept = name
        .chars()
        .filter(|c| !u8::try_from(*c).is_ok_and(is_separator));
    kept.map(|c| c.to_ascii_lowercase()).collect()
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.' | b'[' | b']')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleSet;

    fn meaning(name: &str, origin: Origin, vendor: &str) -> Option<Meaning> {
        Names::builtin().meaning(name, origin, [vendor].into_iter())
    }

    #[test]
    fn the_shipped_names_are_sound() {
        let file: File = toml::from_str(BUILTIN).unwrap();
        let rules = RuleSet::builtin().unwrap();
        for id in file.vendor.keys() {
            assert!(rules.vendors().any(|v| v.id == *id), "{id}");
        }
        let shared = [&file.anywhere, &file.request, &file.payload];
        let mut seen = std::collections::BTreeSet::new();
        for name in shared.iter().flat_map(|t| t.values()).flatten() {
            assert_eq!(
                plain(name),
                name.as_str(),
                "must be lower case without separators"
            );
            assert!(name.len() > 2, "{name}: too short to mean one thing only");
            assert!(seen.insert(name), "{name} stands twice");
        }
    }

    #[test]
    fn spellings_of_a_name_are_one() {
        for name in [
            "contact_id",
            "contactId",
            "Contact-ID",
            "user[contact_id]",
            "contact.id[]",
        ] {
            assert_eq!(
                meaning(name, Origin::Destination, ""),
                Some(Meaning::Recipient),
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_means_something_only_where_it_is_specific() {
        use Origin::{Destination, Payload, Url};
        for (name, origin, vendor, expected) in [
            ("r", Payload, "mailgun", Some(Meaning::Address)),
            ("r", Url, "mailgun", Some(Meaning::Address)),
            ("r", Destination, "mailgun", None),
            ("r", Payload, "", None),
            ("tags", Payload, "", Some(Meaning::Variables)),
            ("tags", Url, "", None),
            ("delivery_id", Url, "", Some(Meaning::Recipient)),
            ("delivery_id", Destination, "", None),
            ("user_id", Payload, "", Some(Meaning::Recipient)),
            ("user_id", Url, "", None),
            ("utm_campaign", Destination, "", Some(Meaning::Campaign)),
            ("id", Url, "", None),
        ] {
            assert_eq!(meaning(name, origin, vendor), expected, "{name} {origin:?}");
        }
    }
}
