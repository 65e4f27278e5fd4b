//! Every limit of `[limits]` at work: what is within it is cleaned, what is
//! beyond it is delivered as it came and named.
//!
//! A limit without a line in [`CASES`] fails. `memory_bytes` concerns all
//! messages together and is asked in `milter_limits.rs`.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};
use untrackd::{
    clean::{Cleaner, Envelope, HeaderPolicy, raw},
    judge::{Choices, Heuristics, Refusal},
    limits::Limits,
    rules::RuleSet,
    skip::Skip,
};

/// Neutralized wherever it is read.
const PIXEL: &str =
    "<img src=\"https://t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99\" width=1 height=1>";
/// What is left of it in a mail in which it was not read.
const LEFT: &str = "t.example.org/i/";

/// What becomes of a message beyond a limit.
#[derive(Clone, Copy)]
enum Beyond {
    /// Nothing is changed, and this is named.
    Untouched(Skip),
    /// A part of it is changed, and this is named.
    Partly(Skip),
    /// The link stays as it is, and the finding says so.
    Kept,
    /// The link is undone in part.
    Halfway,
}

/// A limit and mails that measure so and so much.
struct Case {
    key: &'static str,
    limit: usize,
    mail: fn(usize) -> String,
    within: usize,
    beyond: usize,
    outcome: Beyond,
}

const CASES: &[Case] = &[
    Case {
        key: "message_bytes",
        limit: 2000,
        mail: |bytes| html(&padded(bytes)),
        within: 2000,
        beyond: 2001,
        outcome: Beyond::Untouched(Skip::Oversize),
    },
    Case {
        key: "header_bytes",
        limit: 2000,
        mail: |bytes| format!("X-Long: {}\r\n{}", "x".repeat(bytes), html(PIXEL)),
        within: 1500,
        beyond: 2001,
        outcome: Beyond::Untouched(Skip::Headers),
    },
    Case {
        key: "parts",
        limit: 4,
        mail: |parts| multipart(parts - 1),
        within: 4,
        beyond: 6,
        outcome: Beyond::Partly(Skip::Parts),
    },
    Case {
        key: "depth",
        limit: 5,
        mail: nested,
        within: 5,
        beyond: 6,
        outcome: Beyond::Untouched(Skip::Depth),
    },
    Case {
        key: "encoded_depth",
        limit: 2,
        mail: encoded_messages,
        within: 2,
        beyond: 3,
        outcome: Beyond::Untouched(Skip::Depth),
    },
    Case {
        key: "decoded_bytes",
        limit: 3000,
        mail: |bytes| base64_html(&padded(bytes)),
        within: 3000,
        beyond: 3001,
        outcome: Beyond::Untouched(Skip::Oversize),
    },
    Case {
        key: "html_bytes",
        limit: 3000,
        mail: |bytes| html(&padded(bytes)),
        within: 3000,
        beyond: 3001,
        outcome: Beyond::Untouched(Skip::HtmlSize),
    },
    Case {
        key: "html_memory",
        limit: 100_000,
        mail: |depth| html(&format!("{}{PIXEL}", "<div>".repeat(depth))),
        within: 50,
        beyond: 20_000,
        outcome: Beyond::Untouched(Skip::HtmlMemory),
    },
    Case {
        key: "attributes",
        limit: 20,
        mail: |n| html(&format!("<p{}>{PIXEL}", " a=b".repeat(n))),
        within: 20,
        beyond: 21,
        outcome: Beyond::Untouched(Skip::Attributes),
    },
    Case {
        key: "sightings",
        limit: 10,
        mail: |n| html(&format!("{}{PIXEL}", links(n - 1))),
        within: 10,
        beyond: 11,
        outcome: Beyond::Untouched(Skip::Sightings),
    },
    Case {
        key: "edits",
        limit: 3,
        mail: |n| html(&pixels(n)),
        within: 3,
        beyond: 5,
        outcome: Beyond::Partly(Skip::Edits),
    },
    Case {
        key: "url_bytes",
        limit: 300,
        // 29 bytes before the destination, 22 of it before the letters.
        mail: |bytes| {
            html(&wrapped(&format!(
                "{DESTINATION}{}",
                "a".repeat(bytes - 29 - 22)
            )))
        },
        within: 300,
        beyond: 301,
        outcome: Beyond::Untouched(Skip::UrlLength),
    },
    Case {
        // The value that a chain begins with is the wrapper, 29 bytes longer.
        key: "decode_bytes",
        limit: 200,
        mail: |bytes| {
            html(&wrapped(&format!(
                "{DESTINATION}{}",
                "a".repeat(bytes - 22)
            )))
        },
        within: 171,
        beyond: 172,
        outcome: Beyond::Kept,
    },
    Case {
        key: "unwrap_rounds",
        limit: 2,
        mail: wrapped_often,
        within: 2,
        beyond: 3,
        outcome: Beyond::Halfway,
    },
    Case {
        key: "line_bytes",
        limit: 200,
        // Three bytes each as it came, five as it would become.
        mail: |n| html(&wrapped(&format!("{DESTINATION}?a{}", "%26b".repeat(n)))),
        within: 20,
        beyond: 30,
        outcome: Beyond::Untouched(Skip::LineLength),
    },
];

