//! `untrackd filter` on every file, and the parts of what comes out as
//! Python's `email` sees them.

use super::{figures::Figures, mail, options::Options};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

const PARTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/soak/parts.py");

/// Filters every file below the directory.
///
/// # Panics
///
/// If one makes the program fail, takes longer than allowed, or loses or
/// damages a part.
pub(crate) fn run(options: &Options) {
    let files = mail::files(&options.mail);
    let directory = tempfile::tempdir().expect("a directory");
    let next = AtomicUsize::new(0);
    let longest = AtomicU64::new(0);
    let changed = Mutex::new(Vec::new());
    let slow = Mutex::new(Vec::new());
    let failed = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(number) else {
                        return;
                    };
                    let output = directory.path().join(format!("{number}.after"));
                    let (status, time) = filter(&options.program, file, &output);
                    if !status.success() {
                        let story = format!("{}: {status}", file.display());
                        failed.lock().expect("failures").push(story);
                    }
                    longest.fetch_max(milliseconds(time), Ordering::Relaxed);
                    if time > options.slow {
                        let story = format!("{}: {time:?}", file.display());
                        slow.lock().expect("slow files").push(story);
                    }
                    let same = fs::read(file).ok() == fs::read(&output).ok();
                    if !same {
                        changed.lock().expect("changed files").push(number);
                    }
                    if number % 1000 == 999 {
                        println!("soak: {} files filtered", number + 1);
                    }
                }
            });
        }
    });
    let changed = changed.into_inner().expect("changed files");
    let mut figures = Figures::default();
    figures.add("files", files.len());
    figures.add("changed", changed.len());
    figures.add(
        "most processor time, with the start of the program",
        format!("{} ms", longest.load(Ordering::Relaxed)),
    );
    for (name, stories) in [
        ("exit code not 0", failed),
        ("above the limit of processor time", slow),
        (
            "a part lost or damaged",
            Mutex::new(damaged(directory.path(), &files, &changed)),
        ),
    ] {
        let stories = stories.into_inner().expect("stories");
        figures.add(name, stories.len());
        figures.require(
            stories.is_empty(),
            format!("{name}:\n{}", stories.join("\n")),
        );
    }
    figures.finish("untrackd filter, file by file");
}

/// Filters a file; the time is the processor's, since other programs on the
/// machine do not change that.
fn filter(program: &Path, file: &Path, output: &Path) -> (ExitStatus, Duration) {
    // The shell knows what its children cost, and says so in a last line.
    let script = "\"$1\" filter; code=$?; times >&2; exit $code";
    let result = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(program)
        // The defaults, whatever is configured on this machine.
        .env_clear()
        .env("UNTRACKD_CONFIG", "/dev/null")
        .stdin(File::open(file).expect("a file that was found"))
        .stdout(File::create(output).expect("a file for the output"))
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
    let said = String::from_utf8_lossy(&result.stderr);
    let times = said.lines().last().unwrap_or_default();
    (
        result.status,
        times.split(' ').map(minutes_and_seconds).sum(),
    )
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A time as `times` in a shell writes it: `0m0.080000s`.
fn minutes_and_seconds(text: &str) -> Duration {
    text.strip_suffix('s')
        .and_then(|text| text.split_once('m'))
        .and_then(|(minutes, seconds)| {
            let minutes: f64 = minutes.parse().ok()?;
            let seconds: f64 = seconds.parse().ok()?;
            Duration::try_from_secs_f64(minutes * 60.0 + seconds).ok()
        })
        .unwrap_or_else(|| panic!("no time: {text:?}"))
}

#[test]
fn what_a_shell_says_about_time_is_understood() {
    assert_eq!(
        minutes_and_seconds("1m2.500000s"),
        Duration::from_millis(62_500)
    );
}

/// What Python says about the files that were changed.
fn damaged(directory: &Path, files: &[PathBuf], changed: &[usize]) -> Vec<String> {
    let list: String = changed
        .iter()
        .map(|&number| {
            let after = directory.join(format!("{number}.after"));
            format!("{}\t{}\n", files[number].display(), after.display())
        })
        .collect();
    let path = directory.join("list");
    fs::write(&path, list).expect("a list for Python");
    let output = Command::new("python3")
        .arg(PARTS)
        .stdin(File::open(&path).expect("the list"))
        .stderr(Stdio::inherit())
        .output()
        .expect("python3, which compares the parts");
    assert!(output.status.success(), "{PARTS} failed");
    let stories = String::from_utf8_lossy(&output.stdout);
    stories.lines().map(str::to_owned).collect()
}

/// Were Python to find everything right, the comparison would be blind.
#[test]
fn a_damaged_part_is_noticed() {
    let good = "Subject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
                --b\nContent-Type: text/html; charset=utf-8\n\n<p>\u{fc}</p>\n\
                --b\nContent-Type: application/pdf\n\n1234\n--b--\n";
    let cases: &[(&str, Option<&str>)] = &[
        (good, None),
        // What cleaning may do.
        (&good.replace("<p>", "<p><img>"), None),
        (&good.replace("Subject", "X-Untrackd: 1\nSubject"), None),
        (
            &good.replace("Subject: s", "Subject: t"),
            Some("1: other fields"),
        ),
        (
            &good.replace("1234", "1243"),
            Some("1.2: application/pdf is not the same"),
        ),
        (
            &good.replace("<p>\u{fc}</p>", ""),
            Some("1.1: the text is gone"),
        ),
        (
            &good.replace("\n--b--\n", ""),
            Some("1: ['CloseBoundaryNotFoundDefect'] instead of []"),
        ),
        (
            &good.replace("utf-8", "us-ascii"),
            Some("1.1: other fields"),
        ),
        (
            &good.replace("--b\nContent-Type: app", "\nContent-Type: app"),
            Some("1: 1 parts instead of 2"),
        ),
    ];
    let directory = tempfile::tempdir().expect("a directory");
    let mut files = Vec::new();
    for (number, (after, _)) in cases.iter().enumerate() {
        files.push(directory.path().join(format!("{number}.before")));
        fs::write(&files[number], good).expect("a mail");
        fs::write(directory.path().join(format!("{number}.after")), after).expect("a mail");
    }
    let all: Vec<usize> = (0..cases.len()).collect();
    let stories = damaged(directory.path(), &files, &all);
    for (number, (_, expected)) in cases.iter().enumerate() {
        let before = files[number].display().to_string();
        let told: Vec<&String> = stories.iter().filter(|s| s.starts_with(&before)).collect();
        match expected {
            None => assert!(told.is_empty(), "{told:?}"),
            Some(story) => assert!(
                told.iter().any(|told| told.ends_with(story)),
                "{number}: {told:?}"
            ),
        }
    }
}
