//! Scans of small documents, with spans and facts worked out by hand.

use super::scan;
use crate::html::{Context, CssForm, Facts, Hidden, Quote, Sighting, Vector};
use crate::limits::Limits;
use crate::skip::Skip;
use encoding_rs::{SHIFT_JIS, UTF_8, UTF_16LE, WINDOWS_1252};

const PIXEL: &str = "https://t.example.org/o.gif";

fn sightings(html: &str) -> Vec<Sighting> {
    let found = scan(html.as_bytes(), UTF_8, &Limits::default()).expect("within the limits");
    assert!(!found.lenient, "{html}");
    found.sightings
}

/// The vector and the source text of each sighting.
fn seen(html: &str) -> Vec<(&'static str, &str)> {
    let sightings = sightings(html);
    let source = |s: &Sighting| &html[s.span.clone()];
    sightings
        .iter()
        .map(|s| (s.vector.name(), source(s)))
        .collect()
}

fn one(html: &str) -> Sighting {
    let mut found = sightings(html);
    assert_eq!(found.len(), 1, "{html}");
    found.remove(0)
}

fn facts(html: &str) -> Facts {
    one(html).facts
}

/// What hides the pixel in `html`, where `PIXEL` stands for its URL.
fn hidden(html: &str) -> Option<Hidden> {
    facts(&html.replace("PIXEL", PIXEL)).hidden
}

#[test]
fn an_image_is_seen_with_all_that_is_known_about_it() {
    let html = r#"<p>x<img width="1" height=1px alt="" src="https://t.example.org/o?a=1&amp;b">"#;
    assert_eq!(
        one(html),
        Sighting {
            vector: Vector::ImgSrc,
            span: 42..75,
            context: Context::Attribute(Quote::Double),
            url: "https://t.example.org/o?a=1&b".to_owned(),
            facts: Facts {
                width: Some(1.0),
                height: Some(1.0),
                states_alt: true,
                offset: 4,
                ..Facts::default()
            },
            written: crate::sighting::Written::default(),
            tag: Some(4..77),
        }
    );
}

#[test]
fn every_vector_is_seen_in_its_place() {
    for (html, vector) in [
        ("<a href='//h.example/1'>", "a-href"),
        ("<AREA HREF=//h.example/1>", "area-href"),
        ("<td background=//h.example/1>", "background"),
        ("<p style='x:url(//h.example/1)'>", "css-url"),
        ("<style>p{x:url('//h.example/1')}</style>", "css-url"),
        ("<style>@import '//h.example/1';</style>", "css-import"),
        ("<style>@import url(//h.example/1)", "css-import"),
        ("<ImG SrC=//h.example/1>", "img-src"),
        ("<image src=//h.example/1>", "img-src"),
        ("<img srcset='//h.example/1 2x'>", "img-srcset"),
        ("<input type=IMAGE src=//h.example/1>", "input-src"),
        ("<input src=//h.example/1 type='ima&#103;e'>", "input-src"),
    ] {
        assert_eq!(seen(html), [(vector, "//h.example/1")], "{html}");
    }
}

#[test]
fn what_loads_nothing_is_not_seen() {
    for html in [
        "<img src=cid:1@h.example>",
        "<img src='data:image/gif;base64,R0lG'>",
        "<img src=logo.gif>",
        "<a href='#top'>x</a><a href=mailto:a@h.example>",
        "<p src=//h.example/1 href=//h.example/2 srcset='//h.example/3 2x'>",
        "<input type=text src=//h.example/1>",
        "<svg><image src=//h.example/1></svg>",
        "<!-- <img src=//h.example/1> -->",
        "<textarea><img src=//h.example/1></textarea>",
        "<script>'<img src=//h.example/1>'</script>",
        "<p title='<img src=//h.example/1>'>",
        "<p style='color:red;@import \"//h.example/1\"'>",
    ] {
        assert_eq!(seen(html), [], "{html}");
    }
}

#[test]
fn an_entity_in_the_scheme_does_not_hide_a_url() {
    let sighting = one("<img src='h&#116;&#x74;p&colon;&sol;&sol;h.example/'>");
    assert_eq!(sighting.url, "http://h.example/");
    assert_eq!(sighting.span, 10..51);
}

