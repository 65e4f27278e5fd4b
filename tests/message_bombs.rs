//! Messages made to exhaust a parser: each ends in a named outcome, in time
//! that grows with its size and not faster.

#[path = "common/processor_time.rs"]
mod processor_time;

use processor_time::grows_with_the_input;
use untrackd::{
    edit::Edit,
    limits::Limits,
    message::{Part, Transfer, splitter::Splitter, transfer::decode},
    skip::Skip,
};

fn split(content_type: &str, body: &[u8], chunk: usize) -> Vec<Part> {
    split_within(&Limits::default(), content_type, body, chunk)
}

fn split_within(limits: &Limits, content_type: &str, body: &[u8], chunk: usize) -> Vec<Part> {
    let top = [(b"Content-Type".to_vec(), content_type.as_bytes().to_vec())];
    let mut splitter = Splitter::new(limits, &top);
    let mut parts = Vec::new();
    for end in (chunk..body.len()).step_by(chunk) {
        splitter.advance(&body[..end], &mut parts);
    }
    splitter.finish(body, &mut parts);
    parts
}

#[test]
fn fifty_thousand_nested_messages_end_at_the_depth_limit() {
    let body = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    let parts = split("message/rfc822", body.as_bytes(), 65_535);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].skip, Some(Skip::Depth));
    assert_eq!(parts[0].body.end, body.len());
    assert_eq!(parts[0].path.0.len(), 65);
}

#[test]
fn nested_multiparts_end_at_the_depth_limit() {
    let mut body = String::new();
    for n in 0..1000 {
        body += &format!(
            "--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n",
            n + 1
        );
    }
    let parts = split("multipart/mixed; boundary=b0", body.as_bytes(), 4096);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].skip, Some(Skip::Depth));
}

#[test]
fn bogus_multiparts_cost_time_in_proportion() {
    let bogus = |n| "--ZZ\r\nContent-Type: multipart/x; boundary=ZZ\r\n\r\n".repeat(n);
    let run = |limits: &Limits, body: &str| {
        split_within(limits, "multipart/x; boundary=ZZ", body.as_bytes(), 65_535)
    };
    let parts = run(&Limits::default(), &bogus(40_000));
    assert_eq!(parts.last().and_then(|p| p.skip), Some(Skip::Parts));
    // The limit would hide the growth.
    let limits = Limits {
        parts: usize::MAX,
        ..Limits::default()
    };
    grows_with_the_input("multiparts", 5_000, bogus, |body| run(&limits, body));
}

#[test]
fn a_line_of_forty_eight_megabytes_is_read_once() {
    let line = |n: usize| [b"--b\n\n--".as_slice(), &vec![b'x'; n << 20]].concat();
    let large = line(48);
    let run = |body: &[u8]| split("multipart/mixed; boundary=b", body, 65_535);
    let parts = run(&large);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].body, 5..large.len());
    grows_with_the_input("one line", 6, line, |body| run(body));
}

#[test]
fn a_header_line_of_fifty_megabytes_is_not_read() {
    let mut body = b"--b\nX: ".to_vec();
    body.resize(50 << 20, b'x');
    let parts = split("multipart/mixed; boundary=b", &body, 65_535);
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].skip, Some(Skip::Headers));
}

#[test]
fn the_ten_thousand_and_first_part_is_not_read() {
    let part = |n| "--b\n\nx\n".repeat(n);
    let parts = split("multipart/mixed; boundary=b", part(10_000).as_bytes(), 4096);
    assert_eq!(parts.len(), 10_000);
    assert!(parts.iter().all(|p| p.skip.is_none()));
    let parts = split("multipart/mixed; boundary=b", part(10_002).as_bytes(), 4096);
    assert_eq!(parts.len(), 10_001);
    assert_eq!(parts[10_000].skip, Some(Skip::Parts));
    assert_eq!(parts[9_999].skip, None);
}

#[test]
fn lines_of_dashes_under_many_boundaries_cost_time_in_proportion() {
    let mut head = String::new();
    for n in 0..63 {
        head += &format!(
            "--{n}\nContent-Type: multipart/mixed; boundary={}\n\n",
            n + 1
        );
    }
    head += "--63\n\n";
    let body = |n: usize| head.clone() + &"--\n--64\n\r--1\r".repeat(n);
    let run = |body: &str| split("multipart/mixed; boundary=0", body.as_bytes(), 65_535);
    assert_eq!(run(&body(200_000))[0].skip, Some(Skip::Ambiguous));
    grows_with_the_input("boundaries", 25_000, body, |body| run(body));
}

#[test]
fn a_boundary_in_mid_line_hides_nothing() {
    let body = b"--b\nContent-Type: text/html\n\nx --b <img src=a>\n--b--\n";
    let parts = split("multipart/mixed; boundary=b", body, 7);
    assert_eq!(parts.len(), 1);
    assert_eq!(&body[parts[0].body.clone()], b"x --b <img src=a>");
}

#[test]
fn nested_comments_and_parameters_without_end_are_read_in_place() {
    for value in [
        "(".repeat(200_000),
        format!("text/html; {}", "a=b; ".repeat(50_000)),
        format!("multipart/mixed; {}", "boundary*1=b; ".repeat(20_000)),
        format!("text/html; a=\"{}", "\\".repeat(200_000)),
    ] {
        assert_eq!(split(&value, b"x", 10).len(), 1);
    }
}

#[test]
fn edits_of_many_tiny_encoded_lines_cost_time_in_proportion() {
    let run = |n: usize| {
        let raw = "=\na=\n".repeat(n);
        let edits: Vec<_> = (0..n)
            .step_by(100)
            .map(|at| Edit::new(at..at + 1, "b"))
            .collect();
        let decoded = decode(raw.as_bytes(), &Transfer::QuotedPrintable, n).ok();
        let encoded = decoded.map(|d| d.encode(&edits, &Limits::default()));
        assert_eq!(encoded.map(|e| e.edits.len()), Some(n / 100));
    };
    grows_with_the_input("encoded lines", 25_000, |n| n, |n| run(*n));
}

#[test]
fn a_decoded_part_larger_than_the_limit_is_oversize() {
    let raw = "QUJD".repeat(1 << 20);
    for transfer in [
        Transfer::Base64,
        Transfer::QuotedPrintable,
        Transfer::Identity,
    ] {
        let error = decode(raw.as_bytes(), &transfer, 1 << 20).map(|_| ()).err();
        assert_eq!(error, Some(Skip::Oversize), "{transfer:?}");
    }
}
