//! Cost against the number of rules: the shipped ones, and made-up ones up to
//! 100,000, which the program's own loader reads as TOML.

use crate::{
    cleaner,
    mail::{self, Coding},
    measure::{Task, in_turn, processor_time},
    plot::Plot,
    show,
    stage::{self, Subject},
};
use std::{fmt::Write, fs, path::Path, time::Duration};
use untrackd::{limits::Limits, rules::RuleSet};
use walkdir::WalkDir;

const RULES: &[usize] = &[1_000, 3_000, 10_000, 30_000, 100_000];

const BUDGET: Duration = Duration::from_secs(6);

/// How many rules a made-up vendor has.
const OF_VENDOR: usize = 50;

/// Plots it.
pub(crate) fn run() {
    let mut loading = Vec::new();
    let mut cleaners = Vec::new();
    for wanted in RULES {
        let dir = tempfile::tempdir().expect("a temporary directory");
        write(dir.path(), *wanted);
        let begun = processor_time();
        let rules = RuleSet::from_dir(dir.path()).expect("the rules load");
        let time = processor_time().saturating_sub(begun);
        loading.push((rules.len() as f64, time.as_secs_f64()));
        cleaners.push((rules.len(), cleaner(rules, Limits::default())));
    }
    let mut lines = Vec::new();
    for (name, mail) in [
        (
            "newsletter 78 KB",
            mail::newsletter(78 << 10, Coding::SevenBit),
        ),
        ("200 links", mail::links(200)),
    ] {
        let subject = Subject::new(&cleaners[0].1, mail);
        let mut tasks: Vec<Task<'_>> = cleaners
            .iter()
            .map(|(_, cleaner)| Task::new(|| stage::clean(cleaner, &subject)))
            .collect();
        in_turn(&mut tasks, BUDGET);
        let points = cleaners.iter().zip(&tasks);
        let points = points.map(|((n, _), task)| (*n as f64, task.best().as_secs_f64() * 1e3));
        lines.push((name.to_owned(), points.collect()));
    }
    let plot = |title: &str, y_label: &str, log_y, lines| Plot {
        title: title.to_owned(),
        x_label: "rules".to_owned(),
        y_label: y_label.to_owned(),
        log_x: true,
        log_y,
        lines,
    };
    let cleaning = plot(
        "Cleaning a message: cost against rules",
        "processor time, ms",
        false,
        lines,
    );
    show(&cleaning, "rules.svg");
    let loading = plot(
        "Loading a directory of rules, with their examples",
        "processor time, s",
        true,
        vec![("load".to_owned(), loading)],
    );
    show(&loading, "rules-load.svg");
}

/// Writes a directory of about `wanted` rules.
fn write(dir: &Path, wanted: usize) {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for entry in WalkDir::new(&shipped).into_iter().flatten() {
        let path = entry.path();
        let to = dir.join(path.strip_prefix(&shipped).expect("it is below"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(to).expect("a directory");
        } else {
            fs::copy(path, to).expect("a file is copied");
        }
    }
    let shipped = RuleSet::builtin().expect("the built-in rules load").len();
    for vendor in 0..wanted.saturating_sub(shipped).div_ceil(OF_VENDOR) {
        let file = dir.join(format!("mail/made-up-{vendor}.toml"));
        fs::write(file, vendor_rules(vendor)).expect("a file is written");
    }
}

/// One file. Of 50 rules 5 are for parameters and one is for any host, which
/// is fewer than shipped (one in five): whoever has 100,000 rules has them
/// from lists of hosts.
fn vendor_rules(vendor: usize) -> String {
    let mut out = format!(
        "[vendor]\nid = \"made-up-{vendor}\"\nname = \"Made-up {vendor}\"\ncompany = \"Example\"\n"
    );
    for rule in 0..OF_VENDOR {
        let (id, host) = (
            format!("made-up-{vendor}-{rule}"),
            format!("t{rule}.service-{vendor}.example"),
        );
        let tells = "tells = [\"recipient\"]";
        let _ = match rule {
            0 => writeln!(
                out,
                "[[pixel]]\nid = \"{id}\"\npath = '^/o{vendor}/[0-9a-f]{{16}}$'\n{tells}\n\
                 match = [\"https://mail.example.org/o{vendor}/0123456789abcdef\"]\n\
                 ignore = [\"https://mail.example.org/o{vendor}/logo.png\"]"
            ),
            1..=5 => writeln!(
                out,
                "[[parameter]]\nid = \"{id}\"\nnames = [\"p{vendor}_{rule}\"]\n{tells}"
            ),
            6..=20 => writeln!(
                out,
                "[[redirect]]\nid = \"{id}\"\nhosts = [\"{host}\"]\npath = '^/c/\\?u='\ndecode = [\"param:u\"]\n{tells}\n\
                 match = [{{ url = \"https://{host}/c/?u=https://www.example.org/\", to = \"https://www.example.org/\" }}]\n\
                 ignore = [\"https://{host}.evil.example/c/?u=https://www.example.org/\"]"
            ),
            21..=35 => writeln!(
                out,
                "[[pixel]]\nid = \"{id}\"\nhosts = [\"{host}\"]\npath = '^/o/[0-9a-f]{{16}}'\n{tells}\n\
                 match = [\"https://{host}/o/0123456789abcdef\"]\n\
                 ignore = [\"https://{host}.evil.example/o/0123456789abcdef\"]"
            ),
            _ => writeln!(
                out,
                "[[pixel]]\nid = \"{id}\"\nhosts = [\"{host}\"]\nneeds = \"hidden\"\n{tells}\n\
                 match = [\"https://{host}/o.gif\"]\n\
                 ignore = [\"https://{host}.evil.example/o.gif\"]"
            ),
        };
    }
    out
}
