//! Compares real mail before and after cleaning as Chromium shows it, pixel
//! by pixel: `make rendering MAIL=DIR`, see docs/testing.md.
//!
//! A program rather than a test, as it needs mail that is no part of the
//! project; without `RENDERING_MAIL` it does nothing.

#[path = "../browser/mod.rs"]
mod browser;

mod clean;
mod parts;
mod report;
mod sample;

use browser::{chromium::Chromium, rendering::Renderer, server::Server};
use clean::Cleaner;
use report::Report;
use std::{env, path::PathBuf, process::ExitCode, thread};

/// What the environment asks for.
struct Options {
    /// A directory that is searched through and through; each file is a
    /// message.
    mail: PathBuf,
    /// How many changed messages are looked at.
    sample: usize,
    /// Where the report and the pictures go.
    output: PathBuf,
    /// The `untrackd` that cleans.
    program: PathBuf,
}

impl Options {
    fn read() -> Option<Self> {
        let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let sample = env::var("RENDERING_SAMPLE").unwrap_or_default();
        Some(Self {
            mail: path("RENDERING_MAIL")?.into(),
            sample: match sample.as_str() {
                "" => 300,
                number => number.parse().expect("RENDERING_SAMPLE is a number"),
            },
            output: path("RENDERING_OUTPUT")
                .expect("RENDERING_OUTPUT is a directory")
                .into(),
            program: path("RENDERING_PROGRAM")
                .map_or_else(|| env!("CARGO_BIN_EXE_untrackd").into(), PathBuf::from),
        })
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::read() else {
        println!("no mail to show: say make rendering MAIL=DIR");
        return ExitCode::SUCCESS;
    };
    // mail-parser nests its calls as a message nests its parts.
    const STACK: usize = 1 << 30;
    let run = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || run(&options));
    let report = run.expect("a thread").join().expect("it goes through");
    println!("{report}");
    match report.is_clean() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn run(options: &Options) -> Report {
    let mut report = Report::new(&options.output);
    let server = Server::start();
    let mut chromium = Chromium::start(&server);
    println!(
        "{} with {}, {} changed messages of {}",
        chromium.version(),
        options.program.display(),
        options.sample,
        options.mail.display()
    );
    let mut renderer = Renderer::new(&server, &mut chromium);
    let cleaner = Cleaner::new(&options.program);
    let files = sample::ranked(&options.mail);
    for batch in files.chunks(clean::BATCH) {
        for (file, original, cleaned) in cleaner.clean(batch) {
            if report.changed_messages == options.sample {
                return report;
            }
            let name = file.strip_prefix(&options.mail).unwrap_or(&file);
            let name = name.display().to_string();
            report.messages += 1;
            let (Some(original), Some(cleaned)) = (parts::html(&original), parts::html(&cleaned))
            else {
                report.too_odd.push(name);
                continue;
            };
            if original.len() != cleaned.len() {
                report.too_odd.push(name);
                continue;
            }
            let pairs = original.iter().zip(&cleaned);
            let changed: Vec<_> = pairs.filter(|(a, b)| a != b).collect();
            report.changed_messages += usize::from(!changed.is_empty());
            for (original, cleaned) in changed {
                let comparison = renderer.compare(original, cleaned);
                report.add(&name, original, cleaned, comparison);
            }
        }
    }
    report
}
