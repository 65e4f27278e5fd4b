//! The kinds of evidence: one function each, and a table of them.
//!
//! Adding a kind is a function, a line in [`KINDS`] and an entry in
//! `rules/heuristics.toml`.

use super::{
    context::{Context, Seen, is_thin, is_tiny, is_visible},
    heuristics::{Heuristics, Thresholds},
    token::{self, Identity},
};
use crate::{
    rules::Needs,
    sighting::{Facts, Hidden, ReadEvent},
    url::Target,
};
use std::borrow::Cow;

/// What the kinds of evidence look at.
pub(super) struct Input<'a> {
    pub(super) seen: &'a Seen<'a>,
    pub(super) context: &'a Context<'a>,
    pub(super) thresholds: &'a Thresholds,
    pub(super) identity: Identity,
}

impl<'a> Input<'a> {
    pub(super) fn new(
        seen: &'a Seen<'a>,
        context: &'a Context<'a>,
        heuristics: &'a Heuristics,
    ) -> Self {
        Self {
            seen,
            context,
            thresholds: &heuristics.limits,
            identity: identity(&seen.target),
        }
    }

    /// Whether the URL tells one recipient from another, whoever sees the
    /// image. Assets are named by digests in their paths, so only the query
    /// counts, or a rule that knows the endpoint.
    pub(super) fn is_personal(&self) -> bool {
        let is_known = self.seen.hit.is_some() && self.identity != Identity::None;
        is_known || token::is_personal(&self.seen.target)
    }
}

/// How well a URL tells one recipient from another. What a proxy adds of its
/// own is no identity: it fetches the image that its URL names.
fn identity(target: &Target) -> Identity {
    let proxied = target.proxied();
    token::identity(proxied.as_ref().unwrap_or(target))
}

/// What was seen.
type Detail = Cow<'static, str>;

/// Looks for one kind of evidence; `Some` holds what was seen, without any
/// value out of the URL.
type Kind = fn(&Input<'_>) -> Option<Detail>;

/// Every kind of evidence, by its permanent name.
const KINDS: &[(&str, Kind)] = &[
    ("alone", alone),
    ("hidden", hidden),
    ("hidden-ancestor", hidden_ancestor),
    ("large", large),
    ("no-size", no_size),
    ("number", number),
    ("program", program),
    ("read-event", read_event),
    ("recipient", recipient),
    ("repeated", repeated),
    ("rule", rule),
    ("rule-hidden", rule_hidden),
    ("same-host", same_host),
    ("spacer-name", spacer_name),
    ("tail", tail),
    ("thin", thin),
    ("tiny", tiny),
    ("token", token),
    ("visible", visible),
    ("words", words),
];

/// The names of all kinds.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// The kinds that say something about a picture only: a font is never to be
/// seen, and a frame has no company.
const OF_IMAGES: &[&str] = &[
    "alone",
    "hidden",
    "hidden-ancestor",
    "large",
    "no-size",
    "read-event",
    "tiny",
    "visible",
];

/// All evidence there is: name and what was seen.
pub(super) fn collect(input: &Input<'_>) -> Vec<(&'static str, Detail)> {
    let is_image = input.seen.sighting.vector.is_image();
    KINDS
        .iter()
        .filter(|(name, _)| is_image || !OF_IMAGES.contains(name))
        .filter_map(|(name, kind)| kind(input).map(|detail| (*name, detail)))
        .collect()
}

fn alone(i: &Input<'_>) -> Option<Detail> {
    i.context
        .is_alone(i.seen)
        .then(|| "the only image from its domain".into())
}

fn hidden(i: &Input<'_>) -> Option<Detail> {
    let how = match i.seen.sighting.facts.hidden? {
        Hidden::Ancestor => return None,
        Hidden::Clipped => "clipped to nothing",
        Hidden::Display => "display:none",
        Hidden::HiddenAttribute => "hidden attribute",
        Hidden::MsoHide => "mso-hide:all",
        Hidden::OffScreen => "out of view",
        Hidden::Opacity => "opacity:0",
        Hidden::Visibility => "visibility:hidden",
        Hidden::ZeroSize => "zero size",
    };
    Some(how.into())
}

fn hidden_ancestor(i: &Input<'_>) -> Option<Detail> {
    (i.seen.sighting.facts.hidden == Some(Hidden::Ancestor))
        .then(|| "within a hidden element".into())
}

/// Senders hide a picture from one kind of client and show it in another.
fn large(i: &Input<'_>) -> Option<Detail> {
    let f = &i.seen.sighting.facts;
    let large = |side: Option<f32>| side.is_some_and(|s| s > i.thresholds.visible_side);
    let small = |side: Option<f32>| side.is_some_and(|s| s <= i.thresholds.visible_side);
    let is_large = (large(f.width) || large(f.height)) && !small(f.width) && !small(f.height);
    (f.hidden.is_some() && is_large).then(|| "hidden, but with visible dimensions".into())
}

fn no_size(i: &Input<'_>) -> Option<Detail> {
    let f = &i.seen.sighting.facts;
    (f.width.is_none() && f.height.is_none() && !f.has_alt)
        .then(|| "no dimensions and no description".into())
}

fn number(i: &Input<'_>) -> Option<Detail> {
    (i.identity == Identity::Number).then(|| "a number or short value in the URL".into())
}

/// Endings of programs that answer with a picture. Endpoints without any
/// ending are too common among picture servers to count.
const PROGRAMS: &[&str] = &["ashx", "asp", "aspx", "cfm", "cgi", "jsp", "php", "pl"];

fn program(i: &Input<'_>) -> Option<Detail> {
    let (_, ending) = i.seen.target.path().rsplit_once('.')?;
    PROGRAMS
        .iter()
        .any(|p| ending.eq_ignore_ascii_case(p))
        .then(|| "a program answers, no picture file".into())
}

fn read_event(i: &Input<'_>) -> Option<Detail> {
    let what = match i.seen.sighting.facts.event? {
        ReadEvent::Forward => "loaded only when the mail is forwarded or answered",
        ReadEvent::Print => "loaded only when the mail is printed",
    };
    Some(what.into())
}

fn recipient(i: &Input<'_>) -> Option<Detail> {
    let spelling = i.seen.spelling?;
    Some(format!("the recipient's address, {spelling}").into())
}

fn repeated(i: &Input<'_>) -> Option<Detail> {
    let n = i.context.repeats(i.seen);
    (n >= i.thresholds.repeated).then(|| format!("{n} times in the message").into())
}

fn rule(i: &Input<'_>) -> Option<Detail> {
    i.seen
        .hit
        .filter(|h| h.needs == Needs::Nothing)
        .map(|h| h.rule.id.to_string().into())
}

fn rule_hidden(i: &Input<'_>) -> Option<Detail> {
    i.seen
        .hit
        .filter(|h| h.needs == Needs::Hidden)
        .map(|h| h.rule.id.to_string().into())
}

fn same_host(i: &Input<'_>) -> Option<Detail> {
    i.context
        .serves_visible(&i.seen.target)
        .then(|| "its host also serves visible images".into())
}

/// File names that newsletters have used for layout since the 1990s.
const SPACERS: &[&str] = &[
    "1x1",
    "blank",
    "clear",
    "cleardot",
    "clearpixel",
    "dot",
    "dot_clear",
    "empty",
    "gap",
    "shim",
    "space",
    "spacer",
    "trans",
    "transparent",
    "trans_pixel",
];

fn spacer_name(i: &Input<'_>) -> Option<Detail> {
    // A query makes a file name worthless as an alibi.
    if i.seen.target.query().is_some() {
        return None;
    }
    let file = i.seen.target.path().rsplit('/').next()?;
    let stem = file.rsplit_once('.')?.0.to_ascii_lowercase();
    SPACERS
        .iter()
        .any(|s| stem == *s || stem.contains("spacer"))
        .then(|| "a spacer's file name".into())
}

fn tail(i: &Input<'_>) -> Option<Detail> {
    i.seen
        .sighting
        .facts
        .after_body
        .then(|| "after the end of the body".into())
}

/// The stated dimensions, as evidence shows them.
fn size(f: &Facts) -> String {
    let side = |side: Option<f32>| {
        let side = side.unwrap_or_default();
        // Nearly all are whole, and a whole number is written much faster.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "what is lost shows in the comparison"
        )]
        let whole = side as u16;
        if f32::from(whole) == side {
            whole.to_string()
        } else {
            side.to_string()
        }
    };
    format!("{}×{}", side(f.width), side(f.height))
}

