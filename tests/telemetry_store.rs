//! The block log from the outside: events go in, rows come out, and nothing
//! that happens to the file reaches the mail path.

use rusqlite::Connection;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use untrackd::{
    clean::{Finding, Outcome, SkipNote},
    judge::{Action, Disclosure, Evidence, Verdict},
    review::{Context, Query, Reader, ReviewError},
    rules::{Category, RuleRef, Tells, Vendor},
    sighting::Vector,
    skip::Skip,
    telemetry::{
        Disposition, Event, Record, Recorder, Settings, Transaction, keys::Keys, privacy::Level,
    },
    url::{Target, decode::Destination},
};

/// 2026-11-21T12:00:00Z in milliseconds since 1970.
const NOON: u64 = 1_795_262_400_000;
const PATIENCE: Duration = Duration::from_secs(30);

fn settings(dir: &Path) -> Settings {
    Settings {
        path: dir.join("log.db"),
        keys: dir.join("private/log.keys"),
        // The events are of a fixed day.
        keep_days: 100_000,
        keep_rollup_days: 100_000,
        ..Settings::default()
    }
}

fn finding(vector: Vector, url: &str, action: Action) -> Finding {
    Finding {
        part: "1.2".to_owned(),
        vector,
        url: Some(Target::parse(url).unwrap()),
        verdict: Verdict {
            action,
            rules: vec![RuleRef {
                id: Arc::from("example-open"),
                vendor: Arc::new(Vendor {
                    id: "example-mail".to_owned(),
                    name: "Example Mail".to_owned(),
                    company: "Example Inc".to_owned(),
                    category: Category::Mail,
                }),
                tells: Arc::from([Tells::Recipient]),
            }],
            evidence: vec![Evidence {
                kind: "recipient",
                weight: 100,
                // More than the contract allows, to see that it is filtered.
                detail: format!("jane.doe@example.com in {url} as WmFub255bWl0eQ"),
            }],
            score: 100,
            opaque: false,
            notable: true,
            discloses: [Disclosure::Recipient].into(),
            spared: None,
        },
        facts: None,
    }
}

fn event(n: u64) -> Event {
    let open = "https://u48151623.ct.tracker.example/wf/open/eyJhbGciOiJIUzI1NiJ9.gif\
                ?upn=u001.S3cr3tT0ken&email=jane.doe%40example.com";
    let click = "https://click.tracker.example/ls/click/jane.doe/9f86d081884c7d65\
                 ?token=Magic-L0gin-Link#Fr4gmentValue";
    let to = Target::parse("https://login.shop.example/reset?code=0neT1meC0de").unwrap();
    Event {
        at: UNIX_EPOCH + Duration::from_millis(NOON + n),
        transaction: Transaction {
            queue_id: Some(format!("4QUEUE{n}")),
            message_id: Some("CAF7x.Jane.Doe-98765@mail.example.org".to_owned()),
            sender: "bounce-4711-jane.doe=example.com@mail.sender.example".to_owned(),
            from_domain: Some("news.sender.example".to_owned()),
            recipients: vec![
                "Jane.Doe@example.com".to_owned(),
                "max.mustermann@example.com".to_owned(),
            ],
            client: Some([192, 0, 2, 77].into()),
        },
        disposition: Disposition::Changed,
        outcome: Outcome {
            findings: vec![
                finding(Vector::ImgSrc, open, Action::Neutralize),
                finding(
                    Vector::AHref,
                    click,
                    Action::Unwrap(Destination {
                        text: to.as_str().to_owned(),
                        target: to,
                    }),
                ),
            ],
            skips: vec![SkipNote {
                part: "2".to_owned(),
                skip: Skip::Charset,
            }],
            parts: 3,
            html_parts: 1,
            ..Outcome::default()
        },
        size_before: 2_000,
        size_after: 1_800,
        duration: Duration::from_micros(700),
        rules_version: "0123456789ab".to_owned(),
    }
}

