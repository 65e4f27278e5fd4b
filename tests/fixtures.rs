//! Mails as documents: `tests/mail/<topic>/<sentence>/` holds `input.eml`,
//! `expected.toml` and, if the mail changes, `expected.eml`.
//!
//! Each is cleaned as it stands, with CRLF line ends, and in chunks of 1, 7,
//! 4,096 and 65,535 bytes, and the result is cleaned again.

use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use untrackd::{
    clean::{Cleaner, Envelope, Outcome, raw},
    message::field::{HeaderBlock, read_header_block},
};

/// How many fixtures there are: one that is lost, or not found, is noticed.
const COUNT: usize = 120;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What the case proves.
    why: String,
    /// Recipients of the envelope.
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    finding: Vec<ExpectedFinding>,
    #[serde(default)]
    skip: Vec<ExpectedSkip>,
    /// Ambiguities by name, in any order.
    #[serde(default)]
    ambiguities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFinding {
    part: String,
    vector: String,
    action: String,
    /// The rules from the outside in.
    #[serde(default)]
    rules: Vec<String>,
    /// Kinds of evidence that must be among those found.
    #[serde(default)]
    evidence: Vec<String>,
}

#[derive(Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
struct ExpectedSkip {
    part: String,
    name: String,
}

struct Fixture {
    name: String,
    input: Vec<u8>,
    output: Option<Vec<u8>>,
    expected: Expected,
}

