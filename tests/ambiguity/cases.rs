//! The cases: what is ambiguous, the mail, and what becomes of its tracker.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The tracker, without its scheme.
pub(crate) const URL: &str = "//t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99";

/// A page with the tracker and nothing else that could be found.
const PAGE: &str = "<p>Hello</p>\n<img src=\"https://t.example.org/i/5f4dcc3b5aa765d61d8327deb882cf99\" width=\"1\" height=\"1\" alt=\"\">\n";

/// What becomes of the tracker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expected {
    /// No reader sees it any more.
    Cleaned,
    /// The same to most readers, and the others are warned by this name.
    CleanedNoting(&'static str),
    /// It is left to some readers, and this name says so.
    Named(&'static str),
}

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) expected: Expected,
    pub(crate) mail: Vec<u8>,
}

use Expected::{Cleaned, CleanedNoting, Named};

fn case(name: &'static str, expected: Expected, mail: impl Into<Vec<u8>>) -> Case {
    Case {
        name,
        expected,
        mail: mail.into(),
    }
}

/// A message with these fields, each with its line end, and this body.
fn mail(fields: &str, body: &str) -> String {
    format!(
        "From: a@example.org\nTo: b@example.net\nSubject: x\nMIME-Version: 1.0\n{fields}\n{body}"
    )
}

/// A message with the page, and these fields before it.
fn page(fields: &str) -> String {
    mail(fields, PAGE)
}

/// A multipart with this boundary parameter and these parts.
fn multipart(boundary: &str, body: &str) -> String {
    mail(
        &format!("Content-Type: multipart/mixed; {boundary}\n"),
        body,
    )
}

/// A part with the page between two delimiters.
fn between(opening: &str, closing: &str) -> String {
    format!("{opening}\nContent-Type: text/html\n\n{PAGE}\n{closing}\n")
}

fn base64_page() -> String {
    let digits = STANDARD.encode(PAGE);
    let lines: Vec<_> = digits
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect();
    lines.join("\n") + "\n"
}

fn quoted_page() -> String {
    PAGE.replace('=', "=3D")
}

fn utf_16(text: &str, to: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to).collect()
}

/// Every case.
pub(crate) fn all() -> Vec<Case> {
    let mut out = fields();
    out.extend(boundaries());
    out.extend(encodings());
    out.extend(bytes());
    out.extend(structures());
    out.extend(charsets());
    out
}

