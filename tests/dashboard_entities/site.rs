//! A dashboard over a block log that the test fills.

use crate::client::PATIENCE;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
};
use tempfile::TempDir;
use untrackd::telemetry::{Event, Record, Recorder, Settings};

/// A dashboard that runs, and the log behind it.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    process: Child,
    dir: TempDir,
}

/// How a site differs from the usual one.
#[derive(Default)]
pub(crate) struct Plan {
    /// Keys before the first section of the configuration.
    pub(crate) keys: &'static str,
    /// Sections of the configuration.
    pub(crate) sections: String,
    /// The privacy level; `pseudonym` if it is empty.
    pub(crate) level: &'static str,
    /// Whether visitors are administrators.
    pub(crate) is_admin: bool,
    /// Files to write before the start.
    pub(crate) files: Vec<(&'static str, String)>,
}

impl Plan {
    pub(crate) fn admin() -> Self {
        Self {
            is_admin: true,
            ..Self::default()
        }
    }
}

impl Site {
    /// For visitors who may only look.
    pub(crate) fn new(events: impl IntoIterator<Item = Event>) -> Self {
        Self::with(events, &Plan::default())
    }

    /// In the configuration, `DIR` stands for the folder that everything is in.
    pub(crate) fn with(events: impl IntoIterator<Item = Event>, plan: &Plan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let level = if plan.level.is_empty() {
            "pseudonym"
        } else {
            plan.level
        };
        let settings = Settings {
            path: at("log.db"),
            keys: at("log.keys"),
            privacy: serde_json::from_value(level.into()).unwrap(),
            keep_days: 100_000,
            keep_rollup_days: 100_000,
            ..Settings::default()
        };
        let recorder = Recorder::start(&settings).unwrap();
        for event in events {
            recorder.record(event);
        }
        assert!(recorder.stop(PATIENCE));
        for (name, content) in &plan.files {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), content).unwrap();
        }
        let role = if plan.is_admin { "admin" } else { "read-only" };
        let folder = dir.path().display().to_string();
        let config = format!(
            "{}\n[log]\npath = \"DIR/log.db\"\nkeys = \"DIR/log.keys\"\nprivacy = {level:?}\n\
             [review]\naudit = \"DIR/review/audit.db\"\nallowlist = \"DIR/review/allow.toml\"\n\
             min_group = 1\n[dashboard]\nrole = {role:?}\n{}\n",
            plan.keys, plan.sections
        );
        fs::write(at("untrackd.toml"), config.replace("DIR", &folder)).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_untrackd"))
            .arg("--config")
            .arg(at("untrackd.toml"))
            .args(["dashboard", "--listen", "127.0.0.1:0"])
            .env("TZ", "UTC")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let line = lines.next();
            let line = line.unwrap_or_else(|| panic!("it did not start: {said:?}"));
            let line = line.unwrap();
            let found = line.split_once("http://").map(|(_, rest)| {
                let end = rest.find('/').unwrap_or(rest.len());
                rest[..end].parse().unwrap()
            });
            match found {
                Some(address) => break address,
                None => said.push(line),
            }
        };
        // Nobody reads it, but a full pipe must not stop the process.
        thread::spawn(move || lines.for_each(drop));
        Self {
            address,
            process,
            dir,
        }
    }

    /// A file beside the log.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
