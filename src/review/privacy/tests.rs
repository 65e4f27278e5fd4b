use super::*;
use crate::telemetry::{
    Disposition, Level, Record, Recorder, Settings,
    testing::{NOON, event, link, pixel},
};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const JANE: &str = "Jane.Doe@Example.com";

fn settings(dir: &Path, level: Level) -> Settings {
    Settings {
        path: dir.join("log.db"),
        keys: dir.join("keys/log.keys"),
        privacy: level,
        full_until: Some(jiff::civil::Date::MAX),
        rotate_keys_days: 0,
        keep_days: 36_500,
        queue: 100_000,
        ..Settings::default()
    }
}

/// Records messages: sender and recipients of each.
fn record(recorder: &Recorder, messages: &[(&str, &[&str])]) {
    for (n, (sender, recipients)) in (0..).zip(messages) {
        let mut event = event(
            NOON + n,
            Disposition::Changed,
            vec![
                pixel("https://open.example.org/p.gif?u=1"),
                link(
                    "https://click.example.net/x?u=1",
                    "https://shop.example.com/",
                ),
                link(
                    "https://click.example.net/x?u=2",
                    "https://shop.example.com/",
                ),
                link(
                    "https://click.example.net/y?u=3",
                    "https://shop.example.com/",
                ),
            ],
        );
        event.transaction.sender = (*sender).to_owned();
        event.transaction.recipients = recipients.iter().map(ToString::to_string).collect();
        event.transaction.queue_id = Some(format!("Q{n}"));
        recorder.record(event);
    }
    assert!(recorder.flush(Duration::from_secs(60)));
}

fn keys(dir: &Path) -> Keys {
    Keys::load(&dir.join("keys/log.keys")).unwrap()
}

const MESSAGES: &[(&str, &[&str])] = &[
    ("news@example.org", &["jane.doe@example.com"]),
    (
        "news@example.org",
        &["jane.doe@example.com", "joe@example.com"],
    ),
    ("news@example.org", &["joe@example.com"]),
    ("jane.doe@example.com", &["ann@example.net"]),
    ("", &["JANE.DOE@example.com"]),
];

#[test]
fn a_person_is_found_in_either_role_and_alone() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Level::Pseudonym);
    let recorder = Recorder::start(&settings).unwrap();
    record(&recorder, MESSAGES);
    let keys = keys(dir.path());
    let pseudonym = keys.current().recipient(JANE);
    for given in [JANE, &pseudonym] {
        let person = Person::of(given, Some(&keys));
        let export = Export::begin(&settings.path, person).unwrap();
        assert_eq!(export.left(), 4);
        let mut found = Vec::new();
        for row in export {
            let (roles, message) = row.unwrap();
            assert_eq!(message.findings.len(), 2);
            let who: Vec<_> = message.recipients.iter().map(|r| r.who.clone()).collect();
            assert!(who.iter().all(|who| *who == Some(pseudonym.clone())));
            found.push((
                message.queue_id.unwrap(),
                roles,
                who.len(),
                message.recipient_count,
            ));
        }
        assert_eq!(
            found,
            [
                ("Q0".to_owned(), vec![Role::Recipient], 1, 1),
                ("Q1".to_owned(), vec![Role::Recipient], 1, 2),
                ("Q3".to_owned(), vec![Role::Sender], 0, 1),
                ("Q4".to_owned(), vec![Role::Recipient], 1, 1),
            ]
        );
    }
}

#[test]
fn in_clear_a_person_is_found_in_senders_made_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Level::Full);
    let recorder = Recorder::start(&settings).unwrap();
    let messages: &[(&str, &[&str])] = &[
        (
            "bounce+jane.doe=example.com@example.org",
            &["list@example.net"],
        ),
        ("bounce+joe=example.com@example.org", &["list@example.net"]),
    ];
    record(&recorder, messages);
    let person = Person::of(JANE, None);
    let mut export = Export::begin(&settings.path, person.clone()).unwrap();
    let (roles, message) = export.next().unwrap().unwrap();
    assert_eq!(roles, [Role::Sender]);
    assert_eq!(message.recipients, []);
    assert!(export.next().is_none());
    // Somebody else's export does not show the sender in clear.
    let joe = Person::of("list@example.net", None);
    let mut export = Export::begin(&settings.path, joe).unwrap();
    let (_, message) = export.next().unwrap().unwrap();
    assert_eq!(message.sender, None);

    erase(&settings.path, person);
    assert_eq!(find(&settings.path, "jane.doe"), Vec::<PathBuf>::new());
}

fn erase(path: &Path, person: Person) -> Erased {
    let mut eraser = Eraser::begin(path, person).unwrap();
    while eraser.step().unwrap().is_some() {}
    eraser.finish().unwrap()
}