/// Fields that are there twice, misspelt, or written in an odd way.
fn fields() -> Vec<Case> {
    let html = "Content-Type: text/html\n";
    let plain = "Content-Type: text/plain\n";
    let binary = "Content-Type: application/octet-stream\n";
    vec![
        case(
            "text/html, then text/plain",
            CleanedNoting("duplicate-field"),
            page(&format!("{html}{plain}")),
        ),
        case(
            "text/plain, then text/html",
            CleanedNoting("duplicate-field"),
            page(&format!("{plain}{html}")),
        ),
        case(
            "text/html, then a binary type",
            Named("ambiguous"),
            page(&format!("{html}{binary}")),
        ),
        case(
            "a binary type, then text/html",
            Named("duplicate-field"),
            page(&format!("{binary}{html}")),
        ),
        case("text/html twice", Cleaned, page(&format!("{html}{html}"))),
        case(
            "text/plain, then a multipart",
            Named("ambiguous"),
            mail(
                &format!("{plain}Content-Type: multipart/mixed; boundary=b\n"),
                &between("--b", "--b--"),
            ),
        ),
        case(
            "a multipart, then text/html",
            Named("duplicate-field"),
            mail(
                &format!("Content-Type: multipart/mixed; boundary=b\n{html}"),
                PAGE,
            ),
        ),
        case(
            "two multiparts with different boundaries",
            Named("ambiguous"),
            mail(
                "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b\n",
                &format!("--a\n\nx\n--a--\n{}", between("--b", "--b--")),
            ),
        ),
        case(
            "two transfer encodings, base64 first",
            Named("ambiguous"),
            mail(
                &format!(
                    "{html}Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n"
                ),
                PAGE,
            ),
        ),
        case(
            "two transfer encodings, base64 last",
            Named("ambiguous"),
            mail(
                &format!(
                    "{html}Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n"
                ),
                &base64_page(),
            ),
        ),
        case(
            "MIME-Version twice",
            Cleaned,
            page(&format!("MIME-Version: 1.0\n{html}")),
        ),
        case(
            "MIME-Version 2.0",
            Cleaned,
            page(html).replace("MIME-Version: 1.0", "MIME-Version: 2.0"),
        ),
        case(
            "no MIME-Version",
            Cleaned,
            page(html).replace("MIME-Version: 1.0\n", ""),
        ),
        case(
            "a space before the colon",
            Named("ambiguous"),
            page("Content-Type : text/html\n"),
        ),
        case(
            "a comment after the type",
            CleanedNoting("header-syntax"),
            page("Content-Type: text/html (text/plain)\n"),
        ),
        case(
            "a comment before the type",
            CleanedNoting("header-syntax"),
            page("Content-Type: (text/plain) text/html\n"),
        ),
        case(
            "a comment within the type",
            CleanedNoting("header-syntax"),
            page("Content-Type: text(x)/html\n"),
        ),
        case(
            "a comment that states a charset",
            Named("ambiguous"),
            page("Content-Type: text/html; (charset=utf-16; ) charset=utf-8\n"),
        ),
        case(
            "a type in quotes",
            CleanedNoting("header-syntax"),
            page("Content-Type: \"text/html\"\n"),
        ),
        case(
            "a second colon",
            Named("header-syntax"),
            page("Content-Type:: text/html\n"),
        ),
        case(
            "a type without a slash",
            Named("header-syntax"),
            page("Content-Type: html text/html\n"),
        ),
        case(
            "a folded type",
            Cleaned,
            page("Content-Type:\n text/html\n"),
        ),
        case(
            "a parameter without semicolon",
            Cleaned,
            page("Content-Type: text/html charset=utf-8\n"),
        ),
        case(
            "a type in capitals",
            Cleaned,
            page("CONTENT-TYPE: TEXT/HTML\n"),
        ),
        case(
            "a field folded into another",
            Named("ambiguous"),
            mail(
                &format!("{html} Content-Transfer-Encoding: base64\n"),
                &base64_page(),
            ),
        ),
        case(
            "a header without a blank line after it",
            Named("ambiguous"),
            format!("MIME-Version: 1.0\n{html}{PAGE}"),
        ),
        case(
            "a line that is no field before the type",
            Named("ambiguous"),
            mail(&format!("not a field\n{html}"), PAGE),
        ),
        case(
            "an mbox line within the header of a part",
            Named("header-syntax"),
            multipart(
                "boundary=b",
                &format!(
                    "--b\nContent-Type: text/html\nFrom {}\n\nx\n--b--\n",
                    PAGE.replace('\n', " ")
                ),
            ),
        ),
        case(
            "a field without a name before the type",
            Named("ambiguous"),
            multipart(
                "boundary=b",
                &format!("--b\n: x\nContent-Type: text/html\n\n{PAGE}\n--b--\n"),
            ),
        ),
        case(
            "an encoded word for a type",
            Named("header-syntax"),
            mail("Content-Type: =?utf-8?q?text/html?=\n", PAGE),
        ),
    ]
}