#[test]
fn a_parameter_that_looks_like_an_entity_stays() {
    let sighting = one("<img src='//h.example/?a=1&copy=2&reg;&ampx'>");
    assert_eq!(sighting.url, "//h.example/?a=1&copy=2\u{ae}&ampx");
}

#[test]
fn tabs_newlines_upper_case_and_backslashes_do_not_hide_a_url() {
    assert_eq!(
        one("<img src='\n HT\tTP:\\\\h.example/ '>").url,
        "HT\tTP:\\\\h.example/"
    );
    assert_eq!(seen("<img src='&#9;//h.example/'>").len(), 1);
}

#[test]
fn only_the_first_of_equal_attributes_counts() {
    assert_eq!(
        seen("<img src=//h.example/1 SRC=//h.example/2>"),
        [("img-src", "//h.example/1")]
    );
    assert_eq!(seen("<img src src=//h.example/2>"), []);
    let facts = facts("<img src=//h.example/1 width=9 width=1 style=height:9px style=height:1px>");
    assert_eq!((facts.width, facts.height), (Some(9.0), Some(9.0)));
}

#[test]
fn unquoted_and_single_quoted_attributes_are_told_apart() {
    assert_eq!(
        one("<img src=//h.example/1/>").context,
        Context::Attribute(Quote::None)
    );
    assert_eq!(
        seen("<img src=//h.example/1/>"),
        [("img-src", "//h.example/1/")]
    );
    assert_eq!(
        one("<img src = '//h.example/1'>").context,
        Context::Attribute(Quote::Single)
    );
}

#[test]
fn a_srcset_is_split_into_its_candidates() {
    let html = "<img srcset='data:image/gif;base64,R0lG 1x, //h.example/2 2x,\n\
        http://h.example/a,b 3x, local.png, //h.example/4'>";
    assert_eq!(
        seen(html),
        [
            ("img-srcset", "//h.example/2"),
            ("img-srcset", "http://h.example/a,b"),
            ("img-srcset", "//h.example/4"),
        ]
    );
}

#[test]
fn spans_in_a_srcset_count_the_bytes_of_its_entities() {
    let html = "<img srcset='//h.example/?a&amp;b&#32;1x&comma;&#x20;//h.example/2'>";
    let found = sightings(html);
    assert_eq!(found[0].url, "//h.example/?a&b");
    assert_eq!(&html[found[0].span.clone()], "//h.example/?a&amp;b");
    assert_eq!(&html[found[1].span.clone()], "//h.example/2");
}

#[test]
fn css_in_an_attribute_is_found_behind_entities_and_escapes() {
    let html = r#"<td style="a:b;background:\75rl(&quot;\68ttp://h.example/?a&amp;b&quot;)">"#;
    let sighting = one(html);
    assert_eq!(sighting.url, "http://h.example/?a&b");
    assert_eq!(&html[sighting.span.clone()], r"\68ttp://h.example/?a&amp;b");
    assert_eq!(
        sighting.context,
        Context::CssInAttribute(Quote::Double, CssForm::Double)
    );
    assert_eq!(sighting.tag, None);
}

#[test]
fn a_parenthesis_as_an_entity_does_not_hide_css() {
    let html = "<td style='background:url&lpar;//h.example/1)'>";
    assert_eq!(seen(html), [("css-url", "//h.example/1")]);
}

#[test]
fn css_in_a_single_quoted_attribute_keeps_its_double_quotes() {
    let html = r#"<p style='background:url( "//h.example/1" )'>"#;
    assert_eq!(
        one(html).context,
        Context::CssInAttribute(Quote::Single, CssForm::Double)
    );
    assert_eq!(seen(html), [("css-url", "//h.example/1")]);
}

#[test]
fn a_style_sheet_is_read_to_its_end() {
    let html = "<style>a{b:url(//h.example/1)}/*url(//h.example/x)*/\
        @media(x){c{d:url(\"//h.example/2\")}}</style>url(//h.example/y)";
    assert_eq!(
        seen(html),
        [("css-url", "//h.example/1"), ("css-url", "//h.example/2")]
    );
    let sighting = &sightings(html)[1];
    assert_eq!(sighting.context, Context::Css(CssForm::Double));
    assert_eq!(sighting.facts, Facts::default());
}

