//! The questions that are asked of the lists; the same as of the rules.

use super::{
    super::{Explanation, Needs, PixelHit, RuleKind, RuleRef},
    Body, List, ListFormat, Lists, References,
    adblock::{Answer, request},
    clearurls::Provider,
    identifying::identifies,
    query_filter::Entry,
};
use crate::{
    limits::Limits,
    url::{Target, decode::Destination},
};
use ::adblock::request::Request;

impl Lists {
    /// The open pixel that a list with these needs knows `target` as.
    pub(in super::super) fn pixel(&self, target: &Target, needs: Needs) -> Option<PixelHit<'_>> {
        // Most lists need it, and it is much the largest part of the cost.
        let mut made: Option<Request> = None;
        self.lists
            .iter()
            .enumerate()
            .filter(|(_, list)| list.needs == needs)
            .find_map(|(number, list)| {
                let rule = match &list.body {
                    Body::Adblock(filters) => {
                        let request = made.get_or_insert_with(|| request(target));
                        let blocks = match filters.ask(request) {
                            Answer::Silent => false,
                            Answer::Block => !self.is_excepted(number, request),
                            Answer::BlockAnyway => true,
                        };
                        blocks.then_some(&list.references.pixel)
                    }
                    Body::MailTrackerBlocker(patterns) => patterns.pixel(target),
                    Body::ClearUrls(_) | Body::Debounce(_) | Body::QueryFilter(_) => None,
                };
                rule.map(|rule| PixelHit { rule, needs })
            })
    }

    /// Whether an adblock list other than the one of this number makes an
    /// exception: exceptions hold across lists, as in browsers.
    fn is_excepted(&self, number: usize, request: &Request) -> bool {
        let others = self.lists.iter().enumerate();
        others
            .filter(|(at, _)| *at != number)
            .any(|(_, list)| match &list.body {
                Body::Adblock(filters) => filters.excepts(request),
                _ => false,
            })
    }

    /// Where a redirect leads by the first list that knows.
    pub(in super::super) fn unwrap(
        &self,
        target: &Target,
        limits: &Limits,
    ) -> Option<(&RuleRef, Destination)> {
        self.lists.iter().find_map(|list| {
            let destination = match &list.body {
                Body::ClearUrls(providers) => providers.unwrap(target, limits),
                Body::Debounce(redirects) => redirects.unwrap(target, limits),
                Body::Adblock(_) | Body::MailTrackerBlocker(_) | Body::QueryFilter(_) => None,
            };
            destination.map(|to| (&list.references.redirect, to))
        })
    }

    /// Whether a list knows `target` as a redirect, readable or not.
    pub(in super::super) fn is_redirect(&self, target: &Target) -> bool {
        self.lists.iter().any(|list| match &list.body {
            Body::ClearUrls(providers) => providers.is_redirect(target),
            Body::Debounce(redirects) => redirects.is_redirect(target),
            Body::Adblock(_) | Body::MailTrackerBlocker(_) | Body::QueryFilter(_) => false,
        })
    }

    /// What the lists say of the parameters of `target`.
    pub(in super::super) fn parameters(&self, target: &Target) -> ListParameters<'_> {
        let scopes = self.lists.iter().zip(&self.infos);
        let scopes = scopes.filter_map(|(list, info)| Scope::of(list, info.format, target));
        ListParameters(scopes.collect())
    }

    /// Every list that knows `target` as a pixel or redirect.
    pub(in super::super) fn explain(
        &self,
        target: &Target,
        limits: &Limits,
    ) -> Vec<Explanation<'_>> {
        let explanation = |rule, kind, decoded| Explanation {
            rule,
            kind,
            is_match: true,
            is_off: false,
            decoded,
        };
        let pixels = [Needs::Nothing, Needs::Hidden];
        let pixels = pixels.iter().filter_map(|needs| self.pixel(target, *needs));
        let pixels = pixels.map(|hit| explanation(hit.rule, RuleKind::Pixel, None));
        let redirects = self.unwrap(target, limits).into_iter();
        let redirects =
            redirects.map(|(rule, to)| explanation(rule, RuleKind::Redirect, Some(Ok(to))));
        pixels.chain(redirects).collect()
    }
}

/// What the lists say of one URL's parameters. Asked once a URL, so that a
/// URL of many parameters costs no more than its length.
pub(in super::super) struct ListParameters<'a>(Vec<Scope<'a>>);

impl<'a> ListParameters<'a> {
    /// What a list calls a parameter of this name.
    pub(in super::super) fn rule(&self, name: &str) -> Option<&'a RuleRef> {
        self.0.iter().find_map(|scope| scope.rule(name))
    }
}

/// The entries of one list that are for a URL.
struct Scope<'a> {
    references: &'a References,
    /// Whether the list holds nothing but parameters that identify.
    identifies: bool,
    entries: Entries<'a>,
}

enum Entries<'a> {
    ClearUrls(Vec<&'a Provider>),
    QueryFilter(Vec<&'a Entry>),
}

impl<'a> Scope<'a> {
    fn of(list: &'a List, format: ListFormat, target: &Target) -> Option<Self> {
        let entries = match &list.body {
            Body::ClearUrls(providers) => Entries::ClearUrls(providers.of(target)),
            Body::QueryFilter(filters) => Entries::QueryFilter(filters.of(target)),
            Body::Adblock(_) | Body::Debounce(_) | Body::MailTrackerBlocker(_) => return None,
        };
        Some(Self {
            references: &list.references,
            identifies: format == ListFormat::QueryFilter,
            entries,
        })
    }

    fn rule(&self, name: &str) -> Option<&'a RuleRef> {
        let drops = match &self.entries {
            Entries::ClearUrls(providers) => providers.iter().any(|p| p.drops(name)),
            Entries::QueryFilter(entries) => entries.iter().any(|e| e.drops(name)),
        };
        drops.then_some(if self.identifies || identifies(name) {
            &self.references.recipient
        } else {
            &self.references.campaign
        })
    }
}
