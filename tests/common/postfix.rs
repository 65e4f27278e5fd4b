//! A private Postfix; `postfix.sh` beside this file does the work that needs
//! root.

use super::{directory, free_port, root_command, sink::Sink};
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/common/postfix.sh");

/// One SMTP port of a private Postfix.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener {
    settings: Vec<String>,
}

impl Listener {
    /// Without a milter.
    pub(crate) fn plain() -> Self {
        Self {
            settings: vec!["smtpd_milters =".to_owned()],
        }
    }

    /// With the milter at `socket`, such as `unix:/path` or
    /// `inet:127.0.0.1:PORT`; `default_action` (`accept` or `tempfail`) is
    /// what Postfix does without it.
    pub(crate) fn milter(socket: &str, default_action: &str) -> Self {
        Self {
            settings: vec![format!(
                "smtpd_milters = {{ {socket}, default_action={default_action} }}"
            )],
        }
    }

    /// With one more setting, as in main.cf.
    pub(crate) fn with(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }
}

/// A running Postfix that hands all mail to a sink.
pub(crate) struct PrivatePostfix {
    directory: TempDir,
    ports: Vec<u16>,
}

impl PrivatePostfix {
    /// Starts a Postfix with these listeners.
    ///
    /// # Panics
    ///
    /// If Postfix is not installed or does not start: a suite that is skipped
    /// without a word would look like one that passed.
    pub(crate) fn start(sink: &Sink, listeners: &[Listener]) -> Self {
        Self::start_with(sink, listeners, &[])
    }

    /// Starts a Postfix with these listeners and lines for main.cf.
    pub(crate) fn start_with(sink: &Sink, listeners: &[Listener], settings: &[&str]) -> Self {
        assert!(
            Path::new("/usr/sbin/postfix").exists(),
            "Postfix is not installed, so the mail server tests cannot run: run tests/setup.sh"
        );
        let mut last_error = String::new();
        // Another program may take a port between the choice and the start.
        for _ in 0..3 {
            let directory = directory();
            let ports: Vec<u16> = listeners.iter().map(|_| free_port()).collect();
            let mut command = script("start", directory.path());
            command
                .arg(std::process::id().to_string())
                .arg(sink.port().to_string())
                .args(settings);
            for (listener, port) in listeners.iter().zip(&ports) {
                command.arg(format!("port={port}")).args(&listener.settings);
            }
            // On failure too, dropping this cleans up.
            let postfix = Self { directory, ports };
            let output = command.output().expect("bash and, unless root, sudo");
            if output.status.success() {
                return postfix;
            }
            last_error = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("the private Postfix does not start:\n{last_error}");
    }

    /// The port of a listener, counted from 0.
    pub(crate) fn port(&self, listener: usize) -> u16 {
        self.ports[listener]
    }

    /// Sends a mail with LF line ends by sendmail(1), as programs of this
    /// machine do.
    pub(crate) fn submit(&self, sender: &str, recipients: &[&str], mail: &[u8]) -> Output {
        let mut command = root_command("/usr/sbin/sendmail");
        command.arg("-C").arg(self.root().join("etc"));
        command
            .args(["-i", "-B8BITMIME", "-f", sender])
            .args(recipients);
        super::sendmail::feed(&mut command, mail)
    }

    /// What Postfix has logged so far.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.root().join("maillog")).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for PrivatePostfix {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- Postfix's log ---\n{}", self.log());
        }
        let stopped = script("stop", self.root()).status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!("the Postfix in {} did not stop", self.root().display());
        }
    }
}

fn script(action: &str, directory: &Path) -> Command {
    let mut command = root_command("bash");
    command.arg(SCRIPT).arg(action).arg(directory);
    command
}
