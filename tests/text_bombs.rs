//! Plain text made to cost much more than its size: the time to read it grows
//! with the input and not faster.

use encoding_rs::UTF_8;
use std::time::{Duration, Instant};
use untrackd::{limits::Limits, text::scan};

/// The shortest of three scans, so that another process in between does not
/// count.
fn time(text: &str, delsp: bool) -> Duration {
    let limits = Limits {
        html_bytes: usize::MAX,
        sightings: usize::MAX,
        url_bytes: usize::MAX,
        ..Limits::default()
    };
    (0..3)
        .map(|_| {
            let start = Instant::now();
            scan(text.as_bytes(), UTF_8, delsp, &limits).expect("no limit applies");
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Sixteen times the input takes less than 100 times as long, where a quadratic
/// scan takes 256.
#[test]
fn time_grows_with_the_input() {
    for (name, before, repeated, after) in [
        ("urls", "", "https://a.example/b ", ""),
        ("urls in a word", "", "<https://a.example/b>", ""),
        ("open brackets", "", "<https://a.example/b", ""),
        ("marks", "", "://", ""),
        ("schemes", "", "http://", ""),
        ("letters before a mark", "", "a", "://b"),
        ("marks after letters", "", "aaaa://", ""),
        ("users", "", "http://a:a@a@", ""),
        ("labels", "https://", "a.", ""),
        ("dots", "https://a.example/", ".", ""),
        ("exclamations", "", "https://a.example!!!!", ""),
        ("round brackets", "https://a.example/", "(", ""),
        ("no path", "", "http:///((((", ""),
        ("nested", "", "https://a.example/?u=", ""),
        ("lines", "", "https://a.example/b\n", ""),
        ("quotes", "https://a.example/b\n", "> ", ""),
        ("quoted lines", "", ">>>> https://a.example/b\n", ""),
        ("spaces", "https://a.example/b", " ", "https://a.example/b"),
        (
            "blank lines",
            "https://a.example/b",
            "\n",
            "https://a.example/b",
        ),
        ("footnotes", "", "[1] 1. https://a.example/b\n", ""),
        ("soft breaks", "https://a.example/", "a \n", ""),
        ("letters beyond ASCII", "https://a.example/b", "\u{e9}", ""),
    ] {
        for delsp in [false, true] {
            let bomb = |n: usize| format!("{before}{}{after}", repeated.repeat(n));
            let (small, large) = (bomb(1_000), bomb(16_000));
            let (first, second) = (time(&small, delsp), time(&large, delsp));
            let floor = Duration::from_millis(2);
            assert!(
                second <= first.max(floor) * 100,
                "{name}: {first:?} for {} bytes, {second:?} for {} bytes",
                small.len(),
                large.len()
            );
        }
    }
}
