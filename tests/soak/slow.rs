//! Each mail on its own: what it costs the milter.

use super::{
    common::usage::processor_time,
    figures::{Figures, milliseconds},
    load::Load,
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// How many of the slowest are named in any case.
const NAMED: usize = 5;

struct Cost {
    name: String,
    processor: Duration,
    wall: Duration,
}

/// Sends every mail once, one after the other on one connection, and adds
/// what they cost to the figures: processor time of the milter, which other
/// programs on the machine do not change, and the time to the answer.
pub(crate) fn one_by_one(load: &Load<'_>, pid: u32, slow: Duration, figures: &mut Figures) {
    let mut connection = load.connect().expect("the milter answers");
    let mut costs = Vec::new();
    for number in 0..load.mails.len() as u64 {
        let cost = measure(pid, || {
            load.send(&mut connection, number)
                .unwrap_or_else(|e| panic!("{}: {e}", load.mails[index(number)].name));
        });
        costs.push(Cost {
            name: load.mails[index(number)].name.clone(),
            ..cost
        });
        if number % 1000 == 999 {
            println!("soak: {} mails one by one", number + 1);
        }
    }
    connection.quit().expect("nothing after the last answer");
    costs.sort_by_key(|cost| cost.processor);
    let at = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let index = ((costs.len() - 1) as f64 * share) as usize;
        milliseconds(costs[index].processor)
    };
    figures.add("mails, one by one", costs.len());
    figures.add(
        "processor time of one",
        format!("median {}, 99 % below {}", at(0.5), at(0.99)),
    );
    for cost in costs.iter().rev().take(NAMED) {
        figures.add(
            "  the slowest",
            format!(
                "{} ({} to the answer) {}",
                milliseconds(cost.processor),
                milliseconds(cost.wall),
                cost.name
            ),
        );
    }
    let over: Vec<String> = costs
        .iter()
        .filter(|cost| cost.processor > slow)
        .map(|cost| format!("{} ({})", cost.name, milliseconds(cost.processor)))
        .collect();
    figures.add(&format!("above {slow:?} of processor time"), over.len());
    let waited = costs.iter().filter(|cost| cost.wall > slow).count();
    figures.add(&format!("above {slow:?} to the answer"), waited);
    figures.require(over.is_empty(), format!("slow: {}", over.join(", ")));
}

/// What a message costs. A thread's processor time is only brought up to date
/// when it goes to sleep, so what a message ends with may be counted with the
/// next: that is the log's part, some ten microseconds.
fn measure(pid: u32, pass: impl FnOnce()) -> Cost {
    let before = processor_time(pid);
    let start = Instant::now();
    pass();
    let wall = start.elapsed();
    thread::yield_now();
    Cost {
        name: String::new(),
        processor: processor_time(pid).saturating_sub(before),
        wall,
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).expect("below a length")
}
