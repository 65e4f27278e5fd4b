//! Plain text made to cost much more than its size: the time to read it grows
//! with the input and not faster.

#[path = "common/processor_time.rs"]
mod processor_time;

use encoding_rs::UTF_8;
use processor_time::grows_with_the_input;
use untrackd::{limits::Limits, text::scan};

/// Scans all of it: a limit that is reached early would hide the growth.
fn scan_all(text: &str, delsp: bool) {
    let limits = Limits {
        html_bytes: usize::MAX,
        sightings: usize::MAX,
        url_bytes: usize::MAX,
        ..Limits::default()
    };
    scan(text.as_bytes(), UTF_8, delsp, &limits).expect("no limit applies");
}

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
            grows_with_the_input(name, 2_000, bomb, |text| {
                scan_all(text, delsp);
            });
        }
    }
}
