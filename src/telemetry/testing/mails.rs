//! Nine events that differ in everything that can be asked for.

use super::{
    super::{Disposition, Event},
    NOON, event, link, pixel,
};
use crate::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Disclosure, Evidence, Verdict},
    message::Ambiguity,
    rules::{Category, RuleRef, Vendor},
    sighting::Vector,
    skip::Skip,
};
use std::{sync::Arc, time::Duration};

/// A day in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

/// A finding of another vendor than the usual one.
fn other(url: &str, rule: &str) -> Finding {
    let vendor = Vendor {
        id: "other-sales".to_owned(),
        name: "Other Sales".to_owned(),
        company: "Other Ltd".to_owned(),
        category: Category::Sales,
    };
    let mut finding = pixel(url);
    finding.verdict.rules = vec![RuleRef {
        id: Arc::from(rule),
        vendor: Arc::new(vendor),
        tells: Arc::from([]),
    }];
    finding.verdict.discloses = [Disclosure::Address].into();
    finding.verdict.evidence = vec![Evidence {
        kind: "tiny",
        weight: 60,
        detail: "1×1".into(),
    }];
    finding.verdict.score = 60;
    finding
}

fn open() -> Finding {
    pixel("https://t.example.org/open/aGVsbG8gd29ybGQ.gif?u=1")
}

fn click(n: u32) -> Finding {
    link(
        &format!("https://click.example.net/c?u=value{n}"),
        "https://www.shop.example/",
    )
}

/// | queue id | when | what |
/// |---|---|---|
/// | A1111 | two days before, noon | changed: an image and twice a link of Example Inc |
/// | B2222 | one day before, 23:59:59.999 | would change: a style's image of Other Ltd; two recipients |
/// | C3333 | noon | skipped: oversize; 60 MB, 900 ms |
/// | D4444 | +1 s | skipped: signed, charset twice; NUL |
/// | E5555 | +2 s | failed; a bounce without sender |
/// | F6666 | +3 s | changed: an opaque link of Other Ltd, and an image that was allowed |
/// | G7777 | +4 s | clean: an image without a rule, kept |
/// | H8888 | +5 s, at level full | changed: an image of Other Ltd |
/// | I9999 | +6 s, at level domain | changed: a receipt |
pub(crate) fn mails() -> Vec<Event> {
    let mail = |id: &str, at, disposition, findings| {
        let mut event = event(at, disposition, findings);
        event.transaction.queue_id = Some(id.to_owned());
        event
    };
    let a = mail(
        "A1111",
        NOON - 2 * DAY,
        Disposition::Changed,
        vec![open(), click(1), click(2)],
    );

    let mut finding = other("https://img.other.example/p.png?e=1", "other-open");
    (finding.vector, finding.verdict.action) = (Vector::CssUrl, Action::Remove);
    let mut b = mail(
        "B2222",
        NOON - DAY / 2 - 1,
        Disposition::WouldChange,
        vec![finding],
    );
    b.transaction.sender = "a@sender.example.com".to_owned();
    b.transaction.from_domain = Some("brand.example".to_owned());
    b.transaction.recipients = vec!["ann@example.com".to_owned(), "bob@mail.example.net".into()];
    b.transaction.client = Some([198, 51, 100, 9].into());
    b.rules_version = "fedcba987654".to_owned();

    let mut c = mail("C3333", NOON, Disposition::Skipped, Vec::new());
    c.outcome = Outcome::untouched(Skip::Oversize);
    c.size_before = 60_000_000;
    c.duration = Duration::from_millis(900);

    let mut d = mail("D4444", NOON + 1_000, Disposition::Skipped, Vec::new());
    d.outcome.skips = [Skip::Charset, Skip::Signed, Skip::Charset]
        .map(|skip| SkipNote {
            part: "1".to_owned(),
            skip,
        })
        .into();
    d.outcome.ambiguities = vec![("1".to_owned(), Ambiguity::Nul)];

    let mut e = mail("E5555", NOON + 2_000, Disposition::Failed, Vec::new());
    e.transaction.sender = String::new();
    e.transaction.from_domain = None;
    e.transaction.message_id = Some("only@mid.example".to_owned());

    let mut opaque = other("https://click.other.example/x", "other-click");
    (opaque.vector, opaque.verdict.action) = (Vector::AHref, Action::Keep);
    opaque.verdict.opaque = true;
    let mut spared = open();
    spared.verdict.action = Action::Keep;
    spared.verdict.spared = Some(Arc::from("entry-7"));
    let f = mail(
        "F6666",
        NOON + 3_000,
        Disposition::Changed,
        vec![opaque, spared],
    );

    let mut kept = pixel("https://plain.example/logo.png");
    kept.verdict = Verdict {
        action: Action::Keep,
        score: 30,
        notable: true,
        ..Verdict::default()
    };
    let g = mail("G7777", NOON + 4_000, Disposition::Clean, vec![kept]);

    let mut h = mail(
        "H8888",
        NOON + 5_000,
        Disposition::Changed,
        vec![other("https://img.other.example/p.png?e=2", "other-open")],
    );
    h.transaction.recipients = vec!["Zoe@example.com".to_owned()];
    h.transaction.message_id = Some("Clear.1@mail.example.org".to_owned());

    let mut receipt = pixel("https://unused.example/");
    receipt.vector = Vector::ReceiptHeader;
    receipt.url = None;
    receipt.verdict = Verdict {
        action: Action::Remove,
        score: 100,
        notable: true,
        ..Verdict::default()
    };
    let i = mail("I9999", NOON + 6_000, Disposition::Changed, vec![receipt]);
    vec![a, b, c, d, e, f, g, h, i]
}
