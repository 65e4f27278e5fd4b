//! What the library does with a message, step by step, and what each step is
//! compared with.

mod subject;

pub(crate) use subject::Subject;

use crate::{limit, mail};
use mimalloc::MiMalloc;
use std::{hint::black_box, sync::Arc};
use untrackd::{
    clean::{Cleaner, Envelope},
    edit, html,
    judge::Action,
    judge::Recipients,
    message::{charset, splitter::Splitter, transfer},
    sighting::Change,
};

/// That of the program, for what it does and for its limits.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// As much of a body as the milter protocol gives at once.
const CHUNK: usize = 65_535;

/// A step of the work on one message. It returns something that depends on
/// all of it.
pub(crate) struct Stage {
    /// What it is called in tables.
    pub(crate) name: &'static str,
    /// Does it once.
    pub(crate) run: fn(&Arc<Cleaner>, &Subject) -> usize,
    /// What it is compared with.
    pub(crate) limit: Limit,
}

/// What a step is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Limit {
    /// The HTML limit: lol_html looks at every attribute.
    Attributes,
    /// lol_html looks at the attributes of images alone.
    Images,
    /// The line ends of the body are found.
    Lines,
    /// The body is copied.
    Copy,
}

impl Limit {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Attributes, Self::Images, Self::Lines, Self::Copy];

    /// What it is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attributes => "HTML limit",
            Self::Images => "img limit",
            Self::Lines => "lines",
            Self::Copy => "copy",
        }
    }

    /// How many of the bytes it goes over.
    pub(crate) fn bytes(self, html: usize, body: usize) -> usize {
        match self {
            Self::Attributes | Self::Images => html,
            Self::Lines | Self::Copy => body,
        }
    }

    /// Does it once.
    pub(crate) fn run(self, subject: &Subject, memory: &mut Vec<u8>) -> usize {
        match self {
            Self::Attributes => walk(subject, limit::attributes),
            Self::Images => walk(subject, limit::images),
            Self::Lines => limit::lines(subject.body),
            Self::Copy => limit::copy(subject.body, memory),
        }
    }
}

fn walk(subject: &Subject, over: fn(&[u8], &'static encoding_rs::Encoding) -> usize) -> usize {
    let pages = subject.pages.iter();
    pages
        .map(|page| over(page.text.bytes(), page.text.encoding()))
        .sum()
}

/// The steps for mail of which so much is HTML.
pub(crate) fn stages(html: usize, body: usize) -> &'static [Stage] {
    if html > body / 10 { WITH_HTML } else { ALWAYS }
}

const ALWAYS: &[Stage] = &[
    Stage {
        name: "split",
        run: split,
        limit: Limit::Lines,
    },
    Stage {
        name: "clean",
        run: clean,
        limit: Limit::Copy,
    },
];

const WITH_HTML: &[Stage] = &[
    Stage {
        name: "split",
        run: split,
        limit: Limit::Lines,
    },
    Stage {
        name: "decode",
        run: decode,
        limit: Limit::Attributes,
    },
    Stage {
        name: "scan",
        run: scan,
        limit: Limit::Attributes,
    },
    Stage {
        name: "judge",
        run: judge,
        limit: Limit::Attributes,
    },
    Stage {
        name: "splice",
        run: splice,
        limit: Limit::Attributes,
    },
    Stage {
        name: "clean",
        run: clean,
        limit: Limit::Attributes,
    },
];

/// Finds the parts.
pub(crate) fn split(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let mut splitter = Splitter::new(cleaner.limits(), &subject.fields);
    let mut parts = Vec::new();
    let mut at = 0;
    while at < subject.body.len() {
        at = (at + CHUNK).min(subject.body.len());
        splitter.advance(&subject.body[..at], &mut parts);
    }
    splitter.finish(subject.body, &mut parts);
    parts.len()
}

/// Undoes the transfer encoding of all HTML.
pub(crate) fn decode(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let max = cleaner.limits().decoded_bytes;
    let pages = subject.pages.iter();
    pages
        .filter_map(|page| {
            let decoded = transfer::decode(page.raw, &page.transfer, max).ok()?;
            let text = charset::open(decoded.bytes(), page.charset.as_deref()).ok()?;
            Some(text.bytes().len())
        })
        .sum()
}

/// Reads all HTML for what loads something or records a click.
pub(crate) fn scan(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let pages = subject.pages.iter();
    pages
        .filter_map(|page| {
            let scan = html::scan(page.text.bytes(), page.text.encoding(), cleaner.limits());
            Some(scan.ok()?.sightings.len())
        })
        .sum()
}

/// Judges what was seen.
pub(crate) fn judge(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let (judge, limits) = (cleaner.judge(), cleaner.limits());
    let addresses = [mail::RECIPIENT.to_owned()];
    let recipients = Recipients::new(&addresses);
    let sightings = subject.pages.iter().flat_map(|page| &page.scan.sightings);
    let seen: Vec<_> = sightings
        .filter_map(|sighting| judge.look(sighting, &recipients))
        .collect();
    let context = judge.context(&seen, &subject.list_unsubscribe);
    let verdicts = seen.iter().map(|s| judge.verdict(&context, s, limits));
    verdicts.filter(|v| black_box(v).notable).count()
}

/// Writes what was decided into the parts as they are encoded.
pub(crate) fn splice(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let pages = subject.pages.iter();
    pages
        .filter_map(|page| {
            let mut edits: Vec<_> = page
                .decided
                .iter()
                .filter_map(|(at, action)| {
                    let sighting = page.scan.sightings.get(*at)?;
                    let change = match action {
                        Action::Keep => return None,
                        Action::Neutralize => Change::Neutralize,
                        Action::Remove => Change::Remove,
                        Action::Trim(to) | Action::Unwrap(to) => Change::Replace(&to.text),
                    };
                    html::edit(page.text.bytes(), sighting, &change)
                })
                .collect();
            edit::normalize(&mut edits);
            let edits = page.text.restore(edits).ok()?;
            let encoded = page.decoded.encode(&edits, cleaner.limits());
            Some(edit::apply(page.raw, &encoded.edits).len())
        })
        .sum()
}

/// All of it, as the milter does it.
pub(crate) fn clean(cleaner: &Arc<Cleaner>, subject: &Subject) -> usize {
    let mut cleaning = cleaner.begin(subject.envelope(), Box::new(|| false));
    for (name, value) in &subject.header {
        cleaning.header(name, value);
    }
    for chunk in subject.body.chunks(CHUNK) {
        cleaning.body(chunk);
    }
    let outcome = cleaning.finish();
    outcome.findings.len() + outcome.body.map_or(0, |body| body.len())
}

impl Subject {
    /// What the MTA says of it.
    fn envelope(&self) -> Envelope {
        Envelope {
            recipients: vec![mail::RECIPIENT.to_owned()],
            sender: Some(mail::SENDER.to_owned()),
            ..Envelope::default()
        }
    }
}
