//! The scan of HTML and CSS, and of plain text, and the edits of what it saw.

use super::chance::Chance;
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_8859_2, SHIFT_JIS, UTF_8, WINDOWS_1252, X_USER_DEFINED,
};
use untrackd::{
    edit::{Edit, apply, normalize},
    html::{edit, scan, shown_edit},
    limits::Limits,
    sighting::{Change, Context, Quote, Sighting, Trigger, Vector},
    text,
};

/// How many sightings of a document are edited one by one: each costs a scan.
const EDITED: usize = 3;

/// How often everything is neutralized until nothing loads: an edit that
/// overlaps another one waits for the next round.
const ROUNDS: usize = 6;

static ENCODINGS: &[&Encoding] = &[
    WINDOWS_1252,
    SHIFT_JIS,
    GB18030,
    BIG5,
    EUC_KR,
    ISO_8859_2,
    X_USER_DEFINED,
];

/// URLs that are hard to write somewhere.
const URLS: &[&str] = &[
    "https://s.example/",
    "https://s.example/?a=1&b=2&copy=3&amp",
    "https://s.example/(a)'b'\"c\"`d`=e",
    "https://s.example/--></style></noscript>]]>",
    "https://s.example/a\\b\\62c;d{e}f/*g*/h",
    "https://s.example/a,b",
];

pub fn check(input: &[u8]) {
    let mut chance = Chance::of(input);
    for encoding in [UTF_8, *chance.one(ENCODINGS)] {
        let Ok(scan) = scan(input, encoding, &limits()) else {
            continue;
        };
        let is_twofold = scan.lenient || holds_cdata(input);
        let found = scan.sightings;
        check_spans(input, &found);
        for _ in 0..EDITED.min(found.len()) {
            let at = chance.below(found.len());
            let url: &&str = chance.one(URLS);
            check_edit(input, encoding, &found, is_twofold, at, url);
        }
    }
    nothing_loads_once_all_is_neutralized(input);
    check_text(input, &mut chance);
}

fn limits() -> Limits {
    Limits {
        sightings: 5_000,
        ..Limits::default()
    }
}

fn scanned(html: &[u8], encoding: &'static Encoding) -> Option<Vec<Sighting>> {
    scan(html, encoding, &limits()).ok().map(|s| s.sightings)
}

/// What stands in a CDATA section is read in two ways.
fn holds_cdata(html: &[u8]) -> bool {
    const CDATA: &[u8] = b"<![CDATA[";
    html.windows(CDATA.len()).any(|at| at == CDATA)
}

/// What must stay the same about the sightings that are not edited.
fn shape(sighting: &Sighting) -> (Vector, Context, &str) {
    (sighting.vector, sighting.context, &sighting.url)
}

fn check_spans(html: &[u8], found: &[Sighting]) {
    for sighting in found {
        assert!(sighting.span.start < sighting.span.end);
        assert!(sighting.span.end <= html.len());
        if let Some(tag) = &sighting.tag {
            assert!(tag.start <= sighting.span.start && sighting.span.end <= tag.end);
            assert_eq!(html[tag.start], b'<');
            assert_eq!(html[tag.end - 1], b'>');
            assert_eq!(sighting.facts.offset, tag.start);
        }
        assert!(sighting.facts.text.len() <= 256);
        if let Some(shown) = &sighting.facts.shown {
            assert!(shown.start <= shown.end && shown.end <= html.len());
        }
        // A byte of a legacy charset is at most three in UTF-8.
        assert!(sighting.url.len() <= 3 * limits().url_bytes);
    }
    for pair in found.windows(2) {
        assert!(pair[0].span.start <= pair[1].span.start);
    }
}

fn check_outside(html: &[u8], after: &[u8], change: &Edit) {
    let tail = &html[change.span.end..];
    assert_eq!(&after[..change.span.start], &html[..change.span.start]);
    assert_eq!(&after[after.len() - tail.len()..], tail);
}

/// A URL behind an unfinished character reference cannot be replaced where no
/// space may be written.
fn may_refuse(html: &[u8], sighting: &Sighting) -> bool {
    let unquoted = sighting.written.within.contains(&Quote::None)
        || matches!(
            sighting.context,
            Context::Attribute(Quote::None) | Context::CssInAttribute(Quote::None, _)
        );
    let before = sighting.span.start.checked_sub(1).map(|at| html[at]);
    unquoted && before.is_some_and(|b| b.is_ascii_alphanumeric())
}

