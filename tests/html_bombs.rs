//! HTML made to cost much more than its size: each ends in a result or a
//! named outcome, in time that grows with the input and not faster.

#[path = "common/processor_time.rs"]
mod processor_time;

use encoding_rs::{UTF_8, WINDOWS_1252};
use processor_time::grows_with_the_input;
use std::fmt::Write;
use untrackd::html::{Scan, scan};
use untrackd::limits::Limits;
use untrackd::skip::Skip;

fn outcome(html: &str) -> Result<Scan, Skip> {
    scan(html.as_bytes(), UTF_8, &Limits::default())
}

/// Scans all of it: a limit that is reached early would hide the growth.
fn scan_all(html: &str) {
    let limits = Limits {
        html_memory: usize::MAX,
        html_bytes: usize::MAX,
        attributes: usize::MAX,
        sightings: usize::MAX,
        url_bytes: usize::MAX,
        ..Limits::default()
    };
    scan(html.as_bytes(), UTF_8, &limits).expect("no limit applies");
}

fn is_linear(name: &str, bomb: impl Fn(usize) -> String) {
    grows_with_the_input(name, 2_000, bomb, |html| scan_all(html));
}

#[test]
fn time_grows_with_the_input() {
    let repeated: &[(&str, &str, &str, &str)] = &[
        ("nested elements", "", "<div>", ""),
        ("hidden elements", "", "<div style=display:none>", ""),
        ("hidden paragraphs", "", "<p hidden>", ""),
        ("attributes", "<a ", "b ", ">"),
        ("equal attributes", "<img ", "src=//h.example/1 ", ">"),
        ("unfinished tags", "", "<a ", ""),
        ("comments", "", "<!-- x -->", ""),
        (
            "conditional comments",
            "",
            "<!--[if mso]><img src=//h.example/1><![endif]-->",
            "",
        ),
        ("open conditional comments", "", "<!--[if mso]>", ""),
        (
            "noscript",
            "",
            "<noscript><img src=//h.example/1></noscript>",
            "",
        ),
        (
            "nested noscript",
            "",
            "<noscript><!--[if x]>",
            "<img src=//h.example/1>",
        ),
        ("styles", "", "<style>a{b:url(//h.example/1)}</style>", ""),
        ("open styles", "", "<style>a{b:url(//h.example/1)}", ""),
        ("blocks", "<style>url(//h.example/1)", "{", ""),
        ("mixed blocks", "<style>url(//h.example/1)", "[(a(", ""),
        (
            "blocks in an attribute",
            "<img src=//h.example/1 style='display:none;x:url(//h.example/1) ",
            "{(",
            "'>",
        ),
        ("closing brackets", "<style>url(//h.example/1)", ")}]", ""),
        ("escapes", "<style>url(//h.example/", "\\68", ""),
        ("backslashes", "<style>url('//h.example/", "\\", ""),
        ("open strings", "<style>url(//h.example/1)", "'\n", ""),
        ("imports", "<style>", "@import '//h.example/1';", ""),
        ("entities", "<img src='//h.example/", "&amp;", "'>"),
        ("ampersands", "<img src='//h.example/", "&", "'>"),
        (
            "long entities",
            "<img src='//h.example/",
            "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "'>",
        ),
        ("digits", "<img src='//h.example/&#", "1", "'>"),
        (
            "replacement characters",
            "<img src='//h.example/",
            "\u{fffd}&",
            "'>",
        ),
        ("candidates", "<img srcset='", "//h.example/1,\n", "'>"),
        (
            "candidates with entities",
            "<img srcset='",
            "//h.example/&amp; 1x,",
            "'>",
        ),
        ("commas", "<img srcset='//h.example/1 ", ",", "'>"),
        ("links", "", "<a href=//h.example/1>x", ""),
        (
            "links with text",
            "<a href=//h.example/1>",
            "x <b>y</b> ",
            "",
        ),
        (
            "links with white space",
            "<a href=//h.example/1>",
            " \n ",
            "",
        ),
        (
            "images in a link",
            "<a href=//h.example/1>",
            "<img src=//h.example/2 alt=''>",
            "",
        ),
        ("pings", "<a ping='", "//h.example/1 ", "'>"),
        ("pings to nowhere", "<a ping='", "a ", "'>"),
        (
            "metas",
            "",
            "<meta http-equiv=a content='b //h.example/1'>",
            "",
        ),
        ("words", "<meta http-equiv=a content='", "http:;//h ", "'>"),
        ("colons", "<iframe src='view-source:", "a:", "'>"),
        ("slashes", "<iframe src='javascript:", "/a", "'>"),
        (
            "base64",
            "<iframe src='javascript:",
            "AAAAAAAAAAAAAAAA.",
            "'>",
        ),
        (
            "srcdocs",
            "",
            "<iframe srcdoc='<img src=//h.example/1>'>",
            "",
        ),
        (
            "a large srcdoc",
            "<iframe srcdoc='",
            "&lt;img src=//h.example/1&gt;",
            "'>",
        ),
        (
            "documents in URLs",
            "",
            "<img src='data:text/html,<img src=//h.example/1>'>",
            "",
        ),
        (
            "a large document in a URL",
            "<img src='data:text/html,",
            "<img src=//h.example/1>",
            "'>",
        ),
        (
            "style sheets in URLs",
            "<style>",
            "@import url(data:text/css,@import%20'//h.example/1');",
            "",
        ),
        (
            "relative references",
            "<base href=//h.example/>",
            "<img src=a>",
            "",
        ),
        ("bases", "", "<base href=//h.example/><img src=a>", ""),
        (
            "instructions",
            "",
            "<?xml-stylesheet href='//h.example/1'?>",
            "",
        ),
        ("values", "<?xml-stylesheet ", "a='b' ", "?>"),
        (
            "animations",
            "<svg><animate attributename=href values='",
            "//h;",
            "'>",
        ),
        ("prefixes", "<image ", "a:href=//h.example/1 ", ">"),
        (
            "other prefixes",
            "<set attributename=href ",
            "a:to=//h ",
            ">",
        ),
        ("colons in a name", "<img ", "a:", "src=//h.example/1>"),
        ("shapes", "", "<v:rect href=//h.example/1>", ""),
        (
            "selectors",
            "<style>",
            ".gmail_quote,",
            "{a:url(//h.example/1)}",
        ),
        (
            "custom properties",
            "<style>a{",
            "--b:'//h.example/1';",
            "}",
        ),
        (
            "links that show their URL",
            "",
            "<a href=//h.example/1>//h.example/1</a>",
            "",
        ),
        (
            "a link that shows a long URL",
            "<a href=//h.example/",
            "1",
            ">//h.example/1</a>",
        ),
        ("bodies", "", "<body></body>", ""),
        ("open bodies", "", "<html><body>", ""),
        ("stray end tags", "<div>", "<b></i>", ""),
        ("selects with raw text", "", "<select><xmp>", ""),
        ("raw texts", "<select><xmp>", "</xmp><title>x:</title>", ""),
        ("foreign elements", "", "<svg><style>", ""),
        ("templates", "", "<template>", ""),
        (
            "declarations",
            "<img src=//h.example/1 style='display:none;",
            "a:b;",
            "'>",
        ),
        (
            "declarations without a name",
            "<img src=//h.example/1 style='display:none;",
            ":;",
            "'>",
        ),
        (
            "nested functions",
            "<img src=//h.example/1 style='clip:",
            "rect(",
            "'>",
        ),
        (
            "urls in an attribute",
            "<p style='",
            "a:url(//h.example/1);",
            "'>",
        ),
    ];
    for (name, start, piece, end) in repeated {
        is_linear(name, |count| format!("{start}{}{end}", piece.repeat(count)));
    }
}

