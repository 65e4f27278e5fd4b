//! Every vector in examples: what is seen, what takes its place, and that
//! nothing is seen again afterwards.

use encoding_rs::UTF_8;
use std::collections::BTreeSet;
use untrackd::edit::{apply, normalize};
use untrackd::html::{edit, scan};
use untrackd::limits::Limits;
use untrackd::sighting::{Change, ReadEvent, Sighting, Trigger, Vector};

const GIF: &str = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

/// The name of a vector, and a document in which it is the only one. The URL
/// is `//h.example/`; `URL` stands for it, and what is between `[[` and `]]`
/// is the span. For what is loaded, the last field takes the place of that,
/// with `GIF` for the empty image.
type Example = (&'static str, &'static str, &'static str);

const EXAMPLES: &[Example] = &[
    ("a-href", "<a href='[[URL]]'>x</a>", ""),
    ("a-href", "<svg><a xlink:href='[[URL]]'>x</a></svg>", ""),
    (
        "amp-bind",
        "<amp-img [src]=\"[[a ? 'URL' : 'b']]\">",
        "none",
    ),
    ("amp-src", "<amp-list src='[[URL]]'>", "data:,"),
    ("amp-src", "<amp-state id=a src='[[URL]]'>", "data:,"),
    ("area-href", "<area href='[[URL]]'>", ""),
    (
        "attributionsrc",
        "<img attributionsrc='[[a URL]]'>",
        "data:,",
    ),
    (
        "attributionsrc",
        "<a attributionsrc='[[URL]]' href='#'>x</a>",
        "data:,",
    ),
    ("background", "<td background='[[URL]]'>", "GIF"),
    ("background", "<v:background background='[[URL]]'>", "GIF"),
    (
        "css-font",
        "<style>@font-face{a:b;src:url([[URL]])}</style>",
        "data:,",
    ),
    (
        "css-import",
        "<style>@import '[[URL]]';</style>",
        "data:text/css,",
    ),
    ("css-url", "<style>a{b:url([[URL]])}</style>", "GIF"),
    ("css-url", "<p style='a:url([[URL]])'>", "GIF"),
    ("css-url", "<p style='a:image-set(\"[[URL]]\" 2x)'>", "GIF"),
    (
        "css-url",
        "<style>a{--b:\"[[URL]]\";c:image-set(var(--b))}</style>",
        "GIF",
    ),
    (
        "css-url",
        "<p style=\"filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='[[URL]]',sizingMethod='scale')\">",
        "GIF",
    ),
    ("css-url", "<p style='behavior:url([[URL]])'>", "GIF"),
    (
        "css-url",
        "<svg><style>a{b:u&#114;l([[URL]])}</style></svg>",
        "GIF",
    ),
    (
        "css-url",
        "<svg><style><![CDATA[a{b:url([[URL]])}]]></style></svg>",
        "GIF",
    ),
    ("form-action", "<form action='[[URL]]'>", ""),
    ("form-action", "<form action-xhr='[[URL]]'>", ""),
    ("form-action", "<button formaction='[[URL]]'>", ""),
    ("html-manifest", "<html manifest='[[URL]]'>", "data:,"),
    ("html-manifest", "<head profile='[[a URL]]'>", "data:,"),
    (
        "iframe-src",
        "<iframe src='[[URL]]'></iframe>",
        "about:blank",
    ),
    (
        "iframe-src",
        "<frameset><frame src='[[URL]]'></frameset>",
        "about:blank",
    ),
    ("iframe-src", "<portal src='[[URL]]'>", "about:blank"),
    ("iframe-src", "<v:vmlframe src='[[URL]]'>", "about:blank"),
    ("iframe-src", "<amp-iframe src='[[URL]]'>", "about:blank"),
    (
        "iframe-src",
        "<iframe src='[[view-source:http:URL]]'></iframe>",
        "about:blank",
    ),
    (
        "iframe-src",
        "<iframe src=\"[[javascript:'&lt;img src=http:URL&gt;']]\"></iframe>",
        "about:blank",
    ),
    (
        "iframe-src",
        "<iframe src='[[data:text/html,%3Cimg src=http:URL>]]'></iframe>",
        "about:blank",
    ),
    ("img-lowsrc", "<img lowsrc='[[URL]]'>", "GIF"),
    ("img-lowsrc", "<img dynsrc='[[URL]]'>", "GIF"),
    ("img-src", "<img src='[[URL]]'>", "GIF"),
    ("img-src", "<image src='[[URL]]'>", "GIF"),
    ("img-src", "<amp-img src='[[URL]]'>", "GIF"),
    (
        "img-src",
        "<iframe srcdoc='<img src=[[URL]]>'></iframe>",
        "GIF",
    ),
    ("img-srcset", "<img srcset='[[URL]] 2x'>", "GIF"),
    (
        "img-srcset",
        "<picture><source srcset='a.gif, [[URL]]'></picture>",
        "GIF",
    ),
    (
        "import-implementation",
        "<?import namespace='x' implementation='[[URL]]'?>",
        "data:,",
    ),
    (
        "import-implementation",
        "<import implementation='[[URL]]'>",
        "data:,",
    ),
    ("input-src", "<input type=image src='[[URL]]'>", "GIF"),
    (
        "link-imagesrcset",
        "<link rel=preload imagesrcset='[[URL]] 2x'>",
        "GIF",
    ),
    (
        "link-rel-href",
        "<link rel=stylesheet href='[[URL]]'>",
        "data:text/css,",
    ),
    (
        "link-rel-href",
        "<link rel=dns-prefetch href='[[URL]]'>",
        "data:text/css,",
    ),
    ("longdesc", "<img longdesc='[[URL]]'>", ""),
    (
        "mathml-href",
        "<math><mi xlink:href='[[URL]]'>x</mi></math>",
        "",
    ),
    ("media-src", "<video src='[[URL]]'></video>", "data:,"),
    (
        "media-src",
        "<video><source src='[[URL]]'></video>",
        "data:,",
    ),
    (
        "media-src",
        "<video><track src='[[URL]]'></video>",
        "data:,",
    ),
    ("media-src", "<bgsound src='[[URL]]'>", "data:,"),
    ("menuitem-icon", "<menuitem icon='[[URL]]'>", "GIF"),
    (
        "meta-content",
        "<meta http-equiv=Content-Security-Policy content=\"[[img-src 'self'; report-uri http:URL]]\">",
        "none",
    ),
    (
        "meta-content",
        "<meta name=msapplication-config content='[[URL]]'>",
        "none",
    ),
    (
        "meta-content",
        "<meta name=copyright content='[[<img src=\"URL\">]]'>",
        "none",
    ),
    (
        "meta-refresh",
        "<meta http-equiv=refresh content='[[0;url=URL]]'>",
        "none",
    ),
    (
        "meta-refresh",
        "<meta http-equiv='Refresh ' name=x content=[[5;URL]]>",
        "none",
    ),
    (
        "object-data",
        "<object data='[[URL]]'></object>",
        "about:blank",
    ),
    ("object-data", "<embed src='[[URL]]'>", "about:blank"),
    (
        "ping",
        "<a ping='[[a http:URL URL]]' href='#'>x</a>",
        "data:,",
    ),
    ("ping", "<area ping='[[URL]]'>", "data:,"),
    (
        "plugin-src",
        "<object><param name=movie value='[[URL]]'></object>",
        "data:,",
    ),
    (
        "plugin-src",
        "<object codebase='[[URL]]'></object>",
        "data:,",
    ),
    (
        "plugin-src",
        "<applet archive='[[a.jar, URL]]'></applet>",
        "data:,",
    ),
    ("plugin-src", "<embed code='[[URL]]'>", "data:,"),
    (
        "script-src",
        "<script src='[[URL]]'></script>",
        "data:text/javascript,",
    ),
    (
        "script-src",
        "<svg><script xlink:href='[[URL]]'></script></svg>",
        "data:text/javascript,",
    ),
    (
        "svg-animate",
        "<svg><image><set attributeName='xlink:href' to='[[URL]]'/></image></svg>",
        "data:,",
    ),
    (
        "svg-animate",
        "<svg><animate attributeName=href values='#a; [[URL]];#b'/></svg>",
        "data:,",
    ),
    (
        "svg-animate",
        "<svg><set attributeName=fill to='url([[URL]])'/></svg>",
        "data:,",
    ),
    ("svg-href", "<svg><use href='[[URL]]'/></svg>", "data:,"),
    (
        "svg-href",
        "<svg><font-face-uri a:href='[[URL]]'/></svg>",
        "data:,",
    ),
    (
        "svg-image-href",
        "<svg><image xlink:href='[[URL]]'/></svg>",
        "GIF",
    ),
    (
        "svg-image-href",
        "<svg><feImage href='[[URL]]'/></svg>",
        "GIF",
    ),
    (
        "svg-url",
        "<svg><rect fill='url([[URL]])'/></svg>",
        "data:,",
    ),
    ("video-poster", "<video poster='[[URL]]'></video>", "GIF"),
    (
        "vml-href",
        "<v:roundrect href='[[URL]]'>x</v:roundrect>",
        "",
    ),
    ("vml-src", "<v:fill src='[[URL]]'/>", "GIF"),
    (
        "vml-src",
        "<!--[if mso]><w:imagedata src='[[URL]]'/><![endif]-->",
        "GIF",
    ),
    ("vml-src", "<stroke src='[[URL]]'>", "GIF"),
    ("vml-src", "<imagedata o:href='[[URL]]'>", "GIF"),
    ("vml-src", "<v:image src='[[URL]]'/>", "GIF"),
    ("xml-src", "<xml src='[[URL]]'></xml>", "data:,"),
    (
        "xml-stylesheet",
        "<?xml-stylesheet href='[[URL]]'?>",
        "data:text/css,",
    ),
];

/// Vectors without an example above: of other layers, and one that needs more
/// nesting than a line can show.
const ELSEWHERE: &[Vector] = &[Vector::IframeSrcdoc, Vector::ReceiptHeader, Vector::TextUrl];

fn sightings(html: &str) -> Vec<Sighting> {
    let found = scan(html.as_bytes(), UTF_8, &Limits::default());
    found.expect("within the limits").sightings
}

fn neutralize(html: &str) -> String {
    let mut edits: Vec<_> = sightings(html)
        .iter()
        .map(|s| edit(html.as_bytes(), s, &Change::Neutralize).expect("an edit"))
        .collect();
    normalize(&mut edits);
    String::from_utf8(apply(html.as_bytes(), &edits)).expect("ASCII")
}

#[test]
fn each_example_is_seen_and_gives_way() {
    for (name, marked, neutral) in EXAMPLES {
        let marked = marked.replace("URL", "//h.example/");
        let (before, rest) = marked.split_once("[[").expect("a start");
        let (inside, after) = rest.split_once("]]").expect("an end");
        // `]]` ends a CDATA section too.
        let html = format!("{before}{inside}{after}");
        let found = sightings(&html);
        let seen: Vec<_> = found.iter().map(|s| s.vector.name()).collect();
        assert_eq!(seen, [*name], "{html}");
        let sighting = &found[0];
        assert_eq!(
            sighting.span,
            before.len()..before.len() + inside.len(),
            "{html}"
        );
        assert!(sighting.url.ends_with("//h.example/"), "{sighting:?}");
        let change = edit(html.as_bytes(), sighting, &Change::Neutralize);
        let followed = matches!(sighting.vector.trigger(), Trigger::Click | Trigger::Submit);
        assert_eq!(change.is_none(), followed, "{html}");
        let Some(change) = change else { continue };
        let after_edit = String::from_utf8(apply(html.as_bytes(), &[change])).expect("ASCII");
        let expected = format!("{before}{neutral}{after}").replace("GIF", GIF);
        assert_eq!(after_edit, expected);
        assert_eq!(sightings(&after_edit), [], "{after_edit}");
    }
}

#[test]
fn every_vector_has_an_example() {
    let shown: BTreeSet<_> = EXAMPLES.iter().map(|(name, ..)| *name).collect();
    for vector in Vector::ALL {
        assert_ne!(
            shown.contains(vector.name()),
            ELSEWHERE.contains(vector),
            "{vector:?}"
        );
    }
}

#[test]
fn a_base_makes_relative_references_remote_wherever_it_stands() {
    let html = "<img src=a.gif><style>a{b:url(b.gif)}c{d:url(#e)}</style>\
        <!--[if mso]><v:fill src='c.gif'/><![endif]--><img src=#><img src=cid:1@x><img src=''>\
        <base href='https://h.example/d/'><base href='https://other.example/'>\
        <iframe srcdoc='<img src=f.gif>'></iframe><a href=g>x</a>";
    let urls: Vec<_> = sightings(html).into_iter().map(|s| s.url).collect();
    assert_eq!(
        urls,
        [
            "https://h.example/d/a.gif",
            "https://h.example/d/b.gif",
            "https://h.example/d/c.gif",
            "https://h.example/d/#",
            "https://h.example/d/f.gif",
            "https://h.example/d/g",
        ]
    );
    let html = "<img src=a.gif><base href='https://h.example/d/'>";
    assert_eq!(
        neutralize(html),
        format!("<img src={GIF}><base href='https://h.example/d/'>")
    );
    let replaced = edit(
        html.as_bytes(),
        &sightings(html)[0],
        &Change::Replace("https://s.example/"),
    );
    assert_eq!(
        replaced.map(|e| e.bytes),
        Some(b"https://s.example/".to_vec())
    );
}

#[test]
fn a_base_that_leads_to_no_host_changes_nothing() {
    for base in ["", "<base>", "<base href='cid:x'>", "<base href='/a/'>"] {
        assert_eq!(sightings(&format!("{base}<img src=a.gif>")), []);
    }
}

#[test]
fn srcdoc_is_edited_through_both_escapings() {
    let html = r#"<iframe srcdoc="&lt;a href=&quot;//h.example/?a&amp;amp;b&quot;&gt;x&lt;/a&gt;<img src='//h.example/2'>"></iframe>"#;
    let found = sightings(html);
    assert_eq!(found[0].url, "//h.example/?a&b");
    assert_eq!(&html[found[0].span.clone()], "//h.example/?a&amp;amp;b");
    assert_eq!(found[1].url, "//h.example/2");
    let change = Change::Replace("https://s.example/?c&\"d'");
    let edit_of = |s| edit(html.as_bytes(), s, &change).expect("an edit");
    assert_eq!(
        edit_of(&found[0]).bytes,
        b"https://s.example/?c&amp;amp;&amp;#34;d'"
    );
    assert_eq!(
        edit_of(&found[1]).bytes,
        b"https://s.example/?c&amp;amp;&#34;d&amp;#39;"
    );
}

#[test]
fn srcdoc_in_srcdoc_is_read_to_a_depth_and_blocked_below() {
    let mut html = "<img src='//h.example/1'>".to_owned();
    for depth in 1..=3 {
        html = format!("<iframe srcdoc=\"{}\"></iframe>", escape(&html));
        let found = sightings(&html);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].vector, Vector::ImgSrc);
        assert_eq!(found[0].written.within.len(), depth);
        assert_eq!(sightings(&neutralize(&html)), []);
    }
    html = format!("<iframe srcdoc=\"{}\"></iframe>", escape(&html));
    let found = sightings(&html);
    assert_eq!(found[0].vector, Vector::IframeSrcdoc);
    assert_eq!(found[0].url, "https://too-deep.invalid/");
    assert_eq!(sightings(&neutralize(&html)), []);
}

