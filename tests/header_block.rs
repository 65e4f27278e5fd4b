//! What becomes of a message's own header block: requests for receipts, and
//! the field that says what was done.

use std::sync::Arc;
use untrackd::{
    clean::{Cleaner, Envelope, HeaderEdit, HeaderPolicy, Outcome, raw},
    judge::{Choices, Disclosure, Heuristics, Receipts, Refusal},
    limits::Limits,
    rules::RuleSet,
};

const REQUEST: &[(&str, &str)] = &[
    ("X-Untrackd", " cleaned; trackers=9"),
    ("Disposition-Notification-To", " news@example.org"),
    ("x-untrackd", " cleaned; trackers=8"),
];

fn cleaner(header: HeaderPolicy, receipts: Receipts) -> Arc<Cleaner> {
    Arc::new(Cleaner::new(
        Arc::new(RuleSet::builtin().unwrap()),
        Heuristics::builtin().unwrap(),
        Refusal::builtin().unwrap(),
        Choices {
            receipts,
            ..Choices::default()
        },
        header,
        Limits::default(),
    ))
}

/// As the milter does it.
fn received(cleaner: &Arc<Cleaner>, fields: &[(&str, &str)], sender: &str) -> Outcome {
    let envelope = Envelope {
        sender: Some(sender.to_owned()),
        ..Envelope::default()
    };
    let mut cleaning = cleaner.begin(envelope, Box::new(|| false));
    for (name, value) in fields {
        cleaning.header(name.as_bytes(), value.as_bytes());
    }
    cleaning.body(b"Hello\r\n");
    cleaning.finish()
}

fn deletions(outcome: &Outcome) -> Vec<(&str, usize)> {
    let deletion = |edit: &'_ HeaderEdit| match edit {
        HeaderEdit::Delete { name, index } => Some((name.clone(), *index)),
        HeaderEdit::Add { .. } => None,
    };
    let found: Vec<_> = outcome.headers.iter().filter_map(deletion).collect();
    let known = ["Disposition-Notification-To", "X-Untrackd"];
    let name = |name: &String| known.into_iter().find(|k| k == name).unwrap();
    found.iter().map(|(n, index)| (name(n), *index)).collect()
}

fn added(outcome: &Outcome) -> Option<&str> {
    outcome.headers.iter().find_map(|edit| match edit {
        HeaderEdit::Add { value, .. } => Some(value.split(" rules=").next().unwrap()),
        HeaderEdit::Delete { .. } => None,
    })
}

#[test]
fn a_request_is_removed_and_counted() {
    let cleaner = cleaner(HeaderPolicy::Changed, Receipts::Remove);
    let outcome = received(&cleaner, REQUEST, "news@example.org");
    assert_eq!(outcome.body, None);
    assert_eq!(
        deletions(&outcome),
        [
            ("Disposition-Notification-To", 1),
            ("X-Untrackd", 2),
            ("X-Untrackd", 1)
        ]
    );
    assert_eq!(
        added(&outcome),
        Some("cleaned; trackers=0 links=0 opaque=0 skipped=0 receipts=1")
    );
    let counts = outcome.counts();
    assert_eq!((counts.receipts, counts.trackers), (1, 0));
    let verdict = &outcome.findings[0].verdict;
    let told = [Disclosure::Address, Disclosure::Client, Disclosure::Time];
    assert_eq!(verdict.discloses, told.into_iter().collect());
    assert_eq!(verdict.evidence[0].detail, "Disposition-Notification-To");
    assert_eq!(outcome.findings[0].url, None);
}

#[test]
fn a_request_that_is_kept_is_tracking_that_remains() {
    let cleaner = cleaner(HeaderPolicy::Changed, Receipts::Keep);
    let outcome = received(&cleaner, REQUEST, "news@example.org");
    assert_eq!(deletions(&outcome), [("X-Untrackd", 2), ("X-Untrackd", 1)]);
    assert_eq!(added(&outcome), None);
    assert_eq!(outcome.counts().receipts, 0);
    let verdict = &outcome.findings[0].verdict;
    assert!(verdict.notable && !verdict.action.changes());
}

#[test]
fn a_return_path_in_the_message_is_believed_only_without_an_envelope() {
    let cleaner = cleaner(HeaderPolicy::Changed, Receipts::Remove);
    let fields = [("Return-Path", " <>"), REQUEST[1]];
    let findings = |sender| received(&cleaner, &fields, sender).findings.len();
    assert_eq!(findings("news@example.org"), 1);
    assert_eq!(findings(""), 0);
    let mail = b"Return-Path: <>\r\nDisposition-Notification-To: a@example.org\r\n\r\nHello\r\n";
    let cleaned = raw::clean(&cleaner, Envelope::default(), mail, Box::new(|| false));
    assert!(cleaned.bytes.is_none());
}

#[test]
fn a_field_of_ours_in_a_file_is_kept_or_replaced_but_never_doubled() {
    let ours = |mail: &[u8]| {
        let text = String::from_utf8_lossy(mail).into_owned();
        text.matches("X-Untrackd: ").count()
    };
    for policy in [
        HeaderPolicy::Always,
        HeaderPolicy::Changed,
        HeaderPolicy::Never,
    ] {
        let cleaner = cleaner(policy, Receipts::Remove);
        let clean =
            |mail: &[u8]| raw::clean(&cleaner, Envelope::default(), mail, Box::new(|| false)).bytes;
        let asking = b"X-Untrackd: old\r\nReturn-Receipt-To: a@example.org\r\n\r\nHello\r\n";
        let once = clean(asking).unwrap();
        let expected = usize::from(policy != HeaderPolicy::Never);
        assert_eq!(ours(&once), expected, "{policy:?}");
        assert_eq!(clean(&once), None, "{policy:?}");
        assert_eq!(
            clean(b"X-Untrackd: old\r\n\r\nHello\r\n"),
            None,
            "{policy:?}"
        );
        let plain = clean(b"Subject: a\r\n\r\nHello\r\n");
        assert_eq!(plain.is_some(), policy == HeaderPolicy::Always);
        assert!(plain.is_none_or(|mail| clean(&mail).is_none()));
    }
}

#[test]
fn a_file_that_ends_within_its_header_block_keeps_its_fields_together() {
    let cleaner = cleaner(HeaderPolicy::Always, Receipts::Remove);
    let clean = |mail: &[u8]| {
        let cleaned = raw::clean(&cleaner, Envelope::default(), mail, Box::new(|| false));
        let text = String::from_utf8(cleaned.bytes.unwrap()).unwrap();
        let (before, _) = text.split_once("X-Untrackd: ").unwrap();
        before.to_owned()
    };
    assert_eq!(clean(b"Subject: a"), "Subject: a\n");
    // The field that lacks its line end goes.
    assert_eq!(
        clean(b"Subject: a\nReturn-Receipt-To: a@example.org"),
        "Subject: a\n"
    );
    assert_eq!(clean(b"Return-Receipt-To: a@example.org"), "");
}
