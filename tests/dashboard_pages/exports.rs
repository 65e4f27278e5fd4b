//! Files.

use crate::{
    client::get,
    site::{NOON, Site, newsletter, receipt},
};
use untrackd::review::audit::Audit;

const THAT_DAY: &str = "from=2026-11-20&to=2026-11-20";

fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let record = |record: Result<csv::StringRecord, csv::Error>| -> Vec<String> {
        record.unwrap().iter().map(str::to_owned).collect()
    };
    reader.records().map(record).collect()
}

#[test]
fn the_log_is_a_table_without_formulas() {
    let events = [
        newsletter(NOON, "4N0"),
        receipt(NOON + 1, "=HYPERLINK(\"https://a.example\",\"x\")"),
    ];
    let site = Site::new(events, "");
    let file = get(site.address, "/export?view=log&format=csv&q=is:changed");
    assert_eq!(file.status, 200);
    assert_eq!(
        file.field("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        file.field("content-disposition"),
        "attachment; filename=\"untrackd-log.csv\""
    );
    let table = records(&file.body);
    let column = |name: &str| table[0].iter().position(|own| own == name).unwrap();
    let queue_ids: Vec<&str> = table[1..]
        .iter()
        .map(|row| row[column("queue_id")].as_str())
        .collect();
    assert_eq!(
        queue_ids,
        ["'=HYPERLINK(\"https://a.example\",\"x\")", "4N0"]
    );
    assert_eq!(table[2][column("time")], "2026-11-20T12:00:00.000Z");
    assert_eq!(table[2][column("found")], "2 trackers, 1 link");
    assert_eq!(table[2][column("companies")], "Example Inc");
    assert!(!file.body.contains("jane"));
}

#[test]
fn the_log_is_json_lines_and_longer_than_one_page_of_it() {
    // Read 250 at a time.
    let events = (0..600).map(|n| newsletter(NOON + n, &format!("4Q{n:03}")));
    let site = Site::new(events, "");
    let file = get(site.address, "/export?view=log&format=json");
    assert_eq!(file.field("content-type"), "application/x-ndjson");
    let found: Vec<String> = file
        .body
        .lines()
        .map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(json["v"], 1);
            json["queue_id"].as_str().unwrap().to_owned()
        })
        .collect();
    let expected: Vec<String> = (0..600).rev().map(|n| format!("4Q{n:03}")).collect();
    assert_eq!(found, expected);
    let audit = Audit::open_for_reading(&site.audit).unwrap();
    let acts = audit.newest(10, None).unwrap();
    assert_eq!(acts.len(), 1);
    assert_eq!(
        (acts[0].act.as_str(), acts[0].details.as_str()),
        ("download", "log")
    );
}

#[test]
fn sums_are_tables() {
    let site = Site::new([newsletter(NOON, "4N0"), receipt(NOON + 1, "4R0")], "");
    let csv = |view: &str| {
        let path = format!("/export?view={view}&format=csv&{THAT_DAY}");
        let file = get(site.address, &path);
        assert_eq!(file.status, 200, "{path}: {}", file.body);
        file.body
    };
    assert_eq!(
        records(&csv("top&of=companies")),
        [["name", "findings", "messages"], ["Example Inc", "3", "2"]],
    );
    let totals = records(&csv("totals"));
    assert_eq!(totals[1], ["messages", "2"]);
    assert!(totals.contains(&vec!["receipts".to_owned(), "1".to_owned()]));
    let series = records(&csv("series&of=outcomes"));
    let changed: u64 = series[1..]
        .iter()
        .filter(|row| row[2] == "changed")
        .map(|row| row[3].parse::<u64>().unwrap())
        .sum();
    assert_eq!(changed, 2);
}

#[test]
fn small_groups_of_people_do_not_leave_the_house() {
    // Nine messages to one recipient, and one to six.
    let mut events: Vec<_> = (0..9).map(|n| newsletter(NOON + n, "4N")).collect();
    let mut large = newsletter(NOON + 20, "4L");
    large.transaction.recipients = (0..6).map(|n| format!("p{n}@large.example")).collect();
    large.transaction.sender = "news@large-sender.example".to_owned();
    large.transaction.from_domain = None;
    for finding in &mut large.outcome.findings {
        finding.verdict.rules.clear();
    }
    events.push(large);
    let site = Site::with_min_group(events, 5);
    let path = format!("/export?view=top&of=recipient-domains&format=json&{THAT_DAY}");
    let file = get(site.address, &path);
    assert_eq!(file.status, 200);
    assert!(!file.body.contains("example.com"), "{}", file.body);
    assert!(file.body.contains("large.example"), "{}", file.body);
    let totals = get(
        site.address,
        &format!("/export?view=totals&format=csv&{THAT_DAY}"),
    );
    assert!(totals.body.contains("messages,10\n"), "{}", totals.body);
    // Two in each, no more, no less: nothing to round.
    assert!(totals.body.contains("trackers,20\n"), "{}", totals.body);
}

#[test]
fn what_cannot_be_exported_is_said() {
    let site = Site::new([], "");
    for (path, expected) in [
        ("/export", "view=log"),
        ("/export?view=top&of=people", "of=companies"),
        ("/export?view=log&format=pdf", "format=csv"),
        ("/export?view=log&q=tracler:x", "did you mean tracker?"),
        ("/export?view=totals&from=x", "is no date"),
    ] {
        let answer = get(site.address, path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(expected), "{path}: {}", answer.body);
    }
}
