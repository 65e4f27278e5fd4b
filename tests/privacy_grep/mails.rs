//! The fixture mails, each with an envelope of its own.

use serde::Deserialize;
use std::{
    collections::BTreeSet,
    fs,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
};

/// A mail and what the gateway knows besides.
pub(crate) struct Mail {
    pub(crate) raw: Vec<u8>,
    pub(crate) recipients: Vec<String>,
    pub(crate) sender: String,
    pub(crate) message_id: String,
    pub(crate) client: IpAddr,
}

/// What is read of `expected.toml`.
#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    to: Vec<String>,
}

/// How many URLs stand in one of the mails made of the rules' examples.
const URLS: usize = 50;

/// Every `tests/mail/<topic>/<sentence>/input.eml`, and mails with every URL
/// that the rules give as an example.
pub(crate) fn all() -> Vec<Mail> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let topics = folders(&root.join("tests/mail"));
    let fixtures: Vec<_> = topics.iter().flat_map(|topic| folders(topic)).collect();
    assert!(fixtures.len() >= 100, "only {} mails", fixtures.len());
    let mut examples = BTreeSet::new();
    for topic in folders(&root.join("rules")) {
        for entry in fs::read_dir(topic).unwrap() {
            add_examples(&entry.unwrap().path(), &mut examples);
        }
    }
    assert!(examples.len() >= 500, "only {} examples", examples.len());
    let examples: Vec<String> = examples.into_iter().collect();
    let raw = fixtures.iter().map(|dir| {
        let text = fs::read_to_string(dir.join("expected.toml")).unwrap();
        let expected: Expected = toml::from_str(&text).unwrap();
        (fs::read(dir.join("input.eml")).unwrap(), expected.to)
    });
    let made = examples
        .chunks(URLS)
        .map(|urls| (made_of(urls), Vec::new()));
    let mails = (0..).zip(raw.chain(made));
    mails.map(|(n, (raw, to))| mail(n, raw, to)).collect()
}

/// The URLs between quotes in a file of rules.
fn add_examples(file: &Path, examples: &mut BTreeSet<String>) {
    for line in fs::read_to_string(file).unwrap().lines() {
        let quoted = line.split(['"', '\'']).skip(1).step_by(2);
        let urls = quoted.filter(|text| text.starts_with("https://"));
        examples.extend(urls.map(str::to_owned));
    }
}

/// A mail with each URL as a link and as an image.
fn made_of(urls: &[String]) -> Vec<u8> {
    let mut mail = "From: News <news@example.org>\r\nTo: anna@example.net\r\n\
                    MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        .to_owned();
    for url in urls {
        let url = url.replace('&', "&amp;");
        mail += &format!("<a href=\"{url}\">x</a>\r\n<img src=\"{url}\">\r\n");
    }
    mail.into_bytes()
}

fn mail(n: usize, raw: Vec<u8>, mut recipients: Vec<String>) -> Mail {
    // The one that the mails' own To field names, and one whom no mail knows.
    recipients.push("anna@example.net".to_owned());
    recipients.push(format!("Theodora.Quist+{n}@customers.example"));
    recipients.dedup();
    Mail {
        raw,
        sender: format!("bounce-{n}-theodora.quist=customers.example@mta.news.example.org"),
        message_id: format!("2026.{n}.Theodora.Quist.8c1f@w0rker-{n}.news.example.org"),
        client: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 213)),
        recipients,
    }
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
