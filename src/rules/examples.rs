//! The examples that stand beside a rule, run as its test.

use super::{
    Action, Rule,
    schema::{ParameterExample, RedirectExample},
};
use crate::{
    limits::Limits,
    url::{Target, query},
};
use std::ops::Range;
use toml::Spanned;

/// Where an example fails, and how.
type Found = Vec<(Range<usize>, String)>;

pub(super) fn of_pixel(rule: &Rule, matches: &Spanned<Vec<Spanned<String>>>, found: &mut Found) {
    needs_one(matches.get_ref().is_empty(), matches.span(), found);
    for example in matches.get_ref() {
        matched(rule, example.get_ref(), example.span(), found);
    }
}

pub(super) fn of_redirect(
    rule: &Rule,
    matches: &Spanned<Vec<Spanned<RedirectExample>>>,
    found: &mut Found,
) {
    needs_one(matches.get_ref().is_empty(), matches.span(), found);
    for example in matches.get_ref() {
        let span = example.span();
        match (&rule.action, example.get_ref()) {
            (Action::Unwrap(_), RedirectExample::Decodes { url, to }) => {
                decodes(rule, url, to, span, found);
            }
            (Action::Unwrap(_), RedirectExample::Opaque(_)) => found.push((
                span,
                "write the destination too: { url = \"…\", to = \"…\" }".to_owned(),
            )),
            (_, RedirectExample::Opaque(url)) => {
                matched(rule, url, span, found);
            }
            (_, RedirectExample::Decodes { .. }) => found.push((
                span,
                "an opaque redirect has no destination; write the URL alone".to_owned(),
            )),
        }
    }
}

pub(super) fn of_parameter(
    rule: &Rule,
    matches: &Spanned<Vec<Spanned<ParameterExample>>>,
    found: &mut Found,
) {
    needs_one(matches.get_ref().is_empty(), matches.span(), found);
    for example in matches.get_ref() {
        let span = example.span();
        let ParameterExample { url, to } = example.get_ref();
        if matched(rule, url, span.clone(), found).is_none() {
            continue;
        }
        match trimmed(rule, url) {
            Some(left) if left == *to => {}
            Some(left) => found.push((span, format!("this becomes {left:?}, not {to:?}"))),
            None => found.push((
                span,
                "the rule drops nothing from this URL: none of names is in its query".to_owned(),
            )),
        }
    }
}

/// Checks what a rule must leave alone: not matched, or matched but refused
/// by a decode step or without a parameter to drop.
pub(super) fn ignored(rule: &Rule, ignore: &Spanned<Vec<Spanned<String>>>, found: &mut Found) {
    needs_one(ignore.get_ref().is_empty(), ignore.span(), found);
    let mut has_imitation = rule.hosts.is_empty();
    for example in ignore.get_ref() {
        let Some(target) = target(example.get_ref(), example.span(), found) else {
            continue;
        };
        let has_parameter = trimmed(rule, example.get_ref()).is_some();
        let is_parameter = matches!(rule.action, Action::Trim(_));
        has_imitation |= rule.hosts.iter().any(|h| h.is_imitated_by(target.host()))
            && rule.matches_path(&target)
            && (has_parameter || !is_parameter);
        if !rule.matches(&target) {
            continue;
        }
        let is_refused = match &rule.action {
            Action::Unwrap(chain) => chain.run(&target, &Limits::default()).is_err(),
            Action::Trim(_) => !has_parameter,
            Action::Opaque | Action::Pixel(_) => false,
        };
        if !is_refused {
            let remedy = if is_parameter {
                "hosts or names"
            } else {
                "hosts or path"
            };
            let problem =
                format!("the rule matches this URL, which it must ignore; tighten {remedy}");
            found.push((example.span(), problem));
        }
    }
    if !has_imitation && !ignore.get_ref().is_empty() {
        let name = rule.hosts.first().map_or("example.org", |h| h.name());
        let problem = format!(
            "a rule with hosts must ignore a look-alike: add a URL that matches but for its host, \
             such as https://not{name}/… or https://{name}.evil.example/…"
        );
        found.push((ignore.span(), problem));
    }
}

fn needs_one(is_empty: bool, span: Range<usize>, found: &mut Found) {
    if is_empty {
        found.push((span, "give at least one example".to_owned()));
    }
}

fn matched(rule: &Rule, url: &str, span: Range<usize>, found: &mut Found) -> Option<Target> {
    let target = target(url, span.clone(), found)?;
    let problem = if !rule.matches_host(&target) {
        "the rule does not match this URL: its host is none of hosts"
    } else if !rule.matches_path(&target) {
        "the rule does not match this URL: the path pattern does not fit its path and query"
    } else {
        return Some(target);
    };
    found.push((span, problem.to_owned()));
    None
}

fn decodes(rule: &Rule, url: &str, to: &str, span: Range<usize>, found: &mut Found) {
    let Some(target) = matched(rule, url, span.clone(), found) else {
        return;
    };
    let Action::Unwrap(chain) = &rule.action else {
        return;
    };
    match chain.run(&target, &Limits::default()) {
        Ok(destination) if destination.text == to => {}
        Ok(destination) => {
            found.push((
                span,
                format!("this decodes to {:?}, not to {to:?}", destination.text),
            ));
        }
        Err(e) => found.push((span, format!("this does not decode: {e}"))),
    }
}

/// What is left of `url` without the parameters of `rule`; `None` if that is
/// all of it.
fn trimmed(rule: &Rule, url: &str) -> Option<String> {
    let Action::Trim(names) = &rule.action else {
        return None;
    };
    let is_named = |name: &str| {
        names.iter().any(|n| match n.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == n,
        })
    };
    query::without(url, is_named)
}

fn target(url: &str, span: Range<usize>, found: &mut Found) -> Option<Target> {
    let target = Target::parse(url);
    if target.is_none() {
        found.push((span, format!("{url:?} is no absolute http or https URL")));
    }
    target
}
