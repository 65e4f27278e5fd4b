//! A dashboard over a block log that the test fills.

use crate::client::PATIENCE;
use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, UNIX_EPOCH},
};
use tempfile::TempDir;
use untrackd::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Disclosure, Evidence, Verdict},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    skip::Skip,
    telemetry::{Disposition, Event, Record, Recorder, Settings, Transaction},
    url::{Target, decode::Destination},
};

/// 2026-11-20T12:00:00Z in milliseconds since 1970.
pub(crate) const NOON: u64 = 1_795_176_000_000;
pub(crate) const DAY: u64 = 86_400_000;

/// A dashboard that runs, and the log behind it.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) recorder: Recorder,
    pub(crate) audit: PathBuf,
    process: Child,
    _dir: TempDir,
}

impl Site {
    /// `more` is added to the configuration; times are shown in UTC.
    pub(crate) fn new(events: impl IntoIterator<Item = Event>, more: &str) -> Self {
        Self::of_level(events, "pseudonym", more)
    }

    pub(crate) fn of_level(
        events: impl IntoIterator<Item = Event>,
        level: &str,
        more: &str,
    ) -> Self {
        Self::start(events, level, 1, more)
    }

    /// With a bound on groups of people; elsewhere there is none.
    pub(crate) fn with_min_group(events: impl IntoIterator<Item = Event>, min_group: u32) -> Self {
        Self::start(events, "pseudonym", min_group, "")
    }

    fn start(
        events: impl IntoIterator<Item = Event>,
        level: &str,
        min_group: u32,
        more: &str,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let bound = match level {
            "full" => "full_until = \"2999-12-31\"\n",
            _ => "",
        };
        let settings: Settings = toml::from_str(&format!(
            "path = {:?}\nkeys = {:?}\nprivacy = {level:?}\n{bound}\
             keep_days = 100000\nkeep_rollup_days = 100000",
            at("log.db"),
            at("log.keys")
        ))
        .unwrap();
        let recorder = Recorder::start(&settings).unwrap();
        for event in events {
            recorder.record(event);
        }
        assert!(recorder.flush(PATIENCE));
        let audit = at("audit.db");
        let config = at("untrackd.toml");
        let text = format!(
            "[log]\npath = {:?}\nkeys = {:?}\nprivacy = {level:?}\n{bound}\
             [review]\naudit = {audit:?}\nallowlist = {:?}\nmin_group = {min_group}\n\
             [dashboard]\nlisten = \"127.0.0.1:0\"\n{more}\n",
            settings.path,
            settings.keys,
            at("allow.toml"),
        );
        fs::write(&config, text).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_untrackd"))
            .arg("--config")
            .arg(&config)
            .arg("dashboard")
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
        // Nobody reads it, but it must not stop the process.
        thread::spawn(move || lines.for_each(drop));
        Self {
            address,
            recorder,
            audit,
            process,
            _dir: dir,
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An event at that time with nothing in it.
pub(crate) fn event(at_ms: u64, queue_id: &str, disposition: Disposition) -> Event {
    Event {
        at: UNIX_EPOCH + Duration::from_millis(at_ms),
        transaction: Transaction {
            queue_id: Some(queue_id.to_owned()),
            message_id: Some("20261120.7@mail.sender.example".to_owned()),
            sender: "bounce-4711@mail.sender.example".to_owned(),
            from_domain: Some("news.sender.example".to_owned()),
            recipients: vec!["jane.doe@example.com".to_owned()],
            client: Some([192, 0, 2, 77].into()),
        },
        disposition,
        outcome: Outcome {
            parts: 2,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 2_048,
        size_after: 1_024,
        duration: Duration::from_micros(1_500),
        rules_version: "0123456789ab".to_owned(),
    }
}

/// One with two pixels and a wrapped link.
pub(crate) fn newsletter(at_ms: u64, queue_id: &str) -> Event {
    let mut event = event(at_ms, queue_id, Disposition::Changed);
    let to = Target::parse("https://www.shop.example/autumn").unwrap();
    event.outcome.findings = vec![
        finding("https://open.tracker.example/o/1.gif", Action::Neutralize),
        finding("https://open.tracker.example/o/2.gif", Action::Neutralize),
        Finding {
            vector: Vector::AHref,
            ..finding(
                "https://click.tracker.example/c?u=1",
                Action::Unwrap(Destination {
                    text: to.as_str().to_owned(),
                    target: to,
                }),
            )
        },
    ];
    event
}

/// One that asks for a receipt.
pub(crate) fn receipt(at_ms: u64, queue_id: &str) -> Event {
    let mut event = event(at_ms, queue_id, Disposition::Changed);
    event.outcome.findings = vec![Finding {
        vector: Vector::ReceiptHeader,
        url: None,
        verdict: Verdict {
            rules: Vec::new(),
            discloses: [Disclosure::Time].into(),
            ..finding("https://a.example/", Action::Remove).verdict
        },
        ..finding("https://a.example/", Action::Remove)
    }];
    event
}

/// One that is signed.
pub(crate) fn signed(at_ms: u64, queue_id: &str) -> Event {
    let mut event = event(at_ms, queue_id, Disposition::Skipped);
    event.outcome.skips = vec![SkipNote {
        part: "1".to_owned(),
        skip: Skip::Signed,
    }];
    event
}

pub(crate) fn finding(url: &str, action: Action) -> Finding {
    Finding {
        part: "1.2".to_owned(),
        vector: Vector::ImgSrc,
        url: Some(Target::parse(url).unwrap()),
        verdict: Verdict {
            action,
            rules: vec![rule("example-open", "Example Mail", "Example Inc")],
            evidence: vec![
                Evidence {
                    kind: "tiny",
                    weight: 40,
                    detail: "1×1".into(),
                },
                Evidence {
                    kind: "same-host",
                    weight: -10,
                    detail: "".into(),
                },
            ],
            score: 30,
            notable: true,
            discloses: [Disclosure::Time, Disclosure::Recipient].into(),
            ..Verdict::default()
        },
        facts: None,
    }
}

pub(crate) fn rule(id: &str, vendor: &str, company: &str) -> RuleRef {
    RuleRef {
        id: Arc::from(id),
        vendor: Arc::new(Vendor {
            id: "example-mail".to_owned(),
            name: vendor.to_owned(),
            company: company.to_owned(),
            category: Category::Mail,
        }),
        tells: Arc::from([Tells::Recipient]),
    }
}
