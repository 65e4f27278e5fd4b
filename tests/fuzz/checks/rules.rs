//! Rule files. The input is one; URLs in its comments are matched with it.
//!
//! An input that begins with `!` holds pieces, one a line, which are put into
//! a file that is otherwise right.

use untrackd::{
    limits::Limits,
    rules::{Category, RuleFiles, RuleSet, Unwrapped},
    url::Target,
};

pub fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match text.strip_prefix('!') {
        Some(pieces) => read(&filled(pieces)),
        None => read(text),
    }
}

fn read(text: &str) {
    let files = RuleFiles::of_text("acme.toml", Category::Mail, text);
    files.rules();
    let lines = text.split('\n').count();
    match files.prove() {
        Err(error) => {
            assert!(!error.mistakes.is_empty());
            for mistake in &error.mistakes {
                assert!(
                    mistake.place.is_none_or(|(line, column)| {
                        (1..=lines + 1).contains(&line) && column >= 1
                    }),
                    "{mistake}"
                );
                assert!(!mistake.problem.is_empty());
            }
        }
        Ok(set) => {
            assert!(!set.is_empty());
            let comments = text.lines().filter_map(|line| line.strip_prefix('#'));
            for target in comments.filter_map(Target::parse) {
                ask(&set, &target);
            }
        }
    }
}

fn ask(set: &RuleSet, target: &Target) {
    let limits = Limits::default();
    set.pixel(target);
    set.is_redirect(target);
    set.explain(target, &limits);
    let parameters = set.parameters(target);
    for pair in target.query().unwrap_or_default().split('&') {
        parameters.rule(pair.split('=').next().unwrap_or_default());
    }
    if let Unwrapped::To { text, .. } = set.unwrap(target, &limits, &|_: Category| true) {
        assert!(Target::parse(&text).is_some());
    }
}

/// A rule file with these pieces: host, path, example, parameter, step.
fn filled(pieces: &str) -> String {
    let mut pieces = pieces.split('\n').map(quoted);
    let mut piece = || pieces.next().unwrap_or_else(|| quoted("x"));
    let (host, path, example, parameter, to) = (piece(), piece(), piece(), piece(), piece());
    let steps: Vec<_> = pieces.take(20).collect();
    let steps = steps.join(", ");
    format!(
        r#"# https://t.example.org/o/1?u=2
[vendor]
id = "acme"
name = "Acme"
company = "Acme"

[[pixel]]
id = "acme-open"
hosts = [{host}]
path = {path}
tells = ["recipient"]
match = [{example}]
ignore = ["https://example.org/"]

[[redirect]]
id = "acme-click"
hosts = [{host}]
path = {path}
decode = [{steps}]
tells = ["link"]
match = [{{ url = {example}, to = {to} }}]
ignore = ["https://example.org/"]

[[parameter]]
id = "acme-parameter"
names = [{parameter}]
tells = ["recipient"]
"#
    )
}

/// A TOML string that means `text`.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out += &format!("\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}