/// What must not be found in the files, at any level but `full`.
const SECRETS: &[&str] = &[
    "jane.doe",
    "jane",
    "mustermann",
    "bounce-4711",
    "4711",
    "CAF7x",
    "98765",
    "u48151623",
    "eyJhbGci",
    "S3cr3tT0ken",
    "u001",
    "9f86d081",
    "Magic-L0gin",
    "Fr4gment",
    "0neT1me",
    "WmFub255bWl0eQ",
    "192.0.2.77",
];

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn occurrences(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files(dir) {
        let bytes = fs::read(&file).unwrap().to_ascii_lowercase();
        for secret in secrets {
            let wanted = secret.to_ascii_lowercase();
            if memchr::memmem::find(&bytes, wanted.as_bytes()).is_some() {
                found.push(format!("{secret} in {}", file.display()));
            }
        }
    }
    found
}

fn is_sound(path: &Path) -> bool {
    let connection = Connection::open(path).unwrap();
    let verdict: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    verdict == "ok"
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn events_come_back_as_rows() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    recorder.record(event(1));
    assert!(recorder.flush(PATIENCE));
    // Read while the writer has the file open.
    let reader = Reader::open(&settings.path).unwrap();
    let rows = reader.newest(&Query::default(), 10).unwrap();
    assert_eq!(rows.len(), 2);
    let row = &rows[1];
    assert_eq!(row.id, (1_795_262_400_000 - 1_735_689_600_000) * 256);
    assert_eq!(row.at_ms, 1_795_262_400_000);
    assert_eq!(row.queue_id.as_deref(), Some("4QUEUE0"));
    assert_eq!(row.disposition, "changed");
    assert_eq!(row.privacy, "pseudonym");
    assert_eq!(row.sender_domain.as_deref(), Some("sender.example"));
    assert_eq!(row.from_domain.as_deref(), Some("sender.example"));
    assert_eq!(row.message_id_domain.as_deref(), Some("example.org"));
    assert_eq!(row.client.as_deref(), Some("192.0.2.0/24"));
    assert_eq!((row.size_before, row.size_after), (2_000, 1_800));
    assert_eq!(row.duration_us, 700);
    assert_eq!((row.parts, row.html_parts), (3, 1));
    assert_eq!((row.neutralized, row.unwrapped, row.kept), (1, 1, 0));
    assert_eq!(row.skips[0].name, "charset");
    assert_eq!(row.rules_version, "0123456789ab");
    assert_eq!(row.app_version, env!("CARGO_PKG_VERSION"));

    let keys = Keys::load(&settings.keys).unwrap();
    assert_eq!(row.key, Some(1));
    assert_eq!(row.recipient_count, 2);
    assert_eq!(
        row.recipients[0].who,
        Some(keys.current().recipient("jane.doe@example.com"))
    );
    assert_eq!(row.recipients[1].domain.as_deref(), Some("example.com"));

    let [pixel, link] = &row.findings[..] else {
        panic!("{:?}", row.findings)
    };
    assert_eq!(pixel.vector, "img-src");
    assert_eq!(pixel.action, "neutralize");
    assert_eq!(pixel.rules, ["example-open"]);
    assert_eq!(pixel.company.as_deref(), Some("Example Inc"));
    assert_eq!(pixel.category.as_deref(), Some("mail"));
    assert_eq!(pixel.tells, ["recipient"]);
    assert_eq!(pixel.tracker, "….ct.tracker.example");
    assert_eq!(pixel.tracker_domain, "tracker.example");
    assert_eq!(
        pixel.urls[0].shape,
        "https://….ct.tracker.example/wf/open/….gif?upn=…&email=…"
    );
    assert_eq!(pixel.evidence[0].kind, "recipient");
    assert_eq!(pixel.evidence[0].weight, 100);
    assert_eq!(link.destination.as_deref(), Some("shop.example"));
    assert_eq!(
        link.urls[0].shape,
        "https://click.tracker.example/ls/click/…/…?token=…#…"
    );
    // The same URL in both messages has the same hash.
    assert_eq!(rows[0].findings[1].urls, link.urls);
    assert!(link.urls[0].hash.is_some());

    let after = reader.after(row.id, &Query::default(), 10).unwrap();
    assert_eq!(after, rows[..1]);
    assert!(recorder.stop(PATIENCE));
    let statistics = recorder.statistics();
    assert_eq!((statistics.taken, statistics.stored), (2, 2));
    assert_eq!((statistics.lost, statistics.depth), (0, 0));
    assert!(statistics.is_healthy);
}

