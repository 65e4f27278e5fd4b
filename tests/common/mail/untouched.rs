//! Shapes of mail in which nothing is to be changed.

use super::{
    Composer, Shape,
    encode::{Charset, Encoding, base64_lines},
};
use Charset::{Iso2022Jp, Koi8R, Latin1, Utf8, Utf16};
use Encoding::{Base64, EightBit, QuotedPrintable, SevenBit};

/// A pixel in places where it must stay.
const PIXEL: &str = "<img src=\"https://example.us1.list-manage.com/track/open.php\
    ?u=0123456789abcdef012345678&id=0123456789&e=9876543210\" width=\"1\" height=\"1\">";

/// Every shape, by a name that says what is special about it.
pub(super) const SHAPES: &[(&str, Shape)] = &[
    ("plain 7bit", |c| plain(c, SevenBit, None)),
    ("plain 8bit utf-8", |c| plain(c, EightBit, Some(Utf8))),
    ("plain quoted-printable latin1", |c| {
        plain(c, QuotedPrintable, Some(Latin1));
    }),
    ("plain base64 utf-8", |c| plain(c, Base64, Some(Utf8))),
    ("plain iso-2022-jp", |c| plain(c, SevenBit, Some(Iso2022Jp))),
    ("plain utf-16 base64", |c| plain(c, Base64, Some(Utf16))),
    ("plain koi8-r", |c| plain(c, EightBit, Some(Koi8R))),
    ("no MIME fields at all", no_mime),
    ("empty body", empty_body),
    ("header only", header_only),
    ("html without trackers", html_without_trackers),
    ("html with spacers", spacers),
    ("html in an unknown charset", unknown_charset),
    ("alternative without trackers", alternative),
    ("signed (multipart/signed)", signed),
    ("signed and encrypted (S/MIME)", smime),
    ("encrypted (PGP/MIME)", encrypted),
    ("inline PGP", inline_pgp),
    ("calendar", calendar),
    ("delivery status notification", delivery_status),
    ("uuencode", uuencode),
    ("lines of 3000 characters", long_lines),
    ("8-bit header fields", eight_bit_headers),
    ("dots at line starts", dots),
    ("NUL and control characters", controls),
    ("trailing spaces and empty lines", white_space),
    ("megabyte attachment", big_attachment),
    ("nested message without trackers", nested),
];

/// Shapes that are left alone for a reason, with the reason as it is logged.
pub(super) const SKIPS: &[(&str, &str)] = &[
    ("signed (multipart/signed)", "signed"),
    ("signed and encrypted (S/MIME)", "encrypted"),
    ("encrypted (PGP/MIME)", "encrypted"),
    ("inline PGP", "signed"),
    ("uuencode", "uuencode"),
];

fn plain(c: &mut Composer, encoding: Encoding, charset: Option<Charset>) {
    c.text_mail("plain", encoding, charset.unwrap_or(Utf8));
    let count = c.random.between(1, 20);
    let mut text = c.random.lines(count);
    if let Some(charset) = charset {
        text = format!("{}\r\n{text}{}", charset.sample(), charset.sample());
    }
    c.encoded(encoding, charset.unwrap_or(Utf8), &text);
    c.text("\r\n");
}

fn no_mime(c: &mut Composer) {
    c.heading();
    let lines = c.random.lines(3);
    c.text(&format!(
        "\r\n{lines}\r\nMore at https://www.example.org/\r\n"
    ));
}

fn empty_body(c: &mut Composer) {
    c.heading();
    c.text("\r\n");
}

fn header_only(c: &mut Composer) {
    c.heading();
}

pub(super) fn html_without_trackers(c: &mut Composer) {
    let encoding = *c.random.pick(&[SevenBit, QuotedPrintable, Base64]);
    c.text_mail("html", encoding, Utf8);
    let html = quiet_html(c);
    c.encoded(encoding, Utf8, &html);
    c.text("\r\n");
}

