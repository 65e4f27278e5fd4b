//! The measuring instruments, measured: what the other tests rely on.

use super::{
    EVERY_VECTOR,
    browser::{
        chromium::Chromium,
        rendering::{Comparison, Renderer, Verdict},
        server::{Answer, Server},
        wait_until,
    },
    clean::Setting,
    markers::Markers,
    visit::{Rig, Visit},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

fn requested(visit: &Visit) -> Vec<String> {
    Vec::from_iter(Markers::OWN.requested(visit, Setting::Block))
}

#[test]
fn a_visit_sees_what_comes_late_and_nothing_where_there_is_nothing() {
    let rig = Rig::start();
    let silent = rig.visit("<!doctype html><p>nothing");
    assert_eq!(requested(&silent), [""; 0]);
    assert!(silent.contacts.len() >= 10, "the sentinels and the page");

    let late = r#"<!doctype html>
        <meta http-equiv="refresh" content="3600; url=https://leak.example/load/refresh">
        <link rel="icon" href="https://leak.example/load/icon">
        <link rel="preconnect" href="https://preconnect.leak.example">
        <link rel="prefetch" href="https://leak.example/load/prefetch">
        <style>
            @import "data:text/css,@import 'https://leak.example/load/import-in-import';";
            @font-face { font-family: f; src: url(https://leak.example/load/font) }
            p { font-family: f }
            p:hover { background: url(https://leak.example/load/hover) }
            @media print { p { background: url(https://leak.example/load/print) } }
            @page { @top-left { content: url(https://leak.example/load/paper) } }
        </style>
        <p>late</p>
        <div style="height: 15000px"></div>
        <img loading="lazy" src="https://leak.example/load/lazy" srcset="https://leak.example/load/dense 3x">
        <noscript><img src="http://192.0.2.66:8080/load/without-script"></noscript>
        <script>document.write("<img src=https://leak.example/load/script>")</script>"#;
    assert_eq!(
        requested(&rig.visit(late)),
        [
            "load/dense",
            "load/font",
            "load/hover",
            "load/icon",
            "load/import-in-import",
            "load/lazy",
            "load/paper",
            "load/preconnect",
            "load/prefetch",
            "load/print",
            "load/refresh",
            "load/without-script",
        ]
    );
}

#[test]
fn what_a_page_was_loading_when_it_was_left_is_not_waited_for() {
    // Begins to load a picture some seconds later, by itself.
    const LEFT: &str = r#"<!doctype html><p>left<svg><image width="9" height="9">
        <set attributeName="href" begin="5s" to="http://held.example/"/></image></svg>"#;
    let is_begun = Arc::new(AtomicBool::new(false));
    let is_over = Arc::new(AtomicBool::new(false));
    let server = Server::start();
    server.answer_with({
        let (is_begun, is_over) = (Arc::clone(&is_begun), Arc::clone(&is_over));
        let hold = |until: &AtomicBool| {
            wait_until(Duration::from_secs(60), || until.load(Ordering::SeqCst));
        };
        move |request| match (request.host.as_str(), request.path.as_str()) {
            ("held.example", _) => {
                is_begun.store(true, Ordering::SeqCst);
                hold(&is_over);
                Answer::nothing()
            }
            (_, "/left") => Answer::page(LEFT),
            (_, "/next") => {
                hold(&is_begun);
                Answer::page("<!doctype html><p>next")
            }
            _ => Answer::nothing(),
        }
    });
    let mut chromium = Chromium::start(&server);
    let mut tab = chromium.open();
    tab.visit("http://mail.localhost/left").expect("it loads");
    let next = tab.visit("http://mail.localhost/next");
    assert!(is_begun.load(Ordering::SeqCst));
    is_over.store(true, Ordering::SeqCst);
    assert_eq!(next, Ok(()));
}

#[test]
fn markers_are_found_however_they_are_written() {
    let forms = [
        "load/x",
        "load&#x2f;x",
        "&amp;#108;oad/x",
        r"\6coad/x",
        r"\6c oad\2f x",
        r"lo\61\64/x",
        "loa\\\nd/x",
        "%6coad%2Fx",
        "lo\tad\n/x",
        r"load\x",
        "data:text/html;base64,PGltZyBzcmM9bG9hZC94Pg==",
        "srcdoc=\"&lt;img src=%6coad/x\"",
    ];
    for form in forms {
        let found = Markers::OWN.in_text(&format!("before {form} behind"));
        assert!(found.contains(&"load/x".to_owned()), "{form}: {found:?}");
    }
    assert_eq!(Markers::OWN.in_text("download x, payload / x"), [""; 0]);
    assert_eq!(
        Markers::LEAKING_VIA.in_text("<img src=https://leaking.via/img-src> %20leaking.via%2fb"),
        ["img-src", "b"]
    );
}

#[test]
fn every_marker_of_the_page_stands_on_a_marked_host_once() {
    let markers = Markers::OWN.in_text(EVERY_VECTOR);
    let of = |class: &str| markers.iter().filter(|m| m.starts_with(class)).count();
    // By grep(1): 339 loads are written as such, 7 with escapes or in base64.
    assert_eq!(
        (of("load/"), of("click/"), of("idle/")),
        (339 + 7, 14, 43),
        "{markers:#?}"
    );
    let mut seen = BTreeSet::new();
    for (at, _) in EVERY_VECTOR.match_indices("/load/") {
        let name = EVERY_VECTOR[at..].split([' ', '"', '\'', ')', '>', '#', ';', '?', '&']);
        let name = name.into_iter().next().expect("a name");
        assert!(seen.insert(name), "{name} stands there twice");
    }
}

/// The original is this page with `TRACKER` and `PICTURE` in it.
const LETTER: &str = r#"<!doctype html><p>Dear Bob,
    <img src="https://shop.example/logo.png">
    <p>PICTURE <p>TRACKER good bye."#;
const TRACKER: &str = r#"<img src="https://t.example/o?1">"#;
const PICTURE: &str = r#"<img src="https://shop.example/shoes.png" width="100" height="50">"#;
const EMPTY: &str =
    "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";

#[test]
fn renderings_differ_where_something_is_changed_that_was_to_be_seen() {
    let server = Server::start();
    let mut chromium = Chromium::start(&server);
    let mut renderer = Renderer::new(&server, &mut chromium);
    let page = |tracker: &str, picture: &str| {
        LETTER
            .replace("TRACKER", tracker)
            .replace("PICTURE", picture)
    };
    let mut compare = |cleaned: &str| {
        let compared = renderer.compare(&page(TRACKER, PICTURE), cleaned);
        compared.expect("both are shown")
    };
    let urls = |comparison: &Comparison| Vec::from_iter(comparison.removed.clone());
    let empty = |element: &str, url: &str| element.replace(url, EMPTY);

    let good = compare(&page(&empty(TRACKER, "https://t.example/o?1"), PICTURE));
    assert!(matches!(good.verdict, Verdict::Equal));
    assert_eq!(urls(&good), ["https://t.example/o?1"]);
    assert!(good.visible.is_empty() && !good.is_cut);
    // It could have been a picture, for all that the mail says.
    assert_eq!(good.unsized_images.len(), 1);

    let same = compare(&page(TRACKER, PICTURE));
    assert!(matches!(same.verdict, Verdict::Equal) && same.removed.is_empty());

    let shoes = "https://shop.example/shoes.png";
    let hidden = compare(&page(TRACKER, &empty(PICTURE, shoes)));
    assert_eq!(urls(&hidden), [shoes]);
    let sizes = hidden
        .visible
        .iter()
        .map(|image| (image.width, image.height));
    assert_eq!(Vec::from_iter(sizes), [(100.0, 50.0)]);

    let place = |comparison: Comparison| match comparison.verdict {
        Verdict::Different(difference) => (difference.place, difference.heights),
        _ => panic!("it looks equal"),
    };
    let (below, _) = place(compare(&page(TRACKER, "")));
    assert!(below.is_some(), "what stood below has moved up");
    let (letter, heights) = place(compare(&page(TRACKER, PICTURE).replace("Bob", "Bop")));
    let letter = letter.expect("other pixels");
    assert_eq!(heights.0, heights.1);
    assert!(
        letter.pixels > 0 && letter.width < 20 && letter.height < 20,
        "{letter:?}"
    );
}
