//! What must not stand in the block log.
//!
//! Of an address: all of it, and the local part. Of a Message-ID: all of it.
//! Of a client: its address. Of a URL: all of it, as soon as there is more to
//! it than a host; user information; the fragment; the value of each
//! parameter; segments of the path and labels of the host in front of the
//! registrable domain.
//!
//! The log keeps words of a path by design, and a short value such as `1` is
//! everywhere. So a piece of a URL counts as telling if it is long enough and
//! cannot be words in a row: see [`is_telling`] (docs/privacy.md says the same).

use super::mails::Mail;
use mail_parser::{Message, MessageParser, PartType};
use percent_encoding::percent_decode_str;
use std::collections::BTreeSet;
use url::Url;

/// Shortest local part that is looked for.
const MIN_NAME: usize = 5;
/// Shortest value, and how often it changes its kind of character.
const VALUE: (usize, usize) = (5, 2);
/// The same of a segment of a path, and of a label of a host.
const SEGMENT: (usize, usize) = (8, 3);

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";

/// Everything that must not be found.
#[derive(Default)]
pub(crate) struct Secrets {
    people: BTreeSet<String>,
    values: BTreeSet<String>,
    urls: BTreeSet<String>,
}

impl Secrets {
    pub(crate) fn add_mail(&mut self, mail: &Mail) {
        for address in mail.recipients.iter().chain([&mail.sender]) {
            self.people.insert(address.clone());
            let (local, _) = address.rsplit_once('@').unwrap();
            if local.len() >= MIN_NAME {
                self.people.insert(local.to_owned());
            }
        }
        self.people.insert(mail.message_id.clone());
        self.people.insert(mail.client.to_string());
        for text in texts(&mail.raw) {
            for url in urls(&text) {
                self.add_url(&url);
            }
        }
    }

    pub(crate) fn add_url(&mut self, text: &str) {
        let Ok(url) = Url::parse(text) else { return };
        let Some(host) = url.host_str() else { return };
        if !matches!(url.scheme(), "http" | "https" | "ftp") {
            return;
        }
        let mut segments = url.path_segments().into_iter().flatten();
        let has_token = segments.any(|s| s.len() >= SEGMENT.0 && is_telling(s, SEGMENT.1));
        if has_token || url.query_pairs().any(|(_, value)| !value.is_empty()) {
            self.urls.insert(text.to_owned());
            self.urls.insert(url.to_string());
        }
        let values = [url.username(), url.password().unwrap_or_default()];
        for value in values.into_iter().chain(url.fragment()) {
            self.add_value(value, VALUE);
        }
        for (name, value) in url.query_pairs() {
            self.add_value(&value, VALUE);
            if value.is_empty() {
                self.add_value(&name, SEGMENT);
            }
        }
        for pair in url.query().unwrap_or_default().split('&') {
            let value = pair.split_once('=').map_or(pair, |(_, value)| value);
            self.add_value(value, VALUE);
        }
        for segment in url.path_segments().into_iter().flatten() {
            self.add_value(segment, SEGMENT);
        }
        let registrable = psl::domain_str(host).unwrap_or(host);
        let labels = host.strip_suffix(registrable).unwrap_or_default();
        for label in labels.split('.') {
            self.add_value(label, SEGMENT);
        }
    }

    fn add_value(&mut self, value: &str, (min, changes): (usize, usize)) {
        let decoded = percent_decode_str(value).decode_utf8_lossy();
        for value in [value, &decoded] {
            // Examples spell tokens as `AbCdEfGh`, and words as `abcdefgh`.
            let is_example = ALPHABET.contains(&value.to_ascii_lowercase());
            if value.len() >= min && is_telling(value, changes) && !is_example {
                self.values.insert(value.to_owned());
            }
        }
    }

    /// A search for nothing finds nothing.
    pub(crate) fn check_that_there_are_enough(&self) {
        let counts = (self.people.len(), self.values.len(), self.urls.len());
        assert!(
            counts.0 > 400 && counts.1 > 100 && counts.2 > 100,
            "{counts:?}"
        );
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = String> {
        let all = self.people.iter().chain(&self.values).chain(&self.urls);
        all.cloned()
    }
}

/// Whether a piece of a URL cannot be words in a row: it has an `@`, a `%`, a
/// `=` or four digits, or changes at least so often between letters and
/// digits or from lower to upper case.
fn is_telling(piece: &str, changes: usize) -> bool {
    let bytes = piece.as_bytes();
    let is_change = |two: &[u8]| {
        let (a, b) = (two[0], two[1]);
        (a.is_ascii_lowercase() && b.is_ascii_uppercase())
            || (a.is_ascii_digit() && b.is_ascii_alphabetic())
            || (a.is_ascii_alphabetic() && b.is_ascii_digit())
    };
    piece.contains(['@', '%', '='])
        || bytes.iter().filter(|b| b.is_ascii_digit()).count() >= 4
        || bytes.windows(2).filter(|two| is_change(two)).count() >= changes
}

/// The texts of a mail: as it came, and each part decoded.
fn texts(raw: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(raw).into_owned()];
    if let Some(message) = MessageParser::new().parse(raw) {
        add_parts(&message, &mut texts, 8);
    }
    texts
}

/// Attached messages too, so many levels deep.
fn add_parts(message: &Message<'_>, texts: &mut Vec<String>, depth: usize) {
    for part in &message.parts {
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => texts.push(text.to_string()),
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                texts.push(String::from_utf8_lossy(bytes).into_owned());
            }
            PartType::Message(inner) if depth > 0 => add_parts(inner, texts, depth - 1),
            PartType::Message(_) | PartType::Multipart(_) => {}
        }
    }
}

/// The URLs in a text, with the entities undone that HTML needs in one.
fn urls(text: &str) -> Vec<String> {
    let mut urls = Vec::new();
    for (at, _) in text.match_indices("://") {
        let scheme = text[..at]
            .rfind(|c: char| !c.is_ascii_alphabetic())
            .map_or(0, |n| n + text[n..].chars().next().unwrap().len_utf8());
        let rest = &text[scheme..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'<>()[]{}\\^`|".contains(c))
            .unwrap_or(rest.len());
        let url = rest[..end].replace("&amp;", "&").replace("&#38;", "&");
        urls.push(url);
    }
    urls
}