#[test]
fn no_file_holds_an_address_or_a_value() {
    for level in [Level::Pseudonym, Level::Domain, Level::Aggregate] {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            privacy: level,
            log_clean: true,
            ..settings(dir.path())
        };
        if level == Level::Pseudonym {
            // A fixed key, so that no pseudonym spells a name by chance.
            fs::create_dir(settings.keys.parent().unwrap()).unwrap();
            fs::write(
                &settings.keys,
                format!("1 2026-11-21 {}\n", "0c".repeat(32)),
            )
            .unwrap();
        }
        let recorder = Recorder::start(&settings).unwrap();
        recorder.record(event(0));
        assert!(recorder.flush(PATIENCE));
        // With the write-ahead log and the shared memory still there.
        assert!(dir.path().join("log.db-wal").exists());
        assert_eq!(occurrences(dir.path(), SECRETS), Vec::<String>::new());
        assert!(recorder.stop(PATIENCE));
        assert_eq!(occurrences(dir.path(), SECRETS), Vec::<String>::new());
        // The search does find what is there.
        assert_eq!(occurrences(dir.path(), &["SENDER.example"]).len(), 1);
        assert_eq!(settings.keys.exists(), level == Level::Pseudonym);
    }
}

#[test]
fn even_in_clear_no_url_value_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        privacy: Level::Full,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.stop(PATIENCE));
    let values = [
        "S3cr3t",
        "Magic-L0gin",
        "0neT1me",
        "9f86d081",
        "Fr4gment",
        "eyJhb",
    ];
    assert_eq!(occurrences(dir.path(), &values), Vec::<String>::new());
    assert_eq!(occurrences(dir.path(), &["jane.doe@example.com"]).len(), 1);
    let now = jiff::Zoned::now();
    let context = Context {
        now: &now,
        keys: None,
    };
    let query = Query::parse("recipient:JANE.DOE@example.com", &context).unwrap();
    let reader = Reader::open(&settings.path).unwrap();
    assert_eq!(reader.newest(&query, 10).unwrap().len(), 1);
}

#[test]
fn a_locked_database_never_delays_mail() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue: 100,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    // Room for 512 in the writer's hand and 100 in the queue.
    let mut slow = 0;
    for n in 1..=2_000 {
        let event = event(n);
        let begun = Instant::now();
        recorder.record(event);
        slow += u32::from(begun.elapsed() > Duration::from_millis(100));
    }
    // SQLite alone would wait for 250 ms each time; a busy machine now and then.
    assert!(slow < 10, "{slow}");
    until("the lock is noticed", || recorder.statistics().failures > 0);
    let statistics = recorder.statistics();
    assert!(!statistics.is_healthy);
    assert!(statistics.lost >= 2_000 - 612, "{statistics:?}");
    assert!(statistics.depth <= 100, "{statistics:?}");
    assert_eq!(statistics.stored, 1);
    assert!(!recorder.flush(Duration::from_millis(50)));

    other.execute_batch("ROLLBACK").unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    let statistics = recorder.statistics();
    assert_eq!(statistics.taken + statistics.lost, 2_001);
    let reader = Reader::open(&settings.path).unwrap();
    let rows = reader.newest(&Query::default(), 5_000).unwrap();
    assert_eq!(rows.len() as u64, statistics.stored);
    assert_eq!(statistics.stored, statistics.taken);
}

#[test]
fn stopping_gives_up_at_the_deadline_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let other = Connection::open(&settings.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for n in 1..=5 {
        recorder.record(event(n));
    }
    let begun = Instant::now();
    assert!(!recorder.stop(Duration::from_millis(300)));
    assert!(begun.elapsed() < Duration::from_secs(5));
    until("the writer has ended", || recorder.lost() == 5);
    recorder.record(event(6));
    assert_eq!(recorder.lost(), 6);
}

#[test]
fn a_damaged_file_is_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let garbage = "this was a database once ".repeat(1_000);
    fs::write(&settings.path, &garbage).unwrap();
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(recorder.lost(), 0);
    let aside: Vec<PathBuf> = files(dir.path())
        .into_iter()
        .filter(|path| path.display().to_string().contains("log.db.damaged-"))
        .collect();
    assert_eq!(aside.len(), 1, "{aside:?}");
    assert_eq!(fs::read_to_string(&aside[0]).unwrap(), garbage);
    let reader = Reader::open(&settings.path).unwrap();
    assert_eq!(reader.newest(&Query::default(), 10).unwrap().len(), 1);
}

