//! What a list says of itself: title, version, licence.

use std::{fs, io::Read, path::Path};

/// How many lines from the top are read for statements.
const LINES: usize = 100;

/// Longest statement that is kept, in characters.
const LONGEST: usize = 100;

/// Longest beginning of a licence file that is read, in bytes.
const LICENCE_BYTES: u64 = 4096;

/// The names that licence files have.
const LICENCE_FILES: &[&str] = &[
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
    "LICENCE",
    "LICENCE.txt",
    "LICENCE.md",
    "COPYING",
];

/// What a list says of itself.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Header {
    pub(super) title: Option<String>,
    pub(super) version: Option<String>,
    pub(super) licence: Option<String>,
}

impl Header {
    /// Reads comment lines at the top, `! Key: value` or `# Key: value`.
    pub(super) fn of_lines(text: &str) -> Self {
        let mut header = Self::default();
        let mut modified = None;
        let comments = text.lines().take(LINES);
        for line in comments.filter_map(|l| l.strip_prefix(['!', '#'])) {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let place = match key.trim().to_ascii_lowercase().as_str() {
                "title" => &mut header.title,
                "version" => &mut header.version,
                "last modified" | "last-modified" => &mut modified,
                "licence" | "license" => &mut header.licence,
                _ => continue,
            };
            if place.is_none() {
                *place = statement(value);
            }
        }
        header.version = header.version.or(modified);
        header
    }

    /// Reads the members of a JSON object.
    pub(super) fn of_json(json: &serde_json::Value) -> Self {
        let member = |names: &[&str]| {
            let value = names.iter().find_map(|name| json.get(name));
            value.and_then(|value| match value {
                serde_json::Value::Number(number) => Some(number.to_string()),
                other => other.as_str().and_then(statement),
            })
        };
        Self {
            title: member(&["title", "name"]),
            version: member(&["version"]),
            licence: member(&["licence", "license"]),
        }
    }
}

/// One line without control characters, not too long.
fn statement(text: &str) -> Option<String> {
    let text = text.trim().chars().filter(|c| !c.is_control());
    let text: String = text.take(LONGEST).collect();
    (!text.is_empty()).then_some(text)
}

/// The first line of a licence file beside `list`.
pub(super) fn licence_beside(list: &Path) -> Option<String> {
    let dir = list.parent()?;
    LICENCE_FILES.iter().find_map(|name| {
        let file = fs::File::open(dir.join(name)).ok()?;
        let mut bytes = Vec::new();
        file.take(LICENCE_BYTES).read_to_end(&mut bytes).ok()?;
        String::from_utf8_lossy(&bytes).lines().find_map(statement)
    })
}

/// `text` as words of `a-z` and `0-9` joined by `-`, for identifiers.
pub(super) fn slug(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|w| !w.is_empty()).collect();
    let slug: String = words.join("-").chars().take(LONGEST).collect();
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_at_the_top_are_read() {
        let header = Header::of_lines(
            "[Adblock Plus 2.0]\n! Title: A List\n! Last modified: 1 May 2026\n\
             ! Licence: https://example.org/l\n! License: other\n||a.example^\n",
        );
        assert_eq!(header.title.as_deref(), Some("A List"));
        assert_eq!(header.version.as_deref(), Some("1 May 2026"));
        assert_eq!(header.licence.as_deref(), Some("https://example.org/l"));
    }

    #[test]
    fn a_version_goes_before_a_date() {
        let header = Header::of_lines("! Last modified: 1 May 2026\n! Version: 7\n");
        assert_eq!(header.version.as_deref(), Some("7"));
    }

    #[test]
    fn members_of_json_are_read() {
        let json = serde_json::json!({"name": "A", "version": 3, "license": "MIT\u{7}"});
        let header = Header::of_json(&json);
        assert_eq!(header.title.as_deref(), Some("A"));
        assert_eq!(header.version.as_deref(), Some("3"));
        assert_eq!(header.licence.as_deref(), Some("MIT"));
        assert_eq!(Header::of_json(&serde_json::json!([])), Header::default());
    }

    #[test]
    fn identifiers_hold_letters_and_digits_only() {
        assert_eq!(slug("EasyPrivacy"), "easyprivacy");
        assert_eq!(slug("13 Aug 2026 05:29 UTC"), "13-aug-2026-05-29-utc");
        assert_eq!(slug("--Ä!"), "");
    }
}
