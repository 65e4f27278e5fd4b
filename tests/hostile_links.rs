//! Redirect links that hold something else than an honest destination: none
//! is unwrapped, and the mail stays as it came, byte for byte.
//!
//! The links are made from the examples of the shipped rules, each encoded as
//! its own service does: whatever rule is added is tested here.

mod hostile_support;

use hostile_support::{Wrapper, wrappers};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};
use untrackd::{
    clean::{Cleaner, Envelope, HeaderPolicy, raw},
    judge::{Choices, Heuristics, Parameters, Refusal},
    limits::Limits,
    rules::{Category, RuleSet, Unwrapped},
    url::Target,
};

/// Links, each with a name that says what is wrong with it.
type Links = Vec<(String, String)>;

/// All rules that can be decoded, each with its hostile links.
static HOSTILE: LazyLock<Vec<(Wrapper, Links)>> = LazyLock::new(|| {
    let wrappers = wrappers().0.into_iter();
    let with_links = wrappers.map(|wrapper| {
        let links = hostile(&wrapper);
        (wrapper, links)
    });
    with_links.collect()
});

/// At least as many links must get as far as to the decoding, and no further.
const REFUSED: usize = 5_000;

fn cleaner() -> Arc<Cleaner> {
    let choices = Choices {
        unwrap: vec![
            Category::Advertising,
            Category::Affiliate,
            Category::Gateway,
            Category::Mail,
            Category::Sales,
            Category::Shim,
            Category::Web,
        ],
        // Another matter, which would change links that are no wrappers.
        parameters: Parameters::None,
        ..Choices::default()
    };
    Arc::new(Cleaner::new(
        Arc::new(RuleSet::builtin().unwrap().with_low_trust()),
        Heuristics::builtin().unwrap(),
        Refusal::builtin().unwrap(),
        choices,
        HeaderPolicy::Changed,
        Limits::default(),
    ))
}

/// Destinations that must not be reached, made from an honest one so that
/// what a wrapper repeats of it still fits.
fn destinations(to: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (scheme, rest) = to.split_once("://").unwrap();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, tail) = rest.split_at(end);
    let path = if tail.starts_with('/') { tail } else { "/" };
    let at = |authority: &str| format!("{scheme}://{authority}{path}");
    let within = |middle: &str| format!("{scheme}://{host}/a{middle}b");
    let mut all: Vec<(&'static str, String)> = vec![
        ("user name", at(&format!("user@{host}"))),
        ("user name and password", at(&format!("user:secret@{host}"))),
        ("host as user name", at(&format!("{host}@evil.example"))),
        (
            "host and port as user name",
            at(&format!("{host}:443@evil.example")),
        ),
        ("empty user name", at(&format!("@{host}"))),
        ("escaped at-sign", at(&format!("{host}%40evil.example"))),
        ("script", "javascript:alert(1)".to_owned()),
        (
            "script that looks like a URL",
            format!("javascript://{host}/%0aalert(1)"),
        ),
        ("script in mixed case", "JaVaScRiPt:alert(1)".to_owned()),
        (
            "script behind a control character",
            "\u{1}javascript:alert(1)".to_owned(),
        ),
        (
            "document",
            "data:text/html,<script>alert(1)</script>".to_owned(),
        ),
        (
            "document in base64",
            "data:text/html;base64,PGI+".to_owned(),
        ),
        ("file", "file:///etc/passwd".to_owned()),
        ("file of a host", format!("file://{host}/share")),
        ("ftp", format!("ftp://{host}{path}")),
        ("mail", format!("mailto:user@{host}")),
        ("visual basic", "vbscript:msgbox(1)".to_owned()),
        ("blob", format!("blob:{scheme}://{host}/1")),
        ("source", format!("view-source:{scheme}://{host}/")),
        ("no scheme but two slashes", format!("//{host}{path}")),
        ("path alone", path.to_owned()),
        ("fragment alone", "#a".to_owned()),
        ("no host", format!("{scheme}://")),
        ("three slashes", format!("{scheme}:///")),
        ("three slashes and a path", format!("{scheme}:///etc{path}")),
        ("query for a host", format!("{scheme}://?{host}")),
        ("fragment for a host", format!("{scheme}://#{host}")),
        ("port without a host", format!("{scheme}://:443{path}")),
        ("no number for a port", at(&format!("{host}:port"))),
        ("port too large", at(&format!("{host}:70000"))),
        ("backslashes", format!("{scheme}:\\\\{host}{path}")),
        ("backslash in the path", within("\\")),
        (
            "backslash in the authority",
            at(&format!("evil.example\\@{host}")),
        ),
        ("space", within(" ")),
        ("space in the host", at(&format!("{host} evil.example"))),
        ("tab", within("\t")),
        ("tab in the host", at(&format!("evil.\t{host}"))),
        ("line feed", within("\n")),
        (
            "carriage return and line feed",
            within("\r\nSet-Cookie: a=b\r\n\r\n"),
        ),
        ("NUL", within("\0")),
        ("escaped NUL", within("%00")),
        (
            "escaped NUL in the host",
            at(&format!("{host}%00.evil.example")),
        ),
        ("escape character", within("\u{1b}[2J")),
        ("delete", within("\u{7f}")),
        ("next line", within("\u{85}")),
        ("double quote", within("\" onclick=\"alert(1)")),
        ("tag", within("><script>alert(1)</script>")),
        ("less-than", within("<")),
        ("greater-than", within(">")),
        ("right-to-left override", within("\u{202e}")),
        (
            "zero-width space in the host",
            at(&format!("{host}\u{200b}.evil.example")),
        ),
        ("byte order mark", within("\u{feff}")),
        ("no-break space", within("\u{a0}")),
        ("host without a dot", at("intranet")),
        ("this machine", at("localhost")),
        ("host without a dot but at its end", at("intranet.")),
        ("dots for a host", at("..")),
        ("empty label", at(&format!("evil..{host}"))),
        ("address with a zone", at("[fe80::1%25eth0]")),
        ("address with a zone, not escaped", at("[fe80::1%eth0]")),
        ("address that is not closed", at("[2001:db8::1")),
        ("address as one number", at("3221226219")),
        ("address in hex", at("0xc0000201")),
        ("address in octal", at("0300.0.02.01")),
        ("address with pieces left out", at("192.513")),
        ("brackets in the host", at(&format!("{host}[1]"))),
        ("too long", format!("{to}{}", "a".repeat(20_000))),
        ("cut off in the scheme", "htt".to_owned()),
        ("cut off behind the scheme", format!("{scheme}:")),
    ];
    // A step may put a scheme or slashes where they are missing.
    all.push(("host alone", format!("{host}{path}")));
    all.push(("one slash", format!("{scheme}:/{host}{path}")));
    all.push(("no slash", format!("{scheme}:{host}{path}")));
    let mut all: Vec<_> = all.into_iter().map(|(n, d)| (n, d.into_bytes())).collect();
    all.push(("no text", [to.as_bytes(), b"\xff\xfe"].concat()));
    all.push(("overlong NUL", [to.as_bytes(), b"\xc0\x80"].concat()));
    all
}

