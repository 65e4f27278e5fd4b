//! Cost against the size of a message, 1 KB to 50 MB.

use crate::{
    cleaner,
    mail::{self, Coding},
    measure::{Task, in_turn},
    plot::Plot,
    show,
    stage::{self, Limit, Subject},
};
use std::time::Duration;
use untrackd::{limits::Limits, rules::RuleSet};

const SIZES: &[usize] = &[
    1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 50_000_000,
];

const BUDGET: Duration = Duration::from_secs(1);

/// How mail of a size is made.
type Make = fn(usize) -> Vec<u8>;

const KINDS: &[(&str, usize, Make)] = &[
    ("plain text", 0, mail::plain),
    // No newsletter is smaller.
    ("newsletter, quoted-printable", 10_000, |bytes| {
        mail::newsletter(bytes, Coding::QuotedPrintable)
    }),
    (
        "newsletter of 21 KB, attachments",
        100_000,
        mail::attachments,
    ),
];

/// Plots it.
pub(crate) fn run() {
    // The HTML of a message may have 8 MiB, and 20,000 URLs are changed; here
    // nothing is to stop what is measured.
    let limits = Limits {
        message_bytes: usize::MAX,
        decoded_bytes: usize::MAX,
        html_bytes: usize::MAX,
        html_memory: 1 << 30,
        sightings: usize::MAX,
        edits: usize::MAX,
        ..Limits::default()
    };
    let cleaner = cleaner(RuleSet::builtin().expect("the built-in rules load"), limits);
    let mut lines: Vec<_> = KINDS
        .iter()
        .map(|(name, _, _)| ((*name).to_owned(), Vec::new()))
        .collect();
    let mut floor = Vec::new();
    for size in SIZES {
        for ((_, smallest, make), (_, points)) in KINDS.iter().zip(&mut lines) {
            if size < smallest {
                continue;
            }
            let mail = make(*size);
            let bytes = mail.len() as f64;
            let subject = Subject::new(&cleaner, mail);
            let mut tasks = vec![Task::new(|| stage::clean(&cleaner, &subject))];
            let is_html = subject.html_bytes() > subject.body.len() / 2;
            if is_html {
                tasks.push(Task::new(|| {
                    Limit::Attributes.run(&subject, &mut Vec::new())
                }));
            }
            in_turn(&mut tasks, BUDGET);
            let millis = |task: &Task<'_>| task.best().as_secs_f64() * 1e3;
            points.push((bytes, millis(&tasks[0])));
            floor.extend(tasks.get(1).map(|task| (bytes, millis(task))));
        }
    }
    lines.push(("HTML limit of the newsletter".to_owned(), floor));
    show(
        &Plot {
            title: "Cleaning a message: cost against size".to_owned(),
            x_label: "size of the message, bytes".to_owned(),
            y_label: "processor time, ms".to_owned(),
            log_x: true,
            log_y: true,
            lines,
        },
        "size.svg",
    );
}
