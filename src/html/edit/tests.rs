//! Edits of small documents, written out by hand.

use super::edit;
use crate::edit::apply;
use crate::html::{Change, Sighting, Vector, scan};
use crate::limits::Limits;
use base64::Engine as _;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

const GIF: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

fn sightings(html: &[u8], encoding: &'static Encoding) -> Vec<Sighting> {
    let found = scan(html, encoding, &Limits::default()).expect("within the limits");
    found.sightings
}

/// The document after `change` to its first sighting.
fn edited(html: &str, change: &Change<'_>) -> Option<String> {
    let first = sightings(html.as_bytes(), UTF_8).remove(0);
    let edit = edit(html.as_bytes(), &first, change)?;
    String::from_utf8(apply(html.as_bytes(), &[edit])).ok()
}

fn neutralized(html: &str) -> String {
    edited(html, &Change::Neutralize)
        .expect("an edit")
        .replace(GIF, "GIF")
}

fn replaced(html: &str, url: &str) -> Option<String> {
    edited(html, &Change::Replace(url))
}

#[test]
fn the_empty_image_is_a_transparent_gif_of_one_pixel() {
    let (_, encoded) = GIF.split_once(',').expect("a data URL");
    let gif = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .expect("base64");
    // GIF89a, section by section.
    let (header, rest) = gif.split_at(6);
    assert_eq!(header, b"GIF89a");
    let (screen, rest) = rest.split_at(7);
    // 1×1, a colour table of two, background 0, no aspect ratio.
    assert_eq!(screen, [1, 0, 1, 0, 0x80, 0, 0]);
    let (colours, rest) = rest.split_at(6);
    assert_eq!(colours, [0, 0, 0, 255, 255, 255]);
    let (control, rest) = rest.split_at(8);
    // Graphic control extension: colour 0 is transparent.
    assert_eq!(control, [0x21, 0xF9, 4, 1, 0, 0, 0, 0]);
    let (image, rest) = rest.split_at(10);
    assert_eq!(image, [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0]);
    // LZW of 3 bits: clear (4), then colour 0; the sub-blocks end; trailer.
    assert_eq!(rest, [2, 1, 0b01_000_100, 0, 0x3B]);
}

#[test]
fn an_image_becomes_empty_and_keeps_its_element() {
    assert_eq!(
        neutralized("a<img width=1 src=\"//h.example/1\" alt=x>b"),
        "a<img width=1 src=\"GIF\" alt=x>b"
    );
    assert_eq!(neutralized("<img src=//h.example/1>"), "<img src=GIF>");
    assert_eq!(
        neutralized("<td background='//h.example/1'>"),
        "<td background='GIF'>"
    );
}

#[test]
fn a_candidate_keeps_its_descriptor() {
    assert_eq!(
        neutralized("<img srcset='//h.example/1 2x, b.png, c.png'>"),
        "<img srcset='GIF 2x, b.png, c.png'>"
    );
    assert_eq!(
        neutralized("<img srcset='//h.example/1, b.png'>"),
        "<img srcset='GIF, b.png'>"
    );
}

#[test]
fn css_gets_the_empty_image_and_an_import_an_empty_sheet() {
    assert_eq!(
        neutralized("<p style=\"background:url( //h.example/1 )\">"),
        "<p style=\"background:url( GIF )\">"
    );
    assert_eq!(
        neutralized("<style>a{b:url(\"//h.example/1\")}</style>"),
        "<style>a{b:url(\"GIF\")}</style>"
    );
    assert_eq!(
        neutralized("<style>@import '//h.example/1' screen;</style>"),
        "<style>@import 'data:text/css,' screen;</style>"
    );
}

#[test]
fn removing_takes_the_tag_of_an_element_without_content() {
    for html in [
        "a<img src=//h.example/1 />b",
        "a<IMG srcset='//h.example/1 2x'>b",
        "a<image src=//h.example/1>b",
        "a<input type=image src=//h.example/1>b",
    ] {
        assert_eq!(
            edited(html, &Change::Remove).as_deref(),
            Some("ab"),
            "{html}"
        );
    }
}

#[test]
fn removing_anything_else_makes_it_empty() {
    for (html, expected) in [
        ("<td background=//h.example/1>b", "<td background=GIF>b"),
        (
            "<img style='a:url(//h.example/1)'>",
            "<img style='a:url(GIF)'>",
        ),
        ("<style>a{b:url(//h.example/1)}", "<style>a{b:url(GIF)}"),
        // Without the tag between them the two would be a tag.
        (
            "<<img src=//h.example/1>img src=x>",
            "<<img src=GIF>img src=x>",
        ),
    ] {
        let removed = edited(html, &Change::Remove).map(|html| html.replace(GIF, "GIF"));
        assert_eq!(removed.as_deref(), Some(expected));
    }
}