#[test]
fn every_mail_comes_out_as_its_document_says() {
    let cleaner = cleaner();
    let mut wrong = Vec::new();
    let fixtures = fixtures(&cleaner);
    for f in &fixtures {
        let outcome = check_bytes(&cleaner, f, &f.input, f.output.as_deref(), &mut wrong);
        check_outcome(f, &outcome, &mut wrong);
        let (input, output) = (crlf(&f.input), f.output.as_deref().map(crlf));
        check_bytes(&cleaner, f, &input, output.as_deref(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(fixtures.len(), COUNT, "the number of fixtures changed");
}

#[test]
fn the_chunks_of_the_body_make_no_difference() {
    let cleaner = cleaner();
    for f in fixtures(&cleaner) {
        let block = read_header_block(&f.input, 0, cleaner.limits());
        let body = &f.input[block.end..];
        let whole = in_chunks(&cleaner, &f, &block, body, body.len().max(1));
        for size in [1, 7, 4096, 65535] {
            let chunked = in_chunks(&cleaner, &f, &block, body, size);
            assert_eq!(chunked.body, whole.body, "{} in chunks of {size}", f.name);
            assert_eq!(chunked.findings, whole.findings, "{}", f.name);
            assert_eq!(chunked.skips, whole.skips, "{}", f.name);
        }
    }
}

#[test]
fn cleaning_a_cleaned_mail_changes_nothing() {
    let cleaner = cleaner();
    for f in fixtures(&cleaner) {
        let Some(output) = &f.output else { continue };
        let again = raw::clean(&cleaner, envelope(&f), output, Box::new(|| false));
        assert!(
            !again
                .outcome
                .findings
                .iter()
                .any(|f| f.verdict.action.changes()),
            "{}",
            f.name
        );
        let shown = again.bytes.as_deref().map(String::from_utf8_lossy);
        assert_eq!(shown, None, "{}", f.name);
    }
}

fn check_bytes(
    cleaner: &Arc<Cleaner>,
    f: &Fixture,
    input: &[u8],
    output: Option<&[u8]>,
    wrong: &mut Vec<String>,
) -> Outcome {
    let cleaned = raw::clean(cleaner, envelope(f), input, Box::new(|| false));
    if cleaned.bytes.as_deref() != output {
        let show = |b: Option<&[u8]>| {
            b.map_or("(untouched)".to_owned(), |b| {
                String::from_utf8_lossy(b).into_owned()
            })
        };
        wrong.push(format!(
            "{}: {}\n--- expected\n{}\n--- got\n{}",
            f.name,
            f.expected.why,
            show(output),
            show(cleaned.bytes.as_deref())
        ));
    }
    cleaned.outcome
}

fn check_outcome(f: &Fixture, outcome: &Outcome, wrong: &mut Vec<String>) {
    let mut complain = |what: String| wrong.push(format!("{}: {what}", f.name));
    if outcome.findings.len() != f.expected.finding.len() {
        complain(format!(
            "{} findings, expected {}: {:?}",
            outcome.findings.len(),
            f.expected.finding.len(),
            outcome.findings
        ));
    }
    for (got, want) in outcome.findings.iter().zip(&f.expected.finding) {
        let rules: Vec<_> = got.verdict.rules.iter().map(|r| r.id.to_string()).collect();
        let place = (
            got.part.as_str(),
            got.vector.name(),
            got.verdict.action.name(),
        );
        if place
            != (
                want.part.as_str(),
                want.vector.as_str(),
                want.action.as_str(),
            )
            || rules != want.rules
        {
            complain(format!("got {place:?} by {rules:?}"));
        }
        for kind in &want.evidence {
            if !got.verdict.evidence.iter().any(|e| e.kind == kind) {
                complain(format!(
                    "no evidence \"{kind}\" in {:?}",
                    got.verdict.evidence
                ));
            }
        }
    }
    let skips: Vec<_> = outcome
        .skips
        .iter()
        .map(|s| ExpectedSkip {
            part: s.part.clone(),
            name: s.skip.name().to_owned(),
        })
        .collect();
    if skips != f.expected.skip {
        complain(format!("skips {skips:?}, expected {:?}", f.expected.skip));
    }
    let mut ambiguities: Vec<_> = outcome.ambiguities.iter().map(|(_, a)| a.name()).collect();
    ambiguities.sort_unstable();
    ambiguities.dedup();
    let mut wanted: Vec<_> = f.expected.ambiguities.iter().map(String::as_str).collect();
    wanted.sort_unstable();
    if ambiguities != wanted {
        complain(format!("ambiguities {ambiguities:?}, expected {wanted:?}"));
    }
}

fn in_chunks(
    cleaner: &Arc<Cleaner>,
    f: &Fixture,
    block: &HeaderBlock<'_>,
    body: &[u8],
    size: usize,
) -> Outcome {
    let mut cleaning = cleaner.begin(envelope(f), Box::new(|| false));
    for field in &block.fields {
        cleaning.header(field.name, field.value);
    }
    for chunk in body.chunks(size) {
        cleaning.body(chunk);
    }
    cleaning.finish()
}

fn envelope(f: &Fixture) -> Envelope {
    Envelope {
        recipients: f.expected.to.clone(),
        ..Envelope::default()
    }
}

fn cleaner() -> Arc<Cleaner> {
    Arc::new(Cleaner::builtin().unwrap())
}

/// All fixtures; the rules' version, which changes with every rule, is filled
/// in for `@RULES@`.
fn fixtures(cleaner: &Cleaner) -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail");
    let mut out = Vec::new();
    for topic in folders(&root) {
        for case in folders(&topic) {
            let text = fs::read_to_string(case.join("expected.toml"))
                .unwrap_or_else(|e| panic!("{}: {e}", case.display()));
            out.push(Fixture {
                name: case.strip_prefix(&root).unwrap().display().to_string(),
                input: fs::read(case.join("input.eml")).unwrap(),
                output: fs::read(case.join("expected.eml"))
                    .ok()
                    .map(|bytes| fill_in(&bytes, cleaner.rules().version())),
                expected: toml::from_str(&text)
                    .unwrap_or_else(|e| panic!("{}: {e}", case.display())),
            });
        }
    }
    out
}

fn fill_in(mail: &[u8], version: &str) -> Vec<u8> {
    let marker = b"@RULES@";
    let Some(at) = memchr::memmem::find(mail, marker) else {
        return mail.to_vec();
    };
    [&mail[..at], version.as_bytes(), &mail[at + marker.len()..]].concat()
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut out: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    out.sort();
    out
}

/// The same mail with CRLF line ends; bare line feeds of the LF form become
/// CRLF one by one.
fn crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + mail.len() / 40);
    for &b in mail {
        if b == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(b);
    }
    out
}