#[test]
fn a_conditional_comment_is_read_as_html() {
    let html =
        "<p>1</p><!--[if mso]><img src=//h.example/1 width=1><![endif]--><img src=//h.example/2>";
    assert_eq!(
        seen(html),
        [("img-src", "//h.example/1"), ("img-src", "//h.example/2")]
    );
    let first = &sightings(html)[0];
    assert_eq!(first.facts.width, Some(1.0));
    assert_eq!(first.facts.offset, 21);
    assert_eq!(first.tag, Some(21..52));
}

#[test]
fn what_a_downlevel_revealed_comment_shows_is_seen_once() {
    for html in [
        "<!--[if !mso]><!--><img src=//h.example/1><!--<![endif]-->",
        "<!--[if !mso]><!-- --><img src=//h.example/1><!--<![endif]-->",
        "<![if !mso]><img src=//h.example/1><![endif]>",
    ] {
        assert_eq!(seen(html), [("img-src", "//h.example/1")], "{html}");
    }
}

#[test]
fn a_style_sheet_in_a_conditional_comment_is_read() {
    let html = "<!--[if mso]><style>@import '//h.example/1';</style><![endif]-->";
    assert_eq!(seen(html), [("css-import", "//h.example/1")]);
}

#[test]
fn one_conditional_comment_does_not_swallow_the_next() {
    for opened in [
        "<a title=\"",
        "<a title='",
        "<a x",
        "<!-- ",
        "<style>",
        "<title>",
        "<script><!--<script>",
        "<plaintext>",
        "<noscript>",
        "<div style=display:none>",
    ] {
        let html = format!(
            "<!--[if mso]>{opened}<i x=//><![endif]--><!--[if mso]><img src=//h.example/1><![endif]-->"
        );
        assert_eq!(one(&html).facts.hidden, None, "{html}");
    }
}

#[test]
fn a_url_in_a_comment_that_mentions_plaintext_is_reported_as_written() {
    let html = "<noscript><img src='//h.example/<plaintext>'></noscript>";
    assert_eq!(one(html).url, "//h.example/<plaintext>");
}

#[test]
fn a_tag_that_the_end_of_a_comment_cuts_off_counts() {
    for html in [
        "<!--[if mso]><img src='//h.example/1--><p>'>",
        "<!--[if mso]><img src=//h.example/1 ",
    ] {
        assert_eq!(seen(html), [("img-src", "//h.example/1")], "{html}");
    }
}

#[test]
fn what_ends_svg_and_mathml_is_html() {
    for html in [
        "<svg><svg><img src=//h.example/1>",
        "<svg><math><img src=//h.example/1>",
        "<svg><svg><b><video src=//h.example/1>",
        "<svg><svg><b><![CDATA[><img src=//h.example/1>]]>",
        "<svg><svg><b><![CDATA[><img src=//h.example/1>",
    ] {
        let found: Vec<_> = seen(html).into_iter().map(|s| s.1).collect();
        assert_eq!(found, ["//h.example/1"], "{html}");
    }
}

#[test]
fn a_tag_that_the_end_of_the_part_cuts_off_counts() {
    for html in [
        "x<img src=//h.example/1",
        "x<img src=//h.example/1 ",
        "x<img src='//h.example/1",
        "x<img src=\"//h.example/1",
        "x<img src=\"//h.example/1\"",
        "x<img src=//h.example/1 alt='",
    ] {
        assert_eq!(seen(html), [("img-src", "//h.example/1")], "{html}");
        assert_eq!(one(html).tag, None, "{html}");
    }
    assert_eq!(seen("<p>a</p><!-- <img src=//h.example/1"), []);
}

#[test]
fn the_end_of_a_comment_ends_a_tag_in_it() {
    // Outlook takes no notice of the comment, only of the `>`.
    for html in [
        "<!--[if mso]><img src=//h.example/1 <![endif]-->",
        "<!--[if mso]><img src=//h.example/1<![endif]-->",
        "<!--[if mso]><img src=//h.example/1-->",
    ] {
        assert_eq!(seen(html), [("img-src", "//h.example/1")], "{html}");
        assert_eq!(one(html).tag, None);
    }
}

#[test]
fn an_open_url_in_a_comment_ends_before_the_comment() {
    let html = "<!--[if mso]><style>a{b:url(//h.example/1<![endif]-->";
    assert_eq!(seen(html), [("css-url", "//h.example/1")]);
}

