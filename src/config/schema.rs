//! Which keys there are and what kind of value each takes, read off the
//! defaults, so that no list of keys can fall behind.

use super::{raw::Raw, suggest::nearest};
use std::collections::BTreeMap;

/// What a key holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A list of strings.
    List,
    /// A whole number from 0.
    Number,
    /// Other keys.
    Section,
    /// A string.
    Text,
}

impl Kind {
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::List => "a list of strings, as in [\"a\", \"b\"]",
            Self::Number => "a whole number of at least 0",
            Self::Section => "a section with keys of its own",
            Self::Text => "a string in quotes",
        }
    }
}

/// Every key by its dotted path.
pub(super) struct Schema(BTreeMap<String, Kind>);

impl Schema {
    pub(super) fn new() -> Self {
        let mut keys = BTreeMap::new();
        let defaults = serde_json::to_value(Raw::default()).unwrap_or_default();
        collect(&mut keys, "", &defaults);
        Self(keys)
    }

    pub(super) fn kind(&self, key: &str) -> Option<Kind> {
        self.0.get(key).copied()
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.0.iter().map(|(key, kind)| (key.as_str(), *kind))
    }

    /// The key that is written like this when dots are underscores.
    pub(super) fn with_other_dots(&self, wrong: &str) -> Option<&str> {
        let flat = wrong.replace('.', "_");
        let keys = self.0.iter().filter(|(_, kind)| **kind != Kind::Section);
        keys.map(|(key, _)| key.as_str())
            .find(|key| key.replace('.', "_") == flat)
    }

    /// What to do about a key that there is not.
    pub(super) fn remedy_for_unknown(&self, key: &str) -> String {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        let siblings = || self.0.keys().filter(|k| section_of(k) == section);
        if let Some(near) = nearest(name, siblings().map(|k| name_of(k))) {
            return format!("did you mean {near}?");
        }
        let same_name = |k: &&String| name_of(k) == name && self.kind(k) != Some(Kind::Section);
        if let Some(elsewhere) = self.0.keys().find(same_name) {
            return match section_of(elsewhere) {
                "" => format!("{name} stands at the top, before the first section"),
                other => format!("{name} belongs in section [{other}]"),
            };
        }
        let known: Vec<&str> = siblings().map(|k| name_of(k)).collect();
        match section {
            "" => format!("remove it; there are {}", known.join(", ")),
            _ => format!("remove it; [{section}] has {}", known.join(", ")),
        }
    }
}

fn section_of(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(section, _)| section)
}

fn name_of(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, name)| name)
}

fn collect(keys: &mut BTreeMap<String, Kind>, section: &str, value: &serde_json::Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let key = join(section, name);
        keys.insert(key.clone(), kind_of(value));
        collect(keys, &key, value);
    }
}

pub(super) fn join(section: &str, name: &str) -> String {
    if section.is_empty() {
        name.to_owned()
    } else {
        format!("{section}.{name}")
    }
}

fn kind_of(default: &serde_json::Value) -> Kind {
    use serde_json::Value;
    match default {
        Value::Array(_) => Kind::List,
        Value::Bool(_) => Kind::Flag,
        Value::Number(_) => Kind::Number,
        Value::Object(_) => Kind::Section,
        // A key without a default is a path or a name.
        Value::Null | Value::String(_) => Kind::Text,
    }
}
