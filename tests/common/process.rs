//! The `untrackd` process under test.

use super::{directory, free_port, is_root, wait_until};
use std::{
    collections::HashMap,
    fmt::Write as _,
    fs::{self, File},
    net::TcpStream,
    os::unix::{net::UnixStream, process::ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_untrackd");

/// How Postfix reaches the milter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Transport {
    /// A Unix socket in the milter's directory.
    Unix,
    /// A port of loopback.
    Tcp,
}

/// What the configuration file says besides socket and log.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Lines of the top table, such as `mode = "observe"`.
    pub(crate) top: String,
    /// Further lines of `[milter]`.
    pub(crate) milter: String,
    /// Lines of `[exempt]`.
    pub(crate) exempt: String,
    /// Lines of `[limits]`.
    pub(crate) limits: String,
    /// Where the block log is; without it, in the milter's directory.
    pub(crate) log_path: Option<PathBuf>,
    /// Further lines of `[log]`, and whole sections after them.
    pub(crate) log: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            top: String::new(),
            milter: "drain_time = \"60s\"".to_owned(),
            exempt: String::new(),
            limits: String::new(),
            log_path: None,
            log: String::new(),
        }
    }
}

/// A running `untrackd milter`.
pub(crate) struct Untrackd {
    directory: TempDir,
    program: PathBuf,
    socket: String,
    child: Child,
}

impl Untrackd {
    /// Starts the milter and waits until its socket answers.
    pub(crate) fn start(transport: Transport, settings: &Settings) -> Self {
        Self::start_program(Path::new(PROGRAM), transport, settings)
    }

    /// The same with another build of the program.
    pub(crate) fn start_program(program: &Path, transport: Transport, settings: &Settings) -> Self {
        let directory = directory();
        let socket = match transport {
            Transport::Unix => format!("unix:{}", directory.path().join("milter.sock").display()),
            Transport::Tcp => format!("inet:127.0.0.1:{}", free_port()),
        };
        Self::start_in(directory, program, socket, settings)
    }

    /// The same on a socket of the test's own.
    pub(crate) fn start_on(socket: String, settings: &Settings) -> Self {
        Self::start_in(directory(), Path::new(PROGRAM), socket, settings)
    }

    fn start_in(directory: TempDir, program: &Path, socket: String, settings: &Settings) -> Self {
        configure(directory.path(), &socket, settings);
        let child = spawn(program, directory.path(), &[]);
        let mut untrackd = Self {
            directory,
            program: program.to_owned(),
            socket,
            child,
        };
        untrackd.wait_until_ready();
        untrackd
    }

    /// The socket as Postfix writes it.
    pub(crate) fn socket(&self) -> &str {
        &self.socket
    }

