//! Properties of the scan and of edits, on generated documents. The seeds are
//! fixed: every run makes the same documents.

use encoding_rs::{Encoding, GB18030, SHIFT_JIS, UTF_8, WINDOWS_1252};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use untrackd::edit::{Edit, apply, normalize};
use untrackd::html::{edit, scan};
use untrackd::limits::Limits;
use untrackd::sighting::{Change, Context, Quote, Sighting, Trigger, Vector};

fn config(cases: u32, seed: u64) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Pieces of which documents are thrown together, well formed or not.
const PIECES: &[&str] = &[
    "<img src=",
    "<img srcset=",
    "<a href=",
    "<td background=",
    "<p style=",
    "<div hidden>",
    "<input type=image src=",
    "<image src=",
    "<style>",
    "</style>",
    "<noscript>",
    "</noscript>",
    "<!--[if mso]>",
    "<![endif]-->",
    "<!--",
    "-->",
    "<iframe srcdoc=",
    "</iframe>",
    "<iframe src=",
    "<base href=",
    "<meta http-equiv=refresh content=",
    "<meta http-equiv=a content=",
    "<v:fill src=",
    "<image xlink:href=",
    "<set attributeName=href to=",
    "<rect fill=",
    "<a ping=",
    "<link href=",
    "<?xml-stylesheet href=",
    "data:text/html,",
    "data:text/css,",
    "view-source:",
    "&lt;",
    "&gt;",
    "--a:",
    "@font-face{",
    "@media print{",
    "0;url=",
    "r.gif",
    "<select>",
    "<xmp>",
    "</xmp>",
    "<svg>",
    "</svg>",
    "<title>",
    "</a>",
    "</div>",
    "<body>",
    "</body>",
    "<plaintext>",
    "<template>",
    "<br/>",
    "<![CDATA[",
    "]]>",
    "<script>",
    "</script>",
    "<p hidden>",
    "<textarea>",
    "style='display:none'",
    "width=1",
    "alt=''",
    "\"",
    "'",
    ">",
    "/>",
    " ",
    "\n",
    "=",
    "<",
    "/",
    "http://h.example/1",
    "//h.example/a,b",
    "HTTPS:\\\\h.example/?a=1&amp;b=2",
    "h&#116;tp:&#x2f;/h.example",
    "https://h.example/\u{fc}",
    "&copy",
    "&#x20",
    "&quot;",
    "&amp;",
    "&lpar;",
    "url(",
    ")",
    "\\75rl(",
    "@import ",
    "image-set(",
    "{",
    "}",
    ";",
    "a:",
    "\\68",
    "\\",
    " 2x, ",
    ",",
    "(",
    "/*",
    "*/",
    "x",
    "\u{e9}",
    "\u{3042}",
    "\0",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn encodings() -> impl Strategy<Value = &'static Encoding> {
    select(vec![UTF_8, WINDOWS_1252, SHIFT_JIS, GB18030])
}

fn scanned(html: &[u8], encoding: &'static Encoding) -> Vec<Sighting> {
    let found = scan(html, encoding, &Limits::default());
    found.expect("within the limits").sightings
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
    }
    for pair in found.windows(2) {
        assert!(pair[0].span.start <= pair[1].span.start);
    }
}

/// Edits every sighting in turn and scans the result.
fn check_edits(html: &[u8], encoding: &'static Encoding, found: &[Sighting], url: &str) {
    for (at, sighting) in found.iter().enumerate() {
        let alone = found.iter().enumerate().all(|(other, s)| {
            other == at || s.span.end <= sighting.span.start || sighting.span.end <= s.span.start
        });
        if !alone {
            // One of two readings of the same bytes; an edit of either may
            // change the other.
            continue;
        }
        if !sighting.is_replaceable() {
            check_way(html, encoding, found, sighting);
            continue;
        }
        let Some(change) = edit(html, sighting, &Change::Replace(url)) else {
            let in_list = sighting.vector == Vector::SvgAnimate && url.contains(';');
            assert!(
                in_list || may_refuse(html, sighting),
                "refused: {sighting:?}"
            );
            continue;
        };
        let after = apply(html, std::slice::from_ref(&change));
        check_outside(html, &after, &change);
        let seen = scanned(&after, encoding);
        let mut expected: Vec<_> = found.iter().map(shape).collect();
        expected[at].2 = url;
        let seen: Vec<_> = seen.iter().map(shape).collect();
        assert_eq!(seen, expected, "{}", String::from_utf8_lossy(&after));
    }
}