#[test]
fn a_million_nested_elements_end_in_a_named_outcome() {
    assert_eq!(outcome(&"<div>".repeat(1_000_000)), Err(Skip::HtmlMemory));
}

#[test]
fn half_a_million_unclosed_hidden_elements_end_in_a_named_outcome() {
    // 24 bytes each, so the limit on the size has to be raised.
    let limits = Limits {
        html_bytes: 16 << 20,
        ..Limits::default()
    };
    let html = "<div style=display:none>".repeat(500_000);
    assert_eq!(scan(html.as_bytes(), UTF_8, &limits), Err(Skip::HtmlMemory));
}

#[test]
fn a_million_attributes_end_in_a_named_outcome() {
    let html = format!("<a {}>", "b ".repeat(1_000_000));
    assert_eq!(outcome(&html), Err(Skip::HtmlMemory));
    let html = format!("<a {}>", "b ".repeat(20_000));
    assert_eq!(outcome(&html), Err(Skip::Attributes));
    let mut html = String::from("<img ");
    for number in 0..9_000 {
        let _ = write!(html, "a{number}='x' ");
    }
    html.push_str("src=//h.example/1>");
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
}

#[test]
fn a_hundred_thousand_comments_are_read() {
    let html = "<!-- [x] -->".repeat(100_000) + "<img src=//h.example/1>";
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
    let html = "<!--[if x]><p a=://><![endif]-->".repeat(40_000) + "<img src=//h.example/1>";
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
    let html = "<!--[if x]><p a=://><![endif]-->".repeat(100_000);
    assert_eq!(outcome(&html), Err(Skip::Sightings));
}

