//! The splitter against Python's `email`: the same leaves with the same
//! decoded bodies.

use crate::{
    generate::{Random, soup},
    python, samples,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};
use untrackd::{
    limits::Limits,
    message::{Part, Transfer, field::read_header_block, splitter::Splitter, transfer},
};

/// A leaf as one of the two readers sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Leaf {
    media_type: String,
    transfer: String,
    /// SHA-256 of the decoded body, with LF line ends and without those at
    /// its end, in each reading; none if it was not decoded.
    bodies: Vec<String>,
    /// How the body begins, for the report.
    begins: Vec<u8>,
}

/// What we see in a message.
struct Ours {
    leaves: Vec<Leaf>,
    /// We said that something can be read in two ways, or was not read.
    is_declared: bool,
}

fn ours(raw: &[u8]) -> Ours {
    let limits = Limits::default();
    let block = read_header_block(raw, 0, &limits);
    let top: Vec<_> = block
        .fields
        .iter()
        .map(|f| (f.name.to_vec(), f.value.to_vec()))
        .collect();
    let body = &raw[block.end..];
    let mut splitter = Splitter::new(&limits, &top);
    let mut parts = Vec::new();
    splitter.finish(body, &mut parts);
    let mut is_declared =
        block.is_disputed() || block.ambiguous || !splitter.ambiguities().is_empty();
    let mut leaves = Vec::new();
    for part in &parts {
        let decoded = decoded(part, body);
        is_declared |= part
            .skip
            .is_some_and(|s| s.name() != "signed" && s.name() != "encrypted")
            || !part.ambiguities.is_empty()
            || part.transfer == Transfer::Unknown
            || decoded.as_ref().is_none_or(|(_, is_damaged)| *is_damaged);
        leaves.push(leaf(
            part,
            decoded.as_ref().map(|(bytes, _)| bytes.as_slice()),
        ));
    }
    Ours {
        leaves,
        is_declared,
    }
}

/// The decoded body, and whether its encoding is damaged.
fn decoded(part: &Part, body: &[u8]) -> Option<(Vec<u8>, bool)> {
    let raw = &body[part.body.clone()];
    let decoded = transfer::decode(raw, &part.transfer, usize::MAX).ok()?;
    Some((decoded.bytes().to_vec(), decoded.is_damaged()))
}

fn leaf(part: &Part, decoded: Option<&[u8]>) -> Leaf {
    let mut bytes = Vec::new();
    for line in decoded.unwrap_or_default() {
        if *line == b'\n' && bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        bytes.push(*line);
    }
    while matches!(bytes.last(), Some(b'\r' | b'\n')) {
        bytes.pop();
    }
    let is_container = part.media_type.starts_with("message/");
    let digest = Sha256::digest(&bytes);
    let digest = digest.iter().map(|b| format!("{b:02x}")).collect();
    let is_decoded = decoded.is_some() && !is_container;
    Leaf {
        media_type: part.media_type.clone(),
        transfer: format!("{:?}", part.transfer),
        bodies: if is_decoded { vec![digest] } else { Vec::new() },
        begins: bytes.into_iter().take(4000).collect(),
    }
}

fn theirs(answer: &Value) -> Vec<Leaf> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = answer.as_array().into_iter().flatten();
    list.map(|leaf| Leaf {
        media_type: text(&leaf[0]),
        transfer: text(&leaf[1]),
        bodies: leaf[2].as_array().into_iter().flatten().map(text).collect(),
        begins: STANDARD.decode(text(&leaf[3])).unwrap(),
    })
    .collect()
}

/// How a pair of leaves can differ; why each is no way to hide something
/// stands in docs/differences.md.
fn kind_of_difference(ours: &Leaf, theirs: &Leaf) -> Option<&'static str> {
    let is_body_equal = match ours.bodies.first() {
        Some(body) => theirs.bodies.is_empty() || theirs.bodies.contains(body),
        None => true,
    };
    if !is_body_equal {
        return Some(UNEXPLAINED);
    }
    if ours.media_type != theirs.media_type {
        let word = theirs.media_type.split([' ', '\t', '\r', '\n', '(', '"']);
        let word = word.into_iter().find(|w| !w.is_empty());
        return Some(match word {
            Some(word) if word == ours.media_type => "words after the type",
            _ => UNEXPLAINED,
        });
    }
    let is_first = ours.bodies.is_empty() || theirs.bodies.first() == ours.bodies.first();
    (!is_first && !theirs.bodies.is_empty()).then_some("blanks at the end of a line")
}

