//! The shipped unit promises a sandbox; these tests hold each line of it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const UNIT: &str = include_str!("../systemd/untrackd.service");
const DASHBOARD: &str = include_str!("../systemd/untrackd-dashboard.service");
const SYSUSERS: &str = include_str!("../systemd/untrackd.sysusers");
const TMPFILES: &str = include_str!("../systemd/untrackd.tmpfiles");

/// Settings that the unit has to have, with these values.
const PROMISED: &[(&str, &str)] = &[
    ("AmbientCapabilities", ""),
    ("CapabilityBoundingSet", ""),
    ("DevicePolicy", "closed"),
    ("IPAddressAllow", "localhost"),
    ("IPAddressDeny", "any"),
    ("KeyringMode", "private"),
    ("LockPersonality", "yes"),
    ("MemoryDenyWriteExecute", "yes"),
    ("NoNewPrivileges", "yes"),
    ("PrivateDevices", "yes"),
    ("PrivateMounts", "yes"),
    ("PrivateTmp", "yes"),
    ("PrivateUsers", "yes"),
    ("ProcSubset", "pid"),
    ("ProtectClock", "yes"),
    ("ProtectControlGroups", "yes"),
    ("ProtectHome", "yes"),
    ("ProtectHostname", "yes"),
    ("ProtectKernelLogs", "yes"),
    ("ProtectKernelModules", "yes"),
    ("ProtectKernelTunables", "yes"),
    ("ProtectProc", "invisible"),
    ("ProtectSystem", "strict"),
    ("RemoveIPC", "yes"),
    ("Restart", "on-failure"),
    ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
    ("RestrictNamespaces", "yes"),
    ("RestrictRealtime", "yes"),
    ("RestrictSUIDSGID", "yes"),
    ("RuntimeDirectory", "untrackd"),
    ("StateDirectory", "untrackd"),
    ("StateDirectoryMode", "0700"),
    ("SystemCallArchitectures", "native"),
    ("Type", "notify"),
    ("UMask", "0077"),
    ("User", "untrackd"),
];

/// Where the dashboard's unit differs from the milter's.
const OF_DASHBOARD: &[(&str, &[&str])] = &[
    ("After", &["network.target untrackd.service"]),
    ("Before", &[]),
    (
        "Documentation",
        &["file:/usr/share/doc/untrackd/dashboard.md"],
    ),
    (
        "Description",
        &["Shows what untrackd took out of mail (dashboard)"],
    ),
    // It finds the block log beside the only folder that it may write.
    ("Environment", &["STATE_DIRECTORY=/var/lib/untrackd"]),
    ("ExecStart", &["/usr/bin/untrackd dashboard"]),
    // Not Postfix's, and no way to the milter's sockets.
    ("Group", &["untrackd"]),
    ("InaccessiblePaths", &["-/run/untrackd -/var/spool/postfix"]),
    ("LimitNOFILE", &["1024"]),
    ("MemoryMax", &["512M"]),
    ("NoExecPaths", &["/tmp /var/tmp /var/lib/untrackd"]),
    ("ReadWritePaths", &[]),
    ("RuntimeDirectory", &[]),
    ("RuntimeDirectoryMode", &[]),
    ("StateDirectory", &["untrackd/review"]),
    ("TasksMax", &["64"]),
    ("TimeoutStopSec", &["15s"]),
    ("WatchdogSec", &["30s"]),
];

/// The exposure that `systemd-analyze security` may report at most.
const EXPOSURE: f32 = 1.5;

/// The lines of a section, as name and value.
fn section(name: &str) -> Vec<(&'static str, &'static str)> {
    let mut current = "";
    let mut settings = Vec::new();
    for line in UNIT.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            current = header.trim_end_matches(']');
        } else if !line.is_empty() && !line.starts_with('#') {
            let setting = line.split_once('=').expect("name=value");
            if current == name {
                settings.push(setting);
            }
        }
    }
    settings
}

fn values(name: &str) -> Vec<&'static str> {
    section("Service")
        .into_iter()
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn the_unit_has_every_promised_setting_once() {
    for (name, value) in PROMISED {
        assert_eq!(values(name), [*value], "{name}");
    }
}

