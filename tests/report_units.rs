//! The shipped timer makes last week's report after that week has ended, and
//! its service may do no more than read and hand a mail to Postfix.

use std::{fs, process::Command};

const SERVICE: &str = include_str!("../systemd/untrackd-report.service");
const TIMER: &str = include_str!("../systemd/untrackd-report.timer");
const MILTER: &str = include_str!("../systemd/untrackd.service");

/// Highest exposure that `systemd-analyze security` may find.
const EXPOSURE: f32 = 1.0;

/// What the milter's service allows and this one does not need, and what
/// cannot be the same.
const OWN: &[&str] = &[
    "Environment",
    "ExecReload",
    "ExecStart",
    "Group",
    "LimitNOFILE",
    "MemoryMax",
    "NoExecPaths",
    "ReadWritePaths",
    "Restart",
    "RestartSec",
    "RestrictAddressFamilies",
    "RuntimeDirectory",
    "RuntimeDirectoryMode",
    "StateDirectory",
    "StateDirectoryMode",
    "IPAddressAllow",
    "SystemCallFilter",
    "TasksMax",
    "TimeoutStopSec",
    "Type",
];

/// The settings of the section `[Service]`.
fn settings(unit: &'static str) -> Vec<(&'static str, &'static str)> {
    let (_, service) = unit.split_once("\n[Service]\n").unwrap();
    let service = service.split("\n[").next().unwrap();
    let lines = service.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('=').expect("name=value"))
        .collect()
}

#[test]
fn the_sandbox_is_that_of_the_milter() {
    let report = settings(SERVICE);
    for (name, value) in settings(MILTER) {
        if !OWN.contains(&name) {
            assert!(report.contains(&(name, value)), "{name}={value}");
        }
    }
    for expected in [
        ("User", "untrackd"),
        ("Type", "oneshot"),
        ("PrivateNetwork", "yes"),
        ("SupplementaryGroups", "postdrop"),
        ("ReadWritePaths", "-/var/spool/postfix/maildrop"),
        ("SystemCallFilter", "~@privileged @resources"),
    ] {
        assert!(report.contains(&expected), "{expected:?}");
    }
    assert!(!report.iter().any(|(name, _)| *name == "IPAddressAllow"));
}

#[test]
fn the_timer_waits_for_the_end_of_the_week_in_utc() {
    assert!(SERVICE.contains(" report --period week "));
    assert!(!SERVICE.contains("\n[Install]"), "the timer starts it");
    assert!(TIMER.contains("\nOnCalendar=Mon 06:30 UTC\n"));
    assert!(TIMER.contains("\n[Install]\nWantedBy=timers.target\n"));
}

#[test]
fn systemd_itself_finds_nothing_wrong() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("NOT CHECKED: systemd-analyze is not installed; tests/setup.sh installs it");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let unit = directory.path().join("untrackd-report.service");
    let timer = directory.path().join("untrackd-report.timer");
    // The program has to exist where the unit says.
    let program = env!("CARGO_BIN_EXE_untrackd");
    fs::write(&unit, SERVICE.replace("/usr/bin/untrackd", program)).unwrap();
    fs::write(&timer, TIMER).unwrap();

    let verify = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .args([&unit, &timer])
        .output()
        .unwrap();
    let complaints = String::from_utf8_lossy(&verify.stderr);
    assert!(
        verify.status.success() && !complaints.contains("untrackd-report"),
        "{complaints}"
    );

    let judged = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(&unit)
        .output()
        .unwrap();
    let table = String::from_utf8_lossy(&judged.stdout);
    let (_, exposure) = table
        .split_once("Overall exposure level for untrackd-report.service: ")
        .unwrap_or_else(|| panic!("no exposure level: {table}{judged:?}"));
    let exposure: f32 = exposure.split_whitespace().next().unwrap().parse().unwrap();
    assert!(exposure <= EXPOSURE, "exposure {exposure}:\n{table}");
}
