//! `untrackd privacy` from the outside, beside a running recorder.

mod cli_support;

use cli_support::World;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use untrackd::{
    clean::Outcome,
    telemetry::{Disposition, Event, Level, Record, Recorder, Settings, Transaction},
};

const JANE: &str = "Jane.Doe@example.com";
const PATIENCE: Duration = Duration::from_secs(60);

struct Log {
    world: World,
    recorder: Recorder,
    settings: Settings,
}

impl Log {
    fn new() -> Self {
        let world = World::new();
        let state = world.path("service/state");
        let settings = Settings {
            path: state.join("log.db"),
            keys: state.join("log.keys"),
            privacy: Level::Pseudonym,
            ..Settings::default()
        };
        let recorder = Recorder::start(&settings).unwrap();
        let log = Self {
            world,
            recorder,
            settings,
        };
        log.record(&["jane.doe@example.com"]);
        log.record(&["jane.doe@example.com", "joe@example.com"]);
        log.record(&["joe@example.com"]);
        log
    }

    fn record(&self, recipients: &[&str]) {
        self.recorder.record(Event {
            at: SystemTime::now(),
            transaction: Transaction {
                queue_id: Some(format!("Q{}", recipients.len())),
                sender: "news@example.org".to_owned(),
                recipients: recipients.iter().map(ToString::to_string).collect(),
                ..Transaction::default()
            },
            disposition: Disposition::Changed,
            outcome: Outcome::default(),
            size_before: 10,
            size_after: 9,
            duration: Duration::from_millis(1),
            rules_version: "0123456789ab".to_owned(),
        });
        assert!(self.recorder.flush(PATIENCE));
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut all = vec!["privacy"];
        all.extend(arguments);
        self.world.command(&all).output().unwrap()
    }

    /// The JSON that a command prints.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn audit(&self) -> PathBuf {
        self.settings.path.with_file_name("review/audit.db")
    }

    fn pseudonym(&self) -> String {
        let keys = untrackd::telemetry::keys::Keys::load(&self.settings.keys).unwrap();
        keys.current().recipient(JANE)
    }
}

fn holds(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap_or_default();
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

fn files(database: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|ending| format!("{}{ending}", database.display()).into())
}

#[test]
fn an_export_holds_the_person_and_nobody_else_and_is_recorded() {
    let log = Log::new();
    let export = log.json(&["export", JANE]);
    assert_eq!(export["person"], "jane.doe@example.com");
    assert_eq!(export["pseudonyms"][0]["recipient"], log.pseudonym());
    let messages = export["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    for message in messages {
        assert_eq!(message["roles"], serde_json::json!(["recipient"]));
        let recipients = message["message"]["recipients"].as_array().unwrap();
        assert_eq!(recipients.len(), 1);
        assert_eq!(recipients[0]["who"], log.pseudonym());
    }
    assert_eq!(messages[1]["message"]["recipient_count"], 2);

    let row = log.json(&["audit", "--json", "--person", JANE]);
    assert_eq!(
        (
            row["act"].as_str(),
            row["outcome"].as_str(),
            row["details"].as_str()
        ),
        (Some("export"), Some("done"), Some("messages=2"))
    );
    assert!(holds(&log.audit(), "export"));
    assert!(!holds(&log.audit(), "jane") && !holds(&log.audit(), &log.pseudonym()[2..]));
    let other = log.run(&["audit", "--person", "joe@example.com"]);
    assert!(other.status.success() && other.stdout.is_empty());
}

