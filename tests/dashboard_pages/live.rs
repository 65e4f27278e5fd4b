//! The live tail.

use crate::{
    client::{ask, page},
    html::{between, unescape},
    site::{NOON, Site, newsletter, signed},
};
use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
};
use untrackd::telemetry::Record;

/// Lines of a stream; the head is over when this returns.
fn listen(site: &Site, path: &str, fields: &str) -> BufReader<TcpStream> {
    let mut lines = BufReader::new(ask(site.address, path, fields));
    let status = line(&mut lines);
    assert!(status.contains(" 200 "), "{status}");
    let mut is_stream = false;
    loop {
        match line(&mut lines).to_ascii_lowercase() {
            end if end.is_empty() => break,
            field => is_stream |= field.starts_with("content-type: text/event-stream"),
        }
    }
    assert!(is_stream);
    // The server says hello at once.
    assert!(line(&mut lines).starts_with(':') || line(&mut lines).starts_with(':'));
    lines
}

fn line(lines: &mut BufReader<TcpStream>) -> String {
    let mut text = String::new();
    lines.read_line(&mut text).unwrap();
    assert!(!text.is_empty(), "the stream ended");
    text.trim_end().to_owned()
}

/// Id and data of the next event.
fn event(lines: &mut BufReader<TcpStream>) -> (String, serde_json::Value) {
    let mut id = String::new();
    loop {
        let text = line(lines);
        if let Some(value) = text.strip_prefix("id:") {
            id = value.trim().to_owned();
        }
        if let Some(data) = text.strip_prefix("data:") {
            return (id, serde_json::from_str(data).unwrap());
        }
    }
}

#[test]
fn new_messages_that_fit_come_down_the_stream() {
    let site = Site::new([newsletter(NOON, "4OLD")], "");
    let log = page(site.address, "/log?q=is:changed&live=1");
    let path = unescape(between(&log, "data-live=\"", "\"")[0]);
    let mut lines = listen(&site, &path, "");
    site.recorder.record(signed(NOON + 1, "4NOT"));
    site.recorder.record(newsletter(NOON + 2, "4ONE"));
    let (first, data) = event(&mut lines);
    assert_eq!(data["queue_id"], "4ONE");
    assert_eq!(data["found"], "2 trackers, 1 link");
    assert_eq!(data["label"], "changed");
    assert_eq!(data["href"], format!("/message/{first}"));
    assert_eq!(data["id"], first);
    site.recorder.record(newsletter(NOON + 3, "4TWO"));
    let (second, data) = event(&mut lines);
    assert_eq!(data["queue_id"], "4TWO");
    assert!(second.parse::<i64>().unwrap() > first.parse::<i64>().unwrap());

    // A browser that was cut off tells what it saw last.
    let mut again = listen(&site, &path, &format!("Last-Event-ID: {first}\r\n"));
    assert_eq!(event(&mut again).1["queue_id"], "4TWO");
}

#[test]
fn without_a_script_the_page_looks_again() {
    let site = Site::new([newsletter(NOON, "4N0")], "");
    let log = page(site.address, "/log?live=1");
    assert!(
        log.contains("<a class=\"button\" href=\"/log?live=1\" data-live-reload>Look again</a>")
    );
    assert!(log.contains("4N0"));
    let plain = page(site.address, "/log");
    assert!(!plain.contains("live.js") && !plain.contains("data-live="));
}