/// Neutralizes something that gives way as a whole, and scans the result.
fn check_way(html: &[u8], encoding: &'static Encoding, found: &[Sighting], holder: &Sighting) {
    assert_eq!(edit(html, holder, &Change::Replace("//h.example/")), None);
    let Some(change) = edit(html, holder, &Change::Neutralize) else {
        assert!(may_refuse(html, holder), "refused: {holder:?}");
        return;
    };
    let after = apply(html, std::slice::from_ref(&change));
    check_outside(html, &after, &change);
    let seen = scanned(&after, encoding);
    let expected: Vec<_> = found
        .iter()
        .filter(|s| s.span != holder.span)
        .map(shape)
        .collect();
    let seen: Vec<_> = seen.iter().map(shape).collect();
    assert_eq!(seen, expected, "{}", String::from_utf8_lossy(&after));
}

/// A URL behind an unfinished character reference cannot be replaced where
/// no space may be written.
fn may_refuse(html: &[u8], sighting: &Sighting) -> bool {
    let unquoted = sighting.written.within.contains(&Quote::None)
        || matches!(
            sighting.context,
            Context::Attribute(Quote::None) | Context::CssInAttribute(Quote::None, _)
        );
    unquoted && html[sighting.span.start - 1].is_ascii_alphanumeric()
}

fn check_outside(html: &[u8], after: &[u8], change: &Edit) {
    let tail = &html[change.span.end..];
    assert_eq!(&after[..change.span.start], &html[..change.span.start]);
    assert_eq!(&after[after.len() - tail.len()..], tail);
}

/// URLs that are hard to write somewhere.
fn urls() -> impl Strategy<Value = &'static str> {
    select(vec![
        "https://s.example/",
        "https://s.example/?a=1&b=2&copy=3&amp",
        "https://s.example/(a)'b'\"c\"`d`=e",
        "https://s.example/--></style></noscript>]]>",
        "https://s.example/a\\b\\62c;d{e}f/*g*/h",
        "https://s.example/a,b",
    ])
}

proptest! {
    #![proptest_config(config(300, 1))]

    #[test]
    fn arbitrary_bytes_have_spans_in_range_and_in_order(
        html in prop::collection::vec(any::<u8>(), 0..400),
        encoding in encodings(),
    ) {
        check_spans(&html, &scanned(&html, encoding));
    }
}

proptest! {
    #![proptest_config(config(3_000, 2))]

    #[test]
    fn any_soup_of_tags_can_be_edited_exactly(
        html in soup(),
        encoding in encodings(),
        url in urls(),
    ) {
        let found = scanned(html.as_bytes(), encoding);
        check_spans(html.as_bytes(), &found);
        check_edits(html.as_bytes(), encoding, &found, url);
    }
}

proptest! {
    #![proptest_config(config(2_000, 4))]

    #[test]
    fn nothing_loads_once_all_is_neutralized(html in soup()) {
        let mut html = html.into_bytes();
        // An edit that overlaps another one waits for the next round.
        for _ in 0..4 {
            let loads: Vec<_> = scanned(&html, UTF_8)
                .into_iter()
                .filter(|s| matches!(s.vector.trigger(), Trigger::Show | Trigger::Ping))
                .filter(|s| !may_refuse(&html, s))
                .collect();
            let mut edits: Vec<_> = loads
                .iter()
                .filter_map(|s| edit(&html, s, &Change::Neutralize))
                .collect();
            prop_assert_eq!(edits.len(), loads.len());
            if edits.is_empty() {
                return Ok(());
            }
            normalize(&mut edits);
            html = apply(&html, &edits);
        }
        prop_assert!(false, "{}", String::from_utf8_lossy(&html));
    }
}

