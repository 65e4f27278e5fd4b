//! Finds the markers of a page, in text however it is written and in what was
//! requested.

use super::{browser::server::Contact, clean::Setting, visit::Visit};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};
use std::{collections::BTreeSet, sync::LazyLock};

/// How a page writes its markers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Markers {
    /// The host that the markers are on; its subdomains are markers too.
    pub(crate) host: &'static str,
    /// Other hosts that some markers are on.
    others: &'static [&'static str],
    /// A marker within a path or a text; its first group is the name.
    pattern: &'static str,
}

impl Markers {
    /// `pages/every-vector.html`.
    pub(crate) const OWN: Self = Self {
        host: "leak.example",
        // All that is written with these as numbers arrives so.
        others: &["192.0.2.66", "[2001:db8::42]", "[::ffff:c000:242]"],
        pattern: r"((?:load|click|idle)/[a-z0-9-]+)",
    };

    /// cure53/HTTPLeaks.
    pub(crate) const LEAKING_VIA: Self = Self {
        host: "leaking.via",
        others: &[],
        pattern: r"(?:leaking\.via/|^/)([A-Za-z0-9-]+)",
    };

    /// The markers in a text, in its order, each once.
    pub(crate) fn in_text(self, html: &str) -> Vec<String> {
        let pattern = regex(self.pattern);
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for text in readings(html) {
            for captures in pattern.captures_iter(&text) {
                let name = captures[1].to_owned();
                if seen.insert(name.clone()) {
                    found.push(name);
                }
            }
        }
        found
    }

    /// The markers that a visit requested. What a listed host is to lose is
    /// what comes from that host; with everything blocked it is everything.
    pub(crate) fn requested(self, visit: &Visit, setting: Setting) -> BTreeSet<String> {
        let is_ours = |host: &str| {
            let under = host.strip_suffix(self.host);
            under.is_some_and(|before| before.is_empty() || before.ends_with('.'))
                || (setting == Setting::Block && self.others.contains(&host))
        };
        let pattern = regex(self.pattern);
        let name = |path: &str| {
            let path = percent_decode_str(path).decode_utf8_lossy();
            let found = pattern.captures(&path).map(|c| c[1].to_owned());
            found.unwrap_or_else(|| format!("(not a marker) {path}"))
        };
        let contacts = visit.contacts.iter().filter(|c| is_ours(c.host()));
        let mut requested: BTreeSet<String> = contacts
            .filter_map(|contact| match contact {
                Contact::Request(request) => Some(name(&request.path)),
                // A preconnection, if no request follows; the marker is the
                // first label.
                Contact::Handshake { host } => {
                    let is_request =
                        |c: &Contact| matches!(c, Contact::Request(r) if r.host == *host);
                    let label = host.strip_suffix(self.host)?;
                    (!visit.contacts.iter().any(is_request))
                        .then(|| format!("load/{}", label.trim_end_matches('.')))
                }
            })
            .collect();
        for refresh in &visit.refreshes {
            let url = url::Url::parse(refresh).expect("the browser gives a URL");
            if url.host_str().is_some_and(is_ours) {
                requested.insert(name(url.path()));
            }
        }
        requested
    }
}

/// The text as it stands and as a client may read it: with references,
/// escapes and base64 undone, also within each other.
fn readings(html: &str) -> Vec<String> {
    let mut readings = vec![html.to_owned()];
    for _ in 0..2 {
        for at in 0..readings.len() {
            for read in [
                without_references,
                without_css_escapes,
                without_percent_escapes,
                without_line_ends,
                base64_content,
            ] {
                let text = read(&readings[at]);
                if !readings.contains(&text) {
                    readings.push(text);
                }
            }
        }
    }
    readings
}

/// With character references undone, those that the pages use.
fn without_references(text: &str) -> String {
    const NAMES: &[(&str, &str)] = &[
        ("amp", "&"),
        ("apos", "'"),
        ("colon", ":"),
        ("gt", ">"),
        ("lpar", "("),
        ("lt", "<"),
        ("quot", "\""),
        ("rpar", ")"),
        ("shy", ""),
        ("sol", "/"),
    ];
    static REFERENCE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|([a-z]+));?"));
    replace(text, &REFERENCE, |c| {
        let decimal = c.get(1).and_then(|n| n.as_str().parse().ok());
        let hex = c
            .get(2)
            .and_then(|n| u32::from_str_radix(n.as_str(), 16).ok());
        if let Some(character) = decimal.or(hex).and_then(char::from_u32) {
            return character.to_string();
        }
        let named = c.get(3).and_then(|name| {
            let mut names = NAMES.iter();
            names.find(|(known, _)| *known == name.as_str())
        });
        named.map_or_else(|| c[0].to_owned(), |(_, character)| (*character).to_owned())
    })
}

/// With the escapes of style sheets undone (CSS Syntax section 4.3.7).
fn without_css_escapes(text: &str) -> String {
    static ESCAPE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"\\(?:([0-9a-fA-F]{1,6})[ \n]?|(\r?\n)|(.))"));
    replace(text, &ESCAPE, |c| {
        match (c.get(1), c.get(3)) {
            (Some(code), _) => u32::from_str_radix(code.as_str(), 16)
                .ok()
                .and_then(char::from_u32)
                .map_or_else(String::new, String::from),
            // URLs have slashes where they are written with these.
            (None, Some(character)) if character.as_str() == "\\" => "//".to_owned(),
            (None, Some(character)) => character.as_str().to_owned(),
            (None, None) => String::new(),
        }
    })
}

fn without_percent_escapes(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// As URLs are read, in which tabs and line ends do not count and a backslash
/// is a slash (URL Standard).
fn without_line_ends(text: &str) -> String {
    text.replace(['\t', '\r', '\n'], "").replace('\\', "/")
}

/// What stands in base64 in `data:` URLs.
fn base64_content(text: &str) -> String {
    static CONTENT: LazyLock<Regex> = LazyLock::new(|| regex("base64,([A-Za-z0-9+/]+=*)"));
    replace(text, &CONTENT, |c| {
        let decoded = STANDARD.decode(&c[1]).unwrap_or_default();
        String::from_utf8_lossy(&decoded).into_owned()
    })
}

fn replace(text: &str, pattern: &Regex, with: impl Fn(&Captures<'_>) -> String) -> String {
    pattern
        .replace_all(text, |c: &Captures<'_>| with(c))
        .into_owned()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}