#[test]
fn noscript_is_read_as_html() {
    assert_eq!(
        seen("<noscript><img src=//h.example/1></noscript><img src=//h.example/2>"),
        [("img-src", "//h.example/1"), ("img-src", "//h.example/2")]
    );
    assert_eq!(
        seen("<noscript><img src=//h.example/1>"),
        [("img-src", "//h.example/1")]
    );
}

#[test]
fn comments_and_noscript_are_read_three_deep_and_no_deeper() {
    let html = "<noscript>\
        <!--[if mso]><noscript>\
        <img src=//h.example/3></noscript><img src=//h.example/2><![endif]-->\
        <img src=//h.example/1></noscript>";
    assert_eq!(
        seen(html),
        [
            ("img-src", "//h.example/3"),
            ("img-src", "//h.example/2"),
            ("img-src", "//h.example/1"),
        ]
    );
    let html = "<noscript><!--[if mso]><noscript><![if]><!--[if mso]><noscript>\
        <img src=//h.example/1></noscript>";
    assert_eq!(seen(html), []);
}

#[test]
fn the_place_of_a_comment_tells_about_what_it_holds() {
    let html = "<div hidden><!--[if mso]><img src=//h.example/1><![endif]--></div>";
    assert_eq!(facts(html).hidden, Some(Hidden::Ancestor));
    let html = "<body></body><noscript><img src=//h.example/1></noscript>";
    assert!(facts(html).after_body);
}

#[test]
fn raw_text_is_read_where_lol_html_cannot_tell_if_it_is() {
    let html = "<p><select><xmp><img src=//h.example/1></xmp><style>a{b:url(//h.example/2)}";
    let found = scan(html.as_bytes(), UTF_8, &Limits::default()).expect("within the limits");
    assert!(found.lenient);
    let urls: Vec<_> = found.sightings.iter().map(|s| s.url.as_str()).collect();
    assert_eq!(urls, ["//h.example/1", "//h.example/2"]);
    assert_eq!(&html[found.sightings[0].span.clone()], "//h.example/1");
}

#[test]
fn sizes_come_from_attributes_and_style() {
    for (attributes, width, height) in [
        ("width=1 height='0.5'", Some(1.0), Some(0.5)),
        ("width=' 1px ' height=100%", Some(1.0), None),
        ("width=600 style='width:1px'", Some(1.0), None),
        ("style='border:1px solid;border-width:1px'", None, None),
        ("style='max-width:1px;height:3pt'", Some(1.0), Some(4.0)),
        ("style='WIDTH:&#49;px'", Some(1.0), None),
    ] {
        let facts = facts(&format!("<img src={PIXEL} {attributes}>"));
        assert_eq!((facts.width, facts.height), (width, height), "{attributes}");
    }
}

#[test]
fn alt_is_stated_or_not_and_empty_or_not() {
    let alt = |attribute: &str| {
        let facts = facts(&format!("<img src={PIXEL} {attribute}>"));
        (facts.states_alt, facts.has_alt)
    };
    assert_eq!(alt(""), (false, false));
    assert_eq!(alt("alt"), (true, false));
    assert_eq!(alt("alt=' '"), (true, false));
    assert_eq!(alt("alt=Shop"), (true, true));
}

#[test]
fn an_element_that_does_not_show_says_why() {
    for (html, why) in [
        ("<img src=PIXEL>", None),
        ("<img src=PIXEL hidden>", Some(Hidden::HiddenAttribute)),
        ("<img src=PIXEL hidden style=display:block>", None),
        (
            "<img src=PIXEL style='DISPLAY : none'>",
            Some(Hidden::Display),
        ),
        (
            "<img src=PIXEL style='max-height:0'>",
            Some(Hidden::ZeroSize),
        ),
        (
            "<img src=PIXEL style='mso-hide:all'>",
            Some(Hidden::MsoHide),
        ),
        (
            "<img src=PIXEL style='disp&#108;ay:none'>",
            Some(Hidden::Display),
        ),
        (
            "<p style='background:url(PIXEL);opacity:0'>",
            Some(Hidden::Opacity),
        ),
    ] {
        assert_eq!(hidden(html), why, "{html}");
    }
}

