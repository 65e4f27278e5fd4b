use super::*;
use crate::{
    clean::Outcome,
    review::{FindingRow, MessageRow, SampleRow},
    skip::Skip,
    telemetry::{
        Record, Recorder, Settings,
        testing::{NOON, event, link, pixel},
    },
    visible::is_control,
};
use clap::Parser;
use jiff::Zoned;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    log: LogArgs,
}

fn arguments(words: &[&str]) -> LogArgs {
    Cli::try_parse_from([&["log"], words].concat()).unwrap().log
}

/// 12:30 UTC on the day of the events, in a zone two hours ahead.
fn now() -> Zoned {
    "2026-11-21T14:30:00+02:00[+02:00]".parse().unwrap()
}

/// The log, keys and audit log of a directory.
fn desk(dir: &Path) -> Desk {
    let surroundings = crate::config::Surroundings {
        variables: [("STATE_DIRECTORY".to_owned(), dir.display().to_string())].into(),
        uid: 105,
    };
    Desk {
        config: crate::config::parse(None, &surroundings).unwrap(),
        now: now(),
    }
}

fn ask(desk: &Desk, words: &[&str], out: &mut impl Write) -> Result<(), Failure> {
    let args = arguments(words);
    let query = desk.query(&text(&args))?;
    show(&args, &query, desk, out)
}

struct Log {
    dir: tempfile::TempDir,
}

impl Log {
    /// Five messages: changed, would-change an hour before, skipped, failed,
    /// and a changed one from another sender.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            path: dir.path().join("log.db"),
            keys: dir.path().join("log.keys"),
            keep_days: 100_000,
            ..Settings::default()
        };
        let recorder = Recorder::start(&settings).unwrap();
        let open = || pixel("https://t.example.org/open/aGVsbG8gd29ybGQ.gif?u=1");
        let click = |n: u32| {
            link(
                &format!("https://click.example.org/c?u=value{n}"),
                "https://shop.example.net/",
            )
        };
        recorder.record(event(
            NOON - 3_600_000,
            Disposition::WouldChange,
            vec![open()],
        ));
        let mut skipped = event(NOON, Disposition::Skipped, Vec::new());
        skipped.outcome = Outcome::untouched(Skip::Oversize);
        skipped.transaction.queue_id = Some("4SKIP".to_owned());
        recorder.record(skipped);
        recorder.record(event(
            NOON + 1_000,
            Disposition::Changed,
            vec![open(), click(1), click(2)],
        ));
        recorder.record(event(NOON + 2_000, Disposition::Failed, Vec::new()));
        let mut other = event(NOON + 3_000, Disposition::Changed, vec![click(3)]);
        other.transaction.sender = "a@sender.example.net".to_owned();
        other.transaction.from_domain = Some("sender.example.net".to_owned());
        other.transaction.recipients = vec!["ann@example.com".to_owned(), "b@example.com".into()];
        recorder.record(other);
        assert!(recorder.stop(Duration::from_secs(60)));
        Self { dir }
    }

    fn desk(&self) -> Desk {
        desk(self.dir.path())
    }

    fn show(&self, words: &[&str]) -> Result<String, Failure> {
        let mut out = Vec::new();
        ask(&self.desk(), words, &mut out)?;
        Ok(anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string())
    }

    /// Times of the messages, in the order shown.
    fn times(&self, words: &[&str]) -> Vec<String> {
        let shown = self.show(words).unwrap();
        let messages = shown.lines().filter(|line| !line.starts_with(' '));
        messages
            .map(|line| line.get(11..19).unwrap_or(line).to_owned())
            .collect()
    }
}

#[test]
fn newest_first_with_findings_indented() {
    let log = Log::new();
    let shown = log.show(&["--limit", "3"]).unwrap();
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 6, "{shown}");
    assert!(
        lines[0].starts_with("2026-11-21 14:00:03  changed       4ABCdef123z   example.net → r_"),
        "{}",
        lines[0]
    );
    assert!(lines[0].ends_with(" +1  1 unwrapped"), "{}", lines[0]);
    assert_eq!(
        lines[1],
        "    a-href      unwrap      Example Mail (Example Inc)  rule example-click > \
         example-inner  score 100  https://click.example.org/c?u=…  → example.net  \
         tells campaign recipient"
    );
    assert!(
        lines[2].starts_with("2026-11-21 14:00:02  failed"),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].ends_with("  1 neutralized, 2 unwrapped"),
        "{}",
        lines[3]
    );
    assert_eq!(
        lines[4],
        "    img-src     neutralize  Example Mail (Example Inc)  rule example-open  score 140  \
         https://t.example.org/open/….gif?u=…  \
         tells campaign recipient  [rule +100 example-open; size +40 1×1]"
    );
    assert!(
        lines[5].starts_with("    a-href      unwrap     ×2  "),
        "{}",
        lines[5]
    );
}

