//! The splitter against Python's `email`: the same leaves with the same
//! decoded bodies.

use crate::{
    align::{Fate, Match, align},
    generate::{Random, soup},
    parts::{Leaf, ours, theirs},
    python, samples,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// How the messages of a test compare.
#[derive(Default)]
struct Tally {
    messages: usize,
    /// Messages in which every part agrees.
    whole: usize,
    agree: usize,
    declared: BTreeMap<&'static str, usize>,
    explained: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, name: &str, raw: &[u8], answer: &Value) {
        self.messages += 1;
        let ours = ours(raw);
        let theirs = match theirs(answer) {
            Ok(leaves) => leaves,
            Err(exception) => {
                self.wrong
                    .push(format!("=== {name}\nthey raise {exception}"));
                return;
            }
        };
        let matches = align(&ours, &theirs);
        let is_whole = matches.iter().all(|m| m.fate == Fate::Agree);
        self.whole += usize::from(is_whole);
        for found in matches {
            match found.fate {
                Fate::Agree => self.agree += 1,
                Fate::Declared(name) => *self.declared.entry(name).or_default() += 1,
                Fate::Explained(kind) => *self.explained.entry(kind).or_default() += 1,
                Fate::Unexplained => self.wrong.push(report(name, raw, &found)),
            }
        }
    }

    fn check(&self, what: &str) {
        println!(
            "{what}: {} messages, {} without a difference; parts: {} agree, declared {:?}, \
             explained {:?}, {} unexplained",
            self.messages,
            self.whole,
            self.agree,
            self.declared,
            self.explained,
            self.wrong.len()
        );
        let few: Vec<_> = self.wrong.iter().take(25).map(String::as_str).collect();
        assert!(
            self.wrong.is_empty(),
            "{} unexplained differences, such as\n{}",
            self.wrong.len(),
            few.join("\n")
        );
    }
}

fn report(name: &str, raw: &[u8], found: &Match<'_>) -> String {
    let mut out = format!("=== {name}\n");
    if raw.len() < 1000 {
        out += &format!("{:?}\n", String::from_utf8_lossy(raw));
    }
    let begins = |leaf: Option<&Leaf>| leaf.map_or_else(Vec::new, |l| l.begins.clone());
    let (a, b) = (begins(found.ours), begins(found.theirs));
    let at = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    for (who, leaf, text) in [("we", found.ours, a), ("they", found.theirs, b)] {
        let Some(leaf) = leaf else {
            out += &format!("{who} do not see it\n");
            continue;
        };
        let from = at.saturating_sub(40);
        let shown = &text[from..text.len().min(at + 80)];
        out += &format!(
            "{who} see {} {}, at {from} {:?}\n",
            leaf.media_type,
            leaf.transfer,
            String::from_utf8_lossy(shown)
        );
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
        tally.whole * 10 > mails.len(),
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
