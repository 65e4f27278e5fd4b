//! How long the service takes to start, and the memory it needs to wait.

use std::{
    fs,
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_untrackd");

/// How often it is started.
const TIMES: usize = 15;

/// No start takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Both in a few sentences: the time beside that of a start that does nothing,
/// and how much of it the processor worked.
pub(crate) fn report() -> String {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut ready = Duration::MAX;
    let mut nothing = Duration::MAX;
    let mut computed = Duration::MAX;
    let mut memory = None;
    for _ in 0..TIMES {
        let begun = Instant::now();
        let help = command().arg("--help").stdout(Stdio::null()).status();
        assert!(help.is_ok_and(|s| s.success()), "--help runs");
        nothing = nothing.min(begun.elapsed());

        let socket = dir.path().join("milter.sock");
        let begun = Instant::now();
        let mut service = start(dir.path(), &socket);
        while UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < PATIENCE, "the service listens");
            thread::sleep(Duration::from_micros(200));
        }
        ready = ready.min(begun.elapsed());
        // What is done in the background after the start is part of it.
        thread::sleep(Duration::from_millis(100));
        computed = processor_time(service.id())
            .unwrap_or(computed)
            .min(computed);
        memory = Memory::of(service.id()).or(memory);
        stop(&mut service);
    }
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let mut text = format!(
        "From the start of the service with the built-in rules to its first connection: {:.0} ms, \
         of which {:.0} ms processor time (`untrackd --help`, which loads nothing: {:.0} ms).",
        millis(ready),
        millis(computed),
        millis(nothing)
    );
    if let Some(memory) = memory {
        text += &format!(
            " Resident memory while it waits: {:.1} MB, of which {:.1} MB are pages of the program file.",
            memory.all as f64 / 1e6,
            memory.file as f64 / 1e6
        );
    }
    text
}

fn command() -> Command {
    let mut command = Command::new(PROGRAM);
    command.env_clear().env("UNTRACKD_CONFIG", "/dev/null");
    command
}

fn start(dir: &Path, socket: &Path) -> Child {
    let _ = fs::remove_file(socket);
    command()
        .arg("milter")
        .env(
            "UNTRACKD_MILTER__SOCKET",
            format!("unix:{}", socket.display()),
        )
        .env("UNTRACKD_LOG__PATH", dir.join("log.db"))
        .env("UNTRACKD_LOG__KEYS", dir.join("log.keys"))
        .env("UNTRACKD_REVIEW__ALLOWLIST", dir.join("allow.toml"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// Ends it as systemd does; it ends by itself once nothing is in flight.
fn stop(service: &mut Child) {
    let id = service.id().to_string();
    let asked = Command::new("kill").args(["-TERM", &id]).status();
    if !asked.is_ok_and(|s| s.success()) {
        let _ = service.kill();
    }
    let _ = service.wait();
}

/// What all threads of a process have computed, from `schedstat` (proc(5)),
/// which is exact for threads that wait; `None` where there is none.
fn processor_time(process: u32) -> Option<Duration> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let mut sum = 0;
    for task in tasks.flatten() {
        let times = fs::read_to_string(task.path().join("schedstat")).ok()?;
        sum += times.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(sum))
}

/// Bytes that a process has in memory.
struct Memory {
    all: u64,
    /// Those that are pages of files, which the system can take back.
    file: u64,
}

impl Memory {
    /// From `status` (proc(5)); `None` where there is none.
    fn of(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
            Some(kilobytes * 1024)
        };
        Some(Self {
            all: bytes("VmRSS:")?,
            file: bytes("RssFile:")?,
        })
    }
}
