//! The allowlist as text: TOML, one `[[allow]]` table an entry.

use super::{Entry, Scope, ValueError};
use jiff::{Timestamp, ToSpan, civil, tz::TimeZone};
use serde::Deserialize;
use std::{fmt::Write, ops::Range};
use toml::{Spanned, Value, value::Datetime};

/// What stands at the top of a new file.
const HEAD: &str = "\
# What untrackd leaves alone although it knows better. `untrackd allow` writes
# this file, and so may you: a running milter obeys from the next message on.
";

/// The line that begins an entry.
const TABLE: &str = "[[allow]]";

/// A mistake in the text, and where it begins, in bytes.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Mistake {
    pub(super) at: usize,
    pub(super) problem: String,
}

impl Mistake {
    fn at(span: &Range<usize>, problem: impl Into<String>) -> Self {
        Self {
            at: span.start,
            problem: problem.into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    allow: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: Spanned<String>,
    scope: Spanned<String>,
    value: String,
    sender: Option<String>,
    recipient_domain: Option<String>,
    reason: String,
    author: String,
    created: Spanned<Datetime>,
    expires: Option<Spanned<Datetime>>,
}

/// The entries in `text`, in their order.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Mistake> {
    let raw: RawFile = toml::from_str(text)
        .map_err(|e| Mistake::at(&e.span().unwrap_or_default(), e.message()))?;
    let mut entries: Vec<Entry> = Vec::with_capacity(raw.allow.len());
    for table in raw.allow {
        let span = table.span();
        let raw = table.into_inner();
        let id_span = raw.id.span();
        let entry = entry(raw, &span)?;
        if entries.iter().any(|known| known.id == entry.id) {
            let problem = format!("id {:?} stands twice; choose another", entry.id);
            return Err(Mistake::at(&id_span, problem));
        }
        entries.push(entry);
    }
    Ok(entries)
}

fn entry(raw: RawEntry, span: &Range<usize>) -> Result<Entry, Mistake> {
    let Some(scope) = Scope::of_name(raw.scope.get_ref()) else {
        let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
        let problem = format!(
            "scope {:?} is none; write one of {}",
            raw.scope.get_ref(),
            names.join(", ")
        );
        return Err(Mistake::at(&raw.scope.span(), problem));
    };
    // A day without a time of day begins when it is created, and ends when it
    // expires.
    let created = timestamp(&raw.created, 0)?;
    let expires = raw.expires.as_ref().map(|t| timestamp(t, 1)).transpose()?;
    let entry = Entry {
        id: raw.id.into_inner().into(),
        scope,
        value: raw.value,
        sender: raw.sender,
        recipient_domain: raw.recipient_domain,
        reason: raw.reason,
        author: raw.author,
        created,
        expires,
    };
    entry
        .normal()
        .map_err(|ValueError(problem)| Mistake::at(span, problem))
}

/// A time of the file. One without an offset is in UTC; a day alone stands
/// for its beginning, `days` later.
fn timestamp(time: &Spanned<Datetime>, days: i64) -> Result<Timestamp, Mistake> {
    let text = time.get_ref().to_string();
    let day = || -> Option<Timestamp> {
        let day: civil::Date = text.parse().ok()?;
        let day = day.checked_add(days.days()).ok()?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let local = || -> Option<Timestamp> {
        let time: civil::DateTime = text.parse().ok()?;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let is_day = time.get_ref().time.is_none();
    let parsed = match (is_day, time.get_ref().offset) {
        (true, _) => day(),
        (false, Some(_)) => text.parse().ok(),
        (false, None) => local(),
    };
    parsed.ok_or_else(|| {
        let problem = format!("{text} is no day or time; write one such as 2026-12-24");
        Mistake::at(&time.span(), problem)
    })
}

/// `text` with one more entry at its end.
pub(super) fn with(text: &str, entries: &[Entry], new: &Entry) -> String {
    let mut changed = if text.is_empty() { HEAD } else { text }.to_owned();
    if !changed.ends_with('\n') {
        changed.push('\n');
    }
    changed.push('\n');
    render(new, &mut changed);
    let expected: Vec<&Entry> = entries.iter().chain([new]).collect();
    checked(changed, &expected)
}

/// `text` without the entry of this identifier.
pub(super) fn without(text: &str, entries: &[Entry], id: &str) -> String {
    let expected: Vec<&Entry> = entries.iter().filter(|e| *e.id != *id).collect();
    let block = entries
        .iter()
        .position(|entry| *entry.id == *id)
        .and_then(|n| block(text, n));
    let kept = block.and_then(|block| Some((text.get(..block.start)?, text.get(block.end..)?)));
    match kept {
        Some((before, after)) => checked(format!("{before}{after}"), &expected),
        None => all(&expected),
    }
}

/// The lines of the entry with this number: from its `[[allow]]` up to the
/// next one, or to the remarks before that.
fn block(text: &str, number: usize) -> Option<Range<usize>> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        lines.push((at, line.trim()));
        at += line.len();
    }
    let mut tables = lines.iter().enumerate().filter(|(_, (_, l))| *l == TABLE);
    let (first, (start, _)) = tables.nth(number)?;
    let Some((next, _)) = tables.next() else {
        return Some(*start..text.len());
    };
    let is_remark = |line: &&(usize, &str)| line.1.starts_with('#');
    let remarks = lines.get(first..next)?.iter().rev().take_while(is_remark);
    let (end, _) = lines.get(next - remarks.count())?;
    Some(*start..*end)
}

/// `text` if it says what it should. A file that a person wrote can have
/// another form (`allow = [{ … }]`), in which no lines can be added or taken
/// away; then everything is written anew, without its remarks.
fn checked(text: String, expected: &[&Entry]) -> String {
    match parse(&text) {
        Ok(entries) if entries.iter().eq(expected.iter().copied()) => text,
        _ => all(expected),
    }
}

fn all(entries: &[&Entry]) -> String {
    let mut text = HEAD.to_owned();
    for entry in entries {
        text.push('\n');
        render(entry, &mut text);
    }
    text
}

fn render(entry: &Entry, out: &mut String) {
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let texts = [
        ("id", Some(&*entry.id)),
        ("scope", Some(entry.scope.name())),
        ("value", Some(&*entry.value)),
        ("sender", entry.sender.as_deref()),
        ("recipient_domain", entry.recipient_domain.as_deref()),
        ("reason", Some(&*entry.reason)),
        ("author", Some(&*entry.author)),
    ];
    out.push_str(TABLE);
    out.push('\n');
    // Writing to a string cannot fail.
    for (key, text) in texts {
        if let Some(text) = text {
            let _ = writeln!(out, "{key} = {}", quoted(text));
        }
    }
    let times = [("created", Some(entry.created)), ("expires", entry.expires)];
    for (key, time) in times {
        if let Some(time) = time {
            let _ = writeln!(out, "{key} = {time}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_HAND: &str = r#"# Ours.

# Asked for by sales.
[[allow]]
id = "sales"
scope = "tracker"
value = "Pixel.Example.COM"   # of the partners
recipient_domain = "sales.example.org"
reason = 'says "yes"'
author = "ann"
created = 2026-11-01
expires = 2026-12-24

# Until the contract ends.
[[allow]]
id = "a-7k3q"
scope = "company"
value = "Example Ltd"
reason = "r"
author = "bob"
created = 2026-11-02T03:04:05+01:00
expires = 2026-12-01T12:00:00
"#;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_file_by_hand_is_read() {
        let entries = parse(BY_HAND).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].value, "pixel.example.com");
        assert_eq!(
            entries[0].recipient_domain.as_deref(),
            Some("sales.example.org")
        );
        assert_eq!(entries[0].reason, "says \"yes\"");
        assert_eq!(entries[0].created, time("2026-11-01T00:00:00Z"));
        assert_eq!(
            entries[0].expires,
            Some(time("2026-12-25T00:00:00Z")),
            "the day counts as a whole"
        );
        assert_eq!(entries[1].created, time("2026-11-02T02:04:05Z"));
        assert_eq!(entries[1].expires, Some(time("2026-12-01T12:00:00Z")));
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn mistakes_are_found_where_they_stand() {
        let line = |text: &str| {
            let mistake = parse(text).unwrap_err();
            let before = text.get(..mistake.at).unwrap();
            (before.matches('\n').count() + 1, mistake.problem)
        };
        for (from, to, expected, part) in [
            (
                "scope = \"company\"",
                "scope = \"firm\"",
                17,
                "write one of tracker, rule",
            ),
            ("id = \"a-7k3q\"", "id = \"sales\"", 16, "stands twice"),
            ("author = \"bob\"", "authr = \"bob\"", 20, "authr"),
            ("\"Example Ltd\"", "\"Example", 18, ""),
            ("reason = \"r\"", "reason = \" \"", 15, "reason is empty"),
            ("2026-12-01T12:00:00", "12:00:00", 22, "no day or time"),
        ] {
            let text = BY_HAND.replace(from, to);
            assert_ne!(text, BY_HAND);
            let (line, problem) = line(&text);
            assert_eq!(line, expected, "{to}: {problem}");
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut entries = parse(BY_HAND).unwrap();
        entries[0].reason = "tab\\ \"quote\" 'it' grün # no remark".to_owned();
        let all: Vec<&Entry> = entries.iter().collect();
        assert_eq!(parse(&super::all(&all)).as_ref(), Ok(&entries));
    }

    #[test]
    fn adding_and_removing_leaves_the_rest_as_it_was() {
        let entries = parse(BY_HAND).unwrap();
        let mut new = entries[1].clone();
        new.id = "a-0000".into();
        let longer = with(BY_HAND, &entries, &new);
        assert!(longer.starts_with(BY_HAND), "{longer}");
        let three = parse(&longer).unwrap();
        assert_eq!(three.len(), 3);
        let shorter = without(&longer, &three, "sales");
        assert_eq!(
            shorter,
            longer.replace(
                &BY_HAND[BY_HAND.find("[[allow]]").unwrap()..BY_HAND.find("# Until").unwrap()],
                ""
            )
        );
        assert_eq!(
            without(
                &without(&shorter, &parse(&shorter).unwrap(), "a-0000"),
                &entries[1..],
                "a-7k3q"
            ),
            "# Ours.\n\n# Asked for by sales.\n# Until the contract ends.\n"
        );
    }

    #[test]
    fn a_text_of_another_form_is_written_anew() {
        let inline = r#"allow = [{ id = "a", scope = "rule", value = "x-open", reason = "r", author = "a", created = 2026-11-01 }] # mine"#;
        let entries = parse(inline).unwrap();
        let mut new = entries[0].clone();
        new.id = "b".into();
        let both = parse(&with(inline, &entries, &new)).unwrap();
        assert_eq!(both, [entries[0].clone(), new]);
        assert_eq!(parse(&without(inline, &entries, "a")), Ok(Vec::new()));
    }
}
