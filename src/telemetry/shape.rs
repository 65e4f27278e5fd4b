//! What a URL looks like, without what it says.
//!
//! A click URL can hold a login, an unsubscribe token or the recipient's
//! address; stored raw, the block log would be a store of credentials and
//! itself a tracker. Kept are the scheme, the host, words of the path and
//! names of parameters. A value never is; what does not look like a word is
//! taken for a value.

use super::keys::normal_address;
use crate::{judge::RECEIPT_FIELDS, url::Target};
use std::{borrow::Cow, collections::HashSet, net::Ipv4Addr};

/// What stands in place of what is not kept.
pub(crate) const HIDDEN: &str = "…";

/// Most path segments, and most parameters, that a shape shows.
const MAX_PIECES: usize = 12;
/// Longest shape, in bytes.
const MAX_SHAPE: usize = 400;
/// Longest evidence detail, in bytes.
const MAX_TEXT: usize = 160;
/// Most digits in a number that counts or measures something.
const MAX_NUMBER: usize = 5;
/// Shortest piece of a local part that is looked for.
const MIN_NAME: usize = 3;

/// File name extensions that are kept beside a hidden name.
const EXTENSIONS: &[&str] = &[
    "ashx", "asp", "aspx", "bmp", "cgi", "css", "gif", "htm", "html", "jpeg", "jpg", "js", "jsp",
    "php", "png", "svg", "webp",
];

/// Names that stand for the people of one transaction: never kept, however
/// much they look like words.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// The names in these addresses: local parts, whole, in pieces and without
    /// separators.
    pub(crate) fn of<'a>(addresses: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = HashSet::new();
        for address in addresses {
            let address = normal_address(address);
            let local = address
                .rsplit_once('@')
                .map_or(address.as_str(), |(local, _)| local);
            let pieces = local.split(|c: char| !c.is_alphanumeric());
            let joined: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
            for name in pieces.chain([local, &joined]) {
                if name.len() >= MIN_NAME {
                    names.insert(name.to_owned());
                }
            }
        }
        Self(names)
    }

    fn has(&self, word: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&word.to_lowercase())
    }
}

/// The shape of a URL, such as `https://click.example.org/ls/…?upn=…`.
pub(crate) fn of_url(url: &Target, names: &Names) -> String {
    let mut shape = String::with_capacity(url.as_str().len().min(MAX_SHAPE));
    shape += url.scheme();
    shape += "://";
    if url.has_user_info() {
        shape += "…@";
    }
    shape += &of_host(url.host(), names);
    shape += url.port();
    push_path(&mut shape, url.path(), names);
    if let Some(query) = url.query() {
        push_query(&mut shape, query, names);
    }
    if url.fragment().is_some() {
        shape += "#…";
    }
    truncate(&mut shape, MAX_SHAPE);
    shape
}

/// The same for what may be a URL.
fn of_written(text: &str, names: &Names) -> String {
    match Target::parse(text) {
        Some(url) => of_url(&url, names),
        None => HIDDEN.to_owned(),
    }
}

/// The host of a URL with the labels hidden that look like tokens. The
/// registrable domain stays, for it names who tracks.
pub(crate) fn of_host(host: &str, names: &Names) -> String {
    if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
        return host.to_owned();
    }
    let domain = psl::domain_str(host).unwrap_or(host);
    let Some(labels) = host
        .strip_suffix(domain)
        .and_then(|labels| labels.strip_suffix('.'))
    else {
        return host.to_owned();
    };
    let mut shape = String::with_capacity(host.len());
    for label in labels.split('.') {
        shape += if is_worded(label, 3, names) {
            label
        } else {
            HIDDEN
        };
        shape.push('.');
    }
    shape + domain
}

/// Free text, with everything hidden that could be a value: URLs are reduced
/// to their shapes, addresses, long numbers and tokens are hidden, and line
/// breaks become spaces.
pub(crate) fn of_text(text: &str, names: &Names) -> String {
    let mut shape = String::new();
    for word in text.split_whitespace() {
        if !shape.is_empty() {
            shape.push(' ');
        }
        shape += &of_word(word, names);
        if shape.len() > MAX_TEXT {
            break;
        }
    }
    truncate(&mut shape, MAX_TEXT);
    shape
}

