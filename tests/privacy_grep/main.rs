//! No address and no value of a URL stands in the block log: every fixture mail
//! goes through the cleaner and the recorder, and the raw bytes of the
//! database, of its write-ahead log and of its shared memory are searched for
//! everything in the mails and their envelopes that tells of a person.
//!
//! What is looked for is gathered here, from the mails as mail-parser reads
//! them and from the URLs as the `url` crate reads them, and not by the code
//! that is tested.

mod mails;
mod search;
mod secrets;

use mails::Mail;
use rusqlite::Connection;
use search::{Needles, files};
use secrets::Secrets;
use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use untrackd::{
    clean::{Cleaner, Envelope, raw},
    telemetry::{Disposition, Event, Level, Record, Recorder, Settings, Transaction},
};

/// 2026-11-21T12:00:00Z in seconds since 1970.
const NOON: u64 = 1_795_262_400;
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(dir: &Path, level: Level) -> Settings {
    let settings = Settings {
        path: dir.join("log.db"),
        keys: dir.join("keys/log.keys"),
        privacy: level,
        rotate_keys_days: 0,
        // Far from the time of the events, in whatever year the test runs.
        keep_days: 36_500,
        keep_rollup_days: 36_500,
        log_clean: true,
        ..Settings::default()
    };
    // A fixed key, so that no pseudonym spells a name by chance.
    fs::create_dir_all(settings.keys.parent().unwrap()).unwrap();
    let key = format!("1 2026-11-21 {}\n", "0c".repeat(32));
    fs::write(&settings.keys, key).unwrap();
    settings
}

/// Cleans each mail as the milter does, and once more so that everything seen
/// is logged, the ordinary images and links too.
fn record_all(recorder: &Recorder, mails: &[Mail], mut see: impl FnMut(&str)) {
    let cleaner = Arc::new(Cleaner::builtin().unwrap());
    for (n, mail) in (0..).zip(mails) {
        let envelope = || Envelope {
            recipients: mail.recipients.clone(),
            ..Envelope::default()
        };
        let plain = raw::clean(&cleaner, envelope(), &mail.raw, Box::new(|| false));
        let mut all = raw::explain(&cleaner, envelope(), &mail.raw, Box::new(|| false));
        for finding in &mut all.outcome.findings {
            finding.verdict.notable = true;
            if let Some(url) = &finding.url {
                see(url.as_str());
            }
        }
        for outcome in [plain.outcome, all.outcome] {
            recorder.record(Event {
                at: UNIX_EPOCH + Duration::from_secs(NOON + n),
                transaction: Transaction {
                    queue_id: Some(format!("4Q{n:04}")),
                    message_id: Some(mail.message_id.clone()),
                    sender: mail.sender.clone(),
                    from_domain: Some("news.example.org".to_owned()),
                    recipients: mail.recipients.clone(),
                    client: Some(mail.client),
                },
                disposition: Disposition::Changed,
                outcome,
                size_before: 1_000,
                size_after: 900,
                duration: Duration::from_millis(1),
                rules_version: cleaner.rules().version().to_owned(),
            });
        }
    }
    assert!(recorder.flush(PATIENCE));
}

#[test]
fn no_file_holds_what_the_mails_tell_of_people() {
    let mails = mails::all();
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(&settings(dir.path(), Level::Pseudonym)).unwrap();
    let mut secrets = Secrets::default();
    for mail in &mails {
        secrets.add_mail(mail);
    }
    record_all(&recorder, &mails, |url| secrets.add_url(url));
    secrets.check_that_there_are_enough();
    let needles = Needles::of(secrets.all());

    // With the write-ahead log and the shared memory still there.
    let open = files(dir.path());
    assert_eq!(open.len(), 3, "database, -wal and -shm");
    let found = needles.find_in(&open);
    assert!(found.is_empty(), "while it is open:\n{}", found.join("\n"));

    assert!(recorder.stop(PATIENCE));
    let found = needles.find_in(&files(dir.path()));
    assert!(found.is_empty(), "after closing:\n{}", found.join("\n"));

    // It is the log of these mails, with what it is allowed to hold.
    let connection = Connection::open(dir.path().join("log.db")).unwrap();
    let count = |sql: &str| -> usize {
        let count: u32 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        count as usize
    };
    assert_eq!(count("SELECT count(*) FROM message"), 2 * mails.len());
    assert!(count("SELECT count(*) FROM finding") > mails.len());
    let kept = Needles::of(["news.example.org", "4q0001"].map(String::from));
    assert!(!kept.find_in(&files(dir.path())).is_empty());
}

/// The search would see a leak: at level `full` the addresses are found.
#[test]
fn in_clear_every_address_is_found() {
    let mails = mails::all();
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        full_until: Some("9999-12-31".parse().unwrap()),
        ..settings(dir.path(), Level::Full)
    };
    let recorder = Recorder::start(&settings).unwrap();
    record_all(&recorder, &mails, |_| {});
    let texts = || {
        let texts = |mail: &Mail| {
            let own = [mail.sender.clone(), mail.message_id.clone()];
            mail.recipients.clone().into_iter().chain(own)
        };
        mails.iter().flat_map(texts).collect::<BTreeSet<_>>()
    };
    let needles = Needles::of(texts());
    let found = needles.found_in(&files(dir.path()));
    let missing: Vec<String> = texts()
        .into_iter()
        .filter(|text| !found.contains(text.to_lowercase().as_str()))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
    assert!(recorder.stop(PATIENCE));
}

/// The search would see a value in each of its forms, wherever it stands.
#[test]
fn a_planted_value_is_found_in_every_form() {
    let secret = "Jane.Doe+7@example.com";
    let forms = [
        secret,
        "JANE.DOE+7@EXAMPLE.COM",
        "Jane.Doe%2B7%40example.com",
        "jane.doe%2b7%40example.com",
        // printf 'Jane.Doe+7@example.com' | xxd -p
        "4a616e652e446f652b37406578616d706c652e636f6d",
        "4A616E652E446F652B37406578616D706C652E636F6D",
        // printf 'Jane.Doe+7@example.com' | base64, and with one and two
        // characters in front
        "SmFuZS5Eb2UrN0BleGFtcGxlLmNvbQ==",
        "eEphbmUuRG9lKzdAZXhhbXBsZS5jb20=",
        "eHhKYW5lLkRvZSs3QGV4YW1wbGUuY29t",
        // In lower case before base64.
        "amFuZS5kb2UrN0BleGFtcGxlLmNvbQ",
    ];
    let mails = mails::all();
    for form in forms {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::start(&settings(dir.path(), Level::Pseudonym)).unwrap();
        record_all(&recorder, &mails[..1], |_| {});
        let needles = Needles::of([secret.to_owned()]);
        assert_eq!(needles.find_in(&files(dir.path())), Vec::<String>::new());
        let connection = Connection::open(dir.path().join("log.db")).unwrap();
        connection
            .execute("UPDATE message SET queue_id = 'x' || ?1 || 'y'", [form])
            .unwrap();
        // In the write-ahead log.
        assert!(!needles.find_in(&files(dir.path())).is_empty(), "{form}");
        drop(connection);
        assert!(recorder.stop(PATIENCE));
        assert!(!needles.find_in(&files(dir.path())).is_empty(), "{form}");
    }
}
