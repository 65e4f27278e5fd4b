//! What the milter costs under load, beside a milter that does nothing and
//! the filter that an administrator would write by hand.
//!
//! `make bench-load`; see docs/bench/load.md. Compare ratios within one run:
//! absolute figures depend on the machine and on what else it does.

#[path = "../../tests/common/mod.rs"]
mod common;

#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../limit/mod.rs"]
mod limit;

#[allow(dead_code, reason = "each benchmark needs a part of it")]
#[path = "../mail/mod.rs"]
mod mail;

#[path = "../plot/mod.rs"]
mod plot;

mod bench;
mod classes;
mod drive;
mod figures;
mod growth;
mod html_limit;
mod memory;
mod noop;
mod options;
mod peers;
mod postfix;
mod sections;

use clap::Parser as _;
use figures::Figures;
use options::{Options, Section};
use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let result = match arguments.as_slice() {
        [_, argument, socket] if argument == noop::ARGUMENT => {
            noop::serve(socket).map_err(|e| format!("no-op milter: {e}"))
        }
        _ => run(&Options::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A section and what measures it.
type Measure = fn(&Options, &mut Figures) -> Result<(), String>;

const SECTIONS: &[(Section, Measure)] = &[
    (Section::Compare, sections::compare),
    (Section::Latency, sections::latency),
    (Section::Transport, sections::transport),
    (Section::Telemetry, sections::telemetry),
    (Section::Connections, sections::connections),
    (Section::Memory, memory::measure),
    (Section::Postfix, postfix::measure),
];

fn run(options: &Options) -> Result<(), String> {
    let mut figures = Figures::default();
    for (section, measure) in SECTIONS {
        if options.wants(*section) {
            measure(options, &mut figures)?;
        }
    }
    println!("{}", figures.targets_table());
    if let Some(path) = options.json() {
        figures
            .write(&path)
            .map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    }
    Ok(())
}
