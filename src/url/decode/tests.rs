//! Tests of the chain and, by one table, of each step.

use super::*;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use std::{collections::BTreeSet, io::Write};

const WRAPPER: &str = "https://w.example.org/go/shop.example.org/shop-example-org-a?d=example.org&o=http://example.org";

fn run_step(step: &str, input: &[u8]) -> Result<Vec<u8>, DecodeErrorKind> {
    let context = Context {
        wrapper: WRAPPER,
        limit: 65_536,
    };
    let (_, step) = steps::build(step).unwrap();
    step(input, &context)
}

/// A step, its input, its output.
type Case = (&'static str, &'static [u8], Option<&'static [u8]>);

/// Step, input, output; `None` where the step must give up.
///
/// Outputs are worked out by hand or by another program (Python's base64,
/// zlib and gzip).
#[rustfmt::skip]
const CASES: &[Case] = &[
    ("base32", b"NB2HI4A=", Some(b"http")),
    ("base32", b"nb2hi4a", Some(b"http")),
    ("base32", b"NB2HI4A%3D", Some(b"http")),
    ("base32", b"NB1HI4A", None),
    ("base64", b"aHR0cDovLw==", Some(b"http://")),
    ("base64", b"aHR0cDovLw", Some(b"http://")),
    ("base64", b"aHR0cDovLw~~", Some(b"http://")),
    ("base64", b"aHR0cDovLw%3D%3D", Some(b"http://")),
    ("base64", b"-_8", Some(&[0xfb, 0xff])),
    ("base64", b"+/8=", Some(&[0xfb, 0xff])),
    ("base64", b"aHR0cDovLwaHR", Some(b"http://\x06\x87")),
    ("base64", b"aHR0!DovLw", None),
    ("base64", b"aH=R0cDovLw", None),
    ("base64-dash", b"aHR0cDovLw--", Some(b"http://")),
    ("base64-dash", b"aHR0cDovLw..", Some(b"http://")),
    ("base64-dash", b"a b", None),
    ("check-host:param:d", b"https://shop.example.org/", Some(b"https://shop.example.org/")),
    ("check-host:segment:2", b"http://SHOP.example.org:81/a", Some(b"http://SHOP.example.org:81/a")),
    ("check-host:param:d", b"https://notexample.org/", None),
    ("check-host:param:d", b"https://example.org.evil.example/", None),
    ("check-host:param:none", b"https://example.org/", None),
    ("check-host:param:o", b"https://shop.example.org/a", Some(b"https://shop.example.org/a")),
    ("check-host:param:o", b"https://evil.example/", None),
    ("check-slug:segment:3", b"https://shop.example.org/a", Some(b"https://shop.example.org/a")),
    ("check-slug:segment:3", b"https://shop.example.org/b", None),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00", Some(b"a")),
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00", None),
    ("hex", b"68747470", Some(b"http")),
    ("hex", b"C3A4", Some("ä".as_bytes())),
    ("hex", b"687", None),
    ("hex", b"zz", None),
    ("html", b"a&amp;b&#61;c&#x3D;d&lt;&gt;&quot;&apos;", Some(b"a&b=c=d<>\"'")),
    ("html", b"a&amp;amp;b", Some(b"a&amp;b")),
    ("html", b"?a=1&copy=2&amp", Some(b"?a=1&copy=2&amp")),
    ("html", b"&#xD800;&#99999999;&;&", Some(b"&#xD800;&#99999999;&;&")),
    ("html", b"\xff", None),
    ("json:u", br#"{"u":"a\/b","v":1}"#, Some(b"a/b")),
    ("json:x|v", br#"{"u":"a","v":1}"#, Some(b"1")),
    ("json:u", br#""{\"u\":\"a\"}""#, Some(b"a")),
    ("json:p", br#"{"p":{"u":"a"}}"#, Some(br#"{"u":"a"}"#)),
    ("json:u", br#"{"v":1}"#, None),
    ("json:u", br#"["u"]"#, None),
    ("json:u", br#"{"u":"a"#, None),
    ("last-after:url=", b"url=a&url=b", Some(b"b")),
    ("last-after:url=", b"a", None),
    ("last-segment", b"https://example.org/a/b/?c/d", Some(b"b")),
    ("last-segment", b"https://example.org", None),
    ("param:u", b"https://example.org/?a=1&u=%41#u=2", Some(b"%41")),
    ("param:x|u", b"https://example.org/?u=1&x=2", Some(b"2")),
    ("param:u", b"https://example.org/?u=&u=2", Some(b"2")),
    ("param:u", b"https://example.org/?%75=1", Some(b"1")),
    ("param:@a", b"https://example.org/?@a=1", Some(b"1")),
    ("param:u", b"https://example.org/?url=1", None),
    ("param:u", b"https://example.org/", None),
    ("param-last:u", b"https://example.org/?u=1&u=2&u=", Some(b"2")),
    ("param-last:u", b"https://example.org/?a=1", None),
    ("percent", b"%68%74%zz%25", Some(b"ht%zz%")),
    ("percent*", b"https%253A%252F%252Fa", Some(b"https://a")),
    ("percent*", b"HTTP%3a//a%2525", Some(b"HTTP://a%25")),
    ("percent*", b"https://a/%3A", Some(b"https://a/%3A")),
    ("proofpoint-v3", b"https://urldefense.com/v3/__http://x.test/**Bx**Ay__;w6Pigqw!!a", Some("http://x.test/ãx€y".as_bytes())),
    ("proofpoint-v3", b"https://urldefense.com/v3/__https:/x.test/a*b__;Iw!!a", Some(b"https://x.test/a#b")),
    ("proofpoint-v3", b"https://urldefense.com/v3/__https://x.test/__;!!a", Some(b"https://x.test/")),
    ("proofpoint-v3", b"https://urldefense.com/v3/__https://x.test/*__;!!a", None),
    ("proofpoint-v3", b"https://urldefense.com/v3/__", None),
    // Field 1 = "a", field 2 = varint 300, field 3 = "bc".
    ("protobuf:3", b"\x0a\x01a\x10\xac\x02\x1a\x02bc", Some(b"bc")),
    ("protobuf:3", b"\x09aaaaaaaa\x25aaaa\x1a\x01b", Some(b"b")),
    ("protobuf:4", b"\x0a\x01a", None),
    ("protobuf:1", b"\x0a\x05a", None),
    ("protobuf:1", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", None),
    ("protobuf:1", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
    ("query:l", b"h=1&l=a%26b&r=2", Some(b"a&b")),
    ("query:l", b"h=1", None),
    ("raw-query", b"https://example.org/?a=1&b#c", Some(b"a=1&b")),
    ("raw-query", b"https://example.org/", None),
    ("regex:/(a)x(b)?(c)", b"/axc", Some(b"ac")),
    ("regex:^/(a)", b"b/a", None),
    ("rest-after:u=", b"?u=a&u=b", Some(b"a&u=b")),
    ("rest-after:u=", b"a", None),
    ("scheme:https", b"example.org/a", Some(b"https://example.org/a")),
    ("scheme:https", b"HTTP://example.org", Some(b"HTTP://example.org")),
    ("scheme:http", b"http:80/", Some(b"http://http:80/")),
    ("segment:2", b"https://example.org/a/b%2Fc/d?e/f", Some(b"b%2Fc")),
    ("segment:3", b"https://example.org/a/b", None),
    ("segment:1", b"https://example.org", None),
    ("segment:1", b"/a/b", None),
    ("slashes", b"https:/example.org//a", Some(b"https://example.org//a")),
    ("slashes", b"http:////example.org", Some(b"http://example.org")),
    ("slashes", b"ftp:/a", Some(b"ftp:/a")),
    // Field 1 without length, field 2 = "a", field 4 = "bc" with two bytes of length.
    ("sparkpost:4", b"\x01\x42\x01a\x84\x02\x00bc", Some(b"bc")),
    ("sparkpost:4", b"\x44\x05a", None),
    ("sparkpost:4", b"\x84\x05", None),
    ("sparkpost:4", b"\xc4\x01a", None),
    ("sparkpost:4", b"\x42\x01a", None),
    ("split:.:2", b"a.b.c", Some(b"b")),
    ("split:::1", b"a:b", Some(b"a")),
    ("split:.:4", b"a.b.c", None),
    ("strip-host-suffix:.proxy.example", b"https://a.example.proxy.example/b.proxy.example", Some(b"https://a.example/b.proxy.example")),
    ("strip-host-suffix:.proxy.example", b"https://a.example/b.proxy.example", Some(b"https://a.example/b.proxy.example")),
    ("substitute:-_,%/", b"https-3A__a", Some(b"https%3A//a")),
    ("substitute:-_,%/", b"\xff", None),
    // E = jo@example.net, V = https://a.example/?b, q = ?c=1
    ("zeta", b"https://e.example.org/click?Eam9AZXhhbXBsZS5uZXQ/VaHR0cHM6Ly9hLmV4YW1wbGUvP2I/qP2M9MQ/s1", Some(b"https://a.example/?b&c=1")),
    // H = 1,2,https://a.example/,x
    ("zeta", b"https://e.example.org/click?HMSwyLGh0dHBzOi8vYS5leGFtcGxlLyx4", Some(b"https://a.example/,x")),
    ("zeta", b"https://e.example.org/click?Eam9AZXhhbXBsZS5uZXQ", None),
    ("zeta", b"https://e.example.org/click?V!", None),
    ("zlib", b"\x78\x9c\x4b\x04\x00\x00\x62\x00\x62", Some(b"a")),
    // Flushed and not terminated.
    ("zlib", b"\x78\x9c\x4a\x04\x00\x00\x00\xff\xff", Some(b"a")),
    ("zlib", b"a", None),
    ("zlib", b"\x78\x9c\xff", None),
];

#[test]
fn each_step_does_what_its_line_says() {
    for (step, input, expected) in CASES {
        let output = run_step(step, input).ok();
        let shown = || String::from_utf8_lossy(input).into_owned();
        assert_eq!(output.as_deref(), *expected, "{step} of {}", shown());
    }
}

/// Steps that take whatever they get.
const NEVER_FAIL_ON_TEXT: &[&str] = &[
    "percent",
    "percent*",
    "scheme",
    "slashes",
    "strip-host-suffix",
];

#[test]
fn the_table_of_steps_is_sorted_documented_and_tested() {
    let names: Vec<_> = STEPS.iter().map(|s| s.name).collect();
    let sorted: BTreeSet<_> = names.iter().copied().collect();
    assert_eq!(names, sorted.into_iter().collect::<Vec<_>>());
    for step in STEPS {
        let cases = || {
            CASES
                .iter()
                .filter(|(s, _, _)| s.split(':').next() == Some(step.name))
        };
        assert!(!step.doc.is_empty());
        assert!(cases().any(|c| c.2.is_some()), "{} has no case", step.name);
        let can_fail = !NEVER_FAIL_ON_TEXT.contains(&step.name);
        assert!(
            !can_fail || cases().any(|c| c.2.is_none()),
            "{} never fails",
            step.name
        );
        let bare = Chain::parse(&[step.name]).is_ok();
        assert_eq!(bare, step.argument.is_none(), "{}", step.name);
        let empty = Chain::parse(&[format!("{}:", step.name)]);
        assert!(empty.is_err(), "{} takes an empty argument", step.name);
    }
}

#[test]
fn no_step_panics_or_outgrows_its_input_on_hostile_values() {
    let mut values: Vec<Vec<u8>> = CASES.iter().map(|(_, input, _)| input.to_vec()).collect();
    for (_, input, _) in CASES {
        // Cut at every place, among them in the middle of UTF-8.
        values.extend((0..input.len()).map(|end| input[..end].to_vec()));
    }
    for piece in [
        "%", "*", "**B", "&#", "=", "/", "eJ", "{\"a\":", "[", ".", "\u{fc}", "\0",
    ] {
        values.push(piece.repeat(20_000).into_bytes());
    }
    values.push((0..=255).collect());
    let steps: BTreeSet<_> = CASES.iter().map(|(step, _, _)| *step).collect();
    for step in steps {
        for value in values
            .iter()
            .chain([&b"https://e.example/v3/__a__;".repeat(900)])
        {
            if let Ok(output) = run_step(step, value) {
                assert!(output.len() <= value.len() * 5 + 64, "{step}");
            }
        }
    }
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_is_refused() {
    let zeros = vec![0; 4 << 20];
    assert_eq!(
        run_step("zlib", &zlib(&zeros)),
        Err(DecodeErrorKind::TooLarge)
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&zeros).unwrap();
    let bomb = encoder.finish().unwrap();
    assert_eq!(run_step("gzip", &bomb), Err(DecodeErrorKind::TooLarge));
    let most = vec![b'a'; 65_536];
    assert_eq!(run_step("zlib", &zlib(&most)), Ok(most));
}

#[test]
fn a_value_above_the_limit_ends_the_chain() {
    let chain = Chain::parse(&["param:u", "percent"]).unwrap();
    let wrapper = Target::parse("https://w.example.org/?u=https%3A%2F%2Fa.example%2F").unwrap();
    let limits = Limits {
        decode_bytes: 30,
        ..Limits::default()
    };
    let error = chain.run(&wrapper, &limits).unwrap_err();
    assert_eq!(
        (error.step, error.kind),
        ("param", DecodeErrorKind::TooLarge)
    );
    let limits = Limits {
        url_bytes: 17,
        ..Limits::default()
    };
    let error = chain.run(&wrapper, &limits).unwrap_err();
    assert_eq!(error.to_string(), "result: larger than the limit");
}

#[test]
fn a_destination_is_not_much_longer_than_its_wrapper() {
    let chain = Chain::parse(&["param:u", "hex", "zlib"]).unwrap();
    let decoded = |length: usize| {
        let url = format!("https://a.example/{}", "a".repeat(length - 18));
        let payload = data_encoding::HEXLOWER.encode(&zlib(url.as_bytes()));
        let wrapper = format!("https://w.example.org/?u={payload}");
        let most = wrapper.len() * 4 + 512;
        let wrapper = Target::parse(&wrapper).unwrap();
        let result = chain.run(&wrapper, &Limits::default());
        (result.map(|to| to.text.len()).map_err(|e| e.kind), most)
    };
    // Both compress to about thirty bytes.
    let (result, most) = decoded(800);
    assert!((512..1_200).contains(&most), "{most}");
    assert_eq!(result, Ok(800));
    let (result, most) = decoded(1_200);
    assert!(most < 1_200, "{most}");
    assert_eq!(result, Err(DecodeErrorKind::TooLarge));
}

fn accept(text: &str) -> Result<String, DecodeErrorKind> {
    Destination::accept(text.as_bytes(), &Limits::default()).map(|d| d.text)
}

#[test]
fn a_destination_is_kept_byte_for_byte() {
    for text in [
        "https://shop.example.org",
        "HTTP://Shop.Example.ORG:80/a/../b?c=%7e&d='#e",
        "http://192.0.2.1/",
        "http://[2001:db8::1]/",
        "https://example.org./",
    ] {
        assert_eq!(accept(text).as_deref(), Ok(text));
    }
    assert_eq!(
        accept("\n https://a.example/ "),
        Ok("https://a.example/".to_owned())
    );
}

#[test]
fn beyond_ascii_the_normal_form_is_written() {
    assert_eq!(
        accept("https://b\u{fc}cher.example/\u{e4}?\u{20ac}").as_deref(),
        Ok("https://xn--bcher-kva.example/%C3%A4?%E2%82%AC")
    );
}

#[test]
fn an_address_in_its_usual_spelling_is_a_destination() {
    for text in [
        "https://192.0.2.1/",
        "http://192.0.2.1:8080/a",
        "https://[2001:db8::1]/",
        "https://a.example./",
    ] {
        assert_eq!(accept(text).as_deref(), Ok(text));
    }
}

#[test]
fn what_is_no_plain_web_address_is_refused_by_name() {
    use DecodeErrorKind::{ForbiddenCharacter, Host, NotHttp, UserInfo};
    for (text, kind) in [
        ("javascript:alert(1)", NotHttp),
        ("data:text/html,a", NotHttp),
        ("ftp://example.org/", NotHttp),
        ("mailto:jo@example.org", NotHttp),
        ("//example.org/", NotHttp),
        ("/a", NotHttp),
        ("", NotHttp),
        ("https:/example.org/", NotHttp),
        ("https:///example.org/", NotHttp),
        ("https://", NotHttp),
        ("https://[::1/", NotHttp),
        ("https://user@example.org/", UserInfo),
        ("https://user:pass@example.org/", UserInfo),
        ("https://@example.org/", UserInfo),
        ("https://localhost/", Host),
        ("https://localhost./", Host),
        ("https://../", Host),
        ("https://a..example/", Host),
        ("https://.a.example/", Host),
        ("https://2130706433/", Host),
        ("https://0x7f.1:80/", Host),
        ("https://0177.0.0.1/", Host),
        ("https://a.example/%00", ForbiddenCharacter),
        ("https://a b.example/", ForbiddenCharacter),
        ("https://a.example/\u{a0}", ForbiddenCharacter),
        ("https://a.example/\0", ForbiddenCharacter),
        ("https://a.example/\r\nSet-Cookie", ForbiddenCharacter),
        ("https://a.example/\u{85}", ForbiddenCharacter),
        ("https://a.example/\u{202e}", ForbiddenCharacter),
        ("https://a.example/\"onclick=", ForbiddenCharacter),
        ("https://a.example/<b>", ForbiddenCharacter),
        ("https://a.example\\@evil.example/", ForbiddenCharacter),
        ("ht\ttps://a.example/", NotHttp),
    ] {
        assert_eq!(accept(text), Err(kind), "{text:?}");
    }
    let not_text = Destination::accept(b"https://a.example/\xff", &Limits::default());
    assert_eq!(not_text, Err(DecodeErrorKind::NotText));
}

#[test]
fn a_chain_reads_what_a_service_wrote() {
    let payload = "h=1&l=https%3A%2F%2Fshop.example.org%2F%3Fa%3D1&r=jo%40example.net";
    let token = data_encoding::BASE64URL_NOPAD.encode(&zlib(payload.as_bytes()));
    let wrapper = Target::parse(&format!("https://email.example.org/c/{token}")).unwrap();
    let chain = Chain::parse(&["segment:2", "base64", "zlib", "query:l"]).unwrap();
    let destination = chain.run(&wrapper, &Limits::default()).unwrap();
    assert_eq!(destination.text, "https://shop.example.org/?a=1");
    let error = chain
        .run(&destination.target, &Limits::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "segment: nothing there");
}

#[test]
fn a_step_that_cannot_be_used_is_named() {
    for (steps, index, problem) in [
        (
            vec!["percent", "rot13"],
            1,
            "unknown decode step \"rot13\"; the steps are base32, base64,",
        ),
        (vec!["percent:2"], 0, "step \"percent\" takes no argument"),
        (
            vec!["segment"],
            0,
            "step \"segment\" needs an argument: segment:N",
        ),
        (
            vec!["segment:0"],
            0,
            "step \"segment:0\": write a number from 1 to 64",
        ),
        (vec!["regex:("], 0, "step \"regex:(\": regex parse error"),
        (
            vec!["regex:a"],
            0,
            "step \"regex:a\": the pattern needs a group",
        ),
        (vec!["regex:(a{9999})"], 0, "step \"regex:(a{9999})\": "),
        (vec!["split:."], 0, "step \"split:.\": write SEPARATOR:N"),
        (
            vec!["substitute:ab,c"],
            0,
            "step \"substitute:ab,c\": FROM and TO",
        ),
        (
            vec!["scheme:ftp"],
            0,
            "step \"scheme:ftp\": write `http` or `https`",
        ),
        (
            vec!["check-host:check-host:a"],
            0,
            "step \"check-host:check-host:a\": STEP is",
        ),
        (vec![], 0, "0 steps where 1 to 16 are accepted"),
        (vec!["percent"; 17], 0, "17 steps where"),
    ] {
        let error = Chain::parse(&steps).unwrap_err();
        assert_eq!(error.index, index, "{steps:?}");
        assert!(error.problem.starts_with(problem), "{}", error.problem);
    }
}

#[test]
fn the_fragment_follows_the_redirect_as_in_a_browser() {
    let chain = Chain::parse(&["param:u", "percent"]).unwrap();
    let run = |url| {
        let wrapper = Target::parse(url).unwrap();
        chain.run(&wrapper, &Limits::default()).map(|d| d.text)
    };
    let with = |text: &str| Ok(text.to_owned());
    assert_eq!(
        run("https://w.example.org/?u=https%3A%2F%2Fa.example%2F#part"),
        with("https://a.example/#part")
    );
    assert_eq!(
        run("https://w.example.org/?u=https%3A%2F%2Fa.example%2F%23own#part"),
        with("https://a.example/#own")
    );
    let refused = run("https://w.example.org/?u=https%3A%2F%2Fa.example%2F#a\\b").unwrap_err();
    assert_eq!(refused.kind, DecodeErrorKind::ForbiddenCharacter);
}
