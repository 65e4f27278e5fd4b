use super::*;
use std::{
    fs,
    io::Read,
    os::unix::fs::{MetadataExt, PermissionsExt},
};

// 32 bytes of 0x0b, and of 0x0c.
const OLD: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
const NEW: &str = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c";

fn two_keys() -> Keys {
    Keys::parse(&format!("# c\n1 2026-08-21 {OLD}\n\n2 2026-11-21 {NEW}\n")).unwrap()
}

#[test]
fn the_last_key_is_current_and_all_answer() {
    let keys = two_keys();
    assert_eq!(keys.current().id(), 2);
    assert_eq!(keys.current().created().to_string(), "2026-11-21");
    let both = keys.recipient_pseudonyms("jane@example.org");
    assert_eq!(both.len(), 2);
    assert_ne!(both[0], both[1]);
    assert_eq!(both[1], keys.current().recipient("jane@example.org"));
}

#[test]
fn a_pseudonym_is_the_keyed_hash_of_the_lower_case_address() {
    // printf jane@example.org | openssl dgst -sha256 -mac HMAC \
    //   -macopt hexkey:0c…0c | cut -c1-20 | xxd -r -p | base32
    let keys = two_keys();
    assert_eq!(
        keys.current().recipient("<Jane@Example.ORG>"),
        EXPECTED_RECIPIENT
    );
    assert_eq!(
        keys.current().sender("jane@example.org").get(2..),
        EXPECTED_RECIPIENT.get(2..)
    );
}
const EXPECTED_RECIPIENT: &str = "r_iow72k2ft2icmkqx";

#[test]
fn the_debug_form_holds_no_secret() {
    assert_eq!(
        format!("{:?}", two_keys().current()),
        "Key(2 of 2026-11-21, secret)"
    );
}

#[test]
fn a_bad_file_names_its_line() {
    for (text, expected) in [
        ("", "holds no key; remove it to have a new one made"),
        (
            "# c\n1 2026-08-21 abcd\n",
            "line 2: expected number, day and 64 hexadecimal digits",
        ),
        (
            "1 tomorrow 00\n",
            "line 1: expected number, day and 64 hexadecimal digits",
        ),
    ] {
        assert_eq!(Keys::parse(text).unwrap_err().to_string(), expected);
    }
    let twice = format!("1 2026-08-21 {OLD}\n1 2026-11-21 {NEW}\n");
    assert_eq!(
        Keys::parse(&twice).unwrap_err().to_string(),
        "line 2: key number 1 stands twice"
    );
}

#[test]
fn a_new_key_is_for_its_owner_only_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/log.keys");
    let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000);
    let first = Keys::load_or_create(&path, now).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    // 1,795,000,000 s is 2026-11-18 11:06:40 UTC.
    assert_eq!(first.current().created().to_string(), "2026-11-18");
    let second = Keys::load_or_create(&path, now).unwrap();
    assert_eq!(
        first.current().recipient("a@example.org"),
        second.current().recipient("a@example.org")
    );
    // The file and its lock.
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
}

fn at(day: &str) -> SystemTime {
    let noon: jiff::Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
    noon.into()
}

const SCHEDULE: Schedule = Schedule {
    rotate_days: 90,
    keep_days: 30,
};

fn ids(path: &Path) -> Vec<u32> {
    let keys = Keys::load(path).unwrap();
    keys.all().map(Key::id).collect()
}

#[test]
fn a_key_is_renewed_and_destroyed_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.keys");
    fs::write(&path, format!("# mine\n1 2026-08-01 {OLD}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let step = |day| renew(&path, SCHEDULE, at(day), false).unwrap();
    // 90 days after August 1st is October 30th.
    assert_eq!(step("2026-10-29"), Renewal::default());
    let added = Renewal {
        added: Some(2),
        destroyed: Vec::new(),
    };
    assert_eq!(step("2026-10-30"), added);
    assert_eq!(step("2026-10-30"), Renewal::default());
    assert_eq!(ids(&path), [1, 2]);
    // The last rows of the first key are of October 30th and kept until
    // November 29th; a day is left for cleaning up.
    assert_eq!(step("2026-11-30"), Renewal::default());
    let destroyed = Renewal {
        added: None,
        destroyed: vec![1],
    };
    assert_eq!(step("2026-12-01"), destroyed);
    assert_eq!(ids(&path), [2]);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# mine\n2 2026-10-30 ") && !text.contains(OLD));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o640);
}

#[test]
fn what_is_destroyed_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.keys");
    fs::write(&path, format!("1 2026-08-01 {OLD}\n2 2026-10-30 {NEW}\n")).unwrap();
    let mut old = fs::File::open(&path).unwrap();
    renew(&path, SCHEDULE, at("2027-01-01"), false).unwrap();
    let mut bytes = Vec::new();
    old.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, vec![0; 2 * (1 + 1 + 10 + 1 + 64 + 1)]);
}

#[test]
fn keys_are_never_renewed_if_not_wanted_and_always_if_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.keys");
    fs::write(&path, format!("7 2020-01-01 {OLD}\n")).unwrap();
    let never = Schedule {
        rotate_days: 0,
        ..SCHEDULE
    };
    let today = at("2026-11-22");
    assert_eq!(
        renew(&path, never, today, false).unwrap(),
        Renewal::default()
    );
    assert_eq!(renew(&path, never, today, true).unwrap().added, Some(8));
    assert_eq!(renew(&path, never, today, true).unwrap().added, Some(9));
    assert_eq!(ids(&path), [7, 8, 9]);
    let other = dir.path().join("none/log.keys");
    assert_eq!(renew(&other, never, today, true).unwrap().added, Some(1));
}

#[test]
fn two_programs_do_not_undo_each_others_work() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.keys");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..4 {
                    // Whoever waits for too long for the others is told so.
                    while let Err(error) = renew(&path, SCHEDULE, at("2026-11-22"), true) {
                        assert!(matches!(error.kind, KeyErrorKind::Locked), "{error}");
                    }
                }
            });
        }
    });
    assert_eq!(ids(&path), (1..=32).collect::<Vec<_>>());
}

#[test]
fn a_running_ring_takes_up_a_key_made_by_hand() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.keys");
    let ring = Ring::start(&path, SCHEDULE, || Some(SystemTime::now())).unwrap();
    assert_eq!(ring.load().current().id(), 1);
    renew(&path, SCHEDULE, SystemTime::now(), true).unwrap();
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while ring.load().current().id() != 2 {
        assert!(std::time::Instant::now() < until, "not taken up");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // A file that cannot be read changes nothing.
    fs::write(&path, "nonsense").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(ring.load().current().id(), 2);
}
