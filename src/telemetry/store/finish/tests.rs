use super::*;
use crate::telemetry::{
    store::{
        Store, Trouble,
        packed::{Packed, Sum},
        retention::Janitor,
        schema,
    },
    testing::NOON,
};
use std::path::Path;

const DAY_MS: i64 = 86_400_000;
/// 2026-11-21 in days since 1970. Stretches begin at 20,736, 20,768 …
const TODAY: i64 = 20_778;

/// An empty log.
fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("log.db")).unwrap();
    (dir, store)
}

fn connect(dir: &tempfile::TempDir) -> Connection {
    Connection::open(dir.path().join("log.db")).unwrap()
}

/// Cleans up on a day, keeping sums of so many.
fn tidy(store: &mut Store, keep_days: u32, day: i64) {
    let mut janitor = Janitor::new(keep_days, keep_days, u64::MAX);
    let now_ms = NOON + (day - TODAY) * DAY_MS;
    for _ in 0..10_000 {
        if store.tidy(&mut janitor, now_ms).unwrap().is_done {
            return;
        }
    }
    panic!("the clean-up has no end");
}

fn add(connection: &Connection, day: i64, dim: &str, key: &str, findings: i64) {
    connection
        .execute(
            "INSERT INTO rollup_daily VALUES (?1, ?2, ?3, 'keep', ?4, 1)",
            params![day, dim, key, findings],
        )
        .unwrap();
}