#[test]
fn an_element_in_a_hidden_one_is_hidden() {
    for html in [
        "<div style='display:none'><p><img src=PIXEL>",
        "<div hidden><div></div><img src=PIXEL></div>",
        "<div hidden><div hidden></div><img src=PIXEL>",
        "<div style='max-height:0;overflow:hidden'><img src=PIXEL></div>",
        "<td hidden><table><tr><td><img src=PIXEL></table>",
        "<ul><li hidden><ul><li><img src=PIXEL></ul></ul>",
        "<div hidden><br><hr><image><img src=PIXEL>",
        "<div hidden><img style='mso-hide:all' src=PIXEL></div>",
    ] {
        assert_eq!(hidden(html), Some(Hidden::Ancestor), "{html}");
    }
}

#[test]
fn an_element_behind_a_hidden_one_shows() {
    for html in [
        "<div hidden></div><img src=PIXEL>",
        "<div><p hidden>x</div><img src=PIXEL>",
        "<p hidden>x<p><img src=PIXEL>",
        "<p hidden>x<div><img src=PIXEL></div>",
        "<tr><td hidden>x<td><img src=PIXEL>",
        "<tr><td hidden>x</tr><tr><td><img src=PIXEL>",
        "<img hidden><img hidden/><input hidden><br hidden>x<img src=PIXEL>",
        "<image hidden>x<img src=PIXEL>",
        "<div style='mso-hide:all'><img src=PIXEL></div>",
        "<ul><li hidden>x<li><img src=PIXEL></ul>",
    ] {
        assert_eq!(hidden(html), None, "{html}");
    }
}

#[test]
fn the_text_of_a_link_is_what_shows() {
    let text = |html: &str| facts(html).text;
    assert_eq!(
        text("<a href=//h.example/1> Our\n<b>new</b> <!-- x -->shop &amp;\tmore </a>x"),
        "Our new shop & more"
    );
    assert_eq!(
        text("<a href=//h.example/1><img alt='Our shop'></a>"),
        "Our shop"
    );
    assert_eq!(text("<a href=//h.example/1>one<a href='#x'>two</a>"), "one");
    assert_eq!(text("<a href=//h.example/1><style>p{}</style>one"), "one");
    assert_eq!(text("<p><a href=//h.example/1>one</p>two"), "one");
    assert_eq!(text("<area href=//h.example/1>one"), "");
    let found = sightings("<a href=//h.example/1>one<a href=//h.example/2>two</a>three");
    assert_eq!(found[0].facts.text, "one");
    assert_eq!(found[1].facts.text, "two");
}

#[test]
fn elements_in_a_link_end_before_it_does() {
    for html in [
        "<td><a href=//h.example/1>one<table><tr><td>two</td></tr></table> three</a> four</td>",
        "<p><a href=//h.example/1>one<p>two</p> three</a> four</p>",
        "<b><a href=//h.example/1>one<b>two</b><br> three</i></a> four</b>",
        "<a href=//h.example/1>one<title></a></title>two<script>'</a>'</script> three</a> four",
        "<a href=//h.example/1>one<svg><title>two</title></svg> three</a> four",
        "<svg><a href=//h.example/1>one<title>two</title> three</a> four</svg>",
        "<a href=//h.example/1>one<textarea>0</textarea>two<noscript>0</noscript> three</a>",
    ] {
        let text = facts(html).text;
        assert!(text.starts_with("one") && text.ends_with("three"), "{text}");
        assert!(!text.contains('0'), "{text}");
    }
}

#[test]
fn an_image_behind_a_link_says_nothing_about_it() {
    let html = "<a href=//h.example/1></a><img alt=x><a href=//h.example/2><b></a><img alt=x>";
    assert!(sightings(html).iter().all(|s| s.facts.text.is_empty()));
    let html = "<div><a href=//h.example/1></div><img alt=x>";
    assert_eq!(facts(html).text, "");
}

#[test]
fn where_a_link_shows_its_url_is_known_if_it_is_closed() {
    let shown = |html: &str| facts(html).shown;
    assert_eq!(
        shown("<a href=//h.example/1> h.example/1 </a>"),
        Some(23..34)
    );
    assert_eq!(
        shown("<p><a href=//h.example/1>h.example/1</p>"),
        Some(25..36)
    );
    assert_eq!(shown("<a href=//h.example/1>h.example/1"), None);
    assert_eq!(
        shown("<a href=//h.example/1>h.example/1<a href=''>x</a>"),
        None
    );
    assert_eq!(shown("<a href=//h.example/1><b>h.example/1</b></a>"), None);
}

