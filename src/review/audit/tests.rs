use super::*;
use std::{fs, os::unix::fs::MetadataExt};

fn act<'a>(kind: ActKind, subject: Option<&'a str>, details: &'a str) -> Act<'a> {
    Act {
        kind,
        actor: "ada as root",
        channel: Channel::Cli.name(),
        subject,
        details,
    }
}

fn audit(dir: &Path) -> Audit {
    let keys = Keys::load_or_create(&dir.join("log.keys"), SystemTime::now()).unwrap();
    let mut audit = Audit::open(&dir.join("review/audit.db"), 400).unwrap();
    audit.key = Some(keys.current().clone());
    audit
}

#[test]
fn an_act_is_kept_without_the_address() {
    let dir = tempfile::tempdir().unwrap();
    let audit = audit(dir.path());
    let details = "rows=3 recipient:Jane.Doe@example.org";
    audit
        .record(&act(ActKind::Lookup, Some("Jane.Doe@example.org"), details))
        .unwrap();
    let rows = audit.newest(10, None).unwrap();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!(
        (
            row.actor.as_str(),
            row.channel.as_str(),
            row.act.as_str(),
            row.outcome.as_str(),
            row.details.as_str(),
            row.key
        ),
        ("ada as root", "cli", "lookup", "done", "rows=3 …", Some(1))
    );
    let key = audit.key.clone().unwrap();
    assert_eq!(row.subject, Some(key.subject("jane.doe@EXAMPLE.org")));
    // The pseudonyms of the block log lead nowhere here.
    let log = key.recipient("jane.doe@example.org");
    assert_ne!(row.subject.as_deref().unwrap()[2..], log[2..]);
    let bytes = fs::read(dir.path().join("review/audit.db")).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    assert!(text.contains("ada as root") && !text.contains("jane"));
}

#[test]
fn without_a_key_nobody_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let audit = Audit::open(&dir.path().join("audit.db"), 400).unwrap();
    let person = Some("jane@example.org");
    audit
        .record(&act(ActKind::Export, person, "jane@example.org"))
        .unwrap();
    let row = audit.newest(1, None).unwrap().remove(0);
    assert_eq!((row.subject, row.key), (None, None));
    assert_eq!(row.details, "…");
}

#[test]
fn lines_come_in_pages_newest_first() {
    let dir = tempfile::tempdir().unwrap();
    let audit = audit(dir.path());
    for kind in ActKind::all() {
        audit.record(&act(kind, None, "")).unwrap();
    }
    let ids = |rows: Vec<AuditRow>| rows.iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(ids(audit.newest(2, None).unwrap()), [12, 11]);
    assert_eq!(ids(audit.newest(2, Some(11)).unwrap()), [10, 9]);
    assert_eq!(ids(audit.newest(2, Some(1)).unwrap()), [0_i64; 0]);
    // A failed login is an act that was refused, all others are done.
    let refused: Vec<_> = audit.newest(100, None).unwrap();
    let refused = refused.iter().filter(|row| row.outcome == "refused");
    assert_eq!(
        refused.map(|row| &row.act).collect::<Vec<_>>(),
        ["login-failed"]
    );
}

#[test]
fn an_act_that_takes_long_says_how_it_ended() {
    let dir = tempfile::tempdir().unwrap();
    let audit = audit(dir.path());
    let begun = audit.begin(&act(ActKind::Erase, None, "")).unwrap();
    assert_eq!(audit.newest(1, None).unwrap()[0].outcome, "started");
    audit.finish(begun, Outcome::Failed, "rows=7").unwrap();
    let row = &audit.newest(1, None).unwrap()[0];
    assert_eq!(
        (row.outcome.as_str(), row.details.as_str()),
        ("failed", "rows=7")
    );
}