fn escape(html: &str) -> String {
    html.replace('&', "&amp;").replace('"', "&quot;")
}

#[test]
fn data_documents_in_data_documents_give_way_whole() {
    // data:text/html;base64 of <img src=http://h.example/1>
    let inner = "data:text/html;base64,PGltZyBzcmM9aHR0cDovL2guZXhhbXBsZS8xPg==";
    let html =
        format!("<object data='data:image/svg+xml,<foreignObject><iframe src=\"{inner}\">'>");
    let found = sightings(&html);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].vector, Vector::ObjectData);
    assert_eq!(found[0].url, "http://h.example/1");
    assert_eq!(neutralize(&html), "<object data='about:blank'>");
}

#[test]
fn a_document_in_a_data_url_that_loads_nothing_stays() {
    for html in [
        "<img src='data:image/svg+xml,<svg xmlns=\"http://www.w3.org/2000/svg\"><rect/></svg>'>",
        "<p style='a:url(\"data:image/svg+xml;utf8,<svg xmlns=%27http://www.w3.org/2000/svg%27/>\")'>",
        "<img src='data:image/gif;base64,R0lGODlh//http://h.example/'>",
        "<iframe src='data:text/plain,<img src=http://h.example/>'></iframe>",
        "<iframe src='data:text/html,<a href=http://h.example/>x</a>'></iframe>",
        "<meta property=og:image content='http://h.example/'>",
        "<meta http-equiv=refresh content=5>",
        "<svg><use href='#a'/><rect fill='url(#b)'/></svg>",
    ] {
        assert_eq!(sightings(html), [], "{html}");
    }
}

