//! URLs: the normal form, decode chains, the rules, and what a URL discloses.
//!
//! The input is a URL. Steps of a chain may stand before it, one a line.

use std::sync::LazyLock;
use untrackd::{
    clean::Cleaner,
    judge::{Action, Recipients},
    limits::Limits,
    rules::{Category, Unwrapped},
    sighting::{Context, Facts, Quote, Sighting, Vector, Written},
    url::{
        Target,
        decode::{Chain, Destination},
        query, reveal,
    },
};

static CLEANER: LazyLock<Cleaner> =
    LazyLock::new(|| Cleaner::builtin().expect("the built-in data load"));

/// How many times longer than the URL all that is taken out of it may be
/// together, beside an allowance for short ones; see `url::reveal`.
const ALLOWANCE: usize = 2048;

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines: Vec<&str> = text.split('\n').collect();
    let url = lines.pop().unwrap_or_default();
    let Some(target) = Target::parse(url) else {
        return;
    };
    normal_form(&target);
    trimmed(url);
    let limits = Limits::default();
    if let Ok(chain) = Chain::parse(&lines)
        && let Ok(destination) = chain.run(&target, &limits)
    {
        acceptable(&destination, &limits);
    }
    revealed(&target, &limits);
    unwrapped(&target, &limits);
    for vector in [Vector::AHref, Vector::ImgSrc] {
        judged(url, vector, &limits);
    }
}

fn normal_form(target: &Target) {
    assert_eq!(Target::parse(target.as_str()).as_ref(), Some(target));
    assert!(target.as_str().starts_with("http"));
    assert!(!target.host().is_empty());
    assert!(target.path().starts_with('/'));
    assert!(target.host().ends_with(target.registrable_domain()));
    if let Some(spelt) = target.without_needless_escapes() {
        assert_eq!(spelt.host(), target.host());
        assert!(spelt.as_str().len() < target.as_str().len());
    }
    for joined in [
        target.join("a/../b?c"),
        target.join("//h.example/"),
        target.proxied(),
    ] {
        assert!(joined.is_none_or(|t| t.as_str().starts_with("http")));
    }
}

/// Taking parameters out leaves the other bytes in their order, and nothing to
/// take out.
fn trimmed(url: &str) {
    let is_dropped = |name: &str| name.len().is_multiple_of(2);
    if let Some(shorter) = query::without(url, is_dropped) {
        assert!(shorter.len() < url.len());
        let mut bytes = url.bytes();
        assert!(shorter.bytes().all(|b| bytes.any(|other| other == b)));
        assert_eq!(query::without(&shorter, is_dropped), None);
    }
}

/// A destination is a plain URL that can be written into any part.
fn acceptable(destination: &Destination, limits: &Limits) {
    let text = &destination.text;
    assert!(
        text.len() <= limits.url_bytes && destination.target.as_str().len() <= limits.url_bytes
    );
    assert_eq!(Target::parse(text).as_ref(), Some(&destination.target));
    assert!(!destination.target.has_user_info());
    assert!(
        text.bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"<>\\".contains(&b)),
        "{text:?}"
    );
    let scheme = text.split(':').next().unwrap_or_default();
    assert!(
        matches!(&*scheme.to_ascii_lowercase(), "http" | "https"),
        "{text:?}"
    );
}

fn revealed(target: &Target, limits: &Limits) {
    let mut sum = 0;
    reveal::members(target, limits, &mut |member| {
        sum += member.value.map_or(0, str::len);
    });
    let most = target.as_str().len() * reveal::GROWTH + ALLOWANCE;
    assert!(
        sum <= most.min(limits.decode_bytes),
        "{sum} bytes were taken out"
    );
}

fn unwrapped(target: &Target, limits: &Limits) {
    let rules = CLEANER.rules();
    let allow = |_: Category| true;
    rules.is_redirect(target);
    // It asks every rule, which takes longer than all else together.
    let is_explained = target.as_str().len().is_multiple_of(16);
    let explanations = is_explained.then(|| rules.explain(target, limits));
    for explanation in explanations.iter().flatten() {
        if let Some(Ok(destination)) = &explanation.decoded {
            acceptable(destination, limits);
        }
    }
    let Unwrapped::To {
        target: to,
        text,
        rules: used,
    } = rules.unwrap(target, limits, &allow)
    else {
        return;
    };
    assert!(!used.is_empty() && used.len() <= limits.unwrap_rounds);
    acceptable(
        &Destination {
            target: to.clone(),
            text,
        },
        limits,
    );
    if used.len() < limits.unwrap_rounds {
        let again = rules.unwrap(&to, limits, &allow);
        assert!(
            !matches!(again, Unwrapped::To { .. }),
            "{to} is still wrapped: {again:?}"
        );
    }
}

/// What the judge makes of a link or an image; judged again, it stays so.
fn judged(url: &str, vector: Vector, limits: &Limits) {
    let Some(action) = action(url, vector, limits) else {
        return;
    };
    let to = match action {
        Action::Unwrap(to) => {
            acceptable(&to, limits);
            to
        }
        // The mail's own URL, which may be an odd one.
        Action::Trim(to) => {
            assert_eq!(Target::parse(&to.text).as_ref(), Some(&to.target));
            assert!(to.text.len() < url.len());
            assert!(
                to.text.bytes().all(|b| b.is_ascii_graphic()),
                "{:?}",
                to.text
            );
            to
        }
        Action::Keep | Action::Neutralize | Action::Remove => return,
    };
    let again = self::action(&to.text, vector, limits);
    let changes = again.as_ref().is_some_and(Action::changes);
    assert!(
        !changes,
        "{:?} became {:?}, and then {again:?}",
        url, to.text
    );
}

fn action(url: &str, vector: Vector, limits: &Limits) -> Option<Action> {
    let addresses = ["jane@example.org".to_owned()];
    let recipients = Recipients::new(&addresses);
    let sighting = Sighting {
        vector,
        span: 0..url.len(),
        context: Context::Attribute(Quote::Double),
        url: url.to_owned(),
        written: Written::default(),
        facts: Facts::default(),
        tag: None,
    };
    let judge = CLEANER.judge();
    let seen = [judge.look(&sighting, &recipients)?];
    let context = judge.context(&seen, &[]);
    let verdict = judge.verdict(&context, &seen[0], limits);
    judge.discloses(&seen[0], &verdict, limits);
    Some(verdict.action)
}
