//! The milters that are compared, each a process of its own.

use super::{
    common::{
        directory, free_port,
        process::{Settings, Transport, Untrackd},
        usage::total_time,
        wait_until,
    },
    noop,
};
use std::{
    env,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const LXML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/lxml_milter.py");

/// Where Debian's package puts the module.
const PYTHON_MILTER: &str = "/usr/lib/python3/dist-packages/Milter/__init__.py";

/// What can be started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// `untrackd milter` as it is by default.
    Untrackd,
    /// The same without the block log.
    Unlogged,
    /// A milter that reads everything and does nothing.
    Noop,
    /// The filter in `benches/peers/`.
    Lxml,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Untrackd => "untrackd",
            Self::Unlogged => "untrackd without log",
            Self::Noop => "no-op",
            Self::Lxml => "lxml",
        }
    }
}

/// A running milter.
pub(crate) struct Peer {
    pub(crate) kind: Kind,
    pub(crate) transport: Transport,
    process: Process,
}

enum Process {
    Ours(Untrackd),
    Other(Other),
}

/// A milter that is not `untrackd`.
struct Other {
    socket: String,
    child: Child,
    directory: TempDir,
}

impl Peer {
    /// Starts a milter and waits until its socket answers; `program` is the
    /// `untrackd` to be looked at.
    pub(crate) fn start(kind: Kind, transport: Transport, program: &Path) -> Result<Self, String> {
        let process = match kind {
            Kind::Untrackd => Process::Ours(untrackd(program, transport, "")),
            Kind::Unlogged => Process::Ours(untrackd(program, transport, "enabled = false\n")),
            Kind::Noop => {
                let program = env::current_exe().map_err(|e| e.to_string())?;
                Process::Other(Other::start(&program, noop::ARGUMENT, transport)?)
            }
            Kind::Lxml => {
                lxml_is_there()?;
                Process::Other(Other::start(
                    Path::new("/usr/bin/python3"),
                    LXML,
                    transport,
                )?)
            }
        };
        Ok(Self {
            kind,
            transport,
            process,
        })
    }

    /// What it is called in a table.
    pub(crate) fn name(&self) -> String {
        match self.transport {
            Transport::Unix => self.kind.name().to_owned(),
            Transport::Tcp => format!("{}, TCP", self.kind.name()),
        }
    }

    /// The socket as Postfix writes it.
    pub(crate) fn socket(&self) -> &str {
        match &self.process {
            Process::Ours(untrackd) => untrackd.socket(),
            Process::Other(other) => &other.socket,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.process {
            Process::Ours(untrackd) => untrackd.pid(),
            Process::Other(other) => other.child.id(),
        }
    }

    /// Its processor time once it has nothing left to do: what is written to
    /// the block log comes after the answer.
    pub(crate) fn processor_time(&self) -> Duration {
        const QUIET: Duration = Duration::from_millis(150);
        const PATIENCE: Duration = Duration::from_secs(10);
        let begun = Instant::now();
        let mut time = total_time(self.pid());
        let mut since = begun;
        while since.elapsed() < QUIET && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
            let now = total_time(self.pid());
            if now > time {
                time = now;
                since = Instant::now();
            }
        }
        time
    }
}

fn untrackd(program: &Path, transport: Transport, log: &str) -> Untrackd {
    let settings = Settings {
        milter: "max_connections = 4000\n".to_owned(),
        log: log.to_owned(),
        ..Settings::default()
    };
    Untrackd::start_program(program, transport, &settings)
}

fn lxml_is_there() -> Result<(), String> {
    let lacks = |path: &str| !Path::new(path).exists();
    if lacks(PYTHON_MILTER) || lacks("/usr/lib/python3/dist-packages/lxml") {
        Err(
            "the filter to compare with needs python3-milter and python3-lxml: \
             run benches/peers/setup.sh, or leave it out with --without-lxml"
                .to_owned(),
        )
    } else {
        Ok(())
    }
}

impl Other {
    fn start(program: &Path, argument: &str, transport: Transport) -> Result<Self, String> {
        let directory = directory();
        let path = directory.path().join("milter.sock");
        let port = free_port();
        let socket = match transport {
            Transport::Unix => format!("unix:{}", path.display()),
            Transport::Tcp => format!("inet:127.0.0.1:{port}"),
        };
        // libmilter writes the port before the host.
        let listen = match transport {
            Transport::Unix => socket.clone(),
            Transport::Tcp => format!("inet:{port}@127.0.0.1"),
        };
        let messages = messages(&directory);
        let file = File::create(&messages).map_err(|e| e.to_string())?;
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args([argument, &listen])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .map_err(|e| format!("setpriv(1) of util-linux, which starts it: {e}"))?;
        let other = Self {
            socket,
            child,
            directory,
        };
        let is_ready = wait_until(Duration::from_secs(20), || {
            super::common::milter::Connection::open(&other.socket).is_ok()
        });
        if !is_ready {
            let said = fs::read_to_string(&messages).unwrap_or_default();
            return Err(format!("{argument} does not answer: {said}"));
        }
        if transport == Transport::Unix {
            // For Postfix's user.
            fs::set_permissions(&path, Permissions::from_mode(0o666)).map_err(|e| e.to_string())?;
        }
        Ok(other)
    }
}

fn messages(directory: &TempDir) -> PathBuf {
    directory.path().join("stderr")
}

impl Drop for Other {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let said = fs::read_to_string(messages(&self.directory)).unwrap_or_default();
        if !said.is_empty() {
            eprintln!("--- {} said ---\n{said}", self.socket);
        }
    }
}
