//! Filters of Adblock Plus and uBlock Origin, by Brave's engine.

use super::{error::Unusable, tally::Tally, value::requested};
use crate::url::Target;
use adblock::{
    Engine,
    filters::network::{NetworkFilter, NetworkFilterFeaturesMask, NetworkFilterMask},
    lists::{FilterParseError, FilterSet, ParseOptions, ParsedLine, RuleTypes, parse_filter},
    request::Request,
};
use regex::bytes::RegexBuilder;
use std::{
    fmt::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicBool, Ordering},
};

/// The network filters of one list that can concern an image in a mail.
pub(super) struct Filters {
    engine: Engine,
    /// Set when the engine panicked: its lock is poisoned then, and it would
    /// panic for every later message.
    is_broken: AtomicBool,
}

/// What a list says of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// No filter matches, or the list makes an exception itself.
    Silent,
    /// A filter matches; an exception of any list may still undo it.
    Block,
    /// A filter matches that no exception undoes (`$important`).
    BlockAnyway,
}

const OPTIONS: fn() -> ParseOptions = || ParseOptions {
    rule_types: RuleTypes::NetworkOnly,
    ..ParseOptions::default()
};

/// Features by which a filter does something else than to block a request.
const OTHER_FEATURES: NetworkFilterFeaturesMask = NetworkFilterFeaturesMask::IS_REMOVEPARAM
    .union(NetworkFilterFeaturesMask::GENERIC_HIDE)
    .union(NetworkFilterFeaturesMask::IS_CSP);

impl Filters {
    pub(super) fn parse(text: &str, tally: &mut Tally) -> Result<Self, Unusable> {
        if text.trim_start().starts_with('<') {
            return Err(Unusable::new(
                "this is a web page or XML and no list; download the list itself",
            ));
        }
        let mut kept = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('!') || line.starts_with('[') {
                continue;
            }
            match parse_filter(line, false, OPTIONS()) {
                Ok(ParsedLine::Network(filter)) => match usable(&filter) {
                    Ok(true) => {
                        tally.used += 1;
                        // Writing to a String cannot fail.
                        let _ = writeln!(kept, "{line}");
                    }
                    Ok(false) => tally.unused += 1,
                    Err(problem) => {
                        tally.misread(|| format!("line {}: {line}", number + 1), problem);
                    }
                },
                // Filters for the layout of web sites, comments beginning
                // with `#`.
                Ok(ParsedLine::Cosmetic(_)) | Err(FilterParseError::Unsupported) => {
                    tally.unused += 1;
                }
                Err(e) => tally.misread(|| format!("line {}: {line}", number + 1), e.to_string()),
            }
        }
        if tally.used == 0 {
            return Err(Unusable::new(
                "no line is an Adblock Plus filter for images; name the file in the format that \
                 it is in, or leave it out",
            ));
        }
        let mut set = FilterSet::new(false);
        set.add_filter_list(kept, OPTIONS());
        Ok(Self {
            engine: Engine::new_with_filter_set(set),
            is_broken: AtomicBool::new(false),
        })
    }

    /// What the list says of `request`.
    pub(super) fn ask(&self, request: &Request) -> Answer {
        let result = self.guarded(|engine| {
            let result = engine.check_network_request(request);
            match (result.important, result.should_block()) {
                (true, _) => Answer::BlockAnyway,
                (_, true) => Answer::Block,
                _ => Answer::Silent,
            }
        });
        result.unwrap_or(Answer::Silent)
    }

    /// Whether the list makes an exception for `request`, which another list
    /// blocks.
    pub(super) fn excepts(&self, request: &Request) -> bool {
        let result = self.guarded(|engine| {
            let result = engine.check_network_request_subset(request, true, true);
            result.exception.is_some()
        });
        result.unwrap_or(false)
    }

    /// Runs the engine; a defect in it costs this list and no mail.
    fn guarded<T>(&self, ask: impl FnOnce(&Engine) -> T) -> Option<T> {
        if self.is_broken.load(Ordering::Relaxed) {
            return None;
        }
        let answer = catch_unwind(AssertUnwindSafe(|| ask(&self.engine)));
        if answer.is_err() {
            self.is_broken.store(true, Ordering::Relaxed);
            tracing::error!("a filter list failed and is not used until the next reload");
        }
        answer.ok()
    }
}

/// The request that a mail client makes for an image: it comes from no site,
/// so everybody is a third party.
pub(super) fn request(target: &Target) -> Request {
    Request::preparsed(requested(target), target.host(), "", "image", true, "get")
}

/// Whether a filter can match an image in a mail.
fn usable(filter: &NetworkFilter<'_>) -> Result<bool, String> {
    let wants = NetworkFilterMask::FROM_IMAGE | NetworkFilterMask::THIRD_PARTY;
    if !filter.mask.contains(wants)
        // Only on pages of these sites; a mail is on none.
        || filter.opt_domains.is_some()
        || filter.features_mask.intersects(OTHER_FEATURES)
    {
        return Ok(false);
    }
    if filter.mask.contains(NetworkFilterMask::IS_COMPLETE_REGEX) {
        let text = filter.filter.string_view().unwrap_or_default();
        let pattern = text.strip_prefix('/').and_then(|t| t.strip_suffix('/'));
        // As the engine reads it; what it cannot compile would match nothing
        // without a word.
        let pattern = pattern
            .unwrap_or(&text)
            .replace("\\/", "/")
            .replace("\\:", ":");
        let compiled = RegexBuilder::new(&pattern).unicode(false).build();
        compiled.map_err(|e| e.to_string())?;
    }
    Ok(true)
}