const UNEXPLAINED: &str = "";

/// The kinds of differences; `None` if one of them is not explained.
fn differences(ours: &[Leaf], theirs: &[Leaf]) -> Option<BTreeSet<&'static str>> {
    let mut kinds = BTreeSet::new();
    if ours.len() != theirs.len() {
        kinds.insert("parts without text");
    }
    let (ours, theirs) = (with_text(ours), with_text(theirs));
    if ours.len() != theirs.len() {
        return None;
    }
    for (a, b) in ours.iter().zip(theirs) {
        kinds.extend(kind_of_difference(a, b));
    }
    (!kinds.contains(UNEXPLAINED)).then_some(kinds)
}

fn with_text(leaves: &[Leaf]) -> Vec<&Leaf> {
    let has_text = |l: &&Leaf| !l.begins.trim_ascii().is_empty();
    leaves.iter().filter(has_text).collect()
}

/// How the messages of a test compare.
#[derive(Default)]
struct Tally {
    agree: usize,
    declared: usize,
    explained: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, name: &str, raw: &[u8], answer: &Value) {
        let (ours, theirs) = (ours(raw), theirs(answer));
        let kinds = if answer.is_array() {
            differences(&ours.leaves, &theirs)
        } else {
            None
        };
        match kinds {
            Some(kinds) if kinds.is_empty() => self.agree += 1,
            _ if ours.is_declared => self.declared += 1,
            Some(kinds) => {
                for kind in kinds {
                    *self.explained.entry(kind).or_default() += 1;
                }
            }
            None => self.wrong.push(report(name, raw, &ours, answer, &theirs)),
        }
    }

    fn check(&self, what: &str) {
        println!(
            "{what}: {} agree, {} declared, explained {:?}, {} unexplained",
            self.agree,
            self.declared,
            self.explained,
            self.wrong.len()
        );
        let few: Vec<_> = self.wrong.iter().take(10).map(String::as_str).collect();
        assert!(
            self.wrong.is_empty(),
            "{} unexplained differences, such as\n{}",
            self.wrong.len(),
            few.join("\n")
        );
    }
}

fn report(name: &str, raw: &[u8], ours: &Ours, answer: &Value, theirs: &[Leaf]) -> String {
    let mut out = format!("=== {name}\n");
    if raw.len() < 1000 {
        out += &format!("{:?}\n", String::from_utf8_lossy(raw));
    }
    if let Some(error) = answer.as_str() {
        out += &format!("they raise {error}\n");
    }
    for (who, leaves) in [("ours", ours.leaves.as_slice()), ("theirs", theirs)] {
        for l in leaves {
            let text: String = String::from_utf8_lossy(&l.begins)
                .chars()
                .take(100)
                .collect();
            out += &format!("{who}: {} {} {text:?}\n", l.media_type, l.transfer);
        }
    }
    let place = ours
        .leaves
        .iter()
        .zip(theirs)
        .find(|(a, b)| a.begins != b.begins);
    if let Some((a, b)) = place {
        let at = a
            .begins
            .iter()
            .zip(&b.begins)
            .take_while(|(x, y)| x == y)
            .count();
        let show = |l: &Leaf| {
            let end = l.begins.len().min(at + 60);
            String::from_utf8_lossy(&l.begins[at.saturating_sub(20).min(end)..end]).into_owned()
        };
        out += &format!("they part at {at}: {:?} {:?}\n", show(a), show(b));
    }
    out
}