/// The files of the block log in which a text stands.
fn find(path: &Path, text: &str) -> Vec<PathBuf> {
    ["", "-wal", "-shm"]
        .iter()
        .map(|ending| PathBuf::from(format!("{}{ending}", path.display())))
        .filter(|file| {
            let bytes = fs::read(file).unwrap_or_default();
            bytes.windows(text.len()).any(|w| w == text.as_bytes())
        })
        .collect()
}

#[test]
fn what_is_erased_is_gone_and_the_rest_stays() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Level::Pseudonym);
    let recorder = Recorder::start(&settings).unwrap();
    record(&recorder, MESSAGES);
    let keys = keys(dir.path());
    let person = Person::of(JANE, Some(&keys));
    let erased = erase(&settings.path, person.clone());
    assert_eq!(
        erased,
        Erased {
            as_recipient: 3,
            as_sender: 1,
            detached: 3,
            is_log_empty: true,
        }
    );
    assert_eq!(
        erase(&settings.path, person),
        Erased {
            is_log_empty: true,
            ..Erased::default()
        }
    );
    let connection = Connection::open(&settings.path).unwrap();
    let rows: Vec<String> = connection
        .prepare(
            "SELECT coalesce(queue_id, '-') || ' ' || (message_id IS NULL) || ' ' || recipients
                || ' ' || (SELECT count(who) || '/' || count(domain) FROM recipient
                           WHERE message = m.id)
                || ' ' || (SELECT count(url_hash) || '/' || count(*) FROM finding_view f
                           WHERE f.message = m.id)
             FROM message m ORDER BY id",
        )
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        rows,
        [
            "- 1 1 0/1 0/2",
            "Q1 0 2 1/2 2/2",
            "Q2 0 1 1/1 2/2",
            "- 1 1 1/1 0/2",
            "- 1 1 0/1 0/2",
        ]
    );
    // The samples of the first message have lost their hashes, not their shapes.
    let samples: Vec<String> = connection
        .prepare("SELECT samples FROM finding WHERE samples IS NOT NULL ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(samples[0], "-\n- https://click.example.net/y?u=…");
    assert_ne!(samples[1], samples[0]);
}

/// With pages that have been divided again and again, a running writer, and
/// deletions from before.
#[test]
fn no_byte_of_an_erased_person_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(dir.path(), Level::Pseudonym);
    let recorder = Recorder::start(&settings).unwrap();
    let people: Vec<String> = (0..3_000)
        .map(|n| format!("p{}@example.net", n * 7919 % 3_001))
        .collect();
    let messages: Vec<Vec<&str>> = (0..6_000_usize)
        .map(|n| {
            let mut all = vec![people[n % people.len()].as_str()];
            if n % 3 == 0 {
                all.push(JANE);
            }
            all
        })
        .collect();
    let messages: Vec<(&str, &[&str])> = messages
        .iter()
        .enumerate()
        .map(|(n, to)| {
            (
                if n % 50 == 0 {
                    JANE
                } else {
                    "news@example.org"
                },
                to.as_slice(),
            )
        })
        .collect();
    record(&recorder, &messages);
    // Retention has taken some away, as the milter does it.
    Connection::open(&settings.path)
        .unwrap()
        .execute_batch(
            "PRAGMA secure_delete = FAST;
             CREATE TEMP TABLE old AS SELECT id FROM message ORDER BY id LIMIT 2000;
             DELETE FROM recipient WHERE message IN old;
             DELETE FROM message WHERE id IN old;",
        )
        .unwrap();
    let keys = keys(dir.path());
    let person = Person::of(JANE, Some(&keys));
    let key = keys.current();
    let forms = [key.recipient(JANE), key.sender(JANE)];
    for form in &forms {
        assert!(!find(&settings.path, form).is_empty(), "never there");
    }
    let erased = erase(&settings.path, person);
    assert!(
        erased.as_recipient > 1_000 && erased.as_sender > 50,
        "{erased:?}"
    );
    for form in &forms {
        assert_eq!(find(&settings.path, form), Vec::<PathBuf>::new());
        let hash = form[2..].to_owned();
        assert_eq!(find(&settings.path, &hash), Vec::<PathBuf>::new());
    }
    // Others are still there, and the milter goes on.
    let connection = Connection::open(&settings.path).unwrap();
    let check: String = connection
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .unwrap();
    assert_eq!(check, "ok");
    // 4,000 messages are left, each with one of the others; every third of
    // them, beginning with the second, had Jane.
    let (named, all): (i64, i64) = connection
        .query_row("SELECT count(who), count(*) FROM recipient", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!((named, all), (4_000, 4_000 + 1_333));
    assert!(!find(&settings.path, &key.recipient("p5@example.net")).is_empty());
    record(&recorder, MESSAGES);
    assert!(recorder.stop(Duration::from_secs(60)));
}
