//! How cost grows with what grows: the size of a message, its links, the
//! rules, the findings in the log. Each is a plot in `docs/bench/`.
//!
//! `cargo bench --bench growth`; with names behind `--`, those alone:
//! `cargo bench --bench growth -- size links`.

#![allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]

#[path = "../log/chance.rs"]
mod chance;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../limit/mod.rs"]
mod limit;
mod links;
mod log;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../mail/mod.rs"]
mod mail;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../measure/mod.rs"]
mod measure;
#[path = "../plot/mod.rs"]
mod plot;
mod rules;
mod size;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../stage/mod.rs"]
mod stage;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../log/thread_time.rs"]
mod thread_time;
#[path = "../log/year.rs"]
mod year;

use plot::Plot;
use std::{env, path::Path, sync::Arc};
use untrackd::{
    clean::{Cleaner, HeaderPolicy},
    judge::{Choices, Heuristics, Refusal},
    limits::Limits,
    rules::RuleSet,
};

/// What can grow.
const ALL: &[(&str, fn())] = &[
    ("size", size::run),
    ("links", links::run),
    ("rules", rules::run),
    ("log", log::run),
];

fn main() {
    // `cargo test --benches` only asks whether it can be built.
    if !env::args().any(|arg| arg == "--bench") {
        return;
    }
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, run) in ALL {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            run();
        }
    }
}

/// A cleaner with these rules and limits.
fn cleaner(rules: RuleSet, limits: Limits) -> Arc<Cleaner> {
    Arc::new(Cleaner::new(
        Arc::new(rules),
        Heuristics::builtin().expect("the built-in weights load"),
        Refusal::builtin().expect("the built-in words load"),
        Choices::default(),
        HeaderPolicy::default(),
        limits,
    ))
}

/// Writes a plot to `docs/bench/` and its points to standard output.
fn show(plot: &Plot, file: &str) {
    println!("{}: {} against {}", plot.title, plot.y_label, plot.x_label);
    for (name, points) in &plot.lines {
        let points: Vec<_> = points.iter().map(|(x, y)| format!("{x} {y:.4}")).collect();
        println!("  {name}: {}", points.join(", "));
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/bench");
    plot.write(dir.join(file))
        .expect("docs/bench can be written");
}