/// Boundaries that can be read in two ways, and lines that are nearly
/// delimiters.
fn boundaries() -> Vec<Case> {
    let both = |boundary: &str, first: &str, second: &str| {
        let body = format!(
            "--{first}\n\nx\n--{first}--\n{}",
            between(&format!("--{second}"), &format!("--{second}--"))
        );
        multipart(boundary, &body)
    };
    let long = "b".repeat(71);
    vec![
        case(
            "two boundary parameters",
            Named("ambiguous"),
            both("boundary=a; boundary=b", "a", "b"),
        ),
        case(
            "a plain and an extended boundary",
            Named("ambiguous"),
            both("boundary=a; boundary*=us-ascii''b", "a", "b"),
        ),
        case(
            "a plain and a continued boundary",
            Named("ambiguous"),
            both("boundary=a; boundary*0=b", "a", "b"),
        ),
        case(
            "a boundary in pieces",
            Cleaned,
            multipart("boundary*0=a; boundary*1=b", &between("--ab", "--ab--")),
        ),
        case(
            "an extended boundary",
            Cleaned,
            multipart("boundary*=us-ascii''ab", &between("--ab", "--ab--")),
        ),
        case(
            "a quoted boundary",
            Cleaned,
            multipart("boundary=\"a b\"", &between("--a b", "--a b--")),
        ),
        case(
            "an unquoted boundary with a space",
            Named("boundary"),
            multipart("boundary=a b", &between("--a b", "--a b--")),
        ),
        case(
            "an empty boundary",
            Named("boundary"),
            multipart("boundary=\"\"", &between("--", "----")),
        ),
        case(
            "an encoded word for a boundary",
            Named("boundary"),
            multipart("boundary=\"=?us-ascii?q?a?=\"", &between("--a", "--a--")),
        ),
        case(
            "a boundary that is partly an encoded word",
            Named("boundary"),
            multipart("boundary=\"a=?us-ascii?q?b?=\"", &between("--ab", "--ab--")),
        ),
        case(
            "a boundary in a comment",
            Named("ambiguous"),
            both("(; boundary=b); boundary=a", "a", "b\u{29}"),
        ),
        case(
            "a comment after the boundary",
            Named("ambiguous"),
            multipart("boundary=a (b)", &between("--a", "--a--")),
        ),
        case(
            "a boundary of 71 characters",
            CleanedNoting("boundary"),
            multipart(
                &format!("boundary={long}"),
                &between(&format!("--{long}"), &format!("--{long}--")),
            ),
        ),
        case(
            "a boundary that ends in an equals sign",
            Cleaned,
            multipart("boundary=\"a=\"", &between("--a=", "--a=--")),
        ),
        case(
            "a boundary that ends in a space",
            Cleaned,
            multipart("boundary=\"a \"", &between("--a", "--a--")),
        ),
        case(
            "a boundary in another case",
            CleanedNoting("boundary-reuse"),
            multipart(
                "boundary=a",
                &format!("--a\nContent-Type: text/html\n\n{PAGE}\n--A\n--a--\n--a\n"),
            ),
        ),
        case(
            "a delimiter with blanks after it",
            Cleaned,
            multipart("boundary=a", &between("--a \t", "--a-- ")),
        ),
        case(
            "a longer delimiter before another part",
            Named("ambiguous"),
            multipart(
                "boundary=a",
                &format!(
                    "--a\nContent-Type: text/plain\n\nx\n--ab\nContent-Type: text/html\n\n{PAGE}\n--a--\n"
                ),
            ),
        ),
        case(
            "a delimiter in mid-line",
            Cleaned,
            multipart(
                "boundary=a",
                &format!("--a\nContent-Type: text/html\n\nx --a\n{PAGE}\n--a--\n"),
            ),
        ),
        case(
            "a longer delimiter in the preamble",
            Named("boundary-reuse"),
            multipart(
                "boundary=a",
                &format!("--ab\nContent-Type: text/html\n\n{PAGE}\n--a\n\nx\n--a--\n"),
            ),
        ),
        case(
            "a part after the close delimiter",
            Named("boundary-reuse"),
            multipart(
                "boundary=a",
                &format!("--a\n\nx\n--a--\n{}", between("--a", "--a--")),
            ),
        ),
        case(
            "a close delimiter right after a delimiter",
            Named("boundary-reuse"),
            multipart(
                "boundary=a",
                &format!("--a\n--a--\nContent-Type: text/html\n\n{PAGE}\n--a\n"),
            ),
        ),
        case(
            "no close delimiter",
            CleanedNoting("unterminated"),
            multipart(
                "boundary=a",
                &format!("--a\nContent-Type: text/html\n\n{PAGE}"),
            ),
        ),
        case(
            "the inner boundary is the outer one",
            CleanedNoting("boundary-reuse"),
            multipart(
                "boundary=a",
                &format!(
                    "--a\nContent-Type: multipart/mixed; boundary=a\n\n{}",
                    between("--a", "--a--")
                ),
            ),
        ),
        case(
            "no boundary parameter",
            Named("boundary"),
            mail("Content-Type: multipart/mixed\n", &between("--a", "--a--")),
        ),
        case(
            "a multipart that never begins",
            Named("unterminated"),
            multipart("boundary=a", &between("--b", "--b--")),
        ),
    ]
}

