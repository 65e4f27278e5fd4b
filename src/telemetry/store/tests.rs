use super::{
    super::{
        keys::Keys,
        privacy::Level,
        redact::Redactor,
        testing::{NOON, event, link, pixel, rule, target, time},
        {Disposition, Event},
    },
    retention::Janitor,
    *,
};
use crate::{
    clean::{Outcome, SkipNote},
    judge::{Action, Disclosure},
    message::Ambiguity,
    skip::Skip,
    url::decode::Destination,
};
use data_encoding::HEXLOWER;

const DAY: i64 = 86_400_000;

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("log.db")).unwrap();
    (dir, store)
}

fn entries(events: &[Event]) -> Vec<Entry> {
    let redactor = Redactor::new(Level::Domain, None, false);
    events.iter().map(|event| redactor.redact(event)).collect()
}

fn keys() -> Keys {
    let dir = tempfile::tempdir().unwrap();
    Keys::load_or_create(&dir.path().join("keys"), time(NOON)).unwrap()
}

fn changed(at_ms: i64) -> Event {
    event(
        at_ms,
        Disposition::Changed,
        vec![pixel("https://t.example.org/open/p.gif?u=1")],
    )
}

fn column<T: rusqlite::types::FromSql>(store: &Store, sql: &str) -> Vec<T> {
    let mut statement = store.connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn count(store: &Store, table: &str) -> i64 {
    column(store, &format!("SELECT count(*) FROM {table}"))[0]
}

fn tidy(store: &mut Store, janitor: &mut Janitor, now_ms: i64) {
    for _ in 0..10_000 {
        if store.tidy(janitor, now_ms).unwrap().is_done {
            return;
        }
    }
    panic!("the clean-up has no end");
}

#[test]
fn the_file_is_set_up_as_planned() {
    let (dir, store) = open();
    for (pragma, expected) in [
        ("page_size", "4096"),
        ("auto_vacuum", "2"),
        ("journal_mode", "wal"),
        ("synchronous", "1"),
        ("user_version", "4"),
    ] {
        let value: rusqlite::types::Value = store
            .connection
            .pragma_query_value(None, pragma, |row| row.get(0))
            .unwrap();
        let value = match value {
            rusqlite::types::Value::Integer(n) => n.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => panic!("{other:?}"),
        };
        assert_eq!(value, expected, "{pragma}");
    }
    let mode = fs::metadata(dir.path().join("log.db")).unwrap().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn ids_increase_when_the_clock_steps_back() {
    let (dir, mut store) = open();
    // 2025 begins 1,735,689,600 s after 1970.
    let first = (NOON - 1_735_689_600_000) * 256;
    store
        .commit(&entries(&[
            changed(NOON),
            changed(NOON),
            changed(NOON - 5_000),
        ]))
        .unwrap();
    drop(store);
    // Also over a restart.
    let mut store = Store::open(&dir.path().join("log.db")).unwrap();
    store
        .commit(&entries(&[changed(NOON - 1), changed(NOON + 7)]))
        .unwrap();
    assert_eq!(
        column::<i64>(&store, "SELECT id FROM message ORDER BY id"),
        [first, first + 1, first + 2, first + 3, first + 7 * 256]
    );
    assert_eq!(
        column::<i64>(&store, "SELECT at FROM message ORDER BY id"),
        [NOON, NOON, NOON - 5_000, NOON - 1, NOON + 7]
    );
    assert_eq!(
        column::<i64>(&store, "SELECT id FROM finding ORDER BY id LIMIT 1"),
        [first * 256]
    );
}

#[test]
fn a_failed_commit_leaves_no_trace() {
    let (_dir, mut store) = open();
    let entries = entries(&[changed(NOON)]);
    // The same id again: the second commit cannot succeed.
    store.commit(&entries).unwrap();
    store.last_id = 0;
    let error = store.commit(&entries).unwrap_err();
    assert!(matches!(error.trouble, Trouble::Other(_)), "{error:?}");
    assert_eq!(store.last_id, 0);
    assert_eq!(count(&store, "message"), 1);
    assert_eq!(
        column::<i64>(
            &store,
            "SELECT messages FROM rollup_daily WHERE dim = 'disposition'"
        ),
        [1]
    );
}

#[test]
fn daily_sums_add_up() {
    let (_dir, mut store) = open();
    let click = |n: u32| {
        link(
            &format!("https://click.example.org/c?u={n}"),
            "https://shop.example.net/",
        )
    };
    let open = || pixel("https://t.example.org/open/p.gif?u=1");
    let mut skipped = event(NOON + DAY, Disposition::Skipped, Vec::new());
    skipped.outcome = Outcome::untouched(Skip::Oversize);
    store
        .commit(&entries(&[
            event(NOON, Disposition::Changed, vec![open(), click(1), click(2)]),
            event(NOON, Disposition::Changed, vec![open()]),
        ]))
        .unwrap();
    store
        .commit(&entries(&[
            event(NOON, Disposition::WouldChange, vec![open()]),
            event(NOON, Disposition::Clean, Vec::new()),
            skipped,
        ]))
        .unwrap();
    let sums = column::<String>(
        &store,
        "SELECT format('%d %s %s %s %d %d', day - 20778, dim, key, action, findings, messages)
         FROM rollup_daily ORDER BY day, dim, key, action",
    );
    // 2026-11-21 is day 20,778.
    assert_eq!(
        sums,
        [
            "0 company Example Inc neutralize 2 2",
            "0 company Example Inc unwrap 2 1",
            "0 company Example Inc would-neutralize 1 1",
            "0 disposition changed  0 2",
            "0 disposition clean  0 1",
            "0 disposition would-change  0 1",
            "0 rcpt_domain example.com  0 4",
            "0 rcpt_domain example.com neutralize 2 2",
            "0 rcpt_domain example.com unwrap 2 1",
            "0 rcpt_domain example.com would-neutralize 1 1",
            "0 rule example-click unwrap 2 1",
            "0 rule example-inner unwrap 2 1",
            "0 rule example-open neutralize 2 2",
            "0 rule example-open would-neutralize 1 1",
            "0 sender_domain example.org  0 4",
            "0 sender_domain example.org neutralize 2 2",
            "0 sender_domain example.org unwrap 2 1",
            "0 sender_domain example.org would-neutralize 1 1",
            "0 tracker example.org neutralize 2 2",
            "0 tracker example.org unwrap 2 1",
            "0 tracker example.org would-neutralize 1 1",
            "0 vector a-href unwrap 2 1",
            "0 vector img-src neutralize 2 2",
            "0 vector img-src would-neutralize 1 1",
            "1 disposition skipped  0 1",
            "1 rcpt_domain example.com  0 1",
            "1 sender_domain example.org  0 1",
            "1 skip oversize  0 1",
        ]
    );
    // The clean one has no row.
    assert_eq!(count(&store, "message"), 4);
}

#[test]
fn retention_takes_old_rows_only() {
    let (_dir, mut store) = open();
    let days: Vec<Event> = (0..40).map(|day| changed(NOON - day * DAY)).rev().collect();
    store.commit(&entries(&days)).unwrap();
    let mut janitor = Janitor::new(30, 35, u64::MAX);
    tidy(&mut store, &mut janitor, NOON + 1);
    // Days 0 to 29 are younger than 30 days at noon, day 30 is not.
    assert_eq!(
        column::<i64>(&store, "SELECT min(at) FROM message"),
        [NOON - 29 * DAY]
    );
    for table in ["message", "finding", "recipient"] {
        assert_eq!(count(&store, table), 30, "{table}");
    }
    assert_eq!(
        column::<i64>(&store, "SELECT min(first) FROM rollup_packed"),
        [20_778 - 35]
    );
    assert_eq!(janitor.evicted, 0);
}

#[test]
fn retention_works_while_ids_are_ahead_of_the_clock() {
    let (_dir, mut store) = open();
    store
        .commit(&entries(&[
            changed(NOON + 400 * DAY),
            changed(NOON - 31 * DAY),
            changed(NOON - 29 * DAY),
        ]))
        .unwrap();
    tidy(&mut store, &mut Janitor::new(30, 400, u64::MAX), NOON);
    assert_eq!(
        column::<i64>(&store, "SELECT at FROM message ORDER BY id"),
        [NOON + 400 * DAY, NOON - 29 * DAY]
    );
}

#[test]
fn the_oldest_go_first_when_space_is_short() {
    let (_dir, mut store) = open();
    let many: Vec<Event> = (0..5_000).map(|n| changed(NOON + n)).collect();
    store.commit(&entries(&many)).unwrap();
    let before = store.used_bytes().unwrap();
    let bound = before / 2;
    let mut janitor = Janitor::new(30, 400, bound);
    tidy(&mut store, &mut janitor, NOON + 5_000);
    assert!(store.used_bytes().unwrap() <= bound);
    let left = count(&store, "message");
    assert!(left > 0 && left < 5_000, "{left}");
    assert_eq!(janitor.evicted, 5_000 - left.unsigned_abs());
    assert_eq!(
        column::<i64>(&store, "SELECT max(at) FROM message"),
        [NOON + 4_999]
    );
    // Sums are not touched, and the file gives the space back.
    assert_eq!(
        column::<i64>(
            &store,
            "SELECT messages FROM rollup_daily WHERE dim = 'disposition'"
        ),
        [5_000]
    );
    let pages: i64 = store
        .connection
        .pragma_query_value(None, "freelist_count", |row| row.get(0))
        .unwrap();
    assert_eq!(pages, 0);
}

#[test]
fn names_that_nobody_uses_go_with_the_messages() {
    let (_dir, mut store) = open();
    let mut old = changed(NOON - 31 * DAY);
    old.transaction.sender = "a@gone.example".to_owned();
    store.commit(&entries(&[old, changed(NOON)])).unwrap();
    let gone = "SELECT count(*) FROM domain WHERE name = 'gone.example'";
    assert_eq!(column::<i64>(&store, gone), [1]);
    tidy(&mut store, &mut Janitor::new(30, 400, u64::MAX), NOON);
    assert_eq!(column::<i64>(&store, gone), [0]);
    // What was held in memory is forgotten, too.
    let mut again = changed(NOON);
    again.transaction.sender = "a@gone.example".to_owned();
    store.commit(&entries(&[again])).unwrap();
    assert_eq!(
        column::<String>(
            &store,
            "SELECT sender_domain FROM message_view ORDER BY id DESC LIMIT 1"
        ),
        ["gone.example"]
    );
}

/// The message and the value of each mark of a dimension.
fn marked(store: &Store, number: u8) -> Vec<(i64, i64)> {
    let range = (mark::of_name(number, 0), mark::of_name(number, i64::MAX));
    let mut found = Vec::new();
    for segment in segment::all(&store.connection, 0, i64::MAX).unwrap() {
        let ids = segment.ids(&store.connection).unwrap();
        for probe in segment::Probe::of(vec![range]) {
            segment
                .scan(&store.connection, &probe, |key, ordinal| {
                    found.push((ids[ordinal], mark::value(key)));
                })
                .unwrap();
        }
    }
    found
}

/// The names of a dimension that a message is marked with.
fn names_of(store: &Store, number: u8, message: i64) -> Vec<String> {
    let mark::Kind::Name(dictionary) = mark::MARKS[usize::from(number)].kind else {
        panic!("dimension {number} has no names");
    };
    let mut names: Vec<String> = marked(store, number)
        .into_iter()
        .filter(|(marked, _)| *marked == message)
        .flat_map(|(_, id)| {
            column(
                store,
                &format!("SELECT name FROM {dictionary} WHERE id = {id}"),
            )
        })
        .collect();
    names.sort();
    names
}

/// Messages that differ in everything that is marked.
fn various() -> Vec<Event> {
    let mut events = Vec::new();
    for n in 0..60_u8 {
        let mut pixel = pixel(&format!("https://t{}.example.org/p.gif?u={n}", n % 7));
        pixel.verdict.rules = vec![rule(&format!("rule-{}", n % 5)), rule("inner")];
        pixel.verdict.discloses = [Disclosure::ALL[usize::from(n) % 8], Disclosure::Time].into();
        pixel.verdict.spared = (n % 6 == 0).then(|| format!("entry-{n}").into());
        let mut opaque = link("https://r.example.com/x", "https://shop.example.net/");
        opaque.verdict.action = Action::Keep;
        opaque.verdict.opaque = n % 2 == 0;
        let disposition = Disposition::ALL[usize::from(n) % 5];
        let to = format!("https://shop{}.example/", n % 9);
        let click = link("https://click.example.org/c?u=1", &to);
        let mut event = event(
            NOON + i64::from(n) * DAY / 10,
            disposition,
            vec![pixel, opaque, click],
        );
        event.transaction.sender = format!("a@sender{}.example", n % 11);
        event.transaction.client = Some([192, 0, n, 1].into());
        event
            .transaction
            .recipients
            .push(format!("joe@r{}.example", n % 4));
        event.outcome.skips = [Skip::Charset, Skip::Signed]
            .map(|skip| SkipNote {
                part: "1".to_owned(),
                skip,
            })
            .into();
        event.outcome.skips.truncate(usize::from(n) % 3);
        if n % 8 == 0 {
            event.outcome.ambiguities = vec![("1".to_owned(), Ambiguity::Nul)];
        }
        event.transaction.message_id = Some(format!("{n}@mail.example.org"));
        event.transaction.queue_id = Some(format!("4Q{n}"));
        event.rules_version = format!("rules-{}", n % 3);
        events.push(event);
    }
    events
}

#[test]
fn every_message_is_marked_with_what_its_rows_say() {
    let (_dir, mut store) = open();
    let redactor = Redactor::new(Level::Full, Some(keys()), false);
    let entries: Vec<Entry> = various().iter().map(|e| redactor.redact(e)).collect();
    store.commit(&entries).unwrap();
    let (is_right, marks) = derive::check(&store.connection);
    assert!(is_right);
    assert!(marks > 60 * 25, "{marks}");
    for mark in mark::MARKS {
        assert!(!marked(&store, mark.number).is_empty(), "{}", mark.name);
    }
    // The first one, by hand: a kept redirect is opaque, a spared pixel is
    // allowed, and the click is unwrapped.
    let first = column::<i64>(&store, "SELECT min(id) FROM message")[0];
    let names = |number: u8| names_of(&store, number, first);
    assert_eq!(names(mark::ACTION), ["allow", "opaque", "unwrap"]);
    assert_eq!(names(mark::SENDER), ["example.org", "sender0.example"]);
    assert_eq!(
        names(mark::RULE),
        ["example-click", "example-inner", "inner", "rule-0"]
    );
    assert_eq!(
        names(mark::TELLS),
        ["address", "campaign", "recipient", "time"]
    );
    assert_eq!(names(mark::ALLOWED), ["entry-0"]);
    assert_eq!(names(mark::SKIP), Vec::<String>::new());
    assert_eq!(names(mark::PRIVACY), ["full"]);
    assert_eq!(names(mark::EVIDENCE), ["rule", "size"]);

    // Half of them go, then all; the marks and the names go with them.
    tidy(
        &mut store,
        &mut Janitor::new(1, 400, u64::MAX),
        NOON + 4 * DAY,
    );
    assert_eq!(count(&store, "message"), 30);
    assert!(derive::check(&store.connection).0);
    tidy(
        &mut store,
        &mut Janitor::new(1, 400, u64::MAX),
        NOON + 40 * DAY,
    );
    for table in ["message", "finding", "recipient", "mark"] {
        assert_eq!(count(&store, table), 0, "{table}");
    }
    for table in schema::PERISHABLE {
        assert_eq!(count(&store, table), 0, "{table}");
    }
}

#[test]
fn repeated_texts_stand_once_and_read_as_before() {
    let (_dir, mut store) = open();
    let click = |path: &str, n: u32| {
        link(
            &format!("https://click.example.org/{path}?u={n}"),
            "https://shop.example.net/",
        )
    };
    let clicks = vec![click("c", 1), click("c", 2), click("d", 3)];
    let redactor = Redactor::new(Level::Pseudonym, Some(keys()), false);
    let entry = redactor.redact(&event(NOON, Disposition::Changed, clicks));
    let hash = |n: usize| HEXLOWER.encode(&entry.findings[0].samples[n].hash.unwrap());
    store.commit(&[entry.clone(), entry.clone()]).unwrap();
    assert_eq!(
        column::<String>(&store, "SELECT name FROM shape"),
        ["https://click.example.org/c?u=…"]
    );
    assert_eq!(
        column::<String>(&store, "SELECT url FROM finding_view"),
        ["https://click.example.org/c?u=…"; 2]
    );
    assert_eq!(
        column::<String>(&store, "SELECT samples FROM finding_view LIMIT 1"),
        [format!(
            "{}\n{} https://click.example.org/d?u=…",
            hash(1),
            hash(2)
        )]
    );
}

/// A file as version 1 wrote it: three messages, two of them of the same
/// millisecond, and one from before 2025.
fn version_1(path: &Path) {
    make(path).unwrap();
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch(schema::WRITER_PRAGMAS).unwrap();
    schema::migrate_to(&mut connection, 0, 1).unwrap();
    connection
        .execute_batch(include_str!("version_1_rows.sql"))
        .unwrap();
}

#[test]
fn a_file_of_version_1_is_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    version_1(&path);
    let epoch = "SELECT value FROM meta WHERE key = 'epoch'";
    let before: String = Connection::open(&path)
        .unwrap()
        .query_row(epoch, [], |row| row.get(0))
        .unwrap();
    let mut store = Store::open(&path).unwrap();
    assert_eq!(column::<i64>(&store, "PRAGMA user_version"), [4]);
    assert_ne!(column::<String>(&store, epoch), [before]);
    let noon = (NOON - 1_735_689_600_000) * 256;
    assert_eq!(
        column::<String>(
            &store,
            "SELECT format('%d %d %s %s %s %s', id, at, privacy, coalesce(client, '-'),
                 sender_domain, coalesce(skips, '-')) FROM message_view ORDER BY id"
        ),
        [
            "0 1000 pseudonym - sender.example -".to_owned(),
            format!("{noon} {NOON} pseudonym 192.0.2.0/24 sender.example charset:2 signed:1"),
            format!("{} {NOON} full 192.0.2.0/24 sender.example -", noon + 1),
        ]
    );
    assert_eq!(
        column::<String>(
            &store,
            "SELECT format('%d %d %s %s %s %s %s', id, message, action, rule,
                 coalesce(inner_rules, '-'), evidence, url) FROM finding_view ORDER BY id"
        ),
        [
            format!(
                "{} {noon} neutralize open - size:40 https://t.example/p",
                noon * 256
            ),
            format!(
                "{} {noon} unwrap click  inner other  rule:9 https://c.example/",
                noon * 256 + 1
            ),
            format!(
                "{} {} keep click - rule:9 https://c.example/",
                (noon + 1) * 256,
                noon + 1
            ),
        ]
    );
    assert_eq!(
        column::<String>(
            &store,
            "SELECT format('%d %d %s', message, n, who) FROM recipient ORDER BY message, n"
        ),
        [
            format!("{noon} 0 r_a"),
            format!("{noon} 1 r_b"),
            format!("{} 0 r_a", noon + 1)
        ]
    );
    assert!(derive::check(&store.connection).0);
    assert_eq!(
        names_of(&store, mark::RULE, noon),
        ["click", "inner", "open", "other"]
    );
    assert_eq!(names_of(&store, mark::SKIP, noon), ["charset", "signed"]);
    assert_eq!(names_of(&store, mark::EVIDENCE, noon), ["rule", "size"]);
    assert_eq!(
        column::<i64>(&store, "SELECT messages FROM rollup_daily"),
        [3]
    );
    // It goes on with what it has.
    store.commit(&entries(&[changed(NOON)])).unwrap();
    assert_eq!(
        column::<i64>(&store, "SELECT max(id) FROM message"),
        [noon + 2]
    );
    assert!(derive::check(&store.connection).0);
    assert_eq!(column::<String>(&store, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn a_file_of_version_2_is_migrated() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    version_1(&path);
    let mut connection = Connection::open(&path).unwrap();
    schema::migrate_to(&mut connection, 1, 2).unwrap();
    // Marks as they were: a row each.
    connection
        .execute_batch("INSERT INTO mark SELECT 32, id FROM message")
        .unwrap();
    drop(connection);
    let mut store = Store::open(&path).unwrap();
    let (is_right, marks) = derive::check(&store.connection);
    assert!(is_right);
    assert!(marks > 3 * 10, "{marks}");
    let first = column::<i64>(&store, "SELECT max(id) FROM message")[0];
    assert_eq!(names_of(&store, mark::RULE, first), ["click"]);
    assert_eq!(names_of(&store, mark::ACTION, first), ["opaque"]);
    store.commit(&entries(&[changed(NOON)])).unwrap();
    assert!(derive::check(&store.connection).0);
    assert_eq!(column::<String>(&store, "PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn the_index_goes_with_the_last_message_of_a_segment() {
    let (_dir, mut store) = open();
    let days: Vec<Event> = (0..6).map(|n| changed(NOON + n * DAY / 3)).collect();
    store.commit(&entries(&days)).unwrap();
    // At noon, 20:00, 4:00, noon, 20:00 and 4:00.
    let sizes = "SELECT messages FROM segment ORDER BY first";
    assert_eq!(column::<i64>(&store, sizes), [2, 3, 1]);
    let mut janitor = Janitor::new(1, 400, u64::MAX);
    tidy(&mut store, &mut janitor, NOON + DAY + 1);
    assert_eq!(count(&store, "message"), 5);
    assert_eq!(column::<i64>(&store, sizes), [2, 3, 1]);
    assert!(derive::check(&store.connection).0);
    tidy(&mut store, &mut janitor, NOON + DAY + DAY / 3 + 1);
    assert_eq!(count(&store, "message"), 4);
    assert_eq!(column::<i64>(&store, sizes), [3, 1]);
    assert_eq!(
        column::<i64>(&store, "SELECT count(DISTINCT segment) FROM mark"),
        [2]
    );
    assert!(derive::check(&store.connection).0);
}

#[test]
fn sums_by_the_hour_last_for_eight_days() {
    let (_dir, mut store) = open();
    let mut observed = changed(NOON + 3_600_000);
    observed.disposition = Disposition::WouldChange;
    observed.outcome.findings[0].verdict.action = Action::Trim(Destination {
        target: target("https://t.example.org/"),
        text: "https://t.example.org/".to_owned(),
    });
    store
        .commit(&entries(&[changed(NOON), changed(NOON + 1), observed]))
        .unwrap();
    // 2026-11-21T12 is hour 20,778 * 24 + 12.
    let sums = "SELECT format('%d %s %s %s %d %d', hour - 498684, dim, key, action, findings,
                messages) FROM rollup_hourly ORDER BY hour, dim, key, action";
    assert_eq!(
        column::<String>(&store, sums),
        [
            "0 disposition changed  0 2",
            "0 vector img-src neutralize 2 2",
            "1 disposition would-change  0 1",
            "1 vector img-src would-trim 1 1",
        ]
    );
    let mut janitor = Janitor::new(30, 400, u64::MAX);
    tidy(&mut store, &mut janitor, NOON + 8 * DAY);
    assert_eq!(count(&store, "rollup_hourly"), 4);
    tidy(&mut store, &mut janitor, NOON + 8 * DAY + 3_600_000);
    assert_eq!(
        column::<String>(&store, sums),
        [
            "1 disposition would-change  0 1",
            "1 vector img-src would-trim 1 1",
        ]
    );
}

#[test]
fn other_databases_and_newer_ones_are_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign.db");
    Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let error = Store::open(&foreign).unwrap_err();
    assert!(matches!(error.trouble, Trouble::Foreign), "{error:?}");

    let newer = dir.path().join("newer.db");
    let store = Store::open(&newer).unwrap();
    store
        .connection
        .pragma_update(None, "user_version", 99)
        .unwrap();
    drop(store);
    let error = Store::open(&newer).unwrap_err();
    assert!(
        matches!(
            error.trouble,
            Trouble::Newer {
                found: 99,
                known: 3
            }
        ),
        "{error:?}"
    );
}