/// Trackers lie about their size: 20×1 is nothing to look at either.
fn thin(i: &Input<'_>) -> Option<Detail> {
    let f = &i.seen.sighting.facts;
    is_thin(f, i.thresholds).then(|| size(f).into())
}

fn tiny(i: &Input<'_>) -> Option<Detail> {
    let f = &i.seen.sighting.facts;
    is_tiny(f, i.thresholds).then(|| size(f).into())
}

fn token(i: &Input<'_>) -> Option<Detail> {
    (i.identity == Identity::Token).then(|| "a long opaque value in the URL".into())
}

fn visible(i: &Input<'_>) -> Option<Detail> {
    let f = &i.seen.sighting.facts;
    is_visible(f, i.thresholds).then(|| size(f).into())
}

/// Words of an open endpoint, as whole words of the path or of a parameter.
const WORDS: &[&str] = &[
    "beacon",
    "impression",
    "open",
    "opened",
    "opening",
    "openrate",
    "opens",
    "opentracking",
    "pixel",
    "readreceipt",
    "track",
    "tracker",
    "tracking",
    "trackopen",
    "trk",
    "webbug",
];

fn words(i: &Input<'_>) -> Option<Detail> {
    i.seen
        .target
        .path_and_query()
        .as_bytes()
        .split(|b| !b.is_ascii_alphanumeric())
        .find_map(|word| {
            let mut words = WORDS.iter();
            words.find(|w| word.eq_ignore_ascii_case(w.as_bytes()))
        })
        .map(|w| format!("\"{w}\" in the URL").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_shown_as_they_are() {
        for (width, height, shown) in [
            (Some(600.0), Some(1.0), "600×1"),
            (Some(0.5), None, "0.5×0"),
            // More than fits the short way.
            (Some(65_535.0), Some(65_536.0), "65535×65536"),
            (Some(70_000.5), Some(4_294_967_296.0), "70000.5×4294967300"),
        ] {
            let facts = Facts {
                width,
                height,
                ..Facts::default()
            };
            assert_eq!(size(&facts), shown);
        }
    }

    #[test]
    fn the_kinds_of_images_are_kinds() {
        for name in OF_IMAGES {
            assert!(kinds().any(|kind| kind == *name), "{name}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_has_no_name_twice() {
        let names: Vec<_> = kinds().collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