/// Transfer encodings that are unknown, disguised or damaged.
fn encodings() -> Vec<Case> {
    let html = |transfer: &str, body: &str| {
        mail(
            &format!("Content-Type: text/html\nContent-Transfer-Encoding: {transfer}\n"),
            body,
        )
    };
    vec![
        case(
            "an unknown encoding",
            CleanedNoting("transfer"),
            html("x-made-up", PAGE),
        ),
        case(
            "an unknown encoding with base64 in it",
            Named("transfer"),
            html("base64-x", &base64_page()),
        ),
        case(
            "an unknown encoding with quoted-printable in it",
            Named("transfer"),
            html("x-quoted-printable", &quoted_page()),
        ),
        case(
            "an encoding in quotes",
            CleanedNoting("header-syntax"),
            html("\"base64\"", &base64_page()),
        ),
        case(
            "an encoding before a comment",
            CleanedNoting("header-syntax"),
            html("base64 (7bit)", &base64_page()),
        ),
        case(
            "an encoding after a comment",
            CleanedNoting("header-syntax"),
            html("(7bit) base64", &base64_page()),
        ),
        case(
            "an encoding before a semicolon",
            CleanedNoting("header-syntax"),
            html("base64;", &base64_page()),
        ),
        case(
            "an encoding in capitals",
            Cleaned,
            html("BASE64", &base64_page()),
        ),
        case(
            "a folded encoding",
            Cleaned,
            html("\n base64", &base64_page()),
        ),
        case(
            "two encodings in one field",
            Named("ambiguous"),
            html("base64 7bit", &base64_page()),
        ),
        case(
            "7bit with a comment that says base64",
            Named("header-syntax"),
            html("7bit (base64)", &base64_page()),
        ),
        case(
            "an escape that hides a tag from some",
            Named("transfer-damage"),
            html(
                "quoted-printable",
                &format!("<p title==22>\n{PAGE}<p title==22>\n"),
            ),
        ),
        case(
            "escapes in small letters",
            Cleaned,
            html("quoted-printable", &quoted_page().replace("=3D", "=3d")),
        ),
        case(
            "a URL broken by soft line breaks",
            Cleaned,
            html(
                "quoted-printable",
                &quoted_page().replace("5f4d", "5f=\n4d"),
            ),
        ),
        case(
            "blanks after a soft line break",
            Cleaned,
            html(
                "quoted-printable",
                &quoted_page().replace("5f4d", "5f= \t\n4d"),
            ),
        ),
        case(
            "raw HTML that is called base64",
            Named("transfer"),
            html("base64", PAGE),
        ),
        case(
            "base64 with other characters in it",
            Named("transfer"),
            html("base64", &base64_page().replacen('\n', "\n!", 1)),
        ),
        case(
            "base64 with padding in the middle",
            Named("transfer"),
            html(
                "base64",
                &format!("{}\n{}", STANDARD.encode("<p>a</p>"), base64_page()),
            ),
        ),
        case(
            "base64 without padding",
            Cleaned,
            html("base64", base64_page().trim_end().trim_end_matches('=')),
        ),
        case(
            "base64 in one line",
            Cleaned,
            html("base64", &base64_page().replace('\n', "")),
        ),
        case(
            "base64 with blank lines",
            Cleaned,
            html("base64", &base64_page().replace('\n', "\n\n")),
        ),
        case(
            "base64 with a footer after it",
            Named("transfer"),
            html("base64", &format!("{}-- \nA mailing list\n", base64_page())),
        ),
        case(
            "a multipart that says base64",
            CleanedNoting("multipart-encoding"),
            mail(
                "Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n",
                &between("--a", "--a--"),
            ),
        ),
        case(
            "a multipart that is base64",
            Named("multipart-encoding"),
            mail(
                "Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n",
                &STANDARD.encode(between("--a", "--a--")),
            ),
        ),
    ]
}

