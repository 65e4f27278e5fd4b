//! Mail of a fixed seed, in classes.

use super::common::{mail::fields::Mail, mail::random::Random};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// How a newsletter's HTML is encoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Coding {
    SevenBit,
    QuotedPrintable,
}

/// A class of mail: what it is called, one of it, and the HTML in it.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) mail: Mail,
    pub(crate) html: Option<String>,
}

/// All classes, by growing size.
pub(crate) fn classes() -> Vec<Class> {
    use Coding::{QuotedPrintable, SevenBit};
    let mut classes = vec![Class {
        name: "plain text, 3 KB",
        mail: Mail::parse("plain".into(), &plain(3 << 10)),
        html: None,
    }];
    let newsletters = [
        ("newsletter, 21 KB, quoted-printable", 21, QuotedPrintable),
        ("newsletter, 78 KB, 7bit", 78, SevenBit),
        ("newsletter, 78 KB, quoted-printable", 78, QuotedPrintable),
        ("newsletter, 300 KB, quoted-printable", 300, QuotedPrintable),
    ];
    classes.extend(newsletters.map(|(name, kilobytes, coding)| {
        let html = html(kilobytes << 10);
        Class {
            name,
            mail: Mail::parse(name.into(), &newsletter(&html, coding)),
            html: Some(html),
        }
    }));
    classes.push(Class {
        name: "attachments, 1 MB",
        mail: Mail::parse("attachments".into(), &attachments(1 << 20)),
        html: None,
    });
    classes
}

/// The classes of these names that have `part` in their name.
pub(crate) fn named(names: &[&str], part: &str) -> Vec<Class> {
    let mut classes = classes();
    classes.retain(|class| names.contains(&class.name) && class.name.contains(part));
    classes
}

const HEADER: &str = "From: News <news@sender.example.com>\r\n\
    To: Reader <reader@example.net>\r\n\
    Subject: What happened this week\r\n\
    Date: Mon, 5 Jan 2026 10:00:00 +0000\r\n\
    Message-ID: <0123456789abcdef@sender.example.com>\r\n\
    Received: from mx.sender.example.com (mx.sender.example.com [192.0.2.1])\r\n\
    \tby mta.example.net (Postfix) with ESMTPS id 4Zk0000000z1\r\n\
    \tfor <reader@example.net>; Mon, 5 Jan 2026 10:00:01 +0000 (UTC)\r\n\
    DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=sender.example.com;\r\n\
    \ts=s1; h=From:To:Subject:Date; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\
    \tb=dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR\r\n\
    List-Unsubscribe: <https://sender.example.com/leave/0123456789>\r\n\
    MIME-Version: 1.0\r\n";

/// A letter of plain text.
pub(crate) fn plain(bytes: usize) -> Vec<u8> {
    let head = format!("{HEADER}Content-Type: text/plain; charset=utf-8\r\n\r\n");
    (head + &text(bytes)).into_bytes()
}

/// A newsletter: `multipart/alternative` of plain text and this HTML.
pub(crate) fn newsletter(html: &str, coding: Coding) -> Vec<u8> {
    let (name, html) = match coding {
        Coding::SevenBit => ("7bit", html.to_owned()),
        Coding::QuotedPrintable => ("quoted-printable", quoted_printable(html)),
    };
    format!(
        "{HEADER}Content-Type: multipart/alternative; boundary=\"=_alternative\"\r\n\r\n\
         --=_alternative\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n{}\r\n\
         --=_alternative\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: {name}\r\n\r\n{html}\r\n--=_alternative--\r\n",
        text(html.len() / 20)
    )
    .into_bytes()
}

/// A letter with files of any bytes, `bytes` in all as they are sent.
pub(crate) fn attachments(bytes: usize) -> Vec<u8> {
    let mut random = Random::new(3);
    let mut mail = format!(
        "{HEADER}Content-Type: multipart/mixed; boundary=\"=_mixed\"\r\n\r\n\
         --=_mixed\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
        text(2 << 10)
    );
    for number in 1..=2 {
        mail += &format!(
            "--=_mixed\r\nContent-Type: application/pdf; name=\"{number}.pdf\"\r\n\
             Content-Disposition: attachment; filename=\"{number}.pdf\"\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n"
        );
        // 57 bytes become a line of 76 digits and its end.
        for _ in 0..bytes / 2 / 78 {
            mail += &STANDARD.encode(random.bytes(57));
            mail += "\r\n";
        }
    }
    mail += "--=_mixed--\r\n";
    mail.into_bytes()
}

fn text(bytes: usize) -> String {
    let mut random = Random::new(1);
    let mut text = String::with_capacity(bytes + 128);
    while text.len() < bytes {
        text += &random.sentence();
        text += "\r\n";
    }
    text
}

/// The HTML of a newsletter of about `bytes` bytes: tables, images, links
/// through a tracker's redirect, and one pixel at the end.
pub(crate) fn html(bytes: usize) -> String {
    let mut random = Random::new(2);
    let mut html = String::from(
        "<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"><title>News</title>\r\n\
         <style>p { margin: 0 }</style></head>\r\n<body style=\"margin: 0\">\r\n",
    );
    let mut story = 0;
    while html.len() + 1000 < bytes {
        story += 1;
        html += &format!(
            "<table width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>\
             <td style=\"padding: 12px 0; font-family: Arial, sans-serif\">\r\n\
             <img src=\"https://images.example.org/story-{story}.jpg\" width=\"280\" \
             height=\"180\" alt=\"Story {story}\">\r\n\
             <p style=\"font-size: 14px; line-height: 20px\">{}</p>\r\n<p>{}</p>\r\n\
             <a href=\"{}L0/https:%2F%2Fexample.org%2Fstory%2F{story}/1/{}\" \
             style=\"color: #336699; text-decoration: none\">Read more</a>\r\n\
             </td></tr></table>\r\n",
            random.sentence(),
            random.sentence(),
            TRACKER,
            token(&mut random),
        );
    }
    html += &format!(
        "<img src=\"{TRACKER}I0/{}\" width=\"1\" height=\"1\" alt=\"\">\r\n</body></html>\r\n",
        token(&mut random)
    );
    html
}

/// A redirect whose links say where they lead.
const TRACKER: &str = "https://x1y2z3.r.us-east-1.awstrack.me/";

fn token(random: &mut Random) -> String {
    format!(
        "{}-{}-{}-{}-{}-{}-000000/{}=360",
        random.hex(16),
        random.hex(8),
        random.hex(4),
        random.hex(4),
        random.hex(4),
        random.hex(12),
        random.token(27)
    )
}

/// Quoted-printable (RFC 2045 section 6.7) of ASCII with CRLF line ends.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.split_terminator("\r\n") {
        let mut column = 0;
        for c in line.chars() {
            let width = if c == '=' { 3 } else { 1 };
            if column + width > 75 {
                out += "=\r\n";
                column = 0;
            }
            column += width;
            if c == '=' {
                out += "=3D";
            } else {
                out.push(c);
            }
        }
        out += "\r\n";
    }
    out
}
