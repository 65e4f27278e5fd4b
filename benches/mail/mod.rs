//! Mail for benchmarks: made up, from a fixed seed, in named classes.
//!
//! The newsletters have the proportions of real ones. In 103 newsletters and
//! notices of public mail collections (HTML of 15 KB and more with tables,
//! images and links) a kilobyte of HTML holds, first quartile, median, third
//! quartile, and in a newsletter of 78 KB from here:
//!
//! | of a kilobyte        |     |      |     | here |
//! |----------------------|-----|------|-----|------|
//! | start tags           | 5.8 |  8.4 |  13 |  6.9 |
//! | attributes           |  12 |   15 |  18 |   17 |
//! | links                | 0.35| 0.56 | 1.2 | 0.72 |
//! | bytes of a link      |  67 |  105 | 157 |  171 |
//! | images               | 0.24| 0.39 | 0.81| 0.39 |
//! | tables               | 0.55| 0.74 | 1.0 |  1.0 |
//! | tables in each other |   4 |    5 |   6 |    4 |
//! | `style=`             | 0.6 |  2.9 | 4.4 |  4.0 |
//! | `class=`             | 0.3 |  0.8 | 1.7 |  1.0 |
//! | bytes of text        | 157 |  258 | 408 |  345 |
//!
//! Either almost none of the links of a mail goes through a click redirect or
//! almost all. Of those 103, 45 are of the second kind (0.37 links a kilobyte,
//! of 168 bytes), and so is the mail here: four links of five are redirects,
//! three of them of services that the rules can undo.
//!
//! All names are those of examples but for the hosts of two mail services,
//! which rules name.

mod blocks;
mod chance;
mod coding;
mod link;

pub(crate) use coding::Coding;

use blocks::Page;
use chance::Chance;

/// Whom the mail is for.
pub(crate) const RECIPIENT: &str = "anna@example.net";

/// Who sends it.
pub(crate) const SENDER: &str = "news@news.example.org";

const SEED: u64 = 20_261_122;

/// A letter without links; `bytes` is the size of its text.
pub(crate) fn plain(bytes: usize) -> Vec<u8> {
    let text = blocks::lines(&mut Chance::new(SEED), bytes);
    message(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n",
        &text,
    )
}

/// A newsletter with a short text for those who read no HTML; `bytes` is the
/// size of its HTML, before the transfer encoding.
pub(crate) fn newsletter(bytes: usize, coding: Coding) -> Vec<u8> {
    let boundary = "=_newsletter_0a1b2c3d";
    message(
        &format!("Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n"),
        &alternatives(boundary, &newsletter_html(bytes), coding),
    )
}

/// The HTML of [`newsletter`].
pub(crate) fn newsletter_html(bytes: usize) -> String {
    let mut page = Page::new(Chance::new(SEED ^ bytes as u64));
    page.head();
    page.stories(bytes);
    page.end()
}

/// A report in HTML alone, table rows most of all.
pub(crate) fn html(bytes: usize) -> Vec<u8> {
    let mut page = Page::new(Chance::new(SEED ^ bytes as u64));
    page.head();
    page.rows(bytes);
    message(&Coding::SevenBit.fields("text/html"), &page.end())
}

/// A newsletter of 21 KB with three files; `bytes` is the size of the mail.
pub(crate) fn attachments(bytes: usize) -> Vec<u8> {
    let (outer, inner) = ("=_mixed_4d5e6f", "=_alternative_7a8b9c");
    let mut chance = Chance::new(SEED);
    let mut body = format!(
        "--{outer}\r\nContent-Type: multipart/alternative; boundary=\"{inner}\"\r\n\r\n{}",
        alternatives(inner, &newsletter_html(21 << 10), Coding::QuotedPrintable),
    );
    for number in 1..=3 {
        // What is left, in equal parts, of which base64 takes 78 bytes for 57.
        let share = bytes.saturating_sub(body.len()) / (4 - number);
        let file: Vec<u8> = (0..share / 78 * 57).map(|_| chance.byte()).collect();
        body += &format!(
            "--{outer}\r\nContent-Type: application/pdf; name=\"report-{number}.pdf\"\r\n\
             Content-Disposition: attachment; filename=\"report-{number}.pdf\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}",
            coding::base64(&file),
        );
    }
    body += &format!("--{outer}--\r\n");
    message(
        &format!("Content-Type: multipart/mixed; boundary=\"{outer}\"\r\n"),
        &body,
    )
}

/// HTML with `n` links and little else.
pub(crate) fn links(n: usize) -> Vec<u8> {
    let mut page = Page::new(Chance::new(SEED));
    page.head();
    page.list(n);
    message(&Coding::SevenBit.fields("text/html"), &page.end())
}

/// The parts of a multipart/alternative.
fn alternatives(boundary: &str, html: &str, coding: Coding) -> String {
    format!(
        "--{boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
         The news of this week. Read them in a browser:\r\n\
         https://www.example.org/newsletter/2026/47\r\n\r\n\
         --{boundary}\r\n{}\r\n{}\r\n--{boundary}--\r\n",
        coding.fields("text/html"),
        coding.encode(html),
    )
}

/// A message with the header fields that mail has when it comes to a mailbox.
fn message(content: &str, body: &str) -> Vec<u8> {
    format!(
        "Received: from mta7.news.example.org (mta7.news.example.org [192.0.2.7])\r\n\
         \tby mx.example.net (Postfix) with ESMTPS id 4XyZ012345z9\r\n\
         \tfor <{RECIPIENT}>; Sun, 22 Nov 2026 07:00:00 +0000 (UTC)\r\n\
         From: The News <{SENDER}>\r\n\
         To: {RECIPIENT}\r\n\
         Subject: The news of this week\r\n\
         Date: Sun, 22 Nov 2026 07:00:00 +0000\r\n\
         Message-ID: <0100018d0123abcd@news.example.org>\r\n\
         List-Unsubscribe: <https://news.example.org/unsubscribe/4711>\r\n\
         MIME-Version: 1.0\r\n\
         {content}\r\n{body}"
    )
    .into_bytes()
}