#[test]
fn skips_are_shown_by_name() {
    let shown = Log::new().show(&["--queue-id", "4SKIP"]).unwrap();
    assert!(
        shown.starts_with("2026-11-21 14:00:00  skipped       4SKIP         example.org → r_"),
        "{shown}"
    );
    assert!(shown.ends_with("  skip: oversize\n"), "{shown}");
}

#[test]
fn filters_find_what_they_name() {
    let log = Log::new();
    let (before, skipped, changed, failed, other) =
        ("13:00:00", "14:00:00", "14:00:01", "14:00:02", "14:00:03");
    for (words, expected) in [
        (&[][..], &[other, failed, changed, skipped, before][..]),
        (&["--since", "1h"], &[other, failed, changed, skipped]),
        (&["--until", "2026-11-21T12:00:00Z"], &[before]),
        (
            &["--until", "2026-11-20"],
            &["No message fits."[11..].trim()],
        ),
        (&["--since", "2026-11-21", "-n", "1"], &[other]),
        (&["--sender", "example.net"], &[other]),
        (&["--sender", "x@Sender.Example.NET"], &[other]),
        (&["--recipient", "Ann@example.com"], &[other]),
        (
            &["--recipient", "jane.doe@EXAMPLE.com"],
            &[failed, changed, skipped, before],
        ),
        (&["--tracker", "t.example.org"], &[changed, before]),
        (&["--tracker", "example.org"], &[other, changed, before]),
        (&["--tracker", "EXAMPLE inc"], &[other, changed, before]),
        (&["--tracker", "example mail"], &[other, changed, before]),
        (
            &["--tracker", "example-mail", "--sender", "example.net"],
            &[other],
        ),
        (&["--rule", "example-open"], &[changed, before]),
        (&["--rule", "example-inner"], &[other, changed]),
        (&["--vector", "a-href"], &[other, changed]),
        (
            &["--vector", "a-href", "--until", "2026-11-21T12:00:02Z"],
            &[changed],
        ),
        (&["--disposition", "would-change"], &[before]),
        (&["--disposition", "failed"], &[failed]),
        (&["--skip", "oversize"], &[skipped]),
    ] {
        let times = log.times(words);
        if expected.iter().any(|time| !time.contains(':')) {
            assert_eq!(log.show(words).unwrap(), "No message fits.\n", "{words:?}");
        } else {
            assert_eq!(times, expected, "{words:?}");
        }
    }
}

#[test]
fn json_is_one_object_a_line_in_utc() {
    let log = Log::new();
    let shown = log.show(&["--json"]).unwrap();
    let rows: Vec<serde_json::Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(rows.len(), 5);
    let changed = &rows[2];
    assert_eq!(changed["v"], 1);
    assert_eq!(changed["time"], "2026-11-21T12:00:01.000Z");
    assert_eq!(changed["disposition"], "changed");
    assert_eq!(changed["sender_domain"], "example.org");
    assert_eq!(changed["size_before"], 1_000);
    assert_eq!(changed["findings"][1]["count"], 2);
    assert_eq!(changed["findings"][1]["rules"][1], "example-inner");
    assert_eq!(changed["findings"][0]["evidence"][1]["kind"], "size");
    assert_eq!(rows[3]["skips"]["oversize"], 1);
    // An empty result is no line at all, so that programs need no exception.
    assert_eq!(log.show(&["--json", "--rule", "none"]).unwrap(), "");
}

#[test]
fn an_empty_result_says_so() {
    let log = Log::new();
    assert_eq!(
        log.show(&["--tracker", "nobody.example"]).unwrap(),
        "No message fits.\n"
    );
}

#[test]
fn follow_shows_what_comes_oldest_first() {
    /// Closes like a pipe once the awaited line has come.
    struct Until(Vec<u8>, std::sync::mpsc::Sender<()>);
    impl Write for Until {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            let _ = self.1.send(());
            let has_come = String::from_utf8_lossy(&self.0).contains("4LATE");
            if has_come {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        }
    }

    let log = Log::new();
    let path = |name| log.dir.path().join(name);
    let settings = Settings {
        path: path("log.db"),
        keys: path("log.keys"),
        keep_days: 100_000,
        ..Settings::default()
    };
    let recorder = Recorder::start(&settings).unwrap();
    let (flushed, first_flush) = std::sync::mpsc::channel();
    let late = thread::scope(|scope| {
        let shown = scope.spawn(|| {
            let flushed = flushed;
            let mut out = Until(Vec::new(), flushed);
            let end = ask(&log.desk(), &["--follow", "is:failed"], &mut out);
            // A reader that has seen enough is no failure.
            assert_eq!(end.unwrap_err().code, Code::Ok);
            String::from_utf8(out.0).unwrap()
        });
        first_flush.recv().unwrap();
        // One that does not fit, and then one that does.
        recorder.record(event(NOON + 10_000, Disposition::Changed, Vec::new()));
        let mut late = event(NOON + 20_000, Disposition::Failed, Vec::new());
        late.transaction.queue_id = Some("4LATE".to_owned());
        recorder.record(late);
        shown.join().unwrap()
    });
    assert!(recorder.stop(Duration::from_secs(60)));
    let times: Vec<&str> = late
        .lines()
        .filter_map(|line| line.split_once(' ')?.1.get(..8))
        .collect();
    assert_eq!(times, ["14:00:02", "14:00:20"], "{late}");
}