fn of_word<'a>(word: &'a str, names: &Names) -> Cow<'a, str> {
    if word.contains("://") {
        let bare = word.trim_matches(|c: char| "\"'(),;<>".contains(c));
        return Cow::Owned(of_written(bare, names));
    }
    // Names that this program knows, however little they look like words.
    if RECEIPT_FIELDS.iter().any(|field| field.name == word) {
        return Cow::Borrowed(word);
    }
    let is_plain = word
        .chars()
        .all(|c| c.is_ascii_graphic() || "×≤≥…–−".contains(c));
    let pieces = || word.split(|c: char| !c.is_ascii_alphanumeric());
    let is_telling = !is_plain
        || word.contains(['@', '\\'])
        || names.has(word)
        || pieces().any(|piece| {
            let is_number = !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_digit());
            let is_kept = if is_number {
                piece.len() <= MAX_NUMBER
            } else {
                is_word(piece, 3)
            };
            !is_kept || names.has(piece)
        });
    Cow::Borrowed(if is_telling { HIDDEN } else { word })
}

fn push_path(shape: &mut String, path: &str, names: &Names) {
    for (n, segment) in path.trim_start_matches('/').split('/').enumerate() {
        shape.push('/');
        if n >= MAX_PIECES {
            *shape += HIDDEN;
            return;
        }
        if is_worded(segment, 2, names) {
            *shape += segment;
            continue;
        }
        *shape += HIDDEN;
        if let Some((_, extension)) = segment.rsplit_once('.')
            && EXTENSIONS.contains(&extension.to_ascii_lowercase().as_str())
        {
            shape.push('.');
            *shape += extension;
        }
    }
}

fn push_query(shape: &mut String, query: &str, names: &Names) {
    let pairs = query.split(['&', ';']).filter(|pair| !pair.is_empty());
    for (n, pair) in pairs.enumerate() {
        shape.push(if n == 0 { '?' } else { '&' });
        if n >= MAX_PIECES {
            *shape += HIDDEN;
            return;
        }
        match pair.split_once('=') {
            Some((name, _)) if is_worded(name, 3, names) => {
                *shape += name;
                *shape += "=…";
            }
            Some(_) => *shape += "…=…",
            None => *shape += HIDDEN,
        }
    }
}

/// Whether a label, segment or parameter name is made of words.
fn is_worded(text: &str, digits: usize, names: &Names) -> bool {
    let is_separator = |b: u8| matches!(b, b'-' | b'.' | b'_');
    text.len() <= 40
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || is_separator(b))
        && text.bytes().filter(u8::is_ascii_digit).count() <= digits
        && !names.has(text)
        && text
            .split(['-', '.', '_'])
            .all(|word| is_word(word, digits) && !names.has(word))
}

/// Whether a run of letters and digits looks like a word that a person chose:
/// a guess, and in doubt the answer is no.
fn is_word(word: &str, digits: usize) -> bool {
    let count = word.bytes().filter(u8::is_ascii_digit).count();
    if word.len() > 18 || count > digits || !word.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    if word.len() >= 8 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        return false;
    }
    let letters = word.trim_matches(|c: char| c.is_ascii_digit());
    if letters.len() > 3 && letters.bytes().any(|b| b.is_ascii_digit()) {
        return false;
    }
    has_word_case(letters) && is_pronounceable(letters)
}

/// `word`, `Word`, `WORD` or `twoWords`, but not `wOrD`.
fn has_word_case(letters: &str) -> bool {
    if letters.bytes().all(|b| b.is_ascii_uppercase()) {
        return letters.len() <= 8;
    }
    let mut lower = 2;
    for (n, byte) in letters.bytes().enumerate() {
        if byte.is_ascii_uppercase() {
            if n > 0 && lower < 2 {
                return false;
            }
            lower = 0;
        } else {
            lower += 1;
        }
    }
    lower >= 1
}

fn is_pronounceable(letters: &str) -> bool {
    if letters.len() < 5 {
        return true;
    }
    let (mut vowels, mut consonants, mut longest) = (0, 0, 0);
    for byte in letters.bytes() {
        if b"aeiouy".contains(&byte.to_ascii_lowercase()) {
            vowels += 1;
            consonants = 0;
        } else {
            consonants += 1;
            longest = longest.max(consonants);
        }
    }
    longest <= 5 && vowels * 8 >= letters.len()
}

