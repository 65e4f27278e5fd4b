//! The questions that are asked of a set of rules.

use super::{
    Action, Category, Needs, Rule, RuleKind, RuleRef, RuleSet, Trust, Unwrapped,
    lists::ListParameters,
};
use crate::{
    limits::Limits,
    url::{
        Target,
        decode::{DecodeError, Destination},
    },
};

/// A URL that is a known open pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PixelHit<'a> {
    /// The rule that matches.
    pub rule: &'a RuleRef,
    /// What else must be so before the URL counts as a pixel.
    pub needs: Needs,
}

/// How a rule relates to a URL, for `untrackd explain`.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation<'a> {
    /// The rule.
    pub rule: &'a RuleRef,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// Whether the rule matches; if not, the host does and the path does not.
    pub is_match: bool,
    /// Whether the rule is off, because its trust is low.
    pub is_off: bool,
    /// What a decodable redirect rule that matches makes of the URL.
    pub decoded: Option<Result<Destination, DecodeError>>,
}

impl RuleSet {
    /// The pixel rule, or list, that matches `target`. What is decisive goes
    /// before what needs more, a rule before a list, a rule of the host before
    /// one of any host.
    pub fn pixel(&self, target: &Target) -> Option<PixelHit<'_>> {
        self.pixel_as_spelt(target).or_else(|| {
            let respelt = target.without_needless_escapes()?;
            self.pixel_as_spelt(&respelt)
        })
    }

    fn pixel_as_spelt(&self, target: &Target) -> Option<PixelHit<'_>> {
        let own = self.own_pixel(target);
        own.filter(|hit| hit.needs == Needs::Nothing)
            .or_else(|| self.lists.pixel(target, Needs::Nothing))
            .or(own)
            .or_else(|| self.lists.pixel(target, Needs::Hidden))
    }

    fn own_pixel(&self, target: &Target) -> Option<PixelHit<'_>> {
        let mut weaker = None;
        for rule in self.numbered(self.index.pixels(target)) {
            let Action::Pixel(needs) = rule.action else {
                continue;
            };
            if !self.is_on(rule) || !rule.matches_path(target) {
                continue;
            }
            let hit = PixelHit {
                rule: &rule.reference,
                needs,
            };
            match needs {
                Needs::Nothing => return Some(hit),
                Needs::Hidden => weaker = weaker.or(Some(hit)),
            }
        }
        weaker
    }

    /// Takes the wrappers off a link, from the outside in, at the most
    /// `limits.unwrap_rounds`.
    ///
    /// Only wrappers whose category `allow` accepts are undone; another one
    /// is an end like a link that no rule matches. What a list can read is
    /// undone in any case: whoever configured it wants that. An inner wrapper that does
    /// not decode, or that is opaque, is the destination of the outer ones.
    /// Wrappers that lead in a circle are opaque.
    pub fn unwrap(
        &self,
        target: &Target,
        limits: &Limits,
        allow: &dyn Fn(Category) -> bool,
    ) -> Unwrapped {
        let mut rules: Vec<RuleRef> = Vec::new();
        let mut reached: Option<Destination> = None;
        let mut seen: Vec<Target> = Vec::new();
        while rules.len() < limits.unwrap_rounds {
            let current = reached.as_ref().map_or(target, |d| &d.target);
            match self.unwrap_in_any_spelling(current, limits, allow) {
                Once::Plain => break,
                Once::Opaque(rule) if rules.is_empty() => return Unwrapped::Opaque(rule.clone()),
                Once::Opaque(_) => break,
                Once::To(rule, destination) => {
                    rules.push(rule.clone());
                    let next = &destination.target;
                    if next == target || seen.contains(next) {
                        return Unwrapped::Opaque(rules.swap_remove(0));
                    }
                    seen.push(next.clone());
                    reached = Some(destination);
                }
            }
        }
        match reached {
            Some(Destination { target, text }) => Unwrapped::To {
                target,
                text,
                rules,
            },
            None => Unwrapped::Plain,
        }
    }

    fn unwrap_in_any_spelling(
        &self,
        target: &Target,
        limits: &Limits,
        allow: &dyn Fn(Category) -> bool,
    ) -> Once<'_> {
        match self.unwrap_once(target, limits, allow) {
            Once::Plain => target
                .without_needless_escapes()
                .map_or(Once::Plain, |respelt| {
                    self.unwrap_once(&respelt, limits, allow)
                }),
            found => found,
        }
    }

    fn unwrap_once(
        &self,
        target: &Target,
        limits: &Limits,
        allow: &dyn Fn(Category) -> bool,
    ) -> Once<'_> {
        if target.as_str().len() > limits.url_bytes {
            return Once::Plain;
        }
        let mut opaque = None;
        for rule in self.numbered(self.index.redirects(target)) {
            let is_redirect = matches!(rule.action, Action::Opaque | Action::Unwrap(_));
            if !is_redirect
                || !self.is_on(rule)
                || !allow(rule.reference.vendor.category)
                || !rule.matches_path(target)
            {
                continue;
            }
            if let Action::Unwrap(chain) = &rule.action
                && let Ok(destination) = chain.run(target, limits)
            {
                return Once::To(&rule.reference, destination);
            }
            opaque = opaque.or(Some(&rule.reference));
        }
        if let Some((rule, destination)) = self.lists.unwrap(target, limits) {
            return Once::To(rule, destination);
        }
        opaque.map_or(Once::Plain, Once::Opaque)
    }

    /// Whether `target` is a redirect that a rule knows, whatever its category
    /// and trust, or that a list knows: it may need all of its parameters.
    pub fn is_redirect(&self, target: &Target) -> bool {
        let mut rules = self.numbered(self.index.redirects(target));
        rules.any(|rule| {
            matches!(rule.action, Action::Opaque | Action::Unwrap(_)) && rule.matches_path(target)
        }) || self.lists.is_redirect(target)
    }

    /// The rules by which query parameters of `target` can be dropped.
    pub fn parameters<'a>(&'a self, target: &'a Target) -> Parameters<'a> {
        Parameters {
            rules: self,
            target,
            lists: self.lists.parameters(target),
        }
    }

    /// The rule by which a query parameter of `target` can be dropped; see
    /// [`Self::parameters`] for asking about several.
    pub fn parameter<'a>(&'a self, target: &'a Target, name: &str) -> Option<&'a RuleRef> {
        self.parameters(target).rule(name)
    }

    /// Every rule and list that matches `target`, and the rules whose host
    /// matches but whose path does not. Parameter rules are not among them.
    pub fn explain(&self, target: &Target, limits: &Limits) -> Vec<Explanation<'_>> {
        let mut numbers: Vec<usize> = self
            .index
            .pixels(target)
            .chain(self.index.redirects(target))
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        // A rule for any host whose path does not match says nothing.
        let named = self.numbered(numbers.into_iter());
        let named = named.filter(|rule| !rule.hosts.is_empty() || rule.matches_path(target));
        let explain = |rule| self.explanation(rule, target, limits);
        let mut found: Vec<_> = named.map(explain).collect();
        found.extend(self.lists.explain(target, limits));
        found.sort_by_key(|e| !e.is_match);
        found
    }

    fn explanation<'a>(&self, rule: &'a Rule, target: &Target, limits: &Limits) -> Explanation<'a> {
        let is_match = rule.matches_path(target);
        let decoded = match &rule.action {
            Action::Unwrap(chain) if is_match => Some(chain.run(target, limits)),
            _ => None,
        };
        Explanation {
            rule: &rule.reference,
            kind: rule.kind(),
            is_match,
            is_off: !self.is_on(rule),
            decoded,
        }
    }

    fn numbered(&self, numbers: impl Iterator<Item = usize>) -> impl Iterator<Item = &Rule> {
        numbers.filter_map(|number| self.rules.get(number))
    }

    fn is_on(&self, rule: &Rule) -> bool {
        rule.trust == Trust::High || self.low_trust
    }
}

/// The rules and lists that concern the query parameters of one URL.
pub struct Parameters<'a> {
    rules: &'a RuleSet,
    target: &'a Target,
    lists: ListParameters<'a>,
}

impl<'a> Parameters<'a> {
    /// The rule by which the parameter of this name can be dropped.
    pub fn rule(&self, name: &str) -> Option<&'a RuleRef> {
        let numbers = self.rules.index.parameters(name);
        let mut own = self.rules.numbered(numbers);
        own.find(|rule| rule.matches_host(self.target))
            .map(|rule| &rule.reference)
            .or_else(|| self.lists.rule(name))
    }
}

/// What one round of unwrapping finds.
enum Once<'a> {
    Plain,
    Opaque(&'a RuleRef),
    To(&'a RuleRef, Destination),
}
