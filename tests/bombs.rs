//! Mails made to exhaust the reader: each ends in a named outcome, in about a
//! second at the most, and with little memory beyond the message itself.
//!
//! Each bomb goes off in a process of its own, so that its peak memory is its
//! own. Time is compared with a yardstick that is measured in the same process
//! (a plain loop over 64 MiB, compiled like the code under test), because an
//! absolute bound holds for one machine only; it is that of the processor, so
//! that what else the machine does counts little.

#[path = "common/processor_time.rs"]
mod processor_time;

use processor_time::{processor_time, time};
use sha2::{Digest, Sha256};
use std::{env, fs, process::Command, sync::Arc, time::Duration};
use untrackd::{
    clean::{Cleaner, Envelope, Outcome, raw},
    skip::Skip,
};

/// Most memory that reading a message may take beyond the message itself.
const MEMORY: u64 = 100 << 20;

const PIXEL: &str =
    "<img src=\"https://t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99\" width=1 height=1>";

#[test]
fn fifty_thousand_nested_messages_end_at_the_depth_limit() {
    explode(
        "fifty_thousand_nested_messages_end_at_the_depth_limit",
        || {
            let mut mail = b"Subject: deep\nMIME-Version: 1.0\n".to_vec();
            for _ in 0..50_000 {
                mail.extend_from_slice(b"Content-Type: message/rfc822\n\n");
            }
            (mail, |o| skipped(o, Skip::Depth))
        },
    );
}

#[test]
fn two_megabytes_of_bogus_multiparts_end_at_a_limit() {
    explode("two_megabytes_of_bogus_multiparts_end_at_a_limit", || {
        let mut mail =
            b"MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=BND\n\n".to_vec();
        while mail.len() < 2_000_000 {
            mail.extend_from_slice(b"--BND\nContent-Type: multipart/x; boundary=ZZ\n\nx\n");
        }
        (mail, |o| skipped(o, Skip::Parts))
    });
}

#[test]
fn a_line_of_fifty_megabytes_ends_at_the_size_limit_for_html() {
    explode(
        "a_line_of_fifty_megabytes_ends_at_the_size_limit_for_html",
        || {
            let mut mail = b"MIME-Version: 1.0\nContent-Type: text/html\n\n".to_vec();
            mail.resize(mail.len() + 50_000_000, b'x');
            (mail, |o| skipped(o, Skip::HtmlSize))
        },
    );
}

#[test]
fn a_boundary_in_mid_line_hides_nothing() {
    explode("a_boundary_in_mid_line_hides_nothing", || {
        let mail = format!(
            "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=BND\n\n--BND\nContent-Type: text/html\n\n<p>x --BND\n{PIXEL}\n--BND--\n"
        );
        (mail.into_bytes(), cleaned)
    });
}

#[test]
fn a_parsing_ambiguity_before_the_pixel_hides_nothing() {
    explode("a_parsing_ambiguity_before_the_pixel_hides_nothing", || {
        let mail = format!("MIME-Version: 1.0\nContent-Type: text/html\n\n<select><xmp>{PIXEL}\n");
        (mail.into_bytes(), |o| cleaned(o) && o.lenient_html)
    });
}

#[test]
fn a_million_hidden_elements_end_in_time() {
    explode("a_million_hidden_elements_end_in_time", || {
        let mut mail = b"MIME-Version: 1.0\nContent-Type: text/html\n\n".to_vec();
        mail.extend_from_slice(&b"<div style=display:none>".repeat(200_000));
        mail.extend_from_slice(PIXEL.as_bytes());
        (mail, |o| cleaned(o) || skipped(o, Skip::HtmlMemory))
    });
}

#[test]
fn many_unsubscribe_addresses_and_many_links_do_not_multiply() {
    explode(
        "many_unsubscribe_addresses_and_many_links_do_not_multiply",
        || {
            let mut mail = b"MIME-Version: 1.0\nContent-Type: text/html\n".to_vec();
            for field in 0..8 {
                mail.extend_from_slice(b"List-Unsubscribe:");
                for n in 0..1_300 {
                    mail.extend_from_slice(format!(" <http://u.ex/{field}{n}>,\n").as_bytes());
                }
            }
            mail.push(b'\n');
            for n in 0..5_000 {
                mail.extend_from_slice(
                    format!("<a href=\"https://abc12def.r.us-east-1.awstrack.me/L0/https:%2F%2Fexample.org%2F{n}/1/0100018d0123abcd-0123abcd-0123-4567-89ab-0123456789ab-000000/AbC=36\">x</a>\n").as_bytes(),
                );
            }
            (mail, |o| o.counts().links == 5_000)
        },
    );
}

fn skipped(outcome: &Outcome, skip: Skip) -> bool {
    outcome.skips.iter().any(|s| s.skip == skip)
}

fn cleaned(outcome: &Outcome) -> bool {
    outcome.findings.iter().any(|f| f.verdict.action.changes())
}

type Check = fn(&Outcome) -> bool;

/// Runs the bomb in a process of its own, which is this test once more.
fn explode(name: &str, bomb: impl FnOnce() -> (Vec<u8>, Check)) {
    if env::var_os("UNTRACKD_TEST_BOMB").is_some() {
        return go_off(bomb);
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env("UNTRACKD_TEST_BOMB", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn go_off(bomb: impl FnOnce() -> (Vec<u8>, Check)) {
    let cleaner = Arc::new(Cleaner::builtin().unwrap());
    let (mail, check) = bomb();
    // "5" resets the peak of the resident set (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let clean = || raw::clean(&cleaner, Envelope::default(), &mail, Box::new(|| false));
    let start = processor_time();
    let cleaned = clean();
    let mut took = processor_time().saturating_sub(start);
    let peak = status("VmHWM:").saturating_sub(before);
    // What else the machine does slows memory and arithmetic down unequally:
    // the best of each counts.
    let mut yardstick = self::yardstick();
    for _ in 0..60 {
        if took < yardstick * 4 {
            break;
        }
        took = took.min(time(clean));
        yardstick = yardstick.min(self::yardstick());
    }
    println!(
        "{} bytes: {took:?} (yardstick {yardstick:?}), {peak} bytes more at the peak, skips {:?}",
        mail.len(),
        cleaned.outcome.skips
    );
    assert!(check(&cleaned.outcome), "{:?}", cleaned.outcome.skips);
    assert!(took < yardstick * 4, "{took:?} against {yardstick:?}");
    // The cleaner holds one copy of the message, which is not "beyond" it.
    let allowed = MEMORY + mail.len() as u64;
    assert!(peak < allowed, "{peak} bytes more at the peak");
}

/// How long a plain loop over 64 MiB takes.
fn yardstick() -> Duration {
    let bytes = vec![b'x'; 64 << 20];
    time(|| {
        let mut lines = 0usize;
        for b in &bytes {
            if *b == b'\n' {
                lines += 1;
            }
        }
        let digest = Sha256::digest(&bytes[..bytes.len() / 8]);
        assert!(lines == 0 && digest[0] != digest[1]);
    })
}

/// A size from /proc/self/status, in bytes.
fn status(field: &str) -> u64 {
    fs::read_to_string("/proc/self/status")
        .unwrap()
        .lines()
        .find_map(|l| l.strip_prefix(field))
        .and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok())
        .map(|kib| kib * 1024)
        .unwrap()
}
