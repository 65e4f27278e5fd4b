//! Mails made to exhaust the reader, in two sizes: twice the mail takes at
//! most a little over twice the time, and memory beyond it is bounded.
//!
//! Each goes off in a process of its own, so that its peak memory is its own.
//! Time is that of the processor for one thread, the best of several runs, so
//! that what else the machine does counts little; no absolute time is held.
//! The limits that would end the work early, and hide its growth, are lifted.

#[path = "common/processor_time.rs"]
mod processor_time;

use base64::{Engine, engine::general_purpose::STANDARD};
use std::{env, fs, process::Command, sync::Arc, time::Duration};
use untrackd::{
    clean::{Cleaner, Envelope, HeaderPolicy, raw},
    judge::{Choices, Heuristics, Refusal},
    limits::Limits,
    rules::RuleSet,
};

/// What twice the mail may take, in times of what once takes. A quadratic
/// reader takes four.
const RATIO: f64 = 2.6;

/// How often a measurement is repeated before growth counts as such.
const TRIES: usize = 60;

/// How long the smaller mail is worked on at least, as often as that takes:
/// short, so that some of the tries are not disturbed by what else the machine
/// does.
const LASTS: Duration = Duration::from_millis(15);
/// How often at the most.
const MOST_ROUNDS: usize = 256;

/// Most memory beyond [`TIMES`] the mail.
const BASE: u64 = 60 << 20;

/// Facts about each of many tiny elements are many times as large as the
/// element; their number has a limit of its own.
const TIMES: u64 = 100;

/// A mail of a size in proportion to a number.
type Bomb = fn(usize) -> Vec<u8>;

fn html(body: &str) -> Vec<u8> {
    format!("MIME-Version: 1.0\nContent-Type: text/html\n\n{body}").into_bytes()
}

fn around(start: &str, piece: &str, count: usize, end: &str) -> Vec<u8> {
    html(&format!("{start}{}{end}", piece.repeat(count)))
}

fn mixed(piece: &str, count: usize) -> Vec<u8> {
    format!(
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{}",
        piece.repeat(count)
    )
    .into_bytes()
}

fn encoded(transfer: &str, charset: &str, body: &str) -> Vec<u8> {
    format!("MIME-Version: 1.0\nContent-Type: text/html; charset={charset}\nContent-Transfer-Encoding: {transfer}\n\n{body}").into_bytes()
}

const PIXEL: &str =
    "<img src=https://t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99 width=1 height=1>\n";

const BOMBS: &[(&str, usize, Bomb)] = &[
    ("nested messages", 20_000, |n| {
        format!(
            "MIME-Version: 1.0\n{}",
            "Content-Type: message/rfc822\n\n".repeat(n)
        )
        .into_bytes()
    }),
    ("parts", 4_000, |n| {
        mixed("--b\nContent-Type: text/html\n\n<p>x\n", n)
    }),
    ("bogus multiparts", 4_000, |n| {
        mixed("--b\nContent-Type: multipart/x; boundary=z\n\nx\n", n)
    }),
    ("delimiters that nearly are", 40_000, |n| {
        mixed("--b x\n--\n--c\r--b\r", n)
    }),
    ("close delimiters", 20_000, |n| mixed("--b\n--b--\n", n)),
    ("fields of a part", 10_000, |n| {
        let fields = "X-Y: z\n folded\n".repeat(n);
        format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{fields}\n\nx\n--b--\n")
            .into_bytes()
    }),
    ("parameters", 10_000, |n| {
        let value = "boundary*1=b;\n ".repeat(n);
        format!("Content-Type: multipart/mixed; {value} x=y\n\n--b\n\nx\n--b--\n").into_bytes()
    }),
    ("comments in a field", 100_000, |n| {
        format!("Content-Type: text/html {}\n\n{PIXEL}", "(\n ".repeat(n)).into_bytes()
    }),
    ("a long line", 2_000_000, |n| around("", "x", n, "")),
    ("a long line that is encoded", 200_000, |n| {
        encoded("quoted-printable", "utf-8", &"=3Dx".repeat(n))
    }),
    ("soft line breaks", 100_000, |n| {
        encoded("quoted-printable", "utf-8", &"a=\n=\n".repeat(n))
    }),
    ("edits in quoted-printable", 2_000, |n| {
        encoded(
            "quoted-printable",
            "utf-8",
            &PIXEL.replace('=', "=3D").repeat(n),
        )
    }),
    ("edits in base64", 2_000, |n| {
        encoded("base64", "utf-8", &STANDARD.encode(PIXEL.repeat(n)))
    }),
    ("unclosed tags", 40_000, |n| around("", "<a ", n, "")),
    ("unclosed quotes", 40_000, |n| {
        around("<p>", "<img src='//h.example/1 ", n, "")
    }),
    ("attributes", 40_000, |n| around("<img ", "a=b ", n, ">")),
    ("comments in comments", 20_000, |n| {
        around("", "<!--[if mso]>", n, "")
    }),
    ("conditional comments", 4_000, |n| {
        around(
            "",
            "<!--[if mso]><img src=//h.example/1><![endif]-->",
            n,
            "",
        )
    }),
    ("CDATA sections", 20_000, |n| {
        around("<svg>", "<![CDATA[<a b=//c>", n, "")
    }),
    ("nested SVG", 20_000, |n| {
        around("", "<svg><math>", n, PIXEL)
    }),
    ("style blocks", 4_000, |n| {
        around("", "<style>a{b:url(//h.example/1)}</style>", n, "")
    }),
    ("a style block of escapes", 100_000, |n| {
        around("<style>a{b:url(//h.example/", "\\68 ", n, ")}</style>")
    }),
    ("entities", 100_000, |n| {
        around("<img src='//h.example/", "&amp;", n, "'>")
    }),
    ("candidates", 10_000, |n| {
        around("<img srcset='", "//h.example/1 1x,", n, "'>")
    }),
    ("documents in attributes", 2_000, |n| {
        around("", "<iframe srcdoc='<img src=//h.example/1>'>", n, "")
    }),
    ("trackers", 4_000, |n| around("", PIXEL, n, "")),
    ("wrapped links", 2_000, |n| {
        around(
            "",
            "<a href=\"https://www.google.com/url?q=https://example.org/a&amp;sa=D\">x</a>\n",
            n,
            "",
        )
    }),
    ("a link in links", 20_000, |n| {
        around(
            "<a href='",
            "https://www.google.com/url?q=",
            n,
            "https://example.org'>x</a>",
        )
    }),
    ("escapes of escapes", 40_000, |n| {
        around(
            "<a href='https://www.google.com/url?q=https://example.org/%",
            "25",
            n,
            "'>x</a>",
        )
    }),
    ("compressed links", 500, |n| {
        // Sixty thousand zeros each, in a form that a rule undoes.
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut zlib, &[b'0'; 60_000]).unwrap();
        let stream =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(zlib.finish().unwrap());
        let link = format!(
            "<a href=\"https://shared.outlook.inky.com/link?domain=example.org&amp;t=h.{stream}\">x</a>\n"
        );
        around("", &link, n, "")
    }),
    ("UTF-16 that grows", 200_000, |n| {
        let text: Vec<u8> = "\u{20ac}"
            .repeat(n)
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        encoded("base64", "utf-16le", &STANDARD.encode(text))
    }),
    ("a stateful charset", 100_000, |n| {
        encoded("7bit", "iso-2022-jp", &"\x1b$B$\"\x1b(B".repeat(n))
    }),
    ("links in plain text", 10_000, |n| {
        format!(
            "MIME-Version: 1.0\n\n{}",
            "https://example.org/a?b=c\n".repeat(n)
        )
        .into_bytes()
    }),
];

