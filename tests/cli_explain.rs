//! `explain --message`: every sighting in its place, kept ones too.

mod cli_support;

use cli_support::{RULES, Run, World};
use serde_json::{Value, json};

const PIXEL: &str = "https://t.example.org/o.gif?c=9f86d081884c7d659a2feaa0c55ad015";
const CLICK: &str = "https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2Fsale";
const LOGO: &str = "https://img.example.com/logo.png";
const PAGE: &str = "https://shop.example.com/?utm_campaign=spring&e=ann%40example.net";

/// Two HTML parts, of which the second is signed, and a third that holds a
/// link only.
fn mail() -> String {
    format!(
        "From: Shop <shop@example.com>\r\nTo: news@example.org\r\n\
         Delivered-To: ann@example.net\r\nSubject: Sale\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <html><body>\r\n\
         <p><a href=\"{CLICK}\">Go</a></p>\r\n\
         <img src=\"{LOGO}\" width=\"200\" height=\"50\" alt=\"Logo\">\r\n\
         <img src=\"{PIXEL}\" width=\"1\" height=\"1\">\r\n\
         </body></html>\r\n\
         --b\r\nContent-Type: multipart/signed; boundary=s; micalg=sha-256;\r\n \
         protocol=\"application/pgp-signature\"\r\n\r\n\
         --s\r\nContent-Type: text/html\r\n\r\n<img src=\"{PIXEL}\">\r\n\
         --s\r\nContent-Type: application/pgp-signature\r\n\r\nx\r\n--s--\r\n\
         --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n\
         <p><a href=\"{PAGE}\">Shop</a></p>\r\n\
         --b--\r\n"
    )
}

/// A world with the mail and rules of the test's own.
fn world() -> World {
    let world = World::new();
    world.write("rules/mail/exampler.toml", RULES);
    let rules = world.path("rules").display().to_string();
    world.write("empty.toml", format!("rules = \"{rules}\"\n"));
    world.write("a.eml", mail());
    world
}