/// 22 bytes.
const DESTINATION: &str = "https://e.example.org/";

/// One of several: those that are equal look like spacers.
fn pixel(n: usize) -> String {
    PIXEL.replace(
        "5f4dcc3b",
        &format!("{:08x}", 0x1f4d_cc3b_usize.wrapping_mul(n + 1)),
    )
}

fn pixels(n: usize) -> String {
    (0..n).map(pixel).collect()
}

fn html(body: &str) -> String {
    format!("MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}")
}

/// A pixel and words, `bytes` in all.
fn padded(bytes: usize) -> String {
    format!("{PIXEL}{}", "words\r\n".repeat(bytes))
        .chars()
        .take(bytes)
        .collect()
}

fn lines_of(encoded: &str) -> String {
    let lines: Vec<_> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    lines.join("\r\n")
}

fn base64_html(body: &str) -> String {
    format!(
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
        lines_of(&STANDARD.encode(body))
    )
}

/// A multipart with that many parts below it.
fn multipart(parts: usize) -> String {
    let part = |n| format!("--B\r\nContent-Type: text/html\r\n\r\n{}\r\n", pixel(n));
    let parts: String = (0..parts).map(part).collect();
    format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n{parts}--B--\r\n"
    )
}

/// A pixel below that many multiparts.
fn nested(depth: usize) -> String {
    let inner = format!("Content-Type: text/html\r\n\r\n{PIXEL}");
    let body = (0..depth).fold(inner, |inner, n| {
        format!(
            "Content-Type: multipart/mixed; boundary=B{n}\r\n\r\n--B{n}\r\n{inner}\r\n--B{n}--\r\n"
        )
    });
    format!("MIME-Version: 1.0\r\n{body}")
}

/// A pixel below that many encoded messages.
fn encoded_messages(depth: usize) -> String {
    (0..depth).fold(html(PIXEL), |inner, _| {
        format!(
            "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            lines_of(&STANDARD.encode(inner))
        )
    })
}

fn links(n: usize) -> String {
    (0..n)
        .map(|n| format!("<a href=\"https://example.org/{n}\">{n}</a>"))
        .collect()
}

/// A link behind a redirect that is undone.
fn wrapped(destination: &str) -> String {
    format!("<a href=\"https://www.google.com/url?q={destination}\">words</a>")
}

/// A link behind that many redirects.
fn wrapped_often(times: usize) -> String {
    let url = (0..times).fold(DESTINATION.to_owned(), |url, _| {
        let escaped = url
            .replace('%', "%25")
            .replace('?', "%3F")
            .replace('&', "%26");
        format!("https://www.google.com/url?q={escaped}")
    });
    html(&format!("<a href=\"{url}\">words</a>"))
}

static RULES: LazyLock<Arc<RuleSet>> =
    LazyLock::new(|| Arc::new(RuleSet::builtin().expect("the built-in rules load")));

/// A cleaner with one limit changed.
fn cleaner(key: &str, limit: usize) -> Arc<Cleaner> {
    let mut limits = serde_json::to_value(Limits::default()).expect("limits are plain");
    limits[key] = json!(limit);
    Arc::new(Cleaner::new(
        Arc::clone(&RULES),
        Heuristics::builtin().expect("the built-in weights load"),
        Refusal::builtin().expect("the built-in words load"),
        Choices::default(),
        HeaderPolicy::Never,
        serde_json::from_value(limits).expect("a limit has that name"),
    ))
}

struct Result {
    skips: BTreeSet<Skip>,
    text: String,
    is_changed: bool,
    was_noticed: bool,
}

fn clean(cleaner: &Arc<Cleaner>, mail: &str) -> Result {
    let cleaned = raw::clean(
        cleaner,
        Envelope::default(),
        mail.as_bytes(),
        Box::new(|| false),
    );
    let is_changed = cleaned.bytes.is_some();
    let bytes = cleaned.bytes.unwrap_or_else(|| mail.as_bytes().to_vec());
    Result {
        skips: cleaned.outcome.skips.iter().map(|s| s.skip).collect(),
        text: String::from_utf8(bytes).expect("ASCII"),
        is_changed,
        was_noticed: !cleaned.outcome.findings.is_empty(),
    }
}