/// What a service's own repair makes an honest URL of.
fn is_repaired(wrapper: &Wrapper, name: &str) -> bool {
    let has = |wanted: &str| wrapper.steps.iter().any(|s| s.starts_with(wanted));
    match name {
        "host alone" => has("scheme:"),
        "one slash" | "three slashes and a path" => has("slashes") || has("proofpoint-v3"),
        _ => false,
    }
}

/// Payloads that are damaged between two steps.
fn damaged(wrapper: &Wrapper) -> Links {
    let mut links = Vec::new();
    for (number, (step, input)) in wrapper.steps.iter().zip(wrapper.inputs()).enumerate() {
        if number == 0 {
            continue;
        }
        let half = input.len() / 2;
        let mut values: Vec<(&str, Vec<u8>)> = vec![
            ("nothing", Vec::new()),
            ("half", input[..half].to_vec()),
            ("a quarter", input[..half / 2].to_vec()),
            (
                "all but the last byte",
                input[..input.len().saturating_sub(1)].to_vec(),
            ),
            ("the second half", input[half..].to_vec()),
            ("no encoding", b"!!!!~!!!!".to_vec()),
            ("high bytes", vec![0xff; 64]),
            ("a wrong type", b"[1,2,3]".to_vec()),
            (
                "nested deep",
                [b"{\"a\":".repeat(5000), b"1".to_vec()].concat(),
            ),
        ];
        if let Some(flipped) = input.first().map(|b| b ^ 0x55) {
            values.push(("a wrong beginning", [&[flipped], &input[1..]].concat()));
        }
        for (name, value) in values {
            // A URL that was cut short may be a URL as well.
            if wrapper.decodes_from(number, &value) {
                continue;
            }
            if let Some(link) = wrapper.with_input(number, &value) {
                links.push((format!("{name} for {step}"), link));
            }
        }
    }
    links
}

