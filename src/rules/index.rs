//! From a URL to the few rules that may concern it: the host first, by hash;
//! then the rules for any host, by what their paths hold.

use super::{
    Action, Rule,
    any_host::AnyHost,
    hosts::{HostPattern, suffixes, without_public_suffix},
};
use crate::url::Target;
use ahash::{AHashMap, AHashSet};
use std::iter;

/// The number of a rule in its set.
pub(super) type Number = usize;

#[derive(Default)]
pub(super) struct Index {
    /// Rules by host.
    hosts: AHashMap<String, Vec<Number>>,
    /// Rules by host without its public suffix.
    any_suffix: AHashMap<String, Vec<Number>>,
    /// The last labels of these names. Few hosts have one of them, and only
    /// for those the public suffix is worth looking up.
    before_suffix: AHashSet<String>,
    /// Pixel rules for any host.
    any_host_pixels: AnyHost,
    /// Redirect rules for any host.
    any_host_redirects: AnyHost,
    /// Parameter rules by name.
    parameters: AHashMap<String, Vec<Number>>,
    /// Parameter rules by the beginning of the name.
    parameter_prefixes: Vec<(String, Number)>,
}

impl Index {
    pub(super) fn build(rules: &[Rule]) -> Result<Self, String> {
        let mut index = Self::default();
        let (mut pixels, mut redirects) = (Vec::new(), Vec::new());
        for (number, rule) in rules.iter().enumerate() {
            match (&rule.action, &rule.path) {
                (Action::Trim(names), _) => index.add_parameter(names, number),
                (_, _) if !rule.hosts.is_empty() => index.add_hosts(&rule.hosts, number),
                (Action::Pixel(_), Some(path)) => pixels.push((path.as_str(), number)),
                (Action::Opaque | Action::Unwrap(_), Some(path)) => {
                    redirects.push((path.as_str(), number));
                }
                (_, None) => {}
            }
        }
        index.any_host_pixels = AnyHost::new(&pixels)?;
        index.any_host_redirects = AnyHost::new(&redirects)?;
        Ok(index)
    }

    /// Pixel rules that may concern `target`, those of its host first. No path
    /// is checked yet, and rules for any host are looked for only once those
    /// of its host are used up.
    pub(super) fn pixels(&self, target: &Target) -> impl Iterator<Item = Number> {
        let of_any = iter::once(&self.any_host_pixels).flat_map(|rules| rules.candidates(target));
        self.of_host(target).chain(of_any)
    }

    /// The same for redirect rules.
    pub(super) fn redirects(&self, target: &Target) -> impl Iterator<Item = Number> {
        let of_any =
            iter::once(&self.any_host_redirects).flat_map(|rules| rules.candidates(target));
        self.of_host(target).chain(of_any)
    }

    /// Parameter rules for a name, for whatever host.
    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = Number> {
        let exact = self.parameters.get(name).into_iter().flatten().copied();
        let by_prefix = self.parameter_prefixes.iter();
        exact.chain(
            by_prefix
                .filter(move |(p, _)| name.starts_with(p.as_str()))
                .map(|(_, n)| *n),
        )
    }

    /// Rules that name the host, whatever their path.
    pub(super) fn of_host(&self, target: &Target) -> impl Iterator<Item = Number> {
        let whole = suffixes(target.host()).filter_map(|s| self.hosts.get(s));
        let name = Some(target.host())
            .filter(|host| {
                host.split('.')
                    .any(|label| self.before_suffix.contains(label))
            })
            .and_then(without_public_suffix);
        let bare = name
            .into_iter()
            .flat_map(suffixes)
            .filter_map(|s| self.any_suffix.get(s));
        whole.chain(bare).flatten().copied()
    }

    fn add_hosts(&mut self, hosts: &[HostPattern], number: Number) {
        for host in hosts {
            let map = match host {
                HostPattern::Suffix(_) => &mut self.hosts,
                HostPattern::AnySuffix(_) => &mut self.any_suffix,
            };
            map.entry(host.name().to_owned()).or_default().push(number);
            if let HostPattern::AnySuffix(name) = host {
                let label = name.rsplit('.').next().unwrap_or(name);
                self.before_suffix.insert(label.to_owned());
            }
        }
    }

    fn add_parameter(&mut self, names: &[String], number: Number) {
        for name in names {
            match name.strip_suffix('*') {
                Some(prefix) => self.parameter_prefixes.push((prefix.to_owned(), number)),
                None => self
                    .parameters
                    .entry(name.clone())
                    .or_default()
                    .push(number),
            }
        }
    }
}