    /// The process id; of the last start, if it was started anew.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The block log's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("log.db")
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        config_path(self.directory.path())
    }

    /// A directory that goes away with the milter.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a new configuration file; the milter sees it after
    /// [`Untrackd::hang_up`].
    pub(crate) fn reconfigure(&self, settings: &Settings) {
        configure(self.directory.path(), &self.socket, settings);
    }

    /// Asks for a reload (SIGHUP).
    pub(crate) fn hang_up(&self) {
        self.signal("HUP");
    }

    /// Asks for a stop (SIGTERM).
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Kills the process (SIGKILL).
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the milter is ours to kill");
        let status = self.child.wait().expect("the milter ends");
        assert_eq!(status.signal(), Some(9), "it was running until now");
    }

    /// Starts it anew after it has ended, on the same socket.
    pub(crate) fn restart(&mut self) {
        self.child = spawn(&self.program, self.directory.path(), &[]);
        self.wait_until_ready();
    }

    /// The same with so many file descriptors at most.
    pub(crate) fn restart_with_descriptors(&mut self, most: usize) {
        let limit = format!("--nofile={most}:{most}");
        self.child = spawn(&self.program, self.directory.path(), &["prlimit", &limit]);
        self.wait_until_ready();
    }

    /// Waits for the process to end by itself.
    pub(crate) fn wait(&mut self, limit: Duration) -> ExitStatus {
        let mut status = None;
        wait_until(limit, || {
            status = self.child.try_wait().expect("the milter is our child");
            status.is_some()
        });
        status.unwrap_or_else(|| {
            panic!(
                "the milter still runs after {limit:?}:\n{}",
                self.messages()
            )
        })
    }

    /// What it has written to its standard error so far, over all starts.
    pub(crate) fn messages(&self) -> String {
        let log = fs::read(stderr_path(self.directory.path())).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The block log's rows by queue id, once those of `queue_ids` are there:
    /// they are written behind the mail's back.
    pub(crate) fn block_log(&self, queue_ids: &[String]) -> HashMap<String, serde_json::Value> {
        let mut rows = HashMap::new();
        let complete = wait_until(Duration::from_secs(60), || {
            rows = self.read_block_log();
            queue_ids.iter().all(|id| rows.contains_key(id))
        });
        assert!(complete, "some of {queue_ids:?} are not in the block log");
        rows
    }

    fn read_block_log(&self) -> HashMap<String, serde_json::Value> {
        let output = self.run(&["log", "--json", "--limit", "100000"]);
        assert!(
            output.status.success(),
            "untrackd log: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| {
                let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let id = row["queue_id"].as_str().expect("a queue id").to_owned();
                (id, row)
            })
            .collect()
    }

    /// Runs another command of the program with the same configuration.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let (command, rest) = arguments.split_first().expect("a command");
        Command::new(&self.program)
            .arg(command)
            .arg("--config")
            .arg(self.config())
            .args(rest)
            .stdin(Stdio::null())
            .output()
            .expect("the program under test")
    }

    /// Sends a signal by its name, such as `KILL`.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill`: the program of that name is in a package
        // that a small installation lacks.
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name])
            .arg(self.child.id().to_string())
            .status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -s {name}");
    }

    fn wait_until_ready(&mut self) {
        let ready = wait_until(Duration::from_secs(60), || {
            if let Some(status) = self.child.try_wait().expect("the milter is our child") {
                panic!("untrackd milter ended ({status}):\n{}", self.messages());
            }
            match self.socket.split_once(':').expect("unix: or inet:") {
                ("unix", path) => UnixStream::connect(path).is_ok(),
                (_, address) => TcpStream::connect(address).is_ok(),
            }
        });
        assert!(
            ready,
            "{} does not answer:\n{}",
            self.socket,
            self.messages()
        );
    }
}

impl Drop for Untrackd {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- untrackd's messages ---\n{}", self.messages());
        }
    }
}

fn config_path(directory: &Path) -> PathBuf {
    directory.join("untrackd.toml")
}

fn stderr_path(directory: &Path) -> PathBuf {
    directory.join("stderr")
}

fn configure(directory: &Path, socket: &str, settings: &Settings) {
    let Settings {
        top,
        milter,
        exempt,
        limits,
        log_path,
        log,
    } = settings;
    let mut text = format!("{top}\n[milter]\nsocket = \"{socket}\"\n{milter}\n");
    if socket.starts_with("unix:") {
        // Only root can give the socket to Postfix's group.
        text += if is_root() {
            "socket_mode = \"0660\"\nsocket_group = \"postfix\"\n"
        } else {
            "socket_mode = \"0666\"\n"
        };
    }
    let log_path = log_path.clone().unwrap_or(directory.join("log.db"));
    let _ = write!(
        text,
        "[exempt]\n{exempt}\n[limits]\n{limits}\n[log]\npath = {log_path:?}\n{log}\n"
    );
    // In one step, so that a reload never sees half a file.
    let new = directory.join("untrackd.toml.new");
    fs::write(&new, text).expect("the configuration file");
    fs::rename(&new, config_path(directory)).expect("the configuration file");
}

/// Starts the milter; `through` are programs that turn into it.
fn spawn(program: &Path, directory: &Path, through: &[&str]) -> Child {
    let messages = File::options()
        .create(true)
        .append(true)
        .open(stderr_path(directory))
        .expect("a file for the messages");
    // Even if the test is killed, the milter ends with it. setpriv(1) turns
    // into the program, so the process id is the program's.
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .args(through)
        .arg(program)
        .args(["milter", "--config"])
        .arg(config_path(directory))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(messages)
        .spawn()
        .expect("the program under test")
}