/// All hostile links of one rule.
fn hostile(wrapper: &Wrapper) -> Links {
    let mut links = damaged(wrapper);
    for (name, destination) in destinations(&wrapper.to) {
        if is_repaired(wrapper, name) {
            continue;
        }
        if let Some(link) = wrapper.around(&destination) {
            links.push((name.to_owned(), link));
        }
    }
    let has = |wanted: &str| wrapper.steps.iter().any(|s| s.starts_with(wanted));
    if has("zlib") || has("gzip") {
        let bomb = [wrapper.to.as_bytes(), &vec![b'a'; 8 << 20]].concat();
        links.extend(wrapper.around(&bomb).map(|link| ("bomb".to_owned(), link)));
    }
    if has("check-") {
        let link = wrapper.around(b"https://evil.example/");
        links.extend(link.map(|link| ("mismatch".to_owned(), link)));
    }
    links
}

fn mail(links: &[&str]) -> Vec<u8> {
    let mut mail = b"From: ann@example.org\r\nMIME-Version: 1.0\r\n\
        Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\n\
        <html><body>\r\n"
        .to_vec();
    for link in links {
        let escaped = link
            .replace('&', "&amp;")
            .replace('"', "&quot;")
            .replace('<', "&lt;");
        mail.extend_from_slice(format!("<p><a href=\"{escaped}\">Text</a></p>\r\n").as_bytes());
    }
    mail.extend_from_slice(b"</body></html>\r\n");
    mail
}

fn cleaned(cleaner: &Arc<Cleaner>, mail: &[u8]) -> Option<Vec<u8>> {
    raw::clean(cleaner, Envelope::default(), mail, Box::new(|| false)).bytes
}

/// Whether the rule that the link was made of tries to decode it, and what
/// comes of that.
fn decoded(cleaner: &Cleaner, id: &str, link: &str) -> Option<Result<String, String>> {
    let target = Target::parse(link)?;
    let found = cleaner.rules().explain(&target, cleaner.limits());
    let own = found.into_iter().find(|e| &*e.rule.id == id)?;
    let decoded = own.decoded?;
    Some(decoded.map(|d| d.text).map_err(|e| e.to_string()))
}

/// Without this the other test would prove nothing: a link that is refused
/// must be refused for what is in it, not for how this file writes it.
#[test]
fn an_honest_destination_is_written_so_that_it_is_read() {
    let cleaner = cleaner();
    let (wrappers, others) = wrappers();
    for wrapper in &wrappers {
        let link = wrapper.around(wrapper.to.as_bytes()).unwrap();
        let decoded = decoded(&cleaner, &wrapper.id, &link);
        assert_eq!(
            decoded,
            Some(Ok(wrapper.to.clone())),
            "{}: {link}",
            wrapper.id
        );
    }
    let all = wrappers.len() + others.len();
    println!("{} of {all} rules; without: {others:?}", wrappers.len());
    assert!(wrappers.len() >= 150, "only {} rules", wrappers.len());
    assert!(
        others.len() * 10 <= all,
        "of {all} rules without: {others:?}"
    );
}

#[test]
fn a_hostile_link_is_refused_and_its_mail_stays_byte_for_byte() {
    let cleaner = cleaner();
    let limits = Limits::default();
    let (mut refused, mut wrong) = (BTreeSet::new(), Vec::new());
    for (wrapper, links) in HOSTILE.iter() {
        for (name, link) in links {
            let Some(target) = Target::parse(link) else {
                continue;
            };
            if let Unwrapped::To { text, .. } = cleaner.rules().unwrap(&target, &limits, &|_| true)
            {
                wrong.push(format!(
                    "{}, {name}: {link:.200} leads to {text:.200}",
                    wrapper.id
                ));
            }
            if let Some(Err(_)) = decoded(&cleaner, &wrapper.id, link) {
                refused.insert(link.clone());
            }
        }
        let links: Vec<&str> = links.iter().map(|(_, link)| link.as_str()).collect();
        let mail = mail(&links);
        if cleaned(&cleaner, &mail).is_some_and(|bytes| bytes != mail) {
            wrong.push(format!("{}: the mail is changed", wrapper.id));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(refused.len() >= REFUSED, "only {} refused", refused.len());
    println!("{} links refused", refused.len());
}

/// A mail that is nothing but one such link, so that no other can hide it.
#[test]
fn each_kind_of_hostile_link_leaves_a_mail_of_its_own() {
    let cleaner = cleaner();
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    for (wrapper, links) in HOSTILE.iter() {
        for (name, link) in links {
            if kinds.contains(name.as_str()) {
                continue;
            }
            if !matches!(decoded(&cleaner, &wrapper.id, link), Some(Err(_))) {
                continue;
            }
            kinds.insert(name);
            let mail = mail(&[link]);
            let bytes = cleaned(&cleaner, &mail);
            assert!(
                bytes.is_none_or(|bytes| bytes == mail),
                "{}: {link}",
                wrapper.id
            );
        }
    }
    assert!(kinds.len() >= 60, "only {kinds:?}");
}
