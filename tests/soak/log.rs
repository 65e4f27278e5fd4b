//! What the block log says about it all.

use super::{common::process::Untrackd, figures::Figures};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::time::Duration;

/// What has to be in the log.
pub(crate) struct Expected {
    pub(crate) messages: u64,
    pub(crate) changed: u64,
}

/// Waits until the log has all messages, and returns how many it has.
pub(crate) fn wait(untrackd: &Untrackd, messages: u64) -> u64 {
    let mut rows = 0;
    super::common::wait_until(Duration::from_secs(60), || {
        // The log begins behind the mail's back, too.
        rows = try_count(untrackd, "SELECT count(*) FROM message").unwrap_or(0);
        rows >= messages
    });
    rows
}

/// Compares rows, sums and the milter's own account with what was sent.
pub(crate) fn check(untrackd: &Untrackd, expected: &Expected, figures: &mut Figures) {
    let rows = count(untrackd, "SELECT count(*) FROM message");
    figures.check("rows in the block log", rows, expected.messages);
    let ids = count(untrackd, "SELECT count(DISTINCT queue_id) FROM message");
    figures.check("  different queue ids", ids, expected.messages);

    let output = untrackd.run(&["stats", "--json"]);
    assert!(
        output.status.success(),
        "untrackd stats: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let stats: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let number = |value: &Value| value.as_u64().unwrap_or(u64::MAX);
    // A soak may go on past midnight.
    let week = &stats["periods"][1];
    assert_eq!(week["name"], "7 days");
    figures.check(
        "untrackd stats: messages",
        number(&week["messages"]),
        expected.messages,
    );
    figures.check("  changed", number(&week["changed"]), expected.changed);
    figures.add("  nothing to change", number(&week["clean"]));
    figures.add("  left as they came for a reason", number(&week["skipped"]));
    figures.check("  failed", number(&week["failed"]), 0);
    let log = &stats["log"];
    figures.check("  taken", number(&log["taken"]), expected.messages);
    figures.check("  stored", number(&log["stored"]), expected.messages);
    for (cause, lost) in log["lost"].as_object().expect("losses by cause") {
        figures.check(&format!("  lost: {cause}"), number(lost), 0);
    }
    figures.check("  evicted", number(&log["evicted"]), 0);
    let size = number(&log["file_bytes"]);
    figures.add("  size of the log", format!("{} KiB", size / 1024));
}

/// How many messages were changed, by their rows.
pub(crate) fn changed(untrackd: &Untrackd) -> u64 {
    count(
        untrackd,
        "SELECT count(*) FROM message_view WHERE disposition = 'changed'",
    )
}

fn count(untrackd: &Untrackd, query: &str) -> u64 {
    try_count(untrackd, query).unwrap_or_else(|e| panic!("{}: {e}", untrackd.database().display()))
}

fn try_count(untrackd: &Untrackd, query: &str) -> rusqlite::Result<u64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Connection::open_with_flags(untrackd.database(), flags)
        .and_then(|database| database.query_row(query, [], |row| row.get::<_, i64>(0)))
        .map(|number| u64::try_from(number).expect("a count"))
}