#[test]
fn a_link_is_only_ever_replaced() {
    let html = "<a href='//h.example/1'>x</a>";
    assert_eq!(edited(html, &Change::Neutralize), None);
    assert_eq!(edited(html, &Change::Remove), None);
    assert_eq!(
        replaced(html, "https://s.example/?a=1&b=2").as_deref(),
        Some("<a href='https://s.example/?a=1&amp;b=2'>x</a>")
    );
}

#[test]
fn a_url_is_written_as_the_quotes_demand() {
    let url = "https://s.example/?\"'<>`= &";
    for (html, expected) in [
        (
            "<img src=\"//h.example\">",
            "<img src=\"https://s.example/?&#34;'&#60;&#62;`= &amp;\">",
        ),
        (
            "<img src='//h.example'>",
            "<img src='https://s.example/?\"&#39;&#60;&#62;`= &amp;'>",
        ),
        (
            "<img src=//h.example>",
            "<img src=https://s.example/?&#34;&#39;&#60;&#62;&#96;&#61;&#32;&amp;>",
        ),
        (
            "<style>a{b:url(//h.example)}",
            "<style>a{b:url(https://s.example/?\\22 \\27 \\3c \\3e `=\\20 &)}",
        ),
        (
            "<style>a{b:url('//h.example')}",
            "<style>a{b:url('https://s.example/?\\22 \\27 \\3c \\3e `= &')}",
        ),
        (
            "<p style=b:url(//h.example)>",
            "<p style=b:url(https://s.example/?\\22&#32;\\27&#32;\\3c&#32;\\3e&#32;&#96;&#61;\\20&#32;&amp;)>",
        ),
    ] {
        assert_eq!(replaced(html, url).as_deref(), Some(expected));
    }
}

#[test]
fn a_url_cannot_end_the_comment_or_raw_text_that_it_stands_in() {
    for html in [
        "<!--[if mso]><img src='//h.example'><![endif]-->",
        "<!--[if mso]><style>a{b:url('//h.example')}</style><![endif]-->",
        "<noscript><img src='//h.example'></noscript>",
        "<style>a{b:url('//h.example')}</style>",
    ] {
        let html = format!("{html}<img src=//h.example/2>");
        let url = "https://s.example/--></style></noscript>";
        let changed = replaced(&html, url).expect("an edit");
        let urls: Vec<_> = sightings(changed.as_bytes(), UTF_8)
            .into_iter()
            .map(|s| s.url)
            .collect();
        assert_eq!(urls, [url, "//h.example/2"], "{changed}");
    }
}

#[test]
fn a_url_that_cannot_stand_there_is_refused() {
    let src = "<img src='//h.example'>";
    for url in [
        "",
        "https://s.example/\n",
        "https://s.example/ü",
        " //h",
        "//h ",
    ] {
        assert_eq!(replaced(src, url), None, "{url:?}");
    }
    let srcset = "<img srcset='//h.example 2x'>";
    for url in [
        "https://s.example/a b",
        "https://s.example/a,",
        ",//s.example",
    ] {
        assert_eq!(replaced(srcset, url), None, "{url:?}");
    }
    assert!(replaced(srcset, "https://s.example/a,b").is_some());
}

#[test]
fn a_reference_without_semicolon_before_the_url_does_not_read_on() {
    let html = "<img srcset='&#x20//h.example'>";
    let changed = edited(html, &Change::Neutralize).expect("an edit");
    assert_eq!(changed.replace(GIF, "GIF"), "<img srcset='&#x20 GIF'>");
    assert_eq!(
        edited("<img srcset=&#x20//h.example>", &Change::Neutralize),
        None
    );
}

#[test]
fn a_sighting_of_other_bytes_is_refused() {
    let html = b"<img src='//h.example/1'>";
    let sighting = sightings(html, UTF_8).remove(0);
    let other = b"<img src='//h.example/2'>";
    assert_eq!(edit(other, &sighting, &Change::Neutralize), None);
    assert_eq!(edit(b"<img", &sighting, &Change::Neutralize), None);
    let moved = Sighting {
        span: 5..9,
        ..sighting.clone()
    };
    assert_eq!(edit(html, &moved, &Change::Neutralize), None);
    // Without its tag it cannot be removed, and is made empty.
    let untagged = Sighting {
        tag: Some(4..10),
        ..sighting
    };
    let change = edit(html, &untagged, &Change::Remove).expect("an edit");
    assert_eq!(change.bytes, GIF.as_bytes());
}

#[test]
fn a_url_in_a_legacy_charset_is_recognised() {
    let html = b"<img src='//h.example/\xE9'>";
    let sighting = sightings(html, WINDOWS_1252).remove(0);
    assert_eq!(sighting.vector, Vector::ImgSrc);
    let change = edit(html, &sighting, &Change::Neutralize).expect("an edit");
    assert_eq!(change.span, 10..23);
}
