//! The inputs that fuzzing starts from, made out of what the project has
//! anyway: mail of the tests, rules and their examples, the configuration
//! file, and the queries of the documentation.

use super::{
    checks::TARGETS,
    mail::{self, encode::base64_lines},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use untrackd::{
    limits::Limits,
    message::{field::read_header_block, splitter::Splitter, transfer},
    review::FIELDS,
    rules::RuleFiles,
};

/// Longest seed, in bytes. Short ones are tried more often a second.
const MAX_SEED: usize = 16 << 10;

/// How many mails of each shape are generated.
const ROUNDS: usize = 2;

/// Most seeds of a target. Every slice of a long run begins with all of them.
const MAX_SEEDS: usize = 400;

/// The seeds of a target, each once.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    let seeds = match target {
        "configuration" => configurations(),
        "html" => pages(),
        "milter" => conversations(),
        "query" => queries(),
        "rules" => rule_files(),
        "splitter" => mails(),
        "transfer" => coded(),
        "url" => urls(),
        other => panic!("there is no target {other}"),
    };
    let short = seeds.into_iter().filter(|seed| seed.len() <= MAX_SEED);
    let different: Vec<_> = short.collect::<BTreeSet<_>>().into_iter().collect();
    let step = different.len().div_ceil(MAX_SEEDS);
    different.into_iter().step_by(step).collect()
}

/// What a target was once broken by.
pub(crate) fn found(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let dir = root().join("tests/fuzz/found").join(target);
    let files = files(&dir, "");
    files
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// The tokens of a target's dictionary (libFuzzer's format).
pub(crate) fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let path = format!("tests/fuzz/dictionaries/{target}.dict");
    let text = fs::read_to_string(root().join(path)).unwrap();
    let tokens = text.lines().filter(|line| !line.starts_with('#'));
    tokens.map(token).collect()
}

