//! Mail that can be read in two ways, each with a tracker that at least one
//! plausible reader loads.
//!
//! Each is either cleaned under every reading, or we say so: with the name of
//! a skip or of an ambiguity, which is counted, logged and shown. What must
//! not happen is a tracker that is left without a word.

mod cases;
mod reader;

use cases::{Case, Expected, URL};
use reader::Reader;
use std::{collections::BTreeSet, sync::Arc};
use untrackd::clean::{Cleaner, Envelope, Outcome, raw};

#[test]
fn every_ambiguous_mail_is_cleaned_or_named() {
    let cleaner = Arc::new(Cleaner::builtin().unwrap());
    let readers = Reader::all();
    let mut wrong = Vec::new();
    let cases = cases::all();
    for case in &cases {
        let mail = case.mail.as_slice();
        let mut forms = vec![("LF", mail.to_vec())];
        if !mail.contains(&b'\r') {
            forms.push(("CRLF", crlf(mail)));
        }
        for (form, mail) in forms {
            if let Err(why) = check(&cleaner, &readers, case, &mail) {
                wrong.push(format!("{} ({form}): {why}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn there_are_many_cases_and_each_has_a_name_of_its_own() {
    let cases = cases::all();
    let names: BTreeSet<_> = cases.iter().map(|c| c.name).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 60, "only {}", cases.len());
}

fn check(
    cleaner: &Arc<Cleaner>,
    readers: &[Reader],
    case: &Case,
    mail: &[u8],
) -> Result<(), String> {
    let sees = |mail: &[u8]| readers.iter().find(|r| r.sees(mail, URL));
    if sees(mail).is_none() {
        return Err("no reader sees the tracker, so the case proves nothing".to_owned());
    }
    let cleaned = raw::clean(cleaner, Envelope::default(), mail, Box::new(|| false));
    let outcome = &cleaned.outcome;
    let left = sees(cleaned.bytes.as_deref().unwrap_or(mail));
    let said = said(outcome);
    if let Some(reader) = left
        && said.is_empty()
    {
        return Err(format!("left alive without a word: {reader:?}"));
    }
    let is_changed = outcome.findings.iter().any(|f| f.verdict.action.changes());
    let is_right = match case.expected {
        Expected::Cleaned => is_changed && left.is_none(),
        Expected::CleanedNoting(name) => is_changed && said.contains(name),
        Expected::Named(name) => said.contains(name),
    };
    if is_right {
        return Ok(());
    }
    Err(format!(
        "expected {:?}; changed: {is_changed}, said: {said:?}, left to {left:?}",
        case.expected
    ))
}

/// The names of all skips and ambiguities.
fn said(outcome: &Outcome) -> BTreeSet<&'static str> {
    let skips = outcome.skips.iter().map(|s| s.skip.name());
    let ambiguities = outcome.ambiguities.iter().map(|(_, a)| a.name());
    skips.chain(ambiguities).collect()
}

fn crlf(mail: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(mail)
        .replace('\n', "\r\n")
        .into_bytes()
}
