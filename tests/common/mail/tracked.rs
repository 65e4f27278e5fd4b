//! Shapes of mail with trackers.

use super::{
    Becomes, Composer, Markup, Shape,
    encode::{Charset, Encoding},
    random::Random,
    trackers::{link, pixel, pixel_url},
};
use Charset::{Iso2022Jp, Koi8R, Latin1, Utf8, Utf16};
use Encoding::{Base64, EightBit, QuotedPrintable, SevenBit};

/// Every shape, by a name that says what is special about it.
pub(super) const SHAPES: &[(&str, Shape)] = &[
    ("html 7bit", |c| {
        c.text_mail("html", SevenBit, Utf8);
        newsletter(c, SevenBit, None);
    }),
    ("html 8bit utf-8", |c| {
        c.text_mail("html", EightBit, Utf8);
        newsletter(c, EightBit, Some(Utf8));
    }),
    ("html quoted-printable utf-8", quoted_printable),
    ("html base64 utf-8", |c| {
        c.text_mail("html", Base64, Utf8);
        newsletter(c, Base64, Some(Utf8));
    }),
    ("html quoted-printable latin1", |c| {
        c.text_mail("html", QuotedPrintable, Latin1);
        newsletter(c, QuotedPrintable, Some(Latin1));
    }),
    ("html 8bit koi8-r", |c| {
        c.text_mail("html", EightBit, Koi8R);
        newsletter(c, EightBit, Some(Koi8R));
    }),
    ("html 7bit iso-2022-jp", |c| {
        c.text_mail("html", SevenBit, Iso2022Jp);
        newsletter(c, SevenBit, Some(Iso2022Jp));
    }),
    ("html base64 utf-16", |c| {
        c.text_mail("html", Base64, Utf16);
        newsletter(c, Base64, Some(Utf16));
    }),
    ("alternative", alternative),
    ("alternative with fields in mixed case", mixed_case),
    ("related with an inline picture", related),
    ("mixed with a big attachment", mixed),
    ("nested message", nested),
    ("two html parts, the first without a tracker", two_parts),
    ("preamble and epilogue", preamble_and_epilogue),
    ("conditional comment and noscript", raw_text),
    ("css background", css),
    ("one line of 6000 characters, quoted-printable", long_line),
    ("dots at line starts", dots),
    ("many recipients", many_recipients),
    ("list mail with an unsubscribe link", list_mail),
];

pub(super) fn quoted_printable(c: &mut Composer) {
    c.text_mail("html", QuotedPrintable, Utf8);
    newsletter(c, QuotedPrintable, Some(Utf8));
}

