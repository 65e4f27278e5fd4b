//! A private Sendmail; `sendmail.sh` beside this file does the work that needs
//! root.

use super::{directory, free_port, root_command, sink::Sink};
use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
};
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/sendmail.sh");

/// Where tests/setup.sh takes Debian's packages apart: they conflict with
/// Postfix and cannot be installed beside it.
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/sendmail");

/// A directory for milters' sockets. Sendmail trusts none below one that
/// everybody may write to, such as `/tmp`.
pub(crate) struct Sockets {
    path: PathBuf,
}

impl Sockets {
    /// Makes a directory below `/run`.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!(
            "/run/untrackd-test-{}-{number}",
            std::process::id()
        ));
        let own = fs::metadata("/proc/self").expect("/proc is there");
        let output = script("sockets", &path)
            .arg(own.uid().to_string())
            .output()
            .expect("bash and, unless root, sudo");
        assert!(
            output.status.success(),
            "{}: {}",
            path.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        Self { path }
    }

    /// A socket in it, as Postfix and untrackd write it.
    pub(crate) fn socket(&self, name: &str) -> String {
        format!("unix:{}", self.path.join(name).display())
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _ = script("stop", &self.path).status();
    }
}

/// A milter as Sendmail knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter<'a> {
    pub(crate) name: &'a str,
    /// In Postfix's notation.
    pub(crate) socket: &'a str,
    /// What becomes of mail without it: `T` (try again later), `R` (refused)
    /// or nothing (it passes).
    pub(crate) flags: &'a str,
}

/// A running Sendmail that hands all mail to a sink.
pub(crate) struct PrivateSendmail {
    directory: TempDir,
    ports: Vec<u16>,
}

