//! Writes escaped markup, and numbers as people read them.

use crate::visible::printable;
use std::borrow::Cow;

/// Text for an element or a quoted attribute of HTML and XML. What would
/// control a reader's display is made visible first.
pub fn escape(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// A number with a comma between groups of three digits: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with what is counted: `1 message`, `1,200 messages`. The unit is an
/// English plural that ends with `s`.
pub fn counted(number: u64, unit: &str) -> String {
    let unit = match (number, unit.strip_suffix('s')) {
        (1, Some(one)) => one,
        _ => unit,
    };
    format!("{} {unit}", grouped(number))
}

/// A coordinate with at most two decimals.
pub(super) fn coordinate(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// Markup in the making, well-formed as XML too.
#[derive(Debug, Default)]
pub(super) struct Out {
    pub(super) text: String,
}

impl Out {
    /// Text, escaped.
    pub(super) fn write(&mut self, text: &str) {
        self.text += &escape(text);
    }

    /// A start tag.
    pub(super) fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push('>');
    }

    /// An end tag.
    pub(super) fn close(&mut self, name: &str) {
        self.text += "</";
        self.text += name;
        self.text.push('>');
    }

    /// An element without content. For SVG only: HTML knows no such tags.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text += "/>";
    }

    /// An element with text.
    pub(super) fn element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.write(text);
        self.close(name);
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.text.push('<');
        self.text += name;
        for (name, value) in attributes {
            self.text.push(' ');
            self.text += name;
            self.text += "=\"";
            self.text += &escape(value);
            self.text.push('"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_markup_is_escaped_and_what_is_unseen_is_shown() {
        assert_eq!(
            escape("<b title=\"x\" y='z'>&amp;\u{202e}\x1b"),
            "&lt;b title=&quot;x&quot; y=&#39;z&#39;&gt;&amp;amp;\\u{202e}\\u{1b}"
        );
        assert!(matches!(escape("grün 字"), Cow::Borrowed(_)));
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(counted(1, "messages"), "1 message");
        assert_eq!(counted(0, "messages"), "0 messages");
        assert_eq!(counted(1_200, "links"), "1,200 links");
    }

    #[test]
    fn coordinates_are_short() {
        for (value, text) in [
            (12.0, "12"),
            (0.5, "0.5"),
            (1.0 / 3.0, "0.33"),
            (-0.001, "0"),
        ] {
            assert_eq!(coordinate(value), text);
        }
    }
}
