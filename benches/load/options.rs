//! What is asked for.

use super::common::process::PROGRAM;
use clap::{Parser, ValueEnum};
use std::{env, path::PathBuf, time::Duration};

/// Measures `untrackd milter` beside other milters, in turn.
#[derive(Debug, Parser)]
#[command(name = "load")]
pub(crate) struct Options {
    /// What is measured; all but postfix unless named
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Section>,

    /// Only classes of mail whose name has this in it, such as "plain"
    #[arg(long, default_value = "")]
    pub(crate) mail: String,

    /// How often everything is measured; figures are medians
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Length of a measurement, in seconds
    #[arg(long, default_value = "1.5", value_parser = seconds)]
    pub(crate) seconds: Duration,

    /// Connections at a time
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) connections: u16,

    /// Leaves the lxml filter out
    #[arg(long)]
    pub(crate) without_lxml: bool,

    /// The untrackd that is measured, a release build
    #[arg(long, default_value = PROGRAM)]
    pub(crate) program: PathBuf,

    /// Writes all figures to this file; UNTRACKD_BENCH_JSON names one too
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,

    /// Draws the growth with connections into this directory
    #[arg(long)]
    pub(crate) plots: Option<PathBuf>,

    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Section {
    /// All milters, all classes of mail
    Compare,
    /// Time to the answer when the machine has time to spare
    Latency,
    /// Unix socket against TCP
    Transport,
    /// With the block log and without
    Telemetry,
    /// From 1 connection to 1,000
    Connections,
    /// Resident memory
    Memory,
    /// Through a real Postfix
    Postfix,
}

impl Options {
    /// The file for all figures, if there is to be one.
    pub(crate) fn json(&self) -> Option<PathBuf> {
        let named = || env::var_os("UNTRACKD_BENCH_JSON").map(PathBuf::from);
        self.json.clone().or_else(named)
    }

    pub(crate) fn wants(&self, section: Section) -> bool {
        if self.only.is_empty() {
            section != Section::Postfix
        } else {
            self.only.contains(&section)
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "not a length of time".to_owned())
}