#[test]
fn three_million_starts_of_a_tag_end_in_a_named_outcome() {
    let limits = Limits {
        html_bytes: 16 << 20,
        ..Limits::default()
    };
    let html = "<a ".repeat(3_000_000);
    assert_eq!(scan(html.as_bytes(), UTF_8, &limits), Err(Skip::HtmlMemory));
}

#[test]
fn a_style_sheet_of_five_megabytes_is_read() {
    let rule = "p.x{color:red;background:url(img.png);width:calc(1px + 2px)}\n";
    let html = format!(
        "<style>{}a{{b:url(//h.example/1)}}</style>",
        rule.repeat((5 << 20) / rule.len())
    );
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
}

#[test]
fn a_million_open_blocks_are_read() {
    let html = format!("<style>{}url(//h.example/1)", "{".repeat(1_000_000));
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
    let html = format!(
        "<p style='display:none;x:url(//h.example/1) {}'>",
        "{".repeat(1_000_000)
    );
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
}

#[test]
fn five_megabytes_of_a_legacy_charset_are_read() {
    let mut html = b"<style>a{b:url(//h.example/1)}/*".to_vec();
    html.resize(5 << 20, 0xE9);
    html.extend_from_slice(b"*/c{d:url(//h.example/2)}");
    let found = scan(&html, WINDOWS_1252, &Limits::default()).map(|found| {
        let spans = found.sightings.into_iter();
        spans.map(|s| html[s.span].to_vec()).collect::<Vec<_>>()
    });
    assert_eq!(
        found,
        Ok(vec![b"//h.example/1".to_vec(), b"//h.example/2".to_vec()])
    );
}

#[test]
fn more_urls_than_the_limit_end_in_a_named_outcome() {
    let html = "<img src=//h.example/1>".repeat(50_001);
    assert_eq!(outcome(&html), Err(Skip::Sightings));
    let html = format!("<style>{}", "url(//h.example/1)".repeat(50_001));
    assert_eq!(outcome(&html), Err(Skip::Sightings));
    let html = "<noscript></noscript>".repeat(50_001);
    assert_eq!(outcome(&html), Err(Skip::Sightings));
}

#[test]
fn a_stray_select_does_not_switch_the_scan_off() {
    for raw in ["xmp", "title", "style", "noscript", "iframe", "plaintext"] {
        let html = format!("<select><{raw}><img src=//h.example/1 width=1 height=1>");
        let found = outcome(&html).expect("a result");
        assert!(found.lenient, "{raw}");
        assert_eq!(found.sightings.len(), 1, "{raw}");
        assert_eq!(found.sightings[0].facts.width, Some(1.0), "{raw}");
    }
}

/// `html` in an attribute of a frame, `depth` times.
fn framed(html: &str, depth: usize) -> String {
    let mut html = html.to_owned();
    for _ in 0..depth {
        let value = html.replace('&', "&amp;").replace('"', "&quot;");
        html = format!("<iframe srcdoc=\"{value}\"></iframe>");
    }
    html
}

#[test]
fn frames_in_frames_are_read_to_a_depth() {
    for depth in [0, 3, 4, 60] {
        let html = framed("<img src=//h.example/1>", depth);
        assert_eq!(
            outcome(&html).map(|found| found.sightings.len()),
            Ok(1),
            "{depth}"
        );
    }
}

#[test]
fn many_frames_in_many_frames_are_read_in_time() {
    let mut html = "<img src=//h.example/1>".repeat(40);
    for _ in 0..3 {
        html = framed(&html, 1).repeat(8);
    }
    // 40 images in each of 8 × 8 × 8 frames.
    assert_eq!(
        outcome(&html).map(|found| found.sightings.len()),
        Ok(20_480)
    );
}

#[test]
fn more_documents_than_the_limit_end_in_a_named_outcome() {
    let html = "<iframe srcdoc='<p a=//>'></iframe>".repeat(50_001);
    assert_eq!(outcome(&html), Err(Skip::Sightings));
    let html = "<img src='data:text/html,<p a=//>'>".repeat(50_001);
    assert_eq!(outcome(&html), Err(Skip::Sightings));
}

#[test]
fn a_list_of_pings_is_one_sighting() {
    let html = format!("<a ping='{}'>", "//h.example/1 ".repeat(100_000));
    assert_eq!(outcome(&html).map(|found| found.sightings.len()), Ok(1));
}

#[test]
fn the_urls_of_one_document_count_one_by_one() {
    let document = |images: usize| {
        let images: Vec<_> = (0..images)
            .map(|n| format!("<img src=//h.example/{n}>"))
            .collect();
        format!("<object data='data:text/html,{}'>", images.concat())
    };
    assert_eq!(outcome(&document(50_001)), Err(Skip::Sightings));
    // Each keeps a few bytes of the document, not all of it.
    let found = outcome(&document(50_000)).expect("a result");
    assert_eq!(found.sightings.len(), 50_000);
}
