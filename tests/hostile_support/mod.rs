//! Wrappers of the shipped rules with something else inside.

mod steps;

use serde::Deserialize;
use std::{fs, path::Path};
use untrackd::url::Target;

/// A decodable rule with an example of its own.
pub(crate) struct Wrapper {
    pub(crate) id: String,
    pub(crate) steps: Vec<String>,
    /// Where the example leads.
    pub(crate) to: String,
    /// What each step of the example is given; the last value comes out.
    values: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    redirect: Vec<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    id: String,
    #[serde(default)]
    decode: Vec<String>,
    #[serde(rename = "match")]
    examples: Vec<toml::Value>,
}

/// The decodable rules in the source tree; and the identifiers of those whose
/// example cannot be taken apart, that is, put together anew.
pub(crate) fn wrappers() -> (Vec<Wrapper>, Vec<String>) {
    let (mut wrappers, mut others) = (Vec::new(), Vec::new());
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for entry in walkdir::WalkDir::new(rules)
        .min_depth(2)
        .sort_by_file_name()
    {
        let entry = entry.unwrap();
        if entry.path().extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let file: File = toml::from_str(&fs::read_to_string(entry.path()).unwrap()).unwrap();
        for rule in file.redirect.into_iter().filter(|r| !r.decode.is_empty()) {
            let found = rule.examples.iter().find_map(|e| Wrapper::of(&rule, e));
            match found {
                Some(wrapper) => wrappers.push(wrapper),
                None => others.push(rule.id),
            }
        }
    }
    (wrappers, others)
}

impl Wrapper {
    fn of(rule: &Redirect, example: &toml::Value) -> Option<Self> {
        let url = Target::parse(example.get("url")?.as_str()?)?;
        let to = example.get("to")?.as_str()?.to_owned();
        let mut values = vec![url.as_str().as_bytes().to_vec()];
        for step in &rule.decode {
            values.push(steps::forth(step, values.last()?)?);
        }
        let wrapper = Self {
            id: rule.id.clone(),
            steps: rule.decode.clone(),
            to,
            values,
        };
        let is_right = wrapper.values.last()?.trim_ascii() == wrapper.to.as_bytes();
        let again = wrapper.around(wrapper.to.as_bytes());
        (is_right && again.is_some()).then_some(wrapper)
    }

    /// The wrapper with this destination.
    pub(crate) fn around(&self, destination: &[u8]) -> Option<String> {
        self.with_input(self.steps.len(), destination)
    }

    /// The wrapper whose step of this number, from 0, is given `value`.
    pub(crate) fn with_input(&self, number: usize, value: &[u8]) -> Option<String> {
        let mut value = value.to_vec();
        for (step, before) in self.steps.iter().zip(&self.values).take(number).rev() {
            value = steps::back(step, &value, before)?;
        }
        let url = String::from_utf8(value).ok()?;
        // What a client rewrites before it asks never reaches the service: the
        // wrapper that holds the destination as it is cannot hold this one.
        let target = Target::parse(&url)?;
        (target.as_str() == url).then_some(url)
    }

    /// What each step of the example is given.
    pub(crate) fn inputs(&self) -> &[Vec<u8>] {
        &self.values
    }

    /// Whether the steps from this number on come to an end with `value`, by
    /// the steps as they are written here.
    pub(crate) fn decodes_from(&self, number: usize, value: &[u8]) -> bool {
        let mut value = value.to_vec();
        for step in self.steps.iter().skip(number) {
            match steps::forth(step, &value) {
                Some(next) => value = next,
                None => return false,
            }
        }
        true
    }
}