#[test]
fn several_urls_of_one_document_make_one_edit() {
    let html = "<iframe src='data:text/html,<img src=//h.example/1><img src=//h.example/2>'>";
    let urls: Vec<_> = sightings(html).into_iter().map(|s| s.url).collect();
    assert_eq!(urls, ["//h.example/1", "//h.example/2"]);
    assert_eq!(neutralize(html), "<iframe src='about:blank'>");
}

#[test]
fn a_part_of_something_larger_is_not_replaced() {
    for html in [
        "<meta http-equiv=refresh content='0;url=//h.example/1'>",
        "<a ping='//h.example/1 //h.example/2'>",
        "<iframe src='data:text/html,<img src=//h.example/1>'>",
    ] {
        let sighting = &sightings(html)[0];
        let change = Change::Replace("https://s.example/");
        assert_eq!(edit(html.as_bytes(), sighting, &change), None, "{html}");
    }
}

#[test]
fn both_a_prefixed_and_a_plain_attribute_are_seen() {
    let html = "<svg><image href=//h.example/1 xlink:href=//h.example/2 /></svg>";
    assert_eq!(sightings(html).len(), 2);
}

#[test]
fn print_and_forwarding_are_told_from_reading() {
    let event = |html: &str| {
        let found = sightings(html);
        assert_eq!(found.len(), 1, "{html}");
        found[0].facts.event
    };
    let css = |css: &str| {
        event(&format!(
            "<style>{}</style>",
            css.replace('U', "url(//h.example/)")
        ))
    };
    for print in [
        "@media print{#_t{a:U}}",
        "@media only print and (color){a{b:U}}",
        "@MEDIA PRINT{@supports(a:b){c{d:U}}}",
    ] {
        assert_eq!(css(print), Some(ReadEvent::Print), "{print}");
    }
    for forward in [
        "blockquote #_t{a:U}",
        "div.OutlookMessageHeader{a:U}",
        "table.moz-email-headers-table{a:U}",
        "#MailContainerBody #_t{a:U}",
        "p,.gmail_quote p{a:U}",
        "[class~=gmail_quote]{a:U}",
        "[id=\"divRplyFwdMsg\"]{a:U}",
        "@media screen{.yahoo_quoted{a:U}}",
    ] {
        assert_eq!(css(forward), Some(ReadEvent::Forward), "{forward}");
    }
    for neither in [
        "#_t{a:U}",
        "@media screen{a{b:U}}",
        "@media print,screen{a{b:U}}",
        "@media not print{a{b:U}}",
        "@media print{a{b:c}}d{e:U}",
        "blockquote{a:U}",
        "blockquote,#main{a:U}",
        ".gmail_quote{a:b}c{d:U}",
        "a{b:c;d:#_t blockquote}e{f:U}",
    ] {
        assert_eq!(css(neither), None, "{neither}");
    }
    assert_eq!(
        event("<style media=print>a{b:url(//h.example/)}</style>"),
        Some(ReadEvent::Print)
    );
}

#[test]
fn the_text_of_a_vml_button_is_known() {
    let html = "<!--[if mso]><v:roundrect href='//h.example/1'><w:anchorlock/>\
        <center style='a:b'>Unsubscribe\n &amp; more</center></v:roundrect>x<![endif]-->";
    assert_eq!(sightings(html)[0].facts.text, "Unsubscribe & more");
}
