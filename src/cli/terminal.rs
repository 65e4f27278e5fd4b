//! What is written to a terminal.
//!
//! URLs, header values and file names come from strangers. Printed as they
//! are, they could move the cursor, change the title or reverse the reading
//! direction of what stands beside them.

use crate::visible;
use anstyle::{AnsiColor, Style};

pub use crate::visible::printable;

/// File names, headings.
pub(crate) const HEADING: Style = Style::new().bold();
/// What was removed; the old side of a difference.
pub(crate) const OLD: Style = AnsiColor::Red.on_default();
/// What was put in its place; the new side of a difference.
pub(crate) const NEW: Style = AnsiColor::Green.on_default();
/// Positions, side remarks.
pub(crate) const ASIDE: Style = AnsiColor::Cyan.on_default();
/// Things that need attention.
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();

/// A JSON object on one line, in which control characters stand as escapes,
/// also those that JSON would allow as they are.
pub(crate) fn json_line(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_else(|e| {
        // Cannot happen: every type written here has string keys.
        serde_json::json!({ "v": 1, "type": "error", "error": e.to_string() }).to_string()
    });
    visible::json(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json() {
        let text = "\x1b\u{9b}\u{202e}\u{e0041}\"";
        let line = json_line(&text);
        assert_eq!(line, "\"\\u001b\\u009b\\u202e\\udb40\\udc41\\\"\"");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