fn urls(run: &Run) -> Vec<String> {
    let of_type = run.json().into_iter().filter(|o| o["type"] == "sighting");
    of_type
        .map(|o| o["url"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_sighting_is_told_with_its_reasons() {
    let run = world().run(&["explain", "--message", "a.eml"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = run.text();
    for part in [
        "a.eml: 4 URLs\n  recipients: ann@example.net (from Delivered-To)\n  rules version ",
        &format!(
            "  1 a-href unwrap {CLICK}\n      a redirect whose destination can be read\n      \
             element at byte 17, text \"Go\"\n      leads to https://shop.example.com/sale\n"
        ),
        "      +0 redirect: exampler-click (a redirect that this rule knows)\n      \
         tells its owner: when it is followed, your network's address, your browser; \
         a number or token of the recipient's, which link of the mailing\n",
        &format!("  1 img-src keep {LOGO}\n      no tracker by the evidence: score "),
        "200×50, with a description\n",
        "      -90 visible: 200×50 (a person is meant to see it)\n",
        &format!("  1 img-src neutralize {PIXEL}\n      a tracker: score "),
        "where 60 are needed, the URL can identify and nobody is meant to see it\n",
        "      +45 tiny: 1×1 (nobody is meant to see it)\n",
        &format!("  3 a-href keep {PAGE}\n"),
        "your browser; the recipient's address, the mailing\n",
        "  2.1 skipped: signed (it is signed, and a change would break the signature)\n",
    ] {
        assert!(text.contains(part), "{part}\n---\n{text}");
    }
}

#[test]
fn json_is_one_object_a_sighting() {
    let world = world();
    let run = world.run(&["explain", "--json", "--message", "a.eml"]);
    assert_eq!(urls(&run), [CLICK, LOGO, PIXEL, PAGE]);
    let objects = run.json();
    let [click, logo, pixel, page, skip] = objects.as_slice() else {
        panic!("{objects:?}");
    };
    for object in &objects {
        assert_eq!(
            (&object["v"], &object["file"]),
            (&json!(1), &json!("a.eml"))
        );
    }
    assert_eq!(click["action"], "unwrap");
    assert_eq!(click["destination"], "https://shop.example.com/sale");
    assert_eq!(click["notable"], true);
    assert_eq!(click["element"]["text"], "Go");
    assert_eq!(logo["notable"], false);
    assert_eq!(logo["element"]["width"], 200.0);
    assert_eq!(logo["element"]["alt"], true);
    assert_eq!(logo["tells"], json!(["client", "network", "time"]));
    let tiny = pixel["evidence"].as_array().unwrap().iter();
    let tiny: Vec<&Value> = tiny.filter(|e| e["kind"] == "tiny").collect();
    assert_eq!(
        tiny,
        [
            &json!({"kind": "tiny", "weight": 45, "detail": "1×1", "meaning": "nobody is meant to see it"})
        ]
    );
    assert_eq!(
        page["tells"],
        json!(["address", "campaign", "client", "network", "time"])
    );
    assert_eq!(
        (&skip["type"], &skip["part"], &skip["reason"]),
        (&json!("skip"), &json!("2.1"), &json!("signed"))
    );
}

#[test]
fn filters_narrow_the_list() {
    let world = world();
    let shown = |filter: &[&str]| {
        let arguments = [&["explain", "--json", "--message", "a.eml"], filter].concat();
        urls(&world.run(&arguments))
    };
    assert_eq!(shown(&["--part", "1"]), [CLICK, LOGO, PIXEL]);
    assert_eq!(shown(&["--part", "3"]), [PAGE]);
    assert_eq!(shown(&["--vector", "img-src"]), [LOGO, PIXEL]);
    assert_eq!(shown(&["--action", "keep"]), [LOGO, PAGE]);
    assert_eq!(shown(&["--url", "SHOP.example"]), [CLICK, PAGE]);
    assert_eq!(
        shown(&["--vector", "a-href", "--action", "unwrap"]),
        [CLICK]
    );
    assert_eq!(shown(&["--url", "nowhere"]), [""; 0]);
    let run = world.run(&["explain", "--message", "a.eml", "--part", "3"]);
    assert!(
        run.text().starts_with("a.eml: 1 of 4 URLs\n"),
        "{}",
        run.text()
    );
    assert!(!run.text().contains("skipped"), "{}", run.text());
}

#[test]
fn recipients_can_be_given() {
    let world = world();
    let run = world.run(&["explain", "--message", "a.eml", "--to", "bob@example.net"]);
    assert!(
        run.text().contains("  recipients: bob@example.net\n"),
        "{}",
        run.text()
    );
}

#[test]
fn several_files_mailboxes_and_standard_input_are_read() {
    let world = world();
    let separator = "From shop@example.com Sat Nov 21 18:40:00 2026\n";
    world.write("box", format!("{separator}{0}\n{separator}{0}\n", mail()));
    let run = world.run(&["explain", "--json", "--message", "box", "a.eml"]);
    assert_eq!(run.code, 0);
    let places: Vec<_> = run
        .json()
        .iter()
        .filter(|o| o["type"] == "skip")
        .map(|o| (o["file"].clone(), o["message"].clone()))
        .collect();
    assert_eq!(
        places,
        [
            (json!("box"), json!(1)),
            (json!("box"), json!(2)),
            (json!("a.eml"), Value::Null)
        ]
    );
    let run = world.run_with_input(&["explain", "--message", "-"], mail().as_bytes());
    assert!(run.text().starts_with("-: 4 URLs\n"), "{}", run.text());
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_explained() {
    let world = world();
    let run = world.run(&["explain", "--json", "--message", "missing.eml", "a.eml"]);
    assert_eq!(run.code, 66);
    assert!(
        run.err.starts_with("untrackd: missing.eml: "),
        "{}",
        run.err
    );
    assert_eq!(run.json()[0]["type"], "error");
    assert_eq!(urls(&run).len(), 4);
}

#[test]
fn urls_and_messages_do_not_mix() {
    let world = world();
    for arguments in [
        &["explain"][..],
        &["explain", "https://example.org/", "--message", "a.eml"],
        &["explain", "https://example.org/", "--part", "1"],
        &["explain", "--message", "a.eml", "--vector", "no-such"],
    ] {
        assert_eq!(world.run(arguments).code, 64, "{arguments:?}");
    }
}

/// The rest of the program tells the same message as before.
#[test]
fn scan_finds_no_more_for_it() {
    let world = world();
    let run = world.run(&["scan", "--json", "a.eml"]);
    let findings = run.json()[0]["findings"].clone();
    let actions: Vec<_> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(actions, ["unwrap", "neutralize"]);
    assert_eq!(
        findings[0]["tells"],
        json!(["client", "link", "network", "recipient", "time"])
    );
}

/// What a message discloses is told in kinds: the values stay in its URLs.
#[test]
fn what_was_packed_into_a_url_is_never_shown() {
    let world = world();
    // {"email":"zoe@example.net","first_name":"Zoe"}
    let payload = "eyJlbWFpbCI6InpvZUBleGFtcGxlLm5ldCIsImZpcnN0X25hbWUiOiJab2UifQ";
    let html = format!(
        "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n\
         <img src=\"https://t.example.org/{payload}\" width=\"1\" height=\"1\">\r\n"
    );
    world.write("packed.eml", html);
    let url = format!("https://t.example.org/{payload}");
    for arguments in [
        &["explain", "--json", "--message", "packed.eml"][..],
        &["explain", "--message", "packed.eml"],
        &["explain", "--json", &url],
        &["scan", "--json", "packed.eml"],
        &["scan", "-v", "packed.eml"],
    ] {
        let run = world.run(arguments);
        let text = run.text().to_lowercase();
        assert!(
            text.contains("address") && text.contains("variables")
                || text.contains("what else is stored"),
            "{text}"
        );
        assert!(!text.contains("zoe"), "{arguments:?}: {text}");
    }
}

#[test]
fn controls_in_a_url_do_not_reach_the_terminal() {
    let world = world();
    let html = "From: a@example.com\r\nTo: \x1b[2J@example.net\r\nMIME-Version: 1.0\r\n\
                Content-Type: text/html; charset=utf-8\r\n\r\n\
                <a href=\"https://t.example.org/\">a\x1b]0;x\x07\u{202e}b</a>\r\n";
    world.write("evil.eml", html);
    for option in ["-v", "--json"] {
        let run = world.run(&["explain", option, "--message", "evil.eml"]);
        let text = run.text();
        assert!(text.contains("t.example.org"), "{text}");
        assert!(!text.contains(['\x1b', '\x07', '\u{202e}']), "{text:?}");
    }
}