/// An attribute value in quotes, and what must be escaped in it.
fn quoted(value: &str, quote: &str) -> String {
    let value = value.replace('&', "&amp;");
    match quote {
        "\"" => format!("\"{}\"", value.replace('"', "&quot;")),
        "'" => format!("'{}'", value.replace('\'', "&apos;")),
        _ => value
            .replace(' ', "&#32;")
            .replace('>', "&#62;")
            .replace('"', "&#34;")
            .replace('\'', "&#39;"),
    }
}

fn css_url(url: &str, form: &str) -> String {
    format!("url({form}{url}{form})")
}

/// A well-formed document with one URL in every place, and those URLs.
fn document() -> impl Strategy<Value = (String, Vec<String>)> {
    let quote = select(vec!["\"", "'", ""]);
    let form = select(vec!["\"", "'", ""]);
    let host = select(vec!["http://h.example", "//h.example", "HTTPS://h.example"]);
    let query = select(vec!["", "?a=1&b=2", "?u=a%20b;c", "?amp&lt=1"]);
    (quote, form, host, query, any::<bool>()).prop_map(|(quote, form, host, query, hidden)| {
        let mut number = 0;
        let mut urls = Vec::new();
        let mut url = || {
            number += 1;
            urls.push(format!("{host}/{number}{query}"));
            urls[number - 1].clone()
        };
        let mut html = String::from("<html><head><style>@import ");
        html += &css_url(&url(), form);
        html += ";@media(x){p{a:";
        html += &css_url(&url(), form);
        html += "}}</style></head><body background=";
        html += &quoted(&url(), quote);
        html += " ><div ";
        html += if hidden { "style='display:none'>" } else { ">" };
        html += "<a href=";
        html += &quoted(&url(), quote);
        html += " >text</a><img width=1 src=";
        html += &quoted(&url(), quote);
        html += " srcset=\"";
        html += &url().replace('&', "&amp;");
        html += " 1x, ";
        html += &url().replace('&', "&amp;");
        html += " 2x\" alt=''><p style=";
        html += &quoted(&format!("a:b;c:{}", css_url(&url(), form)), quote);
        html += " ></p></div><!--[if mso]><image src=";
        html += &quoted(&url(), quote);
        html += " ><![endif]--><noscript><input type=image src=";
        html += &quoted(&url(), quote);
        html += " ></noscript><v:fill src=";
        html += &quoted(&url(), quote);
        html += " /><svg><image xlink:href=";
        html += &quoted(&url(), quote);
        html += " /></svg><link href=";
        html += &quoted(&url(), quote);
        html += " ><iframe srcdoc=";
        html += &quoted(&format!("<img src={} >", quoted(&url(), quote)), quote);
        html += " ></iframe></body></html>";
        (html, urls)
    })
}

proptest! {
    #![proptest_config(config(100, 3))]

    #[test]
    fn every_url_of_a_document_is_seen_and_can_be_replaced(
        (html, urls) in document(),
        url in urls(),
    ) {
        let found = scanned(html.as_bytes(), UTF_8);
        let seen: Vec<_> = found.iter().map(|s| s.url.clone()).collect();
        prop_assert_eq!(seen, urls);
        check_spans(html.as_bytes(), &found);
        check_edits(html.as_bytes(), UTF_8, &found, url);
    }

    #[test]
    fn a_neutralized_or_removed_url_is_gone_and_the_others_stay(
        (html, _) in document(),
        remove in any::<bool>(),
    ) {
        let found = scanned(html.as_bytes(), UTF_8);
        let change = if remove { Change::Remove } else { Change::Neutralize };
        for (at, sighting) in found.iter().enumerate() {
            let Some(change) = edit(html.as_bytes(), sighting, &change) else {
                prop_assert!(sighting.vector.is_link());
                continue;
            };
            let after = apply(html.as_bytes(), std::slice::from_ref(&change));
            check_outside(html.as_bytes(), &after, &change);
            let seen = scanned(&after, UTF_8);
            let expected: Vec<_> = found
                .iter()
                .enumerate()
                .filter(|(other, s)| {
                    let gone = change.span.start <= s.span.start && s.span.end <= change.span.end;
                    *other != at && !gone
                })
                .map(|(_, s)| shape(s))
                .collect();
            prop_assert_eq!(seen.iter().map(shape).collect::<Vec<_>>(), expected);
        }
    }
}
