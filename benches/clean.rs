//! What cleaning costs, beside its limit in the same run: one lol_html pass
//! over the same HTML that only walks the attributes.
//!
//! `make bench`. Compare ratios within one run; absolute times depend on the
//! machine and on what else it does.

use base64::{Engine, engine::general_purpose::STANDARD};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lol_html::{HtmlRewriter, Settings, element};
use std::{hint::black_box, sync::Arc};
use untrackd::clean::{Cleaner, Envelope, raw};

fn cleaner() -> Arc<Cleaner> {
    Arc::new(Cleaner::builtin().expect("the built-in data load"))
}

/// A newsletter of about `size` bytes: tables, images, wrapped links, one
/// pixel. The same for every run.
fn newsletter(size: usize) -> String {
    let mut html = String::from(
        "<!DOCTYPE html>\r\n<html><head><title>News</title><style>p { margin: 0 }</style></head>\r\n<body style=\"margin:0\">\r\n",
    );
    let mut n = 0;
    while html.len() + 400 < size {
        n += 1;
        html += &format!(
            "<table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td style=\"padding: 12px 0; font-family: Arial\">\r\n\
             <img src=\"https://images.example.org/story-{n}.jpg\" width=\"280\" height=\"180\" alt=\"Story {n}\">\r\n\
             <p style=\"font-size: 14px\">Story number {n}, told in a sentence of ordinary length that somebody may read.</p>\r\n\
             <a href=\"https://x1y2z3.r.us-east-1.awstrack.me/L0/https:%2F%2Fexample.org%2Fstory%2F{n}/1/0100018d0123abcd-0123abcd-0123-4567-89ab-0123456789ab-000000/AbCdEfGhIjKlMnOpQrStUvWxYz0=360\" style=\"color: #336699\">Read more</a>\r\n\
             </td></tr></table>\r\n"
        );
    }
    html += "<img src=\"https://x1y2z3.r.us-east-1.awstrack.me/I0/0100018d0123abcd-0123abcd-0123-4567-89ab-0123456789ab-000000/AbCdEfGhIjKlMnOpQrStUvWxYz0=360\" width=\"1\" height=\"1\" alt=\"\">\r\n</body></html>\r\n";
    html
}

fn mail(transfer: &str, media_type: &str, body: &str) -> Vec<u8> {
    format!(
        "From: News <news@example.org>\r\nTo: anna@example.net\r\nSubject: News\r\nMIME-Version: 1.0\r\nContent-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: {transfer}\r\n\r\n{body}"
    )
    .into_bytes()
}

fn quoted_printable(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive("\r\n") {
        let mut column = 0;
        for c in line.trim_end_matches("\r\n").chars() {
            let piece = if c == '=' {
                "=3D".to_owned()
            } else {
                c.to_string()
            };
            if column + piece.len() > 75 {
                out += "=\r\n";
                column = 0;
            }
            column += piece.len();
            out += &piece;
        }
        out += "\r\n";
    }
    out
}

fn base64_lines(text: &str) -> String {
    let digits = STANDARD.encode(text);
    let mut out = String::new();
    for line in digits.as_bytes().chunks(76) {
        out += std::str::from_utf8(line).unwrap_or_default();
        out += "\r\n";
    }
    out
}

/// The limit for cleaning: every attribute of every element is looked at.
fn walk_attributes(html: &[u8]) -> usize {
    let mut seen = 0;
    let mut rewriter = HtmlRewriter::new(
        Settings::new().append_element_content_handler(element!("*", |el| {
            for attribute in el.attributes() {
                seen += attribute.value().len();
            }
            Ok(())
        })),
        |_: &[u8]| {},
    );
    rewriter.write(html).expect("the generated HTML parses");
    rewriter.end().expect("the generated HTML ends");
    seen
}

fn clean(cleaner: &Arc<Cleaner>, mail: &[u8]) -> bool {
    let envelope = Envelope {
        recipients: vec!["anna@example.net".to_owned()],
        ..Envelope::default()
    };
    raw::clean(cleaner, envelope, mail, Box::new(|| false))
        .bytes
        .is_some()
}

fn benches(c: &mut Criterion) {
    let cleaner = cleaner();

    let plain = mail(
        "7bit",
        "text/plain",
        &"A line of an ordinary letter, seventy characters long, as usual.\r\n".repeat(46),
    );
    let mut group = c.benchmark_group("plain text, 3 KB");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    group.bench_function("clean", |b| b.iter(|| clean(&cleaner, black_box(&plain))));
    group.finish();

    for kilobytes in [21, 78, 300] {
        let html = newsletter(kilobytes << 10);
        let mut group = c.benchmark_group(format!("newsletter, {kilobytes} KB"));
        group.throughput(Throughput::Bytes(html.len() as u64));
        group.bench_function("limit: walk attributes", |b| {
            b.iter(|| walk_attributes(black_box(html.as_bytes())));
        });
        for (name, mail) in [
            ("clean 7bit", mail("7bit", "text/html", &html)),
            (
                "clean quoted-printable",
                mail("quoted-printable", "text/html", &quoted_printable(&html)),
            ),
            (
                "clean base64",
                mail("base64", "text/html", &base64_lines(&html)),
            ),
        ] {
            assert!(clean(&cleaner, &mail), "{name}: nothing was cleaned");
            group.bench_function(name, |b| b.iter(|| clean(&cleaner, black_box(&mail))));
        }
        group.finish();
    }
}

criterion_group!(all, benches);
criterion_main!(all);