#[test]
fn errors_have_their_codes() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.db");
    let try_show = |words: &[&str]| ask(&desk(dir.path()), words, &mut Vec::new()).unwrap_err();
    let missing = try_show(&[]);
    assert_eq!(missing.code, Code::NoInput);
    assert_eq!(
        missing.to_string(),
        format!(
            "the block log {} does not exist yet; has the milter run?",
            path.display()
        )
    );
    std::fs::write(
        &path,
        "this is no database, however long it may be ".repeat(100),
    )
    .unwrap();
    let damaged = try_show(&[]);
    assert_eq!(damaged.code, Code::Data, "{damaged}");
    assert!(damaged.to_string().contains("is damaged"), "{damaged}");
    let argument = try_show(&["--since", "yesterday"]);
    assert_eq!(argument.code, Code::Usage);
    assert_eq!(
        argument.to_string(),
        "at character 7, since: expected 2h, 7d, 2026-11-21 or 2026-11-21T08:00:00Z\n  \
         since:yesterday\n        ^\nsee \"untrackd log --fields\""
    );
    std::fs::write(dir.path().join("log.keys"), "1 x y\n").unwrap();
    let keys = try_show(&["--recipient", "a@example.org"]);
    assert_eq!(keys.code, Code::Config);
    assert!(
        keys.to_string().contains("line 1: expected number"),
        "{keys}"
    );
}

#[test]
fn unknown_names_are_refused_with_the_known_ones() {
    let error = Cli::try_parse_from(["log", "--vector", "img"])
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("img-srcset"), "{error}");
}

/// Nothing that a mail can choose reaches the terminal as a control.
#[test]
fn hostile_text_is_escaped() {
    let evil = "a\u{1b}]0;x\u{7}\r\n\u{202e}b\u{9b}2J".to_owned();
    let some = || Some(evil.clone());
    let row = MessageRow {
        id: 1,
        at_ms: NOON,
        queue_id: some(),
        disposition: evil.clone(),
        privacy: evil.clone(),
        key: None,
        message_id: some(),
        message_id_domain: some(),
        client: some(),
        sender: some(),
        sender_domain: some(),
        from_domain: some(),
        recipient_count: 1,
        recipients: vec![crate::review::RecipientRow {
            who: some(),
            domain: some(),
        }],
        size_before: 1,
        size_after: 1,
        duration_us: 1,
        parts: 1,
        html_parts: 1,
        lenient_html: false,
        neutralized: 1,
        removed: 0,
        unwrapped: 0,
        kept: 0,
        opaque: 0,
        unlisted: 0,
        skips: vec![crate::review::Tally {
            name: evil.clone(),
            count: 1,
        }],
        ambiguities: vec![crate::review::Tally {
            name: evil.clone(),
            count: 2,
        }],
        rules_version: evil.clone(),
        app_version: evil.clone(),
        findings: vec![FindingRow {
            part: evil.clone(),
            vector: evil.clone(),
            action: evil.clone(),
            opaque: false,
            allowed: some(),
            count: 1,
            rules: vec![evil.clone()],
            vendor: some(),
            vendor_name: some(),
            company: some(),
            category: some(),
            tells: vec![evil.clone()],
            tracker: evil.clone(),
            tracker_domain: evil.clone(),
            destination: some(),
            score: 1,
            evidence: vec![crate::review::EvidenceRow {
                kind: evil.clone(),
                weight: 1,
                detail: evil.clone(),
            }],
            urls: vec![SampleRow {
                shape: evil.clone(),
                hash: some(),
            }],
        }],
    };
    let mut table = Vec::new();
    table::write(&row, &TimeZone::UTC, &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    // Our own colours are the only escapes.
    let own = ["\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"];
    let bare = own.iter().fold(table, |text, own| text.replace(own, ""));
    assert_eq!(bare.lines().count(), 2, "{bare:?}");
    let mut json = Vec::new();
    json::write(&row, &mut json).unwrap();
    let json = String::from_utf8(json).unwrap();
    assert_eq!(json.lines().count(), 1);
    for text in [&bare, &json] {
        let left: Vec<char> = text
            .chars()
            .filter(|&c| c != '\n' && is_control(c))
            .collect();
        assert_eq!(left, Vec::<char>::new(), "{text:?}");
    }
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["queue_id"], evil.as_str(), "the meaning stays");
}
