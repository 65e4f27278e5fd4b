//! The browser's process.

use super::{cdp::Connection, page::Page, server::Server, wait_until};
use serde_json::json;
use std::{
    fs::{self, File},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

const PROGRAM: &str = "/usr/bin/chromium";

/// A running browser.
pub(crate) struct Chromium {
    child: Child,
    connection: Connection,
    home: TempDir,
}

impl Chromium {
    /// Starts the browser; all names and ports lead to `server`.
    ///
    /// # Panics
    ///
    /// If Chromium is not installed or does not start: a suite that is skipped
    /// without a word would look like one that passed.
    pub(crate) fn start(server: &Server) -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "Chromium is not installed, so the browser tests cannot run: run tests/setup.sh"
        );
        let home = tempfile::Builder::new()
            .prefix("untrackd-chromium-")
            .tempdir()
            .expect("a directory for the profile");
        let messages = File::create(home.path().join("stderr")).expect("a file for the messages");
        // The browser reads from descriptor 3 and writes to 4. A shell moves
        // the pipes there, as a process cannot without unsafe code.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >&2", "sh", PROGRAM])
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                // Containers give little of it.
                "--disable-dev-shm-usage",
                "--disable-sync",
                "--ignore-certificate-errors",
                "--no-default-browser-check",
                "--no-first-run",
                "--password-store=basic",
                "--remote-debugging-pipe",
                "--blink-settings=scriptEnabled=false",
            ])
            .arg(format!(
                "--host-resolver-rules=MAP * 127.0.0.1:{}",
                server.port()
            ))
            .arg(format!(
                "--user-data-dir={}",
                home.path().join("profile").display()
            ))
            .arg("about:blank")
            // Settings of whoever runs the test are none of its business.
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home.path())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(messages)
            .spawn()
            .expect("a shell");
        let to = child.stdin.take().expect("a pipe");
        let from = child.stdout.take().expect("a pipe");
        Self {
            child,
            connection: Connection::new(to, from),
            home,
        }
    }

    /// Name and version, such as `Chrome/156.0.8078.79`.
    pub(crate) fn version(&mut self) -> String {
        let version = self.connection.call(None, "Browser.getVersion", &json!({}));
        let version = version.expect("a version");
        version["product"].as_str().unwrap_or_default().to_owned()
    }

    /// Opens a tab.
    pub(crate) fn open(&mut self) -> Page<'_> {
        Page::open(&mut self.connection)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.connection.hang_up();
        let ended = wait_until(Duration::from_secs(10), || {
            matches!(self.child.try_wait(), Ok(Some(_)))
        });
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if std::thread::panicking() {
            let messages = fs::read(self.home.path().join("stderr")).unwrap_or_default();
            let messages = String::from_utf8_lossy(&messages);
            // That there is no desktop is said a hundred times.
            let messages = messages.lines().filter(|line| !line.contains("dbus"));
            eprintln!(
                "--- Chromium's messages ---\n{}",
                Vec::from_iter(messages).join("\n")
            );
        }
        // Its helpers end a moment later and may still write.
        wait_until(Duration::from_secs(5), || {
            let _ = fs::remove_dir_all(self.home.path());
            !self.home.path().exists()
        });
    }
}
