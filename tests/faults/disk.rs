//! A disk that is full, or cannot be written.

use crate::{
    common::{directory, process::Settings, root_command, wait_until},
    not_tried,
    rig::{PATIENCE, Rig},
};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};
use tempfile::TempDir;

/// A small file system of its own.
struct Disk(TempDir);

impl Disk {
    fn new() -> Option<Self> {
        let disk = Self(directory());
        let mounted = disk.mount(&["-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs"]);
        mounted.then_some(disk)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn mount(&self, arguments: &[&str]) -> bool {
        root_command("mount")
            .args(arguments)
            .arg(self.path())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Whether nobody has a file open for writing any more, so that it could
    /// be done.
    fn make_read_only(&self) -> bool {
        wait_until(PATIENCE, || self.mount(&["-o", "remount,ro"]))
    }

    fn make_writable(&self) {
        assert!(self.mount(&["-o", "remount,rw"]), "it was writable before");
    }

    /// Takes all the space but so many bytes, until the file is removed.
    fn fill_but(&self, left: u64) -> PathBuf {
        let filler = self.path().join("filler");
        let mut file = File::create(&filler).expect("a file");
        while file.write_all(&[0; 4_096]).is_ok() {}
        let full = file.metadata().expect("its size").len();
        file.set_len(full - left).expect("a shorter file");
        filler
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = root_command("umount").arg("-l").arg(self.path()).status();
    }
}

fn rig_on(disk: &Disk, min_free: &str) -> Rig {
    Rig::start(Settings {
        log_path: Some(disk.path().join("log.db")),
        log: format!("min_free_bytes = {min_free}"),
        ..Settings::default()
    })
}

fn stop(rig: &mut Rig) {
    rig.untrackd.terminate();
    assert!(rig.untrackd.wait(PATIENCE).success());
}

/// Sends mail until this is said.
fn cleans_until_told(rig: &Rig, text: &str, times: usize) {
    for _ in 0..100 {
        rig.cleans();
        if rig.untrackd.messages().matches(text).count() >= times {
            return;
        }
    }
    panic!("{text:?} was not logged:\n{}", rig.untrackd.messages());
}

#[test]
fn a_full_disk_costs_no_mail() {
    // Once SQLite runs into the end, once untrackd stops before it.
    for (min_free, left, said) in [
        ("0", 0, "log.db: no space is left: "),
        (
            "3145728",
            1 << 20,
            " bytes are free, less than log.min_free_bytes; mail goes on, ",
        ),
    ] {
        let Some(disk) = Disk::new() else {
            return not_tried("a full disk", "mounting a tmpfs needs root");
        };
        let mut rig = rig_on(&disk, min_free);
        rig.cleans();
        rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 1.0);

        let filler = disk.fill_but(left);
        cleans_until_told(&rig, said, 1);
        rig.health_says("the block log cannot be written");
        fs::remove_file(&filler).expect("the filler");
        rig.told_times("log.db is written again", 1);
        rig.health_says("\"status\":\"ok\"");

        // The same from the start on.
        stop(&mut rig);
        let filler = disk.fill_but(left);
        rig.untrackd.restart();
        cleans_until_told(&rig, said, 2);
        rig.health_says("the block log cannot be written");
        fs::remove_file(&filler).expect("the filler");
        rig.told_times("log.db is written again", 2);
        rig.cleans();
        rig.logs(rig.taken());
        rig.settle();
    }
}

#[test]
fn a_disk_that_is_read_only_at_the_start_costs_no_mail() {
    let Some(disk) = Disk::new() else {
        return not_tried("a read-only disk", "mounting a tmpfs needs root");
    };
    let mut rig = rig_on(&disk, "0");
    rig.cleans();
    stop(&mut rig);
    assert!(disk.make_read_only());
    rig.untrackd.restart();
    rig.cleans();
    rig.told("Read-only file system");
    rig.told("; mail goes on, ");
    rig.health_says("the block log cannot be written");
    let (code, text) = rig.command(&["check"]);
    assert_eq!(code, 73, "{text}");
    assert!(
        text.contains("log.db cannot be written: Read-only file system"),
        "{text}"
    );
    // What is there can be read.
    rig.logs(1);
    disk.make_writable();
    rig.told("log.db is written again");
    rig.logs(2);
    rig.health_says("\"status\":\"ok\"");

    // Without keys there are no pseudonyms, and the milter does not start
    // rather than store addresses.
    stop(&mut rig);
    let keys = disk.path().join("log.keys");
    let saved = fs::read(&keys).expect("the keys");
    fs::remove_file(&keys).expect("the keys");
    assert!(disk.make_read_only());
    let (code, text) = rig.command(&["milter"]);
    assert_eq!(code, 73, "{text}");
    assert!(
        text.contains("cannot open the block log") && text.contains("log.keys"),
        "{text}"
    );
    disk.make_writable();
    fs::write(&keys, saved).expect("the keys");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("the keys' mode");
    rig.untrackd.restart();
    rig.cleans();
    rig.settle();
}

/// A file that nobody can write, not even who has it open.
struct Immutable(PathBuf);

impl Immutable {
    fn make(path: PathBuf) -> Option<Self> {
        let file = Self(path);
        file.set("+i").then_some(file)
    }

    fn set(&self, mode: &str) -> bool {
        root_command("chattr")
            .arg(mode)
            .arg(&self.0)
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }
}

impl Drop for Immutable {
    fn drop(&mut self) {
        self.set("-i");
    }
}

#[test]
fn a_log_that_cannot_be_written_any_more_costs_no_mail() {
    let rig = Rig::start(Settings::default());
    rig.cleans();
    rig.metric_becomes("untrackd_log_messages_stored_total", |n| n == 1.0);
    // What a file system does that the kernel has made read-only after an
    // error: files stay open, and writing to them fails.
    let wal = rig.untrackd.directory().join("log.db-wal");
    let Some(immutable) = Immutable::make(wal) else {
        return not_tried(
            "a block log that cannot be written any more",
            "chattr(1) needs root and a file system that knows it",
        );
    };
    rig.cleans();
    rig.told("log.db: cannot be opened or written: ");
    rig.health_says("the block log cannot be written");
    drop(immutable);
    rig.told("log.db is written again");
    rig.cleans();
    rig.logs(3);
    rig.health_says("\"status\":\"ok\"");
    rig.settle();
}