fn token(line: &str) -> Vec<u8> {
    let inner = line.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
    let mut rest = inner.unwrap_or_else(|| panic!("no token: {line}"));
    let mut out = Vec::new();
    while let Some((before, escape)) = rest.split_once("\\x") {
        out.extend_from_slice(before.as_bytes());
        out.push(u8::from_str_radix(&escape[..2], 16).unwrap());
        rest = &escape[2..];
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// Writes all seeds as libFuzzer reads them: a directory a target.
pub(crate) fn write_to(dir: &Path) {
    for (target, _) in TARGETS {
        let dir = dir.join(target);
        fs::create_dir_all(&dir).unwrap();
        for (number, seed) in of(target).iter().enumerate() {
            fs::write(dir.join(format!("{number:04}")), seed).unwrap();
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory whose names end so, in order.
fn files(dir: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn contents(dir: &str, end: &str) -> Vec<Vec<u8>> {
    let paths = files(&root().join(dir), end);
    assert!(!paths.is_empty(), "no {end} in {dir}");
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn mails() -> Vec<Vec<u8>> {
    let mut all = contents("tests/mail", ".eml");
    all.extend(contents("tests/demo/mail", ".eml"));
    all.extend(mail::corpus(5, ROUNDS).iter().map(mail::Sample::bytes));
    all
}

/// The leaves of all mails: what they hold, decoded or not.
fn leaves(decoded: bool) -> Vec<Vec<u8>> {
    let limits = Limits::default();
    let mut out = Vec::new();
    for mail in mails() {
        let block = read_header_block(&mail, 0, &limits);
        let fields = block.fields.iter();
        let top: Vec<_> = fields
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let body = &mail[block.end..];
        let mut parts = Vec::new();
        Splitter::new(&limits, &top).finish(body, &mut parts);
        for part in parts.iter().filter(|p| p.skip.is_none()) {
            let raw = &body[part.body.clone()];
            if !decoded {
                out.push(raw.to_vec());
            } else if let Ok(text) = transfer::decode(raw, &part.transfer, MAX_SEED) {
                out.push(text.bytes().to_vec());
            }
        }
    }
    out
}

fn pages() -> Vec<Vec<u8>> {
    let mut all = leaves(true);
    // One line of it a seed: each is a vector of its own.
    for page in contents("tests/chromium/pages", ".html") {
        all.extend(page.split(|b| *b == b'\n').map(<[u8]>::to_vec));
    }
    all
}

fn coded() -> Vec<Vec<u8>> {
    let mut all = leaves(false);
    let text = "<p>\u{e9}t\u{e9} \u{6f22}\u{5b57} https://example.org/?a=1</p>\r\n";
    all.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    all.push(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    all.push(encoding_rs::ISO_2022_JP.encode(text).0.into_owned());
    all.push(base64_lines(text.as_bytes()));
    all
}

/// Each example of each rule, with the steps of the rule before it.
fn urls() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for rule in RuleFiles::shipped().rules() {
        for example in &rule.examples {
            let mut lines = rule.decode.clone();
            lines.push(example.url.clone());
            all.push(lines.join("\n").into_bytes());
        }
    }
    all
}

/// Each rule file, with the URLs of its examples; and each rule in pieces.
fn rule_files() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for mut file in contents("rules", ".toml") {
        let text = String::from_utf8(file.clone()).unwrap();
        for url in text.split('"').filter(|s| s.starts_with("http")) {
            file.extend_from_slice(format!("#{url}\n").as_bytes());
        }
        all.push(file);
    }
    for rule in RuleFiles::shipped().rules() {
        let first = |list: &[String]| list.first().cloned().unwrap_or_default();
        let (url, to) = rule
            .examples
            .first()
            .map_or_else(Default::default, |example| {
                (example.url.clone(), example.to.clone().unwrap_or_default())
            });
        let path = rule.path.clone().unwrap_or_default();
        let mut lines = vec![first(&rule.hosts), path, url, first(&rule.parameters), to];
        lines.extend(rule.decode.clone());
        all.push(format!("!{}", lines.join("\n")).into_bytes());
    }
    all
}

fn configurations() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join("systemd/untrackd.toml")).unwrap();
    let bare = |line: &str| !line.starts_with("##") && !line.trim().is_empty();
    let lines: Vec<_> = text.lines().filter(|line| bare(line)).collect();
    let set: Vec<_> = lines
        .iter()
        .map(|line| line.trim_start_matches('#'))
        .collect();
    let mut all = vec![set.join("\n").into_bytes()];
    let mut section = "";
    for line in set {
        if line.starts_with('[') {
            section = line;
        }
        all.push(format!("{section}\n{line}\n").into_bytes());
        if let Some((key, value)) = line.split_once(" = ") {
            let section = section.trim_matches(['[', ']']).to_uppercase();
            let key = key.to_uppercase();
            let value = value.trim_matches('"');
            all.push(format!("#UNTRACKD_{section}__{key}={value}\n").into_bytes());
        }
    }
    for page in contents("docs", ".md") {
        let page = String::from_utf8(page).unwrap();
        let blocks = page.split("```toml\n").skip(1);
        all.extend(blocks.filter_map(|b| Some(b.split_once("```")?.0.as_bytes().to_vec())));
    }
    all
}

fn queries() -> Vec<Vec<u8>> {
    let page = fs::read_to_string(root().join("docs/queries.md")).unwrap();
    let spans = page.split('`').skip(1).step_by(2);
    let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
    let mut all: Vec<_> = spans.chain(lines).map(|s| s.as_bytes().to_vec()).collect();
    all.extend(FIELDS.iter().map(|field| field.example.as_bytes().to_vec()));
    let examples: Vec<_> = FIELDS.iter().map(|field| field.example).collect();
    all.extend(examples.chunks(6).map(|few| few.join(" ").into_bytes()));
    all
}

/// Conversations with the milter: mails as an MTA passes them on, and what
/// comes between.
fn conversations() -> Vec<Vec<u8>> {
    let limits = Limits::default();
    let mut all: Vec<Vec<u8>> = vec![
        b"Q".to_vec(),
        b"Cclient.example.org\x004\x04\x00192.0.2.1\0\x1eHexample.org\x1eM<a@example.org>\x1eA\x1eQ".to_vec(),
        b"O\0\0\0\x06\0\0\0\0\0\0\0\0\x1eM<a@example.org>\x1eBtext\x1eE\x1eK\x1eM<>\x1eR<b@example.net>\x1eEtext\x1eQ".to_vec(),
    ];
    for mail in mails() {
        let block = read_header_block(&mail, 0, &limits);
        let mut list: Vec<Vec<u8>> = vec![
            b"DCj\0mx.example.org\0{client_addr}\x00192.0.2.1\0".to_vec(),
            b"Cclient.example.org\x004\x04\x00192.0.2.1\0".to_vec(),
            b"DMi\x004XyZ12345z\0".to_vec(),
            b"M<news@example.org>\0SIZE=1\0".to_vec(),
            b"R<phishing@pot>\0".to_vec(),
        ];
        for field in &block.fields {
            list.push([b"L", field.name, b"\0", field.value, b"\0"].concat());
        }
        list.push(b"N".to_vec());
        for chunk in mail[block.end..].chunks(4096) {
            list.push([b"B", chunk].concat());
        }
        list.extend([b"E".to_vec(), b"Q".to_vec()]);
        // Framed as it is sent, too; the offer first.
        let mut frames = b"\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff".to_vec();
        for command in &list {
            frames.extend(u32::try_from(command.len()).unwrap().to_be_bytes());
            frames.extend(command);
        }
        all.push(list.join(&0x1e));
        all.push(frames);
    }
    all
}
