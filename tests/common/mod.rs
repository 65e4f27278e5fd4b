//! What the tests with a real mail server are made of: a private Postfix, a
//! sink that keeps what it delivers, a client that speaks SMTP byte by byte,
//! the `untrackd` process, and varied mail.
//!
//! Everything listens on loopback, has a directory of its own under `/tmp`,
//! and is stopped when it goes out of scope, also when a test panics.

#![allow(dead_code, reason = "not every test uses all of the support")]

pub(crate) mod client;
pub(crate) mod compare;
pub(crate) mod mail;
pub(crate) mod milter;
pub(crate) mod postfix;
pub(crate) mod process;
pub(crate) mod sendmail;
pub(crate) mod sink;
pub(crate) mod usage;

use std::{
    fs::Permissions,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::{MetadataExt, PermissionsExt},
    process::Command,
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A fresh directory that every user may enter. `/tmp` is named rather than
/// asked for: `TMPDIR` may lie in a home directory, where the user `postfix`
/// cannot go.
pub(crate) fn directory() -> TempDir {
    tempfile::Builder::new()
        .prefix("untrackd-test-")
        .permissions(Permissions::from_mode(0o755))
        .tempdir_in("/tmp")
        .expect("a directory in /tmp")
}

/// Whether the test runs as root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A command that runs as root, through sudo if the test does not.
pub(crate) fn root_command(program: &str) -> Command {
    if is_root() {
        Command::new(program)
    } else {
        let mut command = Command::new("sudo");
        command.args(["-n", program]);
        command
    }
}

/// An unprivileged port on loopback that nothing listens on. The ports lie
/// below those that the kernel gives to outgoing connections, so that none is
/// taken between the asking and the use.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 20_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test binaries that run at the same time begin far from each other.
    let start = std::process::id().wrapping_mul(613) % u32::from(COUNT);
    let start = u16::try_from(start).expect("below COUNT");
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(step)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
}

/// Waits until `ready` says yes; false when `limit` has passed before.
pub(crate) fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !ready() {
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}