/// NUL, carriage returns and line feeds where they do not belong.
fn bytes() -> Vec<Case> {
    let part =
        |head: &str, body: &str| multipart("boundary=a", &format!("--a\n{head}\n{body}\n--a--\n"));
    let html = "Content-Type: text/html\n";
    vec![
        case(
            "NUL in the type",
            Named("ambiguous"),
            page("Content-Type: text/ht\0ml\n"),
        ),
        case(
            "NUL in the name of a field",
            Named("ambiguous"),
            page("Content-\0Type: text/html\n"),
        ),
        case(
            "NUL after a delimiter",
            Named("nul"),
            multipart(
                "boundary=a",
                &format!("--a\n\nx\n--a\0\n{html}\n{PAGE}\n--a--\n"),
            ),
        ),
        case(
            "NUL in the boundary",
            Named("ambiguous"),
            multipart("boundary=\"a\0b\"", &between("--ab", "--ab--")),
        ),
        case(
            "NUL in the URL",
            Named("nul"),
            part(html, &PAGE.replace("5f4d", "5f\x004d")),
        ),
        case(
            "NUL in the name of a tag",
            Named("nul"),
            part(html, &PAGE.replace("<img", "<i\0mg")),
        ),
        case(
            "NUL in the header of a part",
            Named("ambiguous"),
            part("Content-Type: text/ht\0ml\n", PAGE),
        ),
        case(
            "a carriage return between fields",
            Named("ambiguous"),
            format!("MIME-Version: 1.0\nSubject: x\rContent-Type: text/html\n\n{PAGE}"),
        ),
        case(
            "a carriage return between fields of a part",
            Named("ambiguous"),
            part("X: y\rContent-Type: text/html\n", PAGE),
        ),
        case(
            "carriage returns for the blank line",
            Named("ambiguous"),
            part("Content-Type: text/html\r\r", PAGE),
        ),
        case(
            "a delimiter after a carriage return",
            Named("ambiguous"),
            multipart(
                "boundary=a",
                &format!("--a\n\nx\r--a\r{}\r{PAGE}\n--a--\n", html.trim_end()),
            ),
        ),
        case(
            "a delimiter before a carriage return",
            Named("ambiguous"),
            multipart(
                "boundary=a",
                &format!("--a\n\nx\n--a\r{}\r\r{PAGE}\n--a--\n", html.trim_end()),
            ),
        ),
        case(
            "carriage returns in the HTML",
            Cleaned,
            part(html, &PAGE.replace("\" ", "\"\r")),
        ),
        case(
            "CRLF and LF in turn",
            Cleaned,
            multipart("boundary=a", &format!("--a\r\n{html}\r\n{PAGE}\n--a--\r\n")),
        ),
        case(
            "two carriage returns before each line feed",
            Named("ambiguous"),
            part(html, PAGE).replace('\n', "\r\r\n"),
        ),
    ]
}

/// Nesting, odd types, and pages that are attached.
fn structures() -> Vec<Case> {
    let inner = format!("Subject: y\nContent-Type: text/html\n\n{PAGE}");
    let part = |head: &str, body: &str| {
        multipart("boundary=a", &format!("--a\n{head}\n\n{body}\n--a--\n"))
    };
    vec![
        case(
            "a forwarded message",
            Cleaned,
            part("Content-Type: message/rfc822", &inner),
        ),
        case(
            "a forwarded message in base64",
            Cleaned,
            part(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64",
                &STANDARD.encode(&inner),
            ),
        ),
        case(
            "a forwarded message in an unknown encoding",
            Named("transfer"),
            part(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: x-y",
                &inner,
            ),
        ),
        case(
            "a forwarded message that only says quoted-printable",
            Cleaned,
            part(
                "Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable",
                &inner,
            ),
        ),
        case(
            "a global message",
            Cleaned,
            part("Content-Type: message/global", &inner),
        ),
        case(
            "a piece of a message",
            Named("ambiguous"),
            part(
                "Content-Type: message/partial; id=x; number=1; total=1",
                &inner,
            ),
        ),
        case(
            "a message in an external body",
            Named("ambiguous"),
            part("Content-Type: message/external-body; access-type=x", &inner),
        ),
        case(
            "a message of an unknown kind",
            Named("ambiguous"),
            part("Content-Type: message/x-y", &inner),
        ),
        case(
            "a multipart of an unknown kind",
            Cleaned,
            mail(
                "Content-Type: multipart/x-y; boundary=a\n",
                &between("--a", "--a--"),
            ),
        ),
        case(
            "a digest with a message that states no type",
            Cleaned,
            mail(
                "Content-Type: multipart/digest; boundary=a\n",
                &format!("--a\n\n{inner}\n--a--\n"),
            ),
        ),
        case(
            "XHTML",
            Cleaned,
            part("Content-Type: application/xhtml+xml", PAGE),
        ),
        case(
            "a page as an attachment",
            Cleaned,
            part(
                "Content-Type: text/html; name=a.html\nContent-Disposition: attachment",
                PAGE,
            ),
        ),
        case(
            "a page as a binary attachment",
            Cleaned,
            part(
                "Content-Type: application/octet-stream\nContent-Disposition: attachment; filename=a.html",
                PAGE,
            ),
        ),
        case(
            "a page named in the type alone",
            Cleaned,
            part(
                "Content-Type: application/octet-stream; name=\"a.HTML\"",
                PAGE,
            ),
        ),
        case(
            "a page called plain text by its type",
            Cleaned,
            part("Content-Type: text/plain; name=a.html", PAGE),
        ),
        case(
            "an SVG as a binary attachment",
            Cleaned,
            part(
                "Content-Type: application/octet-stream; name=a.svg",
                &format!(
                    "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"https:{URL}\" width=\"1\" height=\"1\"/></svg>"
                ),
            ),
        ),
        case(
            "a tag that the end of the part cuts off",
            Cleaned,
            part(
                "Content-Type: text/html",
                &format!("<p>a</p><img width=1 height=1 src=https:{URL}"),
            ),
        ),
        case(
            "a quoted value that the end of the part cuts off",
            Cleaned,
            part(
                "Content-Type: text/html",
                &format!("<p>a</p><img width=1 height=1 src=\"https:{URL}"),
            ),
        ),
        case("AMP", Cleaned, part("Content-Type: text/x-amp-html", PAGE)),
    ]
}

