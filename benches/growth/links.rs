//! Cost against the number of links in a message, 1 to 20,000. All limits are
//! the defaults: 20,000 links are less than what is looked at, and the 12,000
//! of them that can be unwrapped less than what is changed.

use crate::{
    cleaner, mail,
    measure::{Task, in_turn},
    plot::Plot,
    show,
    stage::{self, Limit, Subject},
};
use std::time::Duration;
use untrackd::{limits::Limits, rules::RuleSet};

const LINKS: &[usize] = &[1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 20_000];

const BUDGET: Duration = Duration::from_secs(1);

/// Plots it.
pub(crate) fn run() {
    let rules = RuleSet::builtin().expect("the built-in rules load");
    let cleaner = cleaner(rules, Limits::default());
    let (mut clean, mut floor) = (Vec::new(), Vec::new());
    for links in LINKS {
        let subject = Subject::new(&cleaner, mail::links(*links));
        let mut memory = Vec::new();
        let mut tasks = [
            Task::new(|| stage::clean(&cleaner, &subject)),
            Task::new(|| Limit::Attributes.run(&subject, &mut memory)),
        ];
        in_turn(&mut tasks, BUDGET);
        let millis = |n: usize| tasks[n].best().as_secs_f64() * 1e3;
        clean.push((*links as f64, millis(0)));
        floor.push((*links as f64, millis(1)));
    }
    show(
        &Plot {
            title: "Cleaning a message: cost against links".to_owned(),
            x_label: "links in the message".to_owned(),
            y_label: "processor time, ms".to_owned(),
            log_x: true,
            log_y: true,
            lines: vec![
                ("clean".to_owned(), clean),
                ("HTML limit".to_owned(), floor),
            ],
        },
        "links.svg",
    );
}
