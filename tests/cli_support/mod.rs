//! Runs the program in an environment of the test's own.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    fs,
    io::{ErrorKind, Write},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A directory that is the program's whole world: home, configuration,
/// runtime and state.
pub(crate) struct World {
    dir: TempDir,
    binary: PathBuf,
    is_root: bool,
}

/// The user `nobody`, who is an ordinary one to the program.
const ORDINARY: u32 = 65534;

impl World {
    /// Runs the program as whoever runs the test, with an empty
    /// configuration file.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("empty.toml"), "").unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        Self {
            dir,
            binary: env!("CARGO_BIN_EXE_untrackd").into(),
            is_root,
        }
    }

    /// Runs the program as an ordinary user. The test may be run by root; then
    /// the user changes, and gets a copy of the program that it can reach.
    pub(crate) fn of_ordinary_user() -> Self {
        let mut world = Self::new();
        if world.is_root {
            let copy = world.path("untrackd");
            install(&world.binary, &copy);
            world.binary = copy;
            std::os::unix::fs::chown(world.dir.path(), Some(ORDINARY), Some(ORDINARY)).unwrap();
        }
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The same for something that can be executed.
    pub(crate) fn write_program(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        install(&self.write(&format!("{name}.text"), content), &path);
        path
    }

    /// The program with an empty configuration file.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.bare_command(arguments);
        // Tests may be run by root; the system's directories are not theirs.
        command
            .env("UNTRACKD_CONFIG", self.path("empty.toml"))
            .env("RUNTIME_DIRECTORY", self.path("service/run"))
            .env("STATE_DIRECTORY", self.path("service/state"));
        command
    }

    /// The program without a configuration file, as an ordinary user if this
    /// is such a world.
    pub(crate) fn bare_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("XDG_CONFIG_HOME", self.path("config"));
        let is_copy = self.binary.starts_with(self.dir.path());
        if self.is_root && is_copy {
            command.uid(ORDINARY).gid(ORDINARY);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if let Err(error) = child.stdin.take().unwrap().write_all(input) {
            // It may end without reading all of it.
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        }
        Run::of(child.wait_with_output().unwrap())
    }
}

/// What the program did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// The JSON objects that were written, one a line.
    pub(crate) fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.text().lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A message without anything that tracks.
pub(crate) fn plain_mail(subject: &str) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject: {subject}\r\n\r\n\
         Dear Bob,\r\n\r\n  nothing here tracks.\r\n"
    )
    .into_bytes()
}

/// All files below a directory with their content, sorted by name.
pub(crate) fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = walkdir::WalkDir::new(dir)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let name = entry
                .path()
                .strip_prefix(dir)
                .unwrap()
                .display()
                .to_string();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// A vendor of the test's own, so that the shipped rules may change.
pub(crate) const RULES: &str = r#"
[vendor]
id = "exampler"
name = "Exampler"
company = "Example Ltd"

[[redirect]]
id = "exampler-click"
hosts = ["click.example.org"]
path = '^/c\?'
decode = ["param:u", "percent"]
tells = ["link", "recipient"]
match = [
    { url = "https://click.example.org/c?u=https%3A%2F%2Fshop.example.com%2F", to = "https://shop.example.com/" },
]
ignore = ["https://click.example.org/", "https://click.example.org.example.net/c?u=https%3A%2F%2Fshop.example.com%2F"]
"#;

/// Copies a file to where it can be executed.
///
/// install(1) does it: what this process has open for writing is inherited, for
/// a moment, by every program that another test starts meanwhile, and a file
/// that anybody has open for writing is not executed (ETXTBSY, execve(2)).
fn install(source: &Path, path: &Path) {
    let status = Command::new("install")
        .args(["-m", "755", "--"])
        .args([source, path])
        .status();
    assert!(status.expect("install(1)").success(), "{}", path.display());
}