/// Charsets in which the markup is other bytes.
fn charsets() -> Vec<Case> {
    let raw = |charset: &str, body: &[u8]| {
        let head = mail(
            &format!(
                "Content-Type: text/html; charset={charset}\nContent-Transfer-Encoding: base64\n"
            ),
            "",
        );
        let digits = STANDARD.encode(body);
        let lines: Vec<_> = digits
            .as_bytes()
            .chunks(76)
            .map(String::from_utf8_lossy)
            .collect();
        head + &lines.join("\n") + "\n"
    };
    let utf_7 = format!("+ADw-img src=+ACI-https:{URL}+ACI- width=1 height=1+AD4-");
    let mut marked = vec![0xff, 0xfe];
    marked.extend(utf_16(PAGE, u16::to_le_bytes));
    vec![
        case("UTF-7", Named("charset"), raw("utf-7", utf_7.as_bytes())),
        case("UTF-16 with a mark", Cleaned, raw("utf-16", &marked)),
        case(
            "UTF-16 with a mark under another label",
            Cleaned,
            raw("utf-8", &marked),
        ),
        case(
            "UTF-16 without a mark",
            Cleaned,
            raw("utf-16", &utf_16(PAGE, u16::to_be_bytes)),
        ),
        case(
            "UTF-16LE",
            Cleaned,
            raw("utf-16le", &utf_16(PAGE, u16::to_le_bytes)),
        ),
        case(
            "ASCII that is called UTF-16",
            Cleaned,
            raw("utf-16", PAGE.as_bytes()),
        ),
        case(
            "UTF-16 under no label",
            Named("nul"),
            raw("\"\"", &utf_16(PAGE, u16::to_le_bytes)),
        ),
        case(
            "UTF-16 that is called ASCII",
            Named("nul"),
            raw("us-ascii", &utf_16(PAGE, u16::to_be_bytes)),
        ),
        case(
            "an unknown charset",
            Cleaned,
            raw("x-made-up", PAGE.as_bytes()),
        ),
        case(
            "two charsets",
            Named("ambiguous"),
            raw("utf-8; charset=utf-16", &utf_16(PAGE, u16::to_be_bytes)),
        ),
        case(
            "a charset that the page contradicts",
            Named("charset"),
            raw(
                "utf-8",
                format!("<meta charset=utf-7>{PAGE}{utf_7}").as_bytes(),
            ),
        ),
        case(
            "a stateful charset",
            Cleaned,
            raw("iso-2022-jp", PAGE.as_bytes()),
        ),
    ]
}
