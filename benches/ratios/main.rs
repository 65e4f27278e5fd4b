//! One table: what each step of the work costs, beside its limit in the same
//! run; then how long the service takes to start, and its memory.
//!
//! `cargo bench --bench ratios` takes less than a minute. `make bench
//! CORPUS=DIR` measures real mail in the same way, and `make bench-check`
//! compares the ratios with `benches/bounds.toml`.

#![allow(clippy::cast_precision_loss)]

mod bounds;
#[path = "../classes/mod.rs"]
mod classes;
#[path = "../limit/mod.rs"]
mod limit;
#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../mail/mod.rs"]
mod mail;
#[path = "../measure/mod.rs"]
mod measure;
mod page;
mod service;
#[path = "../stage/mod.rs"]
mod stage;

use bounds::Bounds;
use classes::Class;
use measure::{Task, in_turn};
use stage::{Limit, stages};
use std::{cell::RefCell, env, process::ExitCode, sync::Arc, time::Duration};
use untrackd::clean::Cleaner;

/// How long each class is measured.
const BUDGET: Duration = Duration::from_millis(2_500);

/// What a step costs.
pub(crate) struct Row {
    /// Of which mail.
    pub(crate) class: String,
    /// Which step.
    pub(crate) stage: &'static str,
    /// For a message.
    time: Duration,
    bytes: f64,
    /// With what it is compared.
    limit: Limit,
    floor: Duration,
    /// How many times the limit it takes.
    pub(crate) ratio: f64,
}

impl Row {
    /// Megabytes a second.
    fn speed(&self) -> f64 {
        self.bytes / 1e6 / self.time.as_secs_f64()
    }

    /// What the bounds call the step.
    pub(crate) fn name(&self) -> String {
        match self.limit {
            Limit::Images => format!("{} to img", self.stage),
            _ => self.stage.to_owned(),
        }
    }
}

fn main() -> ExitCode {
    // `cargo test --benches` only asks whether it can be built.
    if !env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let is_asked = |what: &str| env::args().any(|arg| arg == what);
    let cleaner = Arc::new(Cleaner::builtin().expect("the built-in data load"));
    let mut rows = Vec::new();
    let classes = classes::all(&cleaner);
    println!(
        "| {:<32} | {:<6} | {:>11} | {:>6} | {:<10} | {:>11} | {:>6} |",
        "a message", "step", "time", "MB/s", "limit", "its time", "ratio"
    );
    println!("|---|---|---:|---:|---|---:|---:|");
    for class in &classes {
        for row in measured(&cleaner, class) {
            print(&row);
            rows.push(row);
        }
    }
    if is_asked("--write-bounds") {
        Bounds::read().tighten(&rows);
        return ExitCode::SUCCESS;
    }
    if is_asked("--check") {
        return Bounds::read().check(&rows);
    }
    let service = service::report();
    println!("\n{service}");
    if is_asked("--write-docs") {
        page::write(&rows, &service);
    }
    ExitCode::SUCCESS
}

/// One row a step.
fn measured(cleaner: &Arc<Cleaner>, class: &Class) -> Vec<Row> {
    let (html, body) = (class.html_bytes(), class.body_bytes());
    let stages = stages(html, body);
    let memory = RefCell::new(Vec::with_capacity(body));
    let mut tasks: Vec<Task<'_>> = stages
        .iter()
        .map(|stage| {
            Task::new(|| {
                let subjects = class.subjects.iter();
                subjects.map(|s| (stage.run)(cleaner, s)).sum()
            })
        })
        .collect();
    for limit in Limit::ALL {
        let memory = &memory;
        tasks.push(Task::new(move || {
            let mut memory = memory.borrow_mut();
            let subjects = class.subjects.iter();
            subjects.map(|s| limit.run(s, &mut memory)).sum()
        }));
    }
    in_turn(&mut tasks, BUDGET);
    let count = class.subjects.len();
    let each = |task: &Task<'_>| task.best().div_f64(count as f64);
    let (steps, limits) = tasks.split_at(stages.len());
    let row = |stage: &'static str, task: &Task<'_>, limit: Limit| {
        let mut of_limit = limits.iter().zip(Limit::ALL);
        let (floor, _) = of_limit.find(|(_, l)| *l == limit)?;
        Some(Row {
            class: class.name.clone(),
            stage,
            time: each(task),
            bytes: limit.bytes(html, body) as f64 / count as f64,
            limit,
            floor: each(floor),
            ratio: task.ratio_to(floor),
        })
    };
    let mut rows: Vec<Row> = stages
        .iter()
        .zip(steps)
        .filter_map(|(stage, task)| row(stage.name, task, stage.limit))
        .collect();
    // All of it beside the limit that does less, too.
    if let (Some(stage), Some(task)) = (stages.last(), steps.last())
        && stage.limit == Limit::Attributes
    {
        rows.extend(row(stage.name, task, Limit::Images));
    }
    rows
}

fn print(row: &Row) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    // A step that only hands bytes on has no speed.
    let speed = match row.speed() {
        speed if speed < 100_000.0 => format!("{speed:.0}"),
        _ => String::new(),
    };
    println!(
        "| {:<32} | {:<6} | {:>8.1} µs | {:>6} | {:<10} | {:>8.1} µs | {:>6.2} |",
        row.class,
        row.stage,
        micros(row.time),
        speed,
        row.limit.name(),
        micros(row.floor),
        row.ratio,
    );
}