#[test]
fn a_link_that_the_end_cuts_off_has_what_text_there_is() {
    for end in [
        "", "<", "</", "</a", "</a x='", "<b", "<b x='", "<!-- x", "<!--",
    ] {
        let html = format!("<a href=//h.example/1>one{end}");
        let text = facts(&html).text;
        assert_eq!(text.trim_end_matches('<'), "one", "{html}");
    }
}

#[test]
fn a_link_ends_with_its_comment() {
    let html = "<!--[if mso]><a href=//h.example/1>one<![endif]-->two\
        <!--[if mso]><b>three</b></a><a href=//h.example/2>four</a><![endif]-->";
    let found = sightings(html);
    let texts: Vec<_> = found.iter().map(|s| s.facts.text.as_str()).collect();
    assert_eq!(texts, ["one", "four"]);
}

#[test]
fn the_text_of_a_link_in_a_comment_ends_with_the_comment() {
    let html = "<!--[if mso]><a href=//h.example/1>one<![endif]-->two";
    assert_eq!(facts(html).text, "one");
}

#[test]
fn what_stands_behind_the_body_is_known() {
    let after = |html: &str| facts(html).after_body;
    assert!(after("<body>x</body><img src=//h.example/1>"));
    assert!(after("<html><body>x</html><img src=//h.example/1>"));
    assert!(!after("<body>x<img src=//h.example/1></body>"));
    assert!(!after(
        "<html><body></body></html><html><body><img src=//h.example/1>"
    ));
}

#[test]
fn text_in_a_legacy_charset_is_decoded() {
    let html = b"<img alt='\x95\x5C' src='//h.example/\x95\x5C?'>";
    let found = scan(html, SHIFT_JIS, &Limits::default()).expect("within the limits");
    assert_eq!(found.sightings[0].url, "//h.example/\u{8868}?");
    assert_eq!(found.sightings[0].span, 19..34);
    let html = b"<style>a{b:url(//h.example/\xE9)}c{d:url('//h.example/\xE9')}";
    let found = scan(html, WINDOWS_1252, &Limits::default()).expect("within the limits");
    let spans: Vec<_> = found.sightings.iter().map(|s| s.span.clone()).collect();
    assert_eq!(spans, [15..28, 39..52]);
}

#[test]
fn each_limit_has_its_name() {
    let scan_with = |html: &str, limits: Limits| scan(html.as_bytes(), UTF_8, &limits).err();
    let two = "<img src=//h.example/1><img src=//h.example/2>";
    let limits = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    assert_eq!(scan_with(two, limits(|l| l.html_bytes = 46)), None);
    assert_eq!(
        scan_with(two, limits(|l| l.html_bytes = 45)),
        Some(Skip::HtmlSize)
    );
    assert_eq!(scan_with(two, limits(|l| l.sightings = 2)), None);
    assert_eq!(
        scan_with(two, limits(|l| l.sightings = 1)),
        Some(Skip::Sightings)
    );
    assert_eq!(
        scan_with(
            "<style>a{b:url(//h.example/1)}",
            limits(|l| l.sightings = 0)
        ),
        Some(Skip::Sightings)
    );
    assert_eq!(
        scan_with(&"<div>".repeat(10_000), limits(|l| l.html_memory = 100_000)),
        Some(Skip::HtmlMemory)
    );
    assert_eq!(
        scan(b"<p>", UTF_16LE, &Limits::default()),
        Err(Skip::Charset)
    );
}

#[test]
fn a_link_beyond_the_limit_is_not_seen_and_a_load_is_seen_by_its_beginning() {
    let limits = Limits {
        url_bytes: 13,
        ..Limits::default()
    };
    let html = b"<a href=//h.example/10><img src=//h.example/1 \
        srcset='//h.example/22, //h.example/3' style='a:url(//h.example/44)'>";
    let found = scan(html, UTF_8, &limits).expect("within the limits");
    let seen: Vec<_> = found.sightings.iter().map(|s| s.url.as_str()).collect();
    assert_eq!(
        seen,
        [
            "//h.example/1",
            "//h.example/2",
            "//h.example/3",
            "//h.example/4"
        ]
    );
    let whole: Vec<_> = found
        .sightings
        .iter()
        .map(Sighting::is_replaceable)
        .collect();
    assert_eq!(whole, [true, false, true, false]);
    assert_eq!(&html[found.sightings[1].span.clone()], b"//h.example/22");
}