fn quiet_html(c: &mut Composer) -> String {
    let random = &mut c.random;
    format!(
        "<html><body>\r\n\
         <img src=\"https://static.example.com/banner.png\" width=\"600\" height=\"200\" \
         alt=\"Banner\">\r\n<p>{}</p>\r\n\
         <p><a href=\"https://www.example.org/{}?page={}\">{}</a></p>\r\n\
         <p><a href='mailto:help@example.org'>Help</a> <a href=\"#top\">Top</a></p>\r\n\
         <table background=\"cid:paper@example.org\"><tr><td>{}</td></tr></table>\r\n\
         </body></html>",
        random.sentence(),
        random.word(),
        random.digits(3),
        random.sentence(),
        random.sentence(),
    )
}

fn spacers(c: &mut Composer) {
    c.text_mail("html", SevenBit, Utf8);
    let spacer = "<td><img src=\"https://static.example.com/img/spacer.gif\" width=\"1\" \
                  height=\"1\" alt=\"\"></td>\r\n";
    let sentence = c.random.sentence();
    let rows = spacer.repeat(c.random.between(3, 9));
    c.text(&format!(
        "<table><tr>\r\n{rows}<td>{sentence}\r\n\
         <img src=\"https://static.example.com/img/photo.jpg\" width=\"300\" height=\"200\">\r\n\
         </td></tr></table>\r\n"
    ));
}

fn unknown_charset(c: &mut Composer) {
    c.heading();
    c.text(
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=x-no-such-charset\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n<p>",
    );
    c.raw(b"\x81\x9f\xe0\xfc");
    c.text("</p>\r\n");
}

fn alternative(c: &mut Composer) {
    let (next, last) = c.multipart_mail("alternative");
    c.text(&next);
    c.text_fields("plain", SevenBit, Utf8);
    let lines = c.random.lines(3);
    c.text(&lines);
    c.text(&next);
    c.text_fields("html", QuotedPrintable, Utf8);
    let html = quiet_html(c);
    c.encoded(QuotedPrintable, Utf8, &html);
    c.text(&last);
}

fn signed(c: &mut Composer) {
    let (next, last) =
        c.multipart_mail("signed; micalg=pgp-sha256;\r\n protocol=\"application/pgp-signature\"");
    c.text(&next);
    c.text_fields("html", QuotedPrintable, Utf8);
    let html = format!("<p>{}</p>\r\n{PIXEL}", c.random.sentence());
    c.encoded(QuotedPrintable, Utf8, &html);
    c.text(&next);
    let signature = c.random.bytes(200);
    c.text("Content-Type: application/pgp-signature\r\n\r\n-----BEGIN PGP SIGNATURE-----\r\n\r\n");
    c.raw(&base64_lines(&signature));
    c.text("\r\n-----END PGP SIGNATURE-----");
    c.text(&last);
}

fn smime(c: &mut Composer) {
    c.heading();
    c.text(
        "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data;\r\n\
         \tname=\"smime.p7m\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"smime.p7m\"\r\n\r\n",
    );
    let content = c.random.bytes(2000);
    c.raw(&base64_lines(&content));
    c.text("\r\n");
}

fn encrypted(c: &mut Composer) {
    let (next, last) = c.multipart_mail("encrypted; protocol=\"application/pgp-encrypted\"");
    c.text(&next);
    c.text("Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n");
    c.text(&next);
    let content = c.random.bytes(900);
    c.text("Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n");
    c.raw(&base64_lines(&content));
    c.text("\r\n-----END PGP MESSAGE-----");
    c.text(&last);
}

fn inline_pgp(c: &mut Composer) {
    c.text_mail("plain", SevenBit, Utf8);
    let lines = c.random.lines(4);
    let signature = c.random.token(64);
    c.text(&format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{lines}\
         -----BEGIN PGP SIGNATURE-----\r\n\r\n{signature}\r\n-----END PGP SIGNATURE-----\r\n"
    ));
}