#[test]
fn no_setting_is_there_twice_but_the_call_filter() {
    let mut names: Vec<&str> = section("Service")
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| *name != "SystemCallFilter")
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
    assert_eq!(
        values("SystemCallFilter"),
        ["@system-service", "~@privileged @resources", "@chown"]
    );
}

#[test]
fn the_dashboard_is_in_the_same_sandbox_but_for_what_is_listed() {
    let settings = |text: &'static str| -> Vec<(&str, &str)> {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .collect()
    };
    let (milter, dashboard) = (settings(UNIT), settings(DASHBOARD));
    let of = |all: &[(&str, &'static str)], name: &str| -> Vec<&'static str> {
        let named = all.iter().filter(|(other, _)| *other == name);
        named.map(|(_, value)| *value).collect()
    };
    for (name, _) in milter.iter().chain(&dashboard) {
        let differs = OF_DASHBOARD.iter().find(|(other, _)| other == name);
        let expected = differs.map_or_else(|| of(&milter, name), |(_, values)| values.to_vec());
        assert_eq!(of(&dashboard, name), expected, "{name}");
    }
}

#[test]
fn a_stop_waits_longer_than_the_milter_drains() {
    let stop: u32 = values("TimeoutStopSec")[0]
        .trim_end_matches('s')
        .parse()
        .expect("seconds");
    let sample = fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/systemd/untrackd.toml"
    ))
    .expect("the sample configuration");
    let drain = sample
        .lines()
        .find_map(|line| line.trim_start_matches('#').strip_prefix("drain_time = \""))
        .and_then(|rest| rest.strip_suffix("s\""))
        .expect("the sample documents drain_time in seconds");
    let drain: u32 = drain.parse().expect("seconds");
    assert!(stop > drain, "{stop} s against {drain} s");
}

#[test]
fn the_service_starts_at_boot_and_before_postfix() {
    assert_eq!(section("Install"), [("WantedBy", "multi-user.target")]);
    let unit = section("Unit");
    let before = unit.iter().find(|(name, _)| *name == "Before");
    assert!(before.is_some_and(|(_, value)| value.contains("postfix.service")));
}

#[test]
fn the_snippets_name_the_same_user_and_change_nothing_unasked() {
    let entries = |text: &'static str| {
        text.lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        entries(SYSUSERS),
        ["u untrackd - \"untrackd milter\" /var/lib/untrackd"]
    );
    // Postfix's queue directory is not ours: the line waits for its "#".
    assert!(entries(TMPFILES).is_empty());
    assert!(TMPFILES.contains("\n#d /var/spool/postfix/untrackd 0710 untrackd postfix -\n"));
    assert_eq!(values("ReadWritePaths"), ["-/var/spool/postfix/untrackd"]);
}

#[test]
fn systemd_itself_finds_nothing_wrong() {
    judge("untrackd.service", UNIT);
}

#[test]
fn systemd_finds_nothing_wrong_with_the_dashboard_either() {
    judge("untrackd-dashboard.service", DASHBOARD);
}

fn judge(name: &str, content: &str) {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("NOT CHECKED: systemd-analyze is not installed; tests/setup.sh installs it");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let unit = directory.path().join(name);
    // The program has to exist where the unit says.
    let program = env!("CARGO_BIN_EXE_untrackd");
    fs::write(&unit, content.replace("/usr/bin/untrackd", program)).expect("the unit");

    let verified = analyze(&["verify", "--man=no"], &unit);
    let complaints = String::from_utf8_lossy(&verified.stderr);
    assert!(
        verified.status.success() && !complaints.contains(name),
        "{complaints}"
    );

    let judged = analyze(&["security", "--offline=true", "--no-pager"], &unit);
    let table = String::from_utf8_lossy(&judged.stdout);
    let exposure: f32 = table
        .lines()
        .find_map(|line| line.split_once(&format!("Overall exposure level for {name}: ")))
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .unwrap_or_else(|| panic!("no exposure level: {table}{judged:?}"))
        .parse()
        .expect("a number");
    assert!(exposure <= EXPOSURE, "exposure {exposure}:\n{table}");
}

fn analyze(arguments: &[&str], unit: &Path) -> Output {
    Command::new("systemd-analyze")
        .args(arguments)
        .arg(unit)
        .output()
        .expect("systemd-analyze")
}
