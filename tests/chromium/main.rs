//! What a real Chromium requests for a mail, and for the same mail cleaned.
//!
//! `pages/every-vector.html` has one marker for every way in which HTML makes
//! a client send a request. Chromium is to show that the page works, by
//! requesting hundreds of them, and that nothing of it works any more once
//! the mail that holds it is cleaned. Chromium has to be installed
//! (`tests/setup.sh` does that); where it is not, the tests fail and say so.
//!
//! `UNTRACKD_LEAKS=FILE` runs the same with another page, whose markers are on
//! the host `leaking.via`, and prints marker by marker what happened:
//!
//! ```text
//! UNTRACKD_LEAKS=leak.html cargo test --test chromium -- --nocapture another_page
//! ```

#[path = "../browser/mod.rs"]
mod browser;

mod clean;
mod instruments;
mod markers;
mod report;
mod visit;

use clean::Setting;
use markers::Markers;
use report::Report;
use std::{collections::BTreeSet, fs, sync::LazyLock};
use visit::{Rig, Visit};

const EVERY_VECTOR: &str = include_str!("pages/every-vector.html");

/// The least number of markers that Chromium must request of
/// `every-vector.html`. Version 156 requests about 260, 250 of them from the
/// host that is listed; others may do without some.
const REQUESTED_AT_LEAST: usize = 200;

/// What Chromium requests for the page as it is; both tests compare with it.
static ORIGINAL: LazyLock<Visit> = LazyLock::new(|| Rig::start().visit(EVERY_VECTOR));

#[test]
fn remote_block_leaves_nothing_to_request() {
    let report = examine(EVERY_VECTOR, &ORIGINAL, Markers::OWN, Setting::Block);
    report.assert_nothing_left();
}

#[test]
fn nothing_is_requested_from_a_listed_tracker() {
    let report = examine(EVERY_VECTOR, &ORIGINAL, Markers::OWN, Setting::Listed);
    report.assert_nothing_left();
}

#[test]
fn another_page_leaves_nothing_to_request() {
    let Some(path) = std::env::var_os("UNTRACKD_LEAKS") else {
        return;
    };
    let html = fs::read_to_string(&path).expect("the page of UNTRACKD_LEAKS");
    let original = Rig::start().visit(&html);
    for setting in [Setting::Block, Setting::Listed] {
        let report = examine(&html, &original, Markers::LEAKING_VIA, setting);
        println!("{report}");
        assert!(!report.requested_in_original.is_empty());
        assert_eq!(report.requested_in_cleaned, BTreeSet::new(), "{setting:?}");
    }
}

/// Cleans a mail with the page in it, and compares what Chromium requests
/// then.
fn examine(html: &str, original: &Visit, markers: Markers, setting: Setting) -> Report {
    let cleaned = clean::mail_with(html, markers, setting);
    let visit = Rig::start().visit(&cleaned.html);
    Report {
        markers,
        setting,
        findings: cleaned.findings,
        order: markers.in_text(html),
        left_in_text: markers.in_text(&cleaned.html).into_iter().collect(),
        requested_in_original: markers.requested(original, setting),
        requested_in_cleaned: markers.requested(&visit, setting),
    }
}
