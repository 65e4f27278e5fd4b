//! The block log from the outside: events go in, rows come out, and nothing
//! that happens to the file reaches the mail path.

mod telemetry_support;

use std::{fs, path::Path};
use telemetry_support::{PATIENCE, event, files, is_sound, settings, until};
use untrackd::{
    review::{Context, Query, Reader, ReviewError},
    telemetry::{Record, Recorder, Settings, Status, keys::Keys, privacy::Level},
};

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

#[test]
fn the_writer_says_how_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        queue: 77,
        ..settings(dir.path())
    };
    let recorder = Recorder::start(&settings).unwrap();
    let status = || -> Option<Status> {
        let connection = rusqlite::Connection::open(&settings.path).ok()?;
        let json: String = connection
            .query_row("SELECT value FROM meta WHERE key = 'status'", [], |row| {
                row.get(0)
            })
            .ok()?;
        serde_json::from_str(&json).ok()
    };
    until("it says that it runs", || status().is_some());
    let first = status().unwrap();
    assert!(first.is_running && first.is_healthy, "{first:?}");
    assert_eq!((first.taken, first.queue_capacity), (0, 77));
    recorder.record(event(0));
    recorder.record(event(1));
    recorder.note("connections", 1);
    recorder.note("connections", 3);
    assert!(recorder.stop(PATIENCE));
    let last = status().unwrap();
    assert!(!last.is_running && last.is_healthy, "{last:?}");
    assert_eq!((last.taken, last.stored, last.queue_depth), (2, 2, 0));
    assert_eq!(last.lost.total(), 0);
    assert_eq!(last.rules_version.as_deref(), Some("0123456789ab"));
    assert_eq!(last.oldest_ms, Some(1_795_262_400_000));
    assert_eq!(last.gateway, [("connections".to_owned(), 3)].into());
    assert_eq!(last.privacy, Level::Pseudonym);
    assert!(last.file_bytes > 0 && last.free_bytes.is_some());
    assert!(last.at_ms >= first.at_ms && first.at_ms >= first.started_ms);
}