fn calendar(c: &mut Composer) {
    let (next, last) = c.multipart_mail("alternative");
    c.text(&next);
    c.text_fields("plain", SevenBit, Utf8);
    c.text("You are invited.\r\n");
    c.text(&next);
    c.text(
        "Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n",
    );
    let uid = c.random.hex(16);
    c.text(&format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Test//EN\r\nMETHOD:REQUEST\r\n\
         BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20250304T100000Z\r\nDTSTART:20250305T100000Z\r\n\
         SUMMARY:Besprechung – Frühjahr\r\nX-ALT-DESC;FMTTYPE=text/html:{PIXEL}\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    ));
    c.text(&last);
}

fn delivery_status(c: &mut Composer) {
    let (next, last) = c.multipart_mail("report; report-type=delivery-status");
    c.text(&next);
    c.text_fields("plain", SevenBit, Utf8);
    c.text("Your message could not be delivered.\r\n");
    c.text(&next);
    c.text(
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n\
         Final-Recipient: rfc822; nobody@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n",
    );
    c.text(&next);
    c.text("Content-Type: text/rfc822-headers\r\n\r\n");
    let sentence = c.random.sentence();
    c.text(&format!("From: a@example.com\r\nSubject: {sentence}\r\n"));
    c.text(&last);
}

fn uuencode(c: &mut Composer) {
    c.text_mail("plain", SevenBit, Utf8);
    let sentence = c.random.sentence();
    c.text(&format!(
        "{sentence}\r\n\r\nbegin 644 page.html\r\n\
         M/&AT;6P^/&)O9'D^/'`^2&5L;&\\\\/W`^/\"]B;V1Y/CPO:'1M;#X*\r\n`\r\nend\r\n"
    ));
}

fn long_lines(c: &mut Composer) {
    c.text_mail("plain", EightBit, Utf8);
    for _ in 0..3 {
        let length = c.random.between(2900, 3100);
        let line = c.random.token(length);
        c.text(&format!("{line} é\r\n"));
    }
}

fn eight_bit_headers(c: &mut Composer) {
    c.text("From: Jörg Müller <joerg@sender.example.com>\r\n");
    c.raw(b"Subject: caf\xe9 cr\xe8me\r\nX-Empty:\r\nX-Space: \r\nx-lower:value\r\n");
    c.raw(b"X-Folded: one\r\n\ttwo\r\n    three\r\nX-Tab:\tvalue  \r\n");
    c.text("Date: Tue, 04 Mar 2025 10:00:00 +0100\r\nMessage-ID: <h@sender.example.com>\r\n\r\n");
    let lines = c.random.lines(2);
    c.text(&lines);
}

fn dots(c: &mut Composer) {
    c.text_mail("plain", SevenBit, Utf8);
    let lines = c.random.lines(2);
    c.text(&format!(".\r\n..\r\n.{lines}....\r\n.\r\n"));
}

fn controls(c: &mut Composer) {
    c.text_mail("plain", EightBit, Latin1);
    c.raw(b"a\0b\x01c\x0bd\x0ce\x1bf\x7fg\xffh\r\n\0\r\n");
    let lines = c.random.lines(2);
    c.text(&lines);
}

fn white_space(c: &mut Composer) {
    c.text_mail("plain", SevenBit, Utf8);
    let sentence = c.random.sentence();
    c.text(&format!(
        "\r\n\r\n{sentence}   \r\n\t\r\n-- \r\nJo\r\n\r\n\r\n"
    ));
}

fn big_attachment(c: &mut Composer) {
    let (next, last) = c.multipart_mail("mixed");
    c.text(&next);
    c.text_fields("plain", SevenBit, Utf8);
    c.text("See the file.\r\n");
    c.text(&next);
    let file = c.random.bytes(1_000_000);
    c.attachment("application/zip", "archive.zip", &file);
    c.text(&last);
}

fn nested(c: &mut Composer) {
    let (next, last) = c.multipart_mail("mixed");
    c.text(&next);
    c.text("Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n");
    c.text_mail("html", SevenBit, Utf8);
    let html = quiet_html(c);
    c.text(&html);
    c.text(&last);
}