#[test]
fn an_erasure_asks_first_and_leaves_no_byte() {
    let log = Log::new();
    let pseudonym = log.pseudonym();
    let is_there = || {
        files(&log.settings.path)
            .iter()
            .any(|f| holds(f, &pseudonym))
    };

    // Nobody can answer here, so nothing happens (EX_USAGE).
    let output = log.run(&["erase", JANE]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    let dry = log.json(&["erase", JANE, "--dry-run", "--json"]);
    assert_eq!((&dry["found"], &dry["erased"]), (&2.into(), &Value::Null));
    assert!(is_there());

    let done = log.json(&["erase", JANE, "--yes", "--json"]);
    assert_eq!(done["erased"]["as_recipient"], 2);
    assert_eq!(done["erased"]["detached"], 1);
    assert_eq!(done["erased"]["is_log_empty"], true);
    assert!(!is_there());
    assert_eq!(
        log.json(&["export", JANE])["messages"],
        serde_json::json!([])
    );

    // The milter goes on, and logs the person anew.
    log.record(&["jane.doe@example.com"]);
    assert!(is_there());
    assert!(log.recorder.stop(PATIENCE));
}

#[test]
fn what_cannot_be_recorded_does_not_take_place() {
    let log = Log::new();
    fs::create_dir_all(log.audit()).unwrap();
    for arguments in [
        &["export", JANE][..],
        &["erase", JANE, "--yes"],
        &["rotate-keys"],
    ] {
        let output = log.run(arguments);
        assert_eq!(output.status.code(), Some(74), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(talk.contains("no person is looked up unrecorded"), "{talk}");
    }
    let pseudonym = log.pseudonym();
    assert!(
        files(&log.settings.path)
            .iter()
            .any(|f| holds(f, &pseudonym))
    );
    assert_eq!(
        fs::read_to_string(&log.settings.keys)
            .unwrap()
            .matches("\n1 ")
            .count(),
        1
    );
}

#[test]
fn a_new_key_is_made_by_hand_and_old_pseudonyms_are_still_found() {
    let log = Log::new();
    let old = log.pseudonym();
    assert_eq!(log.json(&["rotate-keys", "--json"])["added"], 2);
    assert_ne!(log.pseudonym(), old);
    // The running recorder takes it up by itself.
    let begun = std::time::Instant::now();
    loop {
        log.record(&["jane.doe@example.com"]);
        let status = log.json(&["status", "--json"]);
        if status["keys"][1]["messages"].as_u64() > Some(0) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the new key is not taken up");
    }
    let export = log.json(&["export", JANE]);
    let keys: Vec<_> = export["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["message"]["key"].as_u64().unwrap())
        .collect();
    assert_eq!(keys[..2], [1, 1]);
    assert_eq!(keys.last(), Some(&2));
}

#[test]
fn the_status_names_what_is_kept() {
    let today = || UNIX_EPOCH.elapsed().unwrap().as_secs() / 86_400;
    let (log, damaged, text) = loop {
        let day = today();
        let log = Log::new();
        let damaged = log
            .settings
            .path
            .with_file_name("log.db.damaged-20261121T120000Z");
        fs::write(&damaged, "x").unwrap();
        let output = log.run(&["status"]);
        // Behind midnight a key is a day old.
        if today() == day {
            break (log, damaged, String::from_utf8(output.stdout).unwrap());
        }
    };
    for expected in [
        "Level        pseudonym",
        "3 messages at level pseudonym",
        "30 days, daily sums 400 days",
        "0 days old, 3 messages, makes new pseudonyms",
        "a new key every 90 days",
        "nothing recorded yet",
        "damaged-20261121T120000Z (1 bytes) was set aside",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    let export = log.json(&["export", JANE]);
    assert_eq!(
        export["not_covered"][0]["path"],
        damaged.display().to_string()
    );

    // What has ended says so.
    let output = log
        .world
        .command(&["privacy", "status"])
        .env("UNTRACKD_LOG__PRIVACY", "full")
        .env("UNTRACKD_LOG__FULL_UNTIL", "2020-01-01")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("pseudonym (full has ended with 2020-01-01)"),
        "{text}"
    );
}

#[test]
fn without_a_block_log_there_is_a_status_and_nothing_to_export() {
    let world = World::new();
    let status = world.command(&["privacy", "status"]).output().unwrap();
    assert!(status.status.success(), "{status:?}");
    let export = world
        .command(&["privacy", "export", JANE])
        .output()
        .unwrap();
    // EX_NOINPUT
    assert_eq!(export.status.code(), Some(66), "{export:?}");
    let wrong = world
        .command(&["privacy", "export", "jane"])
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(64), "{wrong:?}");
}
