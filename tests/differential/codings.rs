//! Quoted-printable and base64 against Python's `email` and `binascii`.

use crate::{
    generate::{Random, soup},
    python, samples,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;
use std::collections::BTreeMap;
use untrackd::{
    limits::Limits,
    message::{Transfer, field::read_header_block, splitter::Splitter, transfer},
};

/// How a body compares.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Verdict {
    Agree,
    /// We refuse it, or call it damaged.
    Declared,
    /// White space at the end of lines, which RFC 2045 section 6.7 (3) has us
    /// drop; without it they agree.
    Blanks,
    /// Python wants padding and gives up; so far they agree.
    Padding,
    Unexplained,
}

fn verdict(
    name: &str,
    body: &[u8],
    readings: &[Option<Vec<u8>>],
    again: &[Option<Vec<u8>>],
) -> Verdict {
    let kind = if name == "base64" {
        Transfer::Base64
    } else {
        Transfer::QuotedPrintable
    };
    let Ok(decoded) = transfer::decode(body, &kind, usize::MAX) else {
        return Verdict::Declared;
    };
    if decoded.is_damaged() {
        return Verdict::Declared;
    }
    let agrees = |r: &[Option<Vec<u8>>]| r.iter().all(|r| r.as_deref() == Some(decoded.bytes()));
    if agrees(readings) {
        Verdict::Agree
    } else if agrees(again) {
        if name == "base64" {
            Verdict::Padding
        } else {
            Verdict::Blanks
        }
    } else {
        Verdict::Unexplained
    }
}

/// The body as RFC 2045 has it, where Python is stricter or less so.
fn regular(name: &str, body: &[u8]) -> Vec<u8> {
    if name == "base64" {
        let mut digits: Vec<u8> = body
            .iter()
            .copied()
            .filter(|b| !b.is_ascii_whitespace())
            .collect();
        while digits.last() == Some(&b'=') {
            digits.pop();
        }
        while !digits.len().is_multiple_of(4) {
            digits.push(b'=');
        }
        return digits;
    }
    let lines = body.split_inclusive(|b| *b == b'\n').map(|line| {
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b'\r' | b'\n'))
            .map_or(0, |i| i + 1);
        let (text, line_end) = line.split_at(end);
        // A carriage return belongs to the line end only before a line feed.
        let (text, line_end) = if line_end.ends_with(b"\n") {
            (text, line_end)
        } else {
            (line, &b""[..])
        };
        let blanks = text
            .iter()
            .rev()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        [&text[..text.len() - blanks], line_end].concat()
    });
    lines.collect::<Vec<_>>().concat()
}

fn compare(what: &str, bodies: &[(&'static str, Vec<u8>)]) {
    let question =
        |(name, body): (&str, &[u8])| json!({ "transfer": name, "body": STANDARD.encode(body) });
    let asked = bodies.iter().map(|(n, b)| question((n, b)));
    let again: Vec<_> = bodies
        .iter()
        .map(|(n, b)| question((n, &regular(n, b))))
        .collect();
    let answers = python::ask("decode.py", asked.chain(again));
    let (first, second) = answers.split_at(bodies.len());
    let readings = |answer: &serde_json::Value| -> Vec<Option<Vec<u8>>> {
        let list = answer.as_array().unwrap().iter();
        list.map(|r| r.as_str().map(|r| STANDARD.decode(r).unwrap()))
            .collect()
    };
    let mut tally: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (((name, body), first), second) in bodies.iter().zip(first).zip(second) {
        let verdict = verdict(name, body, &readings(first), &readings(second));
        *tally.entry(verdict).or_default() += 1;
        if verdict == Verdict::Unexplained {
            let show = |b: &[u8]| String::from_utf8_lossy(&b[..b.len().min(300)]).into_owned();
            let theirs: Vec<_> = readings(first)
                .iter()
                .map(|r| r.as_deref().map(show))
                .collect();
            wrong.push(format!("{name} {:?}: theirs {theirs:?}", show(body)));
        }
    }
    println!("{what}: {tally:?}");
    assert!(
        wrong.is_empty(),
        "{} unexplained, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    assert!(
        tally
            .get(&Verdict::Agree)
            .is_some_and(|n| *n > bodies.len() / 10)
    );
}

const QUOTED: &[&str] = &[
    "=3D",
    "=3d",
    "=20",
    "=0A",
    "=0D=0A",
    "=00",
    "=FF",
    "=",
    "==",
    "=4",
    "=zz",
    "=\n",
    "=\r\n",
    "= \n",
    "=\t\r\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\t",
    " \n",
    "x",
    "<a href=3D\"b\">",
    "\u{fc}",
    "_",
    "=?",
    "text",
    ".",
    "--",
];

const DIGITS: &[&str] = &[
    "YWJj", "ZGVm", "Z", "YQ", "YWI", "=", "==", "\n", "\r\n", " ", "\t", "\r", "/+", "-_", "!",
    "\0", "AAAA", "_w",
];

#[test]
fn generated_bodies_decode_alike() {
    let mut random = Random::new(0x636f_6465);
    let mut bodies = Vec::new();
    for _ in 0..10_000 {
        bodies.push((
            "quoted-printable",
            soup(&mut random, QUOTED, 12).into_bytes(),
        ));
        bodies.push(("base64", soup(&mut random, DIGITS, 10).into_bytes()));
    }
    compare("generated", &bodies);
}

#[test]
fn the_bodies_of_the_fixtures_decode_alike() {
    let mut bodies = Vec::new();
    for (_, raw) in samples::fixtures() {
        let limits = Limits::default();
        let block = read_header_block(&raw, 0, &limits);
        let fields = block.fields.iter();
        let top: Vec<_> = fields
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let body = &raw[block.end..];
        let mut splitter = Splitter::new(&limits, &top);
        let mut parts = Vec::new();
        splitter.finish(body, &mut parts);
        for part in parts {
            let name = match part.transfer {
                Transfer::Base64 => "base64",
                Transfer::QuotedPrintable => "quoted-printable",
                _ => continue,
            };
            bodies.push((name, body[part.body].to_vec()));
        }
    }
    compare("fixtures", &bodies);
}