/// Edits one sighting and scans the result: that one is what it was meant to
/// be, and all others are as they were.
fn check_edit(
    html: &[u8],
    encoding: &'static Encoding,
    found: &[Sighting],
    is_twofold: bool,
    at: usize,
    url: &str,
) {
    let sighting = &found[at];
    if let Some(change) = shown_edit(html, sighting, url) {
        check_outside(html, &apply(html, std::slice::from_ref(&change)), &change);
    }
    let own = &sighting.span;
    let overlaps = |other: &Sighting| {
        let is_touched = other.span.start < own.end && own.start < other.span.end;
        // A style sheet in SVG or MathML holds elements, whose quotes are also
        // those of strings in it.
        let is_in_sheet = matches!(other.context, Context::CssInText(_))
            && !matches!(sighting.context, Context::CssInText(_))
            && (other.facts.offset..other.span.start).contains(&own.start);
        is_touched || is_in_sheet
    };
    let alone = found
        .iter()
        .enumerate()
        .all(|(n, s)| n == at || !overlaps(s));
    let replaced = sighting.is_replaceable();
    let change = if replaced {
        Change::Replace(url)
    } else {
        assert_eq!(edit(html, sighting, &Change::Replace("//h.example/")), None);
        Change::Neutralize
    };
    let Some(change) = edit(html, sighting, &change) else {
        let in_list = sighting.vector == Vector::SvgAnimate && url.contains(';');
        assert!(
            in_list || may_refuse(html, sighting),
            "refused: {sighting:?}"
        );
        return;
    };
    let after = apply(html, std::slice::from_ref(&change));
    check_outside(html, &after, &change);
    // Of two readings of the same bytes an edit may change both.
    if !alone {
        return;
    }
    let seen = scanned(&after, encoding).expect("it can still be read");
    let seen: Vec<_> = seen.iter().map(shape).collect();
    if is_twofold {
        // What is a URL in one reading can be anything in the other: the end
        // of one string and the start of the next, or of a tag.
        let edited = (sighting.vector, sighting.context, url);
        assert!(!replaced || seen.contains(&edited), "after {change:?}");
        return;
    }
    let expected: Vec<_> = found
        .iter()
        .enumerate()
        .filter(|(n, _)| *n != at || replaced)
        .map(|(n, s)| {
            if n == at {
                (s.vector, s.context, url)
            } else {
                shape(s)
            }
        })
        .collect();
    assert_eq!(seen, expected, "after {change:?}");
}

fn nothing_loads_once_all_is_neutralized(html: &[u8]) {
    let mut html = html.to_vec();
    let mut before = usize::MAX;
    for _ in 0..ROUNDS {
        let Some(found) = scanned(&html, UTF_8) else {
            return;
        };
        let loads: Vec<_> = found
            .iter()
            .filter(|s| matches!(s.vector.trigger(), Trigger::Show | Trigger::Ping))
            .filter(|s| !may_refuse(&html, s))
            .collect();
        let mut edits: Vec<_> = loads
            .iter()
            .map(|s| edit(&html, s, &Change::Neutralize).expect("it can be neutralized"))
            .collect();
        if edits.is_empty() {
            return;
        }
        assert!(found.len() <= before, "neutralizing brought something new");
        before = found.len();
        normalize(&mut edits);
        html = apply(&html, &edits);
    }
    panic!("something still loads: {}", String::from_utf8_lossy(&html));
}

fn check_text(input: &[u8], chance: &mut Chance) {
    for delsp in [false, true] {
        let Ok(found) = text::scan(input, UTF_8, delsp, &limits()) else {
            continue;
        };
        let found = found.sightings;
        assert!(found.is_empty() || text::may_hold_links(input) || delsp);
        for _ in 0..EDITED.min(found.len()) {
            let at = chance.below(found.len());
            let url = *chance.one(URLS);
            assert_eq!(text::edit(input, &found[at], &Change::Neutralize), None);
            let Some(change) = text::edit(input, &found[at], &Change::Replace(url)) else {
                continue;
            };
            let after = apply(input, std::slice::from_ref(&change));
            check_outside(input, &after, &change);
            let Ok(seen) = text::scan(&after, UTF_8, delsp, &limits()) else {
                continue;
            };
            // The width of a line may cast doubt on its last link, and that on
            // all others in it; but nothing becomes visible by an edit.
            let mut expected = found
                .iter()
                .enumerate()
                .map(|(n, s)| if n == at { url } else { s.url.as_str() });
            for sighting in &seen.sightings {
                let is_expected = expected.any(|url| url == sighting.url);
                assert!(is_expected, "{} is new after {change:?}", sighting.url);
            }
        }
    }
}