/// Cuts at a character boundary and says so.
pub(crate) fn truncate(text: &mut String, limit: usize) {
    if text.len() <= limit {
        return;
    }
    let mut end = limit.saturating_sub(HIDDEN.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    *text += HIDDEN;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(url: &str) -> String {
        of_written(url, &Names::of(["Jane.Doe@example.com"]))
    }

    #[test]
    fn values_are_hidden_and_words_stay() {
        for (url, expected) in [
            (
                "https://click.example.org/ls/click?upn=u001.AbC-2F&x=1",
                "https://click.example.org/ls/click?upn=…&x=…",
            ),
            (
                "https://email.example.org/o/eJwlzUEKwyAQRuG7",
                "https://email.example.org/o/…",
            ),
            (
                "https://a.example.org/v1/12345678/open.gif",
                "https://a.example.org/v1/…/open.gif",
            ),
            (
                "https://a.example.org/9f86d081884c7d65.gif",
                "https://a.example.org/….gif",
            ),
            (
                "https://a.example.org/?eJwlkEFuwjAQ",
                "https://a.example.org/?…",
            ),
            (
                "https://a.example.org/x?jane@example.com=1#top",
                "https://a.example.org/x?…=…#…",
            ),
            (
                "https://u:p@a.example.org:8443/",
                "https://…@a.example.org:8443/",
            ),
            (
                "https://a.example.org/track/jane.doe/JaneDoe/jane/open",
                "https://a.example.org/track/…/…/…/open",
            ),
            (
                "https://a.example.org/u/jane%40example.com/1",
                "https://a.example.org/u/…/1",
            ),
            ("http://192.0.2.1/open", "http://192.0.2.1/open"),
            ("no url", "…"),
        ] {
            assert_eq!(shape(url), expected, "{url}");
        }
    }

    #[test]
    fn known_names_of_parameters_stay() {
        let names = Names::default();
        for name in [
            "utm_source",
            "mc_eid",
            "fbclid",
            "gclid",
            "msclkid",
            "_hsenc",
            "mkt_tok",
            "vero_id",
            "ck_subscriber_id",
            "oly_anon_id",
            "__s",
            "irclickid",
            "trackingId",
            "u1",
        ] {
            assert!(is_worded(name, 3, &names), "{name}");
        }
    }

    #[test]
    fn tokens_are_no_words() {
        for token in [
            "eJwlzUEK",
            "aGVsbG8",
            "deadbeefcafe",
            "4fb1c2",
            "MzQ1Ng",
            "x8Kq",
            "QWxhZGRpbg",
            "550e8400",
            "bcdfghjk",
            "a1b2c3",
            "ThisIsAVeryLongWordIndeed",
        ] {
            assert!(!is_word(token, 2), "{token}");
        }
    }

    #[test]
    fn labels_made_for_one_recipient_are_hidden() {
        let names = Names::of(["jane.doe@example.com"]);
        for (host, expected) in [
            ("track.example.org", "track.example.org"),
            ("u1234567.ct.example.org", "….ct.example.org"),
            ("a8f5f167f44f4964.e.example.co.uk", "….e.example.co.uk"),
            ("jane-doe.example.org", "….example.org"),
            ("example.org", "example.org"),
            ("192.0.2.1", "192.0.2.1"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(of_host(host, &names), expected);
        }
    }

    #[test]
    fn text_keeps_measures_and_hides_values() {
        let names = Names::of(["jane@example.com"]);
        for (text, expected) in [
            ("1×1", "1×1"),
            ("display:none; width=0.5", "display:none; width=0.5"),
            (
                "host track.example.org also shows 12 images",
                "host track.example.org also shows 12 images",
            ),
            ("recipient as sha256 in uid", "recipient as sha256 in uid"),
            ("X-PMRQC", "X-PMRQC"),
            ("x-pmrqc", "…"),
            ("saw jane@example.com", "saw …"),
            ("saw jane in path", "saw … in path"),
            ("id 12345678", "id …"),
            ("token=eJwlzUEKwyAQ", "…"),
            ("(https://a.example.org/?k=v)", "https://a.example.org/?k=…"),
            ("a\r\nb\u{1b}[31m", "a …"),
        ] {
            assert_eq!(of_text(text, &names), expected, "{text:?}");
        }
    }

    #[test]
    fn shapes_have_an_end() {
        let long = format!(
            "https://a.example.org/{}?{}",
            "a/".repeat(9_999),
            "b=1&".repeat(9_999)
        );
        assert_eq!(
            shape(&long),
            format!(
                "https://a.example.org{}/…?{}&…",
                "/a".repeat(12),
                ["b=…"; 12].join("&")
            )
        );
        assert!(of_text(&"word ".repeat(9_999), &Names::default()).len() <= MAX_TEXT);
    }
}