impl PrivateSendmail {
    /// Starts a Sendmail that knows these milters, and listens on a port for
    /// each list of their names. Mail
    /// that is submitted on this machine goes to the last port.
    ///
    /// # Panics
    ///
    /// If Debian's packages are not there or Sendmail does not start: a suite
    /// that is skipped without a word would look like one that passed.
    pub(crate) fn start(sink: &Sink, milters: &[Filter<'_>], listeners: &[&[&str]]) -> Self {
        assert!(
            Path::new(PACKAGES)
                .join("usr/libexec/sendmail/sendmail")
                .exists(),
            "Sendmail is not in {PACKAGES}, so the mail server tests cannot run: run tests/setup.sh"
        );
        let mut last_error = String::new();
        // Another program may take a port between the choice and the start.
        for _ in 0..3 {
            let directory = directory();
            let ports: Vec<u16> = listeners.iter().map(|_| free_port()).collect();
            let mc = daemon_mc(directory.path(), sink.port(), milters, listeners, &ports);
            fs::write(directory.path().join("sendmail.mc"), mc).expect("sendmail.mc");
            let last = *ports.last().expect("a listener");
            let mc = submission_mc(directory.path(), last);
            fs::write(directory.path().join("submit.mc"), mc).expect("submit.mc");
            // On failure too, dropping this cleans up.
            let sendmail = Self { directory, ports };
            let output = script("start", sendmail.root())
                .args([&std::process::id().to_string(), PACKAGES])
                .output()
                .expect("bash and, unless root, sudo");
            if output.status.success() {
                return sendmail;
            }
            last_error = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("the private Sendmail does not start:\n{last_error}");
    }

    /// The port of a listener, counted from 0.
    pub(crate) fn port(&self, listener: usize) -> u16 {
        self.ports[listener]
    }

    /// Sends a mail with LF line ends by sendmail(8), as programs of this
    /// machine do.
    pub(crate) fn submit(&self, sender: &str, recipients: &[&str], mail: &[u8]) -> Output {
        let mut command = script("submit", self.root());
        command
            .args([PACKAGES, "-i", "-B8BITMIME", "-f", sender])
            .args(recipients);
        feed(&mut command, mail)
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for PrivateSendmail {
    fn drop(&mut self) {
        let stopped = script("stop", self.root()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("the Sendmail in {} did not stop", self.root().display());
        }
    }
}

/// Runs a command with this on its standard input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program that is fed");
    let mut pipe = child.stdin.take().expect("a pipe");
    // In a thread, as the program may have to say something before it can read
    // on.
    thread::scope(|scope| {
        scope.spawn(move || {
            // A program that ends early says why by its status.
            let _ = pipe.write_all(input);
        });
        child.wait_with_output().expect("the program ends")
    })
}

fn script(action: &str, directory: &Path) -> Command {
    let mut command = root_command("bash");
    command.arg(SCRIPT).arg(action).arg(directory);
    command
}

/// A socket in Sendmail's notation.
fn notation(socket: &str) -> String {
    match socket.split_once(':').expect("unix: or inet:") {
        ("unix", path) => format!("local:{path}"),
        (_, address) => {
            let (host, port) = address.rsplit_once(':').expect("a port");
            format!("inet:{port}@{host}")
        }
    }
}

/// What both configurations begin with.
fn heading(directory: &Path, version: &str) -> String {
    let private = directory.join("private");
    let private = private.display();
    format!(
        "divert(-1)\n\
         define(`_CF_DIR_', `{PACKAGES}/usr/share/sendmail/cf/')\n\
         include(`{PACKAGES}/usr/share/sendmail/cf/m4/cf.m4')\n\
         divert(0)dnl\n\
         {version}\n\
         define(`QUEUE_DIR', `{private}/mqueue')dnl\n\
         define(`MSP_QUEUE_DIR', `{private}/clientmqueue')dnl\n\
         define(`STATUS_FILE', `')dnl\n\
         define(`HELP_FILE', `')dnl\n\
         define(`confSERVICE_SWITCH_FILE', `{private}/switch')dnl\n\
         define(`confDOMAIN_NAME', `mta.example.net')dnl\n\
         define(`confTO_IDENT', `0')dnl\n\
         define(`confREFUSE_LA', `0')dnl\n\
         define(`confQUEUE_LA', `100000')dnl\n\
         define(`confEIGHT_BIT_HANDLING', `pass8')dnl\n\
         FEATURE(`nocanonify')dnl\n"
    )
}

fn daemon_mc(
    directory: &Path,
    sink: u16,
    milters: &[Filter<'_>],
    listeners: &[&[&str]],
    ports: &[u16],
) -> String {
    let mut mc = heading(directory, "OSTYPE(`linux')dnl");
    let _ = write!(
        mc,
        "define(`ALIAS_FILE', `')dnl\n\
         define(`confPID_FILE', `{}/private/sendmail.pid')dnl\n\
         define(`confDONT_PROBE_INTERFACES', `True')dnl\n\
         define(`confDELIVERY_MODE', `background')dnl\n\
         define(`confMAX_DAEMON_CHILDREN', `0')dnl\n\
         define(`confMAX_HEADERS_LENGTH', `1000000')dnl\n\
         define(`RELAY_MAILER_ARGS', `TCP $h {sink}')dnl\n\
         define(`RELAY_MAILER_LL', `0')dnl\n\
         define(`SMART_HOST', `relay:[127.0.0.1]')dnl\n\
         FEATURE(`accept_unresolvable_domains')dnl\n\
         FEATURE(`promiscuous_relay')dnl\n\
         FEATURE(`no_default_msa')dnl\n",
        directory.display()
    );
    for Filter {
        name,
        socket,
        flags,
    } in milters
    {
        // The line of docs/sendmail.md, but not for every port.
        let socket = notation(socket);
        let _ = writeln!(
            mc,
            "MAIL_FILTER(`{name}', `S={socket}, F={flags}, T=C:10s;S:10s;R:20s;E:60s')dnl"
        );
    }
    for (number, (port, milters)) in ports.iter().zip(listeners).enumerate() {
        let filters = match milters.join(";") {
            none if none.is_empty() => none,
            names => format!(", InputMailFilters={names}"),
        };
        let _ = writeln!(
            mc,
            "DAEMON_OPTIONS(`Family=inet, Name=d{number}, Port={port}, Addr=127.0.0.1{filters}')dnl"
        );
    }
    // Tabs part the columns of a rule.
    mc + "MAILER(`smtp')dnl\n\
          LOCAL_RULESETS\n\
          SLocal_check_rcpt\n\
          R$*forbidden$*\t$#error $@ 5.1.1 $: \"550 5.1.1 forbidden\"\n"
}

fn submission_mc(directory: &Path, port: u16) -> String {
    let version = "define(`confCF_VERSION', `Submit')dnl\ndefine(`__OSTYPE__', `')dnl";
    heading(directory, version)
        + &format!(
            "define(`confRUN_AS_USER', `nobody')dnl\n\
             define(`confTRUSTED_USER', `root')dnl\n\
             define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl\n\
             define(`RELAY_MAILER_LL', `0')dnl\n\
             FEATURE(`msp', `[127.0.0.1]')dnl\n"
        )
}