#[test]
fn damage_while_running_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..500 {
        recorder.record(event(n));
    }
    assert!(recorder.stop(PATIENCE));
    // Every page but the first is overwritten.
    let mut bytes = fs::read(&settings.path).unwrap();
    bytes[8_192..].fill(0xa5);
    fs::write(&settings.path, bytes).unwrap();
    let error = Reader::open(&settings.path)
        .and_then(|reader| reader.newest(&Query::default(), 10))
        .unwrap_err();
    assert!(matches!(error, ReviewError::Damaged { .. }), "{error}");

    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..10 {
        recorder.record(event(n));
    }
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert!(is_sound(&settings.path));
    let reader = Reader::open(&settings.path).unwrap();
    assert_eq!(reader.newest(&Query::default(), 100).unwrap().len(), 10);
}

#[test]
fn a_file_that_is_taken_away_is_begun_anew() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.flush(PATIENCE));
    let reader = Reader::open(&settings.path).unwrap();
    assert!(reader.is_in_place());
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(dir.path().join(format!("log.db{suffix}"))).unwrap();
    }
    assert!(!reader.is_in_place());
    recorder.record(event(1));
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    let rows = Reader::open(&settings.path)
        .and_then(|reader| reader.newest(&Query::default(), 10))
        .unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].queue_id.as_deref(), Some("4QUEUE1"));
}

#[test]
fn a_place_that_cannot_be_written_is_retried() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = settings(dir.path());
    // A file where a folder should be.
    let obstacle = dir.path().join("sub");
    fs::write(&obstacle, "").unwrap();
    settings.path = obstacle.join("log.db");
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    until("the trouble is noticed", || {
        recorder.statistics().failures > 0
    });
    fs::remove_file(&obstacle).unwrap();
    assert!(recorder.flush(PATIENCE));
    assert!(recorder.stop(PATIENCE));
    assert_eq!(recorder.lost(), 0);
}

#[test]
fn a_log_that_nobody_may_write_can_be_read_at_rest() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let sub = dir.path().join("state");
    let settings = settings(&sub);
    let recorder = Recorder::start(&settings).unwrap();
    recorder.record(event(0));
    assert!(recorder.stop(PATIENCE));
    let mode = |mode| fs::set_permissions(&sub, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let rows = Reader::open(&settings.path).and_then(|r| r.newest(&Query::default(), 10));
    mode(0o755);
    assert_eq!(rows.unwrap().len(), 1);
}

#[test]
fn there_is_no_log_before_the_first_run() {
    let dir = tempfile::tempdir().unwrap();
    let error = Reader::open(&dir.path().join("log.db")).unwrap_err();
    assert!(matches!(error, ReviewError::Missing(_)), "{error}");
}

#[test]
fn a_dropped_recorder_leaves_a_sound_file() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path());
    let recorder = Recorder::start(&settings).unwrap();
    for n in 0..300 {
        recorder.record(event(n));
    }
    drop(recorder);
    until("the writer drains the queue on its own", || {
        Reader::open(&settings.path)
            .and_then(|reader| reader.newest(&Query::default(), 1_000))
            .is_ok_and(|rows| rows.len() == 300)
    });
    assert!(is_sound(&settings.path));
}

/// Not a test of its own: what [`a_killed_process_leaves_a_sound_file`] kills.
#[test]
fn record_until_killed() {
    let Some(dir) = std::env::var_os("UNTRACKD_TEST_KILL_DIR") else {
        return;
    };
    let recorder = Recorder::start(&settings(Path::new(&dir))).unwrap();
    let begun = SystemTime::now();
    for n in 0.. {
        recorder.record(event(n));
        thread::sleep(Duration::from_micros(100));
        if begun.elapsed().is_ok_and(|e| e > PATIENCE) {
            return;
        }
    }
}

#[test]
fn a_killed_process_leaves_a_sound_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = settings(dir.path()).path;
    for round in 1..=3_usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "record_until_killed"])
            .env("UNTRACKD_TEST_KILL_DIR", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let rows = || {
            Reader::open(&path)
                .and_then(|reader| reader.newest(&Query::default(), 100_000))
                .map_or(0, |rows| rows.len())
        };
        let before = rows();
        until("the child writes", || rows() > before + 100 * round);
        child.kill().unwrap();
        child.wait().unwrap();
        let killed = rows();
        assert!(is_sound(&path));
        assert!(killed > before);
    }
}