/// What is packed: days, first day, and each key with its findings.
fn packed(connection: &Connection) -> Vec<String> {
    let mut statement = connection
        .prepare("SELECT days, dim, first, sums FROM rollup_packed ORDER BY days, dim, first")
        .unwrap();
    let rows = statement.query_map([], |row| {
        let (days, dim, first): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let mut text = format!("{days} {dim} {first}:");
        let bytes: Vec<u8> = row.get(3)?;
        let push = |key: &str, _: &str, sum: Sum| {
            text.push_str(&format!(" {key} {}", sum.findings));
        };
        Packed::new(&bytes).unwrap().each(push).unwrap();
        Ok(text)
    });
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn rows(connection: &Connection) -> i64 {
    let count = "SELECT count(*) FROM rollup_daily";
    connection.query_row(count, [], |row| row.get(0)).unwrap()
}

#[test]
fn finished_days_are_packed_and_added_up_when_a_stretch_is_over() {
    let (dir, mut store) = open();
    let file = connect(&dir);
    add(&file, 20_740, "rule", "a", 1);
    add(&file, 20_740, "rule", "b", 2);
    add(&file, 20_740, "tracker", "a", 4);
    add(&file, 20_767, "rule", "b", 8);
    add(&file, 20_768, "rule", "b", 16);
    // Before the day is over, nothing happens.
    tidy(&mut store, 400, 20_740);
    assert_eq!(packed(&file), Vec::<String>::new());
    tidy(&mut store, 400, 20_767);
    assert_eq!(
        packed(&file),
        ["1 rule 20740: a 1 b 2", "1 tracker 20740: a 4"]
    );
    assert_eq!(rows(&file), 2);
    tidy(&mut store, 400, 20_768);
    let stretch = [
        "1 rule 20740: a 1 b 2",
        "1 rule 20767: b 8",
        "1 tracker 20740: a 4",
        "32 rule 20736: a 1 b 10",
        "32 tracker 20736: a 4",
    ];
    assert_eq!(packed(&file), stretch);
    assert_eq!(rows(&file), 1);
    // Nothing is counted twice.
    tidy(&mut store, 400, 20_768);
    assert_eq!(packed(&file), stretch);
}

#[test]
fn what_comes_late_is_added() {
    let (dir, mut store) = open();
    let file = connect(&dir);
    add(&file, 20_740, "rule", "a", 1);
    add(&file, 20_740, "tracker", "a", 4);
    tidy(&mut store, 400, TODAY);
    add(&file, 20_740, "rule", "a", 2);
    add(&file, 20_767, "rule", "b", 8);
    // Of a day ahead of the clock, which was set back.
    add(&file, 20_900, "rule", "z", 1);
    tidy(&mut store, 400, TODAY);
    assert_eq!(
        packed(&file),
        [
            "1 rule 20740: a 3",
            "1 rule 20767: b 8",
            "1 tracker 20740: a 4",
            "32 rule 20736: a 3 b 8",
            "32 tracker 20736: a 4",
        ]
    );
    assert_eq!(rows(&file), 1);
}

#[test]
fn a_stretch_is_kept_as_long_as_all_of_its_days() {
    let (dir, mut store) = open();
    let file = connect(&dir);
    for day in [20_735, 20_736, 20_737] {
        add(&file, day, "rule", "a", 1);
    }
    // From 20,736 on.
    tidy(&mut store, 42, TODAY);
    let kept = [
        "1 rule 20736: a 1",
        "1 rule 20737: a 1",
        "32 rule 20736: a 2",
    ];
    assert_eq!(packed(&file), kept);
    tidy(&mut store, 41, TODAY);
    assert_eq!(packed(&file), ["1 rule 20737: a 1"]);
    tidy(&mut store, 40, TODAY);
    assert_eq!(packed(&file), Vec::<String>::new());
}

#[test]
fn forged_names_do_not_fill_the_sums() {
    let (dir, mut store) = open();
    let file = connect(&dir);
    let insert = "INSERT INTO rollup_daily VALUES (?1, 'sender_domain', ?2, '', 0, ?3)";
    for n in 0..2_500 {
        let name = format!("d{n:04}.example");
        // The last one sends most.
        let messages = if n == 2_499 { 2 } else { 1 };
        let values = params![TODAY, name, messages];
        file.execute(insert, values).unwrap();
    }
    let sizes = || -> (usize, u64, u64, u64) {
        let read = "SELECT sums FROM rollup_packed WHERE days = 1";
        let bytes: Vec<u8> = file.query_row(read, [], |row| row.get(0)).unwrap();
        let (mut keys, mut all, mut others, mut last) = (0, 0, 0, 0);
        let count = |key: &str, _: &str, sum: Sum| {
            keys += 1;
            all += sum.messages;
            match key {
                "(other)" => others += sum.messages,
                "d2499.example" => last += sum.messages,
                _ => {}
            }
        };
        Packed::new(&bytes).unwrap().each(count).unwrap();
        (keys, all, others, last)
    };
    // The running day is left alone.
    tidy(&mut store, 400, TODAY);
    assert_eq!(rows(&file), 2_500);
    tidy(&mut store, 400, TODAY + 1);
    assert_eq!(sizes(), (2_001, 2_501, 500, 2));
    // One more, which is as small as the others, and late.
    let late = params![TODAY, "a.example", 1];
    file.execute(insert, late).unwrap();
    tidy(&mut store, 400, TODAY + 1);
    assert_eq!(sizes(), (2_001, 2_502, 501, 2));
}

/// A file as version 2 wrote it.
fn version_2(path: &Path) -> Connection {
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch(schema::WRITER_PRAGMAS).unwrap();
    schema::migrate_to(&mut connection, 0, 2).unwrap();
    connection
}

#[test]
fn days_of_version_2_are_packed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let file = version_2(&path);
    add(&file, 20_740, "rule", "a", 1);
    add(&file, 20_740, "rule", "(other)", 7);
    add(&file, TODAY, "rule", "a", 2);
    file.execute(
        "INSERT INTO meta VALUES ('rollup_compact_until', 20777)",
        [],
    )
    .unwrap();
    drop(file);
    let mut store = Store::open(&path).unwrap();
    let file = connect(&dir);
    let version: i64 = file
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!((version, rows(&file)), (3, 3));
    tidy(&mut store, 400, TODAY);
    assert_eq!(
        packed(&file),
        [
            "1 rule 20740: (other) 7 a 1",
            "32 rule 20736: (other) 7 a 1"
        ]
    );
    assert_eq!(rows(&file), 1);
}

#[test]
fn damaged_sums_are_damage_to_the_file() {
    let (dir, mut store) = open();
    let file = connect(&dir);
    add(&file, 20_740, "rule", "a", 1);
    let damage = "INSERT INTO rollup_packed VALUES (1, 'rule', 20740, x'000161')";
    file.execute(damage, []).unwrap();
    let mut janitor = Janitor::new(400, 400, u64::MAX);
    let trouble = (0..100).find_map(|_| store.tidy(&mut janitor, NOON).err());
    let error = trouble.unwrap();
    assert!(matches!(error.trouble, Trouble::Damaged(_)), "{error:?}");
    // What was to be added is still there.
    assert_eq!(rows(&file), 1);
}