#[test]
fn twice_the_mail_takes_twice_the_time_and_bounded_memory() {
    if let Some(name) = env::var_os("UNTRACKD_TEST_GROWTH") {
        let bomb = BOMBS
            .iter()
            .find(|b| name == b.0)
            .expect("a name in the table");
        return go_off(bomb);
    }
    let mut wrong = Vec::new();
    for (name, ..) in BOMBS {
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "twice_the_mail_takes_twice_the_time_and_bounded_memory",
            ])
            .env("UNTRACKD_TEST_GROWTH", name)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        for line in text.lines().filter(|l| l.starts_with("growth:")) {
            println!("{line}");
        }
        if !output.status.success() || !text.contains("1 passed") {
            let why: Vec<_> = errors.lines().filter(|l| !l.starts_with(' ')).collect();
            wrong.push(format!("{name}: {}", why.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn go_off((name, size, bomb): &(&str, usize, Bomb)) {
    let cleaner = cleaner();
    let mails = [bomb(*size), bomb(2 * size)];
    // "5" resets the peak of the resident set (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let mut best = [Duration::MAX; 2];
    let mut ratio = f64::MAX;
    let mut rounds = 1;
    while time(&cleaner, &mails[0], rounds) < LASTS && rounds < MOST_ROUNDS {
        rounds *= 2;
    }
    for tried in 1..=TRIES {
        for (best, mail) in best.iter_mut().zip(&mails) {
            *best = time(&cleaner, mail, rounds).min(*best);
        }
        ratio = best[1].as_secs_f64() / best[0].as_secs_f64();
        // One alone may have disturbed the smaller mail.
        if tried > 1 && ratio <= RATIO {
            break;
        }
    }
    let peak = status("VmHWM:").saturating_sub(before);
    let len = mails[1].len() as u64;
    println!(
        "growth: {name}: {} and {len} bytes, {best:?}, ratio {ratio:.2}, {peak} bytes more at the peak",
        mails[0].len()
    );
    assert!(ratio <= RATIO, "{best:?}, ratio {ratio:.2}");
    assert!(
        peak <= BASE + TIMES * len,
        "{peak} bytes more at the peak for {len}"
    );
}

/// Without the limits that would hide growth.
fn cleaner() -> Arc<Cleaner> {
    let limits = Limits {
        header_bytes: usize::MAX,
        parts: usize::MAX,
        decoded_bytes: usize::MAX,
        html_bytes: usize::MAX,
        html_memory: usize::MAX,
        attributes: usize::MAX,
        sightings: usize::MAX,
        edits: usize::MAX,
        url_bytes: usize::MAX,
        ..Limits::default()
    };
    Arc::new(Cleaner::new(
        Arc::new(RuleSet::builtin().unwrap()),
        Heuristics::builtin().unwrap(),
        Refusal::builtin().unwrap(),
        Choices::default(),
        HeaderPolicy::default(),
        limits,
    ))
}

fn time(cleaner: &Arc<Cleaner>, mail: &[u8], rounds: usize) -> Duration {
    processor_time::time(|| {
        for _ in 0..rounds {
            let cleaned = raw::clean(cleaner, Envelope::default(), mail, Box::new(|| false));
            drop(cleaned);
        }
    })
}

/// A size from /proc/self/status, in bytes.
fn status(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix(field)).unwrap();
    line.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}