#[test]
fn old_lines_go() {
    let dir = tempfile::tempdir().unwrap();
    let audit = audit(dir.path());
    let day = 86_400_000;
    let insert = |at| audit.try_insert(&act(ActKind::Report, None, ""), Outcome::Done, at);
    insert(1_000 * day).unwrap();
    insert(1_001 * day).unwrap();
    // 400 days after the second, so the first one is a day too old.
    insert(1_401 * day).unwrap();
    let kept: Vec<_> = audit.newest(9, None).unwrap();
    let kept: Vec<_> = kept.iter().map(|row| row.at_ms / day).collect();
    assert_eq!(kept, [1_401, 1_001]);
}

#[test]
fn strangers_cannot_fill_it_with_failed_logins() {
    let dir = tempfile::tempdir().unwrap();
    let audit = audit(dir.path());
    audit.record(&act(ActKind::Login, None, "")).unwrap();
    audit
        .connection
        .execute_batch(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)
             INSERT INTO audit (at, actor, channel, act, details, outcome)
             SELECT 9e12, 'x', 'dashboard', 'login-failed', '', 'refused' FROM n",
        )
        .unwrap();
    audit.record(&act(ActKind::LoginFailed, None, "")).unwrap();
    let rows = audit.newest(20_000, None).unwrap();
    assert_eq!(rows.len(), 10_001);
    assert_eq!(rows.last().unwrap().act, "login");
}

#[test]
fn it_is_closed_to_other_users() {
    let dir = tempfile::tempdir().unwrap();
    drop(audit(dir.path()));
    let mode = |path: &str| fs::metadata(dir.path().join(path)).unwrap().mode() & 0o777;
    assert_eq!((mode("review"), mode("review/audit.db")), (0o750, 0o640));
}

#[test]
fn what_cannot_be_recorded_does_not_take_place() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.db");
    fs::create_dir(&path).unwrap();
    let error = Audit::open(&path, 400).unwrap_err().to_string();
    assert!(
        error.contains("audit.db cannot be used: ")
            && error.contains("no person is looked up unrecorded"),
        "{error}"
    );
    let other = dir.path().join("other.db");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    let error = Audit::open(&other, 400).unwrap_err();
    assert!(matches!(error.kind, AuditErrorKind::Foreign), "{error}");
}

#[test]
fn a_reader_needs_a_file_and_cannot_write() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("review/audit.db");
    let error = Audit::open_for_reading(&path).unwrap_err();
    assert!(error.to_string().contains("nothing has been recorded yet"));
    drop(audit(dir.path()));
    let reader = Audit::open_for_reading(&path).unwrap();
    assert_eq!(reader.newest(5, None).unwrap(), []);
    assert!(reader.record(&act(ActKind::Login, None, "")).is_err());
}

#[test]
fn a_look_up_is_recorded_for_each_person_or_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().display().to_string();
    let variables = [("STATE_DIRECTORY", state.as_str()), ("HOME", &state)];
    let surroundings = crate::config::Surroundings {
        variables: variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        uid: 1_000,
    };
    let config = crate::config::load(None, &surroundings).unwrap();
    let people = ["jane@example.org", "r_aaaaaaaaaaaaaaaa"].map(String::from);

    lookup(&config, &[], Channel::Cli.name()).unwrap();
    assert!(!config.review.audit.exists(), "nobody is looked up");
    lookup(&config, &people[1..], Channel::Cli.name()).unwrap();
    let keys = Keys::load_or_create(&config.log.keys, SystemTime::now()).unwrap();
    lookup_by(&config, "ada", &people, Channel::Dashboard.name()).unwrap();
    let rows = Audit::of(&config).unwrap().newest(9, None).unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|row| (row.actor.clone(), row.channel.as_str(), row.subject.clone()))
        .collect();
    let key = keys.current();
    assert_eq!(
        rows,
        [
            ("ada".to_owned(), "dashboard", Some(key.subject(&people[1]))),
            ("ada".to_owned(), "dashboard", Some(key.subject(&people[0]))),
            (actor(), "cli", None),
        ]
    );

    // A key file that cannot be read is no reason to leave the person out.
    fs::write(&config.log.keys, "nonsense").unwrap();
    let error = lookup(&config, &people, Channel::Cli.name()).unwrap_err();
    assert!(
        error.to_string().contains("line 1: expected number"),
        "{error}"
    );
}