#[test]
fn every_limit_has_a_case() {
    let limits = serde_json::to_value(Limits::default()).expect("limits are plain");
    let mut keys: BTreeSet<&str> = limits
        .as_object()
        .expect("a table")
        .keys()
        .map(String::as_str)
        .collect();
    assert!(keys.remove("memory_bytes"), "asked elsewhere");
    assert_eq!(keys, CASES.iter().map(|c| c.key).collect());
}

#[test]
fn the_documentation_names_every_limit_and_its_default() {
    let docs = include_str!("../docs/limits.md");
    let limits = serde_json::to_value(Limits::default()).expect("limits are plain");
    for (key, default) in limits.as_object().expect("a table") {
        let digits = default.to_string();
        let first = digits.len() % 3;
        let groups = digits.as_bytes()[first..].chunks(3);
        let groups = [&digits.as_bytes()[..first]].into_iter().chain(groups);
        let groups: Vec<_> = groups
            .filter(|g| !g.is_empty())
            .map(|g| std::str::from_utf8(g).expect("digits"))
            .collect();
        let section = if key == "memory_bytes" { "limits." } else { "" };
        let row = format!("| `{section}{key}` | {} |", groups.join(","));
        assert!(docs.contains(&row), "{row}");
    }
}

#[test]
fn within_a_limit_a_message_is_cleaned() {
    for case in CASES {
        let result = clean(&cleaner(case.key, case.limit), &(case.mail)(case.within));
        assert!(result.skips.is_empty(), "{}: {:?}", case.key, result.skips);
        assert!(result.is_changed, "{}", case.key);
        assert!(!result.text.contains(LEFT), "{}", case.key);
        assert!(!result.text.contains("google"), "{}", case.key);
    }
}

#[test]
fn beyond_a_limit_it_is_delivered_as_it_came_and_the_reason_is_named() {
    for case in CASES {
        let key = case.key;
        let mail = (case.mail)(case.beyond);
        let result = clean(&cleaner(key, case.limit), &mail);
        match case.outcome {
            Beyond::Untouched(skip) => {
                assert_eq!(result.skips, BTreeSet::from([skip]), "{key}");
                assert!(!result.is_changed, "{key}");
            }
            Beyond::Partly(skip) => {
                assert_eq!(result.skips, BTreeSet::from([skip]), "{key}");
                assert!(result.is_changed, "{key}");
                let before = mail.matches(LEFT).count();
                let after = result.text.matches(LEFT).count();
                assert!(0 < after && after < before, "{key}: {after} of {before}");
            }
            Beyond::Kept => {
                assert!(!result.is_changed, "{key}");
                assert!(result.was_noticed, "{key}");
            }
            Beyond::Halfway => {
                assert_eq!(result.text.matches("google").count(), 1, "{key}");
            }
        }
    }
}

/// Without the limit the mail beyond it would have been cleaned: it is the
/// limit, and nothing else, that stops it.
#[test]
fn with_the_default_the_same_message_is_cleaned() {
    let cleaner = Arc::new(Cleaner::builtin().expect("the built-in data load"));
    for case in CASES {
        let result = clean(&cleaner, &(case.mail)(case.beyond));
        assert!(result.skips.is_empty(), "{}: {:?}", case.key, result.skips);
        assert!(!result.text.contains(LEFT), "{}", case.key);
        assert!(!result.text.contains("google"), "{}", case.key);
    }
}

/// Otherwise one large part could take as long as it likes.
#[test]
fn the_time_is_looked_at_within_a_part_and_within_the_judgement() {
    let cleaner = Arc::new(Cleaner::builtin().expect("the built-in data load"));
    for (what, mail) in [
        (
            "elements",
            html(&format!("{PIXEL}{}", "<p>words</p>".repeat(5000))),
        ),
        ("links", html(&format!("{PIXEL}{}", links(2000)))),
    ] {
        let looks = Arc::new(AtomicUsize::new(0));
        let looked = Arc::clone(&looks);
        let never = Box::new(move || {
            looked.fetch_add(1, Ordering::Relaxed);
            false
        });
        raw::clean(&cleaner, Envelope::default(), mail.as_bytes(), never);
        let looks = looks.load(Ordering::Relaxed);
        assert!(looks > 10, "{what}: {looks}");
        // At whichever look the time is up, the message passes.
        for last in [1, 2, looks / 2, looks - 1] {
            let left = AtomicUsize::new(last);
            let expired = Box::new(move || {
                let count_down = |n: usize| Some(n.saturating_sub(1));
                let order = Ordering::Relaxed;
                left.fetch_update(order, order, count_down) == Ok(0)
            });
            let cleaned = raw::clean(&cleaner, Envelope::default(), mail.as_bytes(), expired);
            let skips: Vec<_> = cleaned.outcome.skips.iter().map(|s| s.skip).collect();
            assert_eq!(skips, [Skip::Timeout], "{what}: look {last} of {looks}");
            assert!(cleaned.bytes.is_none(), "{what}: look {last} of {looks}");
        }
    }
}
