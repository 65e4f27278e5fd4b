//! The tables of `docs/performance.md`.

use super::Row;
use crate::stage::Limit;
use std::{fmt::Write, fs, path::PathBuf};

/// Writes the tables of a run into the page, each between two comments that
/// name it.
pub(crate) fn write(rows: &[Row], service: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
    let mut page = fs::read_to_string(&path).expect("docs/performance.md can be read");
    for (name, text) in [
        ("html", html(rows)),
        ("other", other(rows)),
        ("service", format!("{service}\n")),
        ("expect", expect(rows)),
    ] {
        page = replaced(&page, name, &text);
    }
    fs::write(&path, page).expect("docs/performance.md can be written");
    println!("\ndocs/performance.md has the tables of this run");
}

fn replaced(page: &str, name: &str, text: &str) -> String {
    let (begin, end) = (
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->"),
    );
    let parts = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let (before, after) = parts.expect("docs/performance.md has the comments of each table");
    format!("{before}{begin}\n{text}\n{end}{after}")
}

/// All of the work on each kind of mail.
fn whole(rows: &[Row], limit: Limit) -> impl Iterator<Item = &Row> {
    rows.iter()
        .filter(move |row| row.stage == "clean" && row.limit == limit)
}

fn ratio(rows: &[Row], class: &str, name: &str) -> String {
    let row = rows.iter().find(|r| r.class == class && r.name() == name);
    row.map_or_else(String::new, |row| format!("{:.2}", row.ratio))
}

fn html(rows: &[Row]) -> String {
    let steps = [
        "split",
        "decode",
        "scan",
        "judge",
        "splice",
        "clean",
        "clean to img",
    ];
    let mut out = String::from(
        "| mail | clean, ms | MB/s of HTML | HTML limit, ms | split to lines | decode | scan | judge | splice | **clean** | clean to img limit |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in whole(rows, Limit::Attributes) {
        let _ = write!(
            out,
            "| {} | {:.2} | {:.0} | {:.2} |",
            row.class,
            millis(row),
            row.speed(),
            row.floor.as_secs_f64() * 1e3
        );
        for step in steps {
            let ratio = ratio(rows, &row.class, step);
            let mark = if step == "clean" { "**" } else { "" };
            let _ = write!(out, " {mark}{ratio}{mark} |");
        }
        out.push('\n');
    }
    out
}

fn other(rows: &[Row]) -> String {
    let mut out = String::from(
        "| mail | clean, µs | MB/s | clean to copy | split, µs | MB/s | split to lines |\n\
         |---|--:|--:|--:|--:|--:|--:|\n",
    );
    for row in whole(rows, Limit::Copy) {
        let mut steps = rows.iter();
        let Some(split) = steps.find(|r| r.class == row.class && r.stage == "split") else {
            continue;
        };
        let _ = writeln!(
            out,
            "| {} | {:.1} | {:.0} | {:.1} | {:.1} | {:.0} | {:.1} |",
            row.class,
            millis(row) * 1e3,
            row.speed(),
            row.ratio,
            millis(split) * 1e3,
            split.speed(),
            split.ratio,
        );
    }
    out
}

fn expect(rows: &[Row]) -> String {
    let mut out = String::from("| 1,000 messages of | processor seconds |\n|---|--:|\n");
    let all = rows
        .iter()
        .filter(|row| row.stage == "clean" && row.limit != Limit::Images);
    for row in all {
        // As many seconds for 1,000 as milliseconds for one.
        let seconds = millis(row);
        let digits = if seconds < 0.1 { 4 } else { 2 };
        let _ = writeln!(out, "| {} | {seconds:.digits$} |", row.class);
    }
    out
}

fn millis(row: &Row) -> f64 {
    row.time.as_secs_f64() * 1e3
}