/// A text of at least so many bytes, with one pixel at its end.
pub(super) fn large(c: &mut Composer, bytes: usize) {
    c.text_mail("html", SevenBit, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    let mut length = 0;
    while length < bytes {
        let paragraph = format!("<p>{}</p>\r\n", c.random.sentence());
        length += paragraph.len();
        markup.text(&paragraph);
    }
    pixel(&mut markup, &mut c.random, &c.recipients[0]);
    markup.text("</body></html>");
    c.part(SevenBit, Utf8, &markup);
    c.text("\r\n");
}

/// Adds the content of an HTML part with paragraphs, links and a pixel, and
/// the line end after it. `international` says whether it has more than
/// ASCII.
fn newsletter(c: &mut Composer, encoding: Encoding, international: Option<Charset>) {
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    if let Some(charset) = international {
        markup.text(&format!("<p>{}</p>\r\n", charset.sample()));
    }
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(encoding, international.unwrap_or(Utf8), &markup);
    c.text("\r\n");
}

fn opening(markup: &mut Markup, random: &mut Random) {
    markup.text(&format!(
        "<!DOCTYPE html>\r\n<html><head><title>{}</title></head>\r\n<body bgcolor=\"#ffffff\">\r\n",
        random.sentence()
    ));
}

fn body(markup: &mut Markup, random: &mut Random, recipient: &str) {
    markup.text(
        "<img src=\"https://static.example.com/header.png\" width=\"600\" height=\"120\" \
         alt=\"The shop\">\r\n",
    );
    for _ in 0..random.between(1, 6) {
        markup.text(&format!("<p>{}</p>\r\n", random.sentence()));
        // A mail may have a pixel only.
        if random.below(2) == 0 {
            link(markup, random);
        }
    }
    pixel(markup, random, recipient);
    markup.text("</body></html>");
}

fn plain_part(c: &mut Composer) {
    c.text_fields("plain", SevenBit, Utf8);
    let lines = c.random.lines(4);
    c.text(&lines);
}

fn html_part(c: &mut Composer, encoding: Encoding) {
    c.text_fields("html", encoding, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(encoding, Utf8, &markup);
}

fn alternative(c: &mut Composer) {
    let (next, last) = c.multipart_mail("alternative");
    c.text(&next);
    plain_part(c);
    c.text(&next);
    let encoding = *c.random.pick(&[QuotedPrintable, SevenBit, Base64]);
    html_part(c, encoding);
    c.text(&last);
}

fn mixed_case(c: &mut Composer) {
    c.heading();
    c.text("mime-version: 1.0\r\n");
    let boundary = c.random.token(30);
    c.text(&format!(
        "CONTENT-type: Multipart/ALTERNATIVE;\r\n\tBoundary=\"{boundary}\"\r\n\r\n--{boundary}\r\n\
         content-TYPE: Text/HTML;\r\n charset=US-ASCII\r\n\
         CONTENT-transfer-ENCODING: Quoted-Printable\r\n\r\n"
    ));
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(QuotedPrintable, Utf8, &markup);
    c.text(&format!("\r\n--{boundary}--\r\n"));
}

fn related(c: &mut Composer) {
    let (next, last) = c.multipart_mail("related; type=\"text/html\"");
    c.text(&next);
    c.text_fields("html", QuotedPrintable, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    markup.text("<img src=\"cid:logo@sender.example.com\" width=\"1\" height=\"1\">\r\n");
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(QuotedPrintable, Utf8, &markup);
    c.text(&next);
    let picture = c.random.bytes(900);
    c.text("Content-ID: <logo@sender.example.com>\r\n");
    c.attachment("image/png", "logo.png", &picture);
    c.text(&last);
}

fn mixed(c: &mut Composer) {
    let (next, last) = c.multipart_mail("mixed");
    c.text(&next);
    html_part(c, EightBit);
    c.text(&next);
    let size = c.random.between(200_000, 400_000);
    let file = c.random.bytes(size);
    c.attachment("application/octet-stream", "report.bin", &file);
    c.text(&last);
}

fn nested(c: &mut Composer) {
    let (next, last) = c.multipart_mail("mixed");
    c.text(&next);
    plain_part(c);
    c.text(&next);
    c.text("Content-Type: message/rfc822\r\n\r\n");
    let (inner_next, inner_last) = c.multipart_mail("alternative");
    c.text(&inner_next);
    plain_part(c);
    c.text(&inner_next);
    html_part(c, QuotedPrintable);
    c.text(&inner_last);
    c.text(&last);
}

fn two_parts(c: &mut Composer) {
    let (next, last) = c.multipart_mail("mixed");
    c.text(&next);
    c.text_fields("html", QuotedPrintable, Utf8);
    let quiet = format!("<p>{} Ω</p>", c.random.sentence());
    c.encoded(QuotedPrintable, Utf8, &quiet);
    c.text(&next);
    html_part(c, QuotedPrintable);
    c.text(&last);
}

fn preamble_and_epilogue(c: &mut Composer) {
    let (next, last) = c.multipart_mail("alternative");
    let hint = "https://example.us1.list-manage.com/track/open.php?u=1&id=2&e=3";
    // Nobody is shown what stands here, so it stays.
    c.text(&format!(
        "This is a message in MIME format.\r\n<img src=\"{hint}\">"
    ));
    c.text(&next);
    plain_part(c);
    c.text(&next);
    html_part(c, QuotedPrintable);
    c.text(&last);
    c.text(&format!("\r\nThe end.\r\n<img src=\"{hint}\">\r\n"));
}

fn raw_text(c: &mut Composer) {
    c.text_mail("html", SevenBit, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    markup.text("<!--[if mso]><table><tr><td>\r\n");
    pixel(&mut markup, &mut c.random, &c.recipients[0]);
    markup.text("</td></tr></table><![endif]-->\r\n<noscript>");
    pixel(&mut markup, &mut c.random, &c.recipients[0]);
    markup.text("</noscript>\r\n");
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(SevenBit, Utf8, &markup);
    c.text("\r\n");
}

fn css(c: &mut Composer) {
    c.text_mail("html", SevenBit, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    let url = pixel_url(&mut c.random, &c.recipients[0]).replace("&amp;", "&");
    markup
        .text("<div style=\"width:1px;height:1px;background-image:")
        .edit(&format!("url('{url}')"), Becomes::Blank)
        .text(";color:#333\"></div>\r\n");
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(SevenBit, Utf8, &markup);
    c.text("\r\n");
}

fn long_line(c: &mut Composer) {
    c.text_mail("html", QuotedPrintable, Utf8);
    let mut markup = Markup::default();
    while markup
        .pieces
        .iter()
        .map(|(text, _)| text.len())
        .sum::<usize>()
        < 6000
    {
        let sentence = c.random.sentence();
        markup.text(&format!("<span title=\"é\">{sentence}</span> "));
    }
    pixel(&mut markup, &mut c.random, &c.recipients[0]);
    markup.text("<p>Bye</p>");
    c.part(QuotedPrintable, Utf8, &markup);
    c.text("\r\n");
}

fn dots(c: &mut Composer) {
    c.text_mail("html", SevenBit, Utf8);
    let mut markup = Markup::default();
    markup.text(".\r\n..\r\n...leading</p>\r\n.<p>.\r\n");
    body(&mut markup, &mut c.random, &c.recipients[0]);
    markup.text("\r\n.\r\n..");
    c.part(SevenBit, Utf8, &markup);
    c.text("\r\n");
}

fn many_recipients(c: &mut Composer) {
    let first = c.recipients[0].clone();
    for extra in 1..30 {
        c.recipients.push(first.replace('@', &format!("-{extra}@")));
    }
    quoted_printable(c);
}

fn list_mail(c: &mut Composer) {
    let token = c.random.token(40);
    let unsubscribe = format!("https://lists.example.org/unsubscribe/{token}");
    c.heading();
    c.text(&format!(
        "List-ID: <weekly.example.org>\r\nList-Unsubscribe: <{unsubscribe}>\r\n\
         List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nPrecedence: bulk\r\n\
         MIME-Version: 1.0\r\n"
    ));
    c.text_fields("html", QuotedPrintable, Utf8);
    let mut markup = Markup::default();
    opening(&mut markup, &mut c.random);
    markup.text(&format!(
        "<p><a href=\"{unsubscribe}\">Unsubscribe</a></p>\r\n"
    ));
    body(&mut markup, &mut c.random, &c.recipients[0]);
    c.part(QuotedPrintable, Utf8, &markup);
    c.text("\r\n");
}