fn compare(what: &str, mails: &[(String, Vec<u8>)]) {
    let questions = mails
        .iter()
        .map(|(_, raw)| json!({ "mail": STANDARD.encode(raw) }));
    let answers = python::ask("email_parts.py", questions);
    let mut tally = Tally::default();
    for ((name, raw), answer) in mails.iter().zip(&answers) {
        tally.add(name, raw, answer);
    }
    tally.check(what);
    assert!(
        tally.agree * 10 > mails.len(),
        "hardly anything was compared"
    );
}

#[test]
fn the_fixtures_have_the_same_parts() {
    compare("fixtures", &samples::fixtures());
}

#[test]
fn mail_from_outside_has_the_same_parts() {
    let files = samples::outside();
    let questions = files.iter().map(|f| json!({ "file": f }));
    let answers = python::ask("email_parts.py", questions);
    let mut tally = Tally::default();
    for (file, answer) in files.iter().zip(&answers) {
        tally.add(
            &file.display().to_string(),
            &fs::read(file).unwrap(),
            answer,
        );
    }
    tally.check("UNTRACKD_MAIL");
}

/// Pieces of which hostile bodies and nested header blocks are made.
const PIECES: &[&str] = &[
    "--a",
    "--a",
    "--a\n",
    "--a\n",
    "--a\r\n",
    "--a--\n",
    "--a--\r\n",
    "--b\n",
    "--b\n",
    "--b--\n",
    "--b",
    "--ab\n",
    "--a \t\n",
    "--a\r",
    "-- a\n",
    " --a\n",
    "---a\n",
    "--A\n",
    "--a-\n",
    "--a--x\n",
    "--\n",
    "\n",
    "\n",
    "\n",
    "\r\n",
    "\r\n\r\n",
    "\r",
    "\0",
    "x",
    " ",
    "\t",
    "=\n",
    "=3D",
    "YWJj\n",
    "text\n",
    "<img src=//h.example/1>\n",
    "Content-Type: text/html\n",
    "Content-Type: text/plain; charset=utf-8\r\n",
    "Content-Type: multipart/mixed; boundary=b\n",
    "Content-Type: multipart/mixed; boundary=\"b\"\r\n",
    "Content-Type: multipart/digest; boundary=b\n",
    "Content-Type: multipart/related; boundary=a\n",
    "Content-Type: message/rfc822\n",
    "Content-Type: multipart/mixed\n",
    "Content-type:text/html;\n\tcharset=x\n",
    "Content-Type : text/html\n",
    "Content-Type: \"text/html\"\n",
    "Content-Type: text/html (x)\n",
    "Content-Type:\n",
    "Content-Type: text\n",
    "Content-Type: image/gif; name=a\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "Content-Transfer-Encoding: 8bit\r\n",
    "Content-Transfer-Encoding: x-y\n",
    "Subject: x\n",
    ": x\n",
    "From x\n",
    "not a field\n",
    " folded\n",
    "MIME-Version: 1.0\n",
];

const TYPES: &[&str] = &[
    "multipart/mixed; boundary=a",
    "multipart/mixed; boundary=\"a\"",
    "multipart/alternative;\n boundary=a",
    "multipart/mixed; boundary*0=a",
    "multipart/mixed; boundary=a; x=y",
    "multipart/digest; boundary=a",
    "multipart/mixed; boundary=\"a \"",
    "Multipart/Mixed; Boundary=a",
    "text/html",
    "message/rfc822",
    "multipart/mixed; boundary=a; boundary=b",
    "multipart/signed; boundary=a",
];

#[test]
fn hostile_mail_has_the_same_parts_or_is_declared() {
    let mut random = Random::new(0x6d61_696c);
    let mut mails = Vec::new();
    for n in 0..8_000 {
        let mut raw = format!("Content-Type: {}\n", random.pick(TYPES));
        if random.below(8) == 0 {
            raw += random.pick(PIECES);
        }
        raw += "\n";
        raw += &soup(&mut random, PIECES, 14);
        if random.below(2) == 0 {
            raw += "\n--a--\n";
        }
        mails.push((format!("generated {n}"), raw.into_bytes()));
    }
    compare("generated", &mails);
}
