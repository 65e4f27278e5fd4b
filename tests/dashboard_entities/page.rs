//! What stands in a page.

use untrackd::visible::is_control;

/// What follows `before` up to `end`, each time.
pub(crate) fn between<'a>(text: &'a str, before: &str, end: &str) -> Vec<&'a str> {
    let pieces = text.split(before).skip(1);
    pieces.map(|rest| rest.split(end).next().unwrap()).collect()
}

/// The text of an attribute or element, as the browser reads it.
pub(crate) fn unescape(text: &str) -> String {
    [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What a reader sees: the text without the elements.
pub(crate) fn text(html: &str) -> String {
    let mut out = String::new();
    for piece in html.split('<') {
        out += piece.split_once('>').map_or(piece, |(_, text)| text);
        out.push(' ');
    }
    let words: Vec<&str> = out.split_whitespace().collect();
    unescape(&words.join(" "))
}

/// Where the page leads and what it loads.
pub(crate) fn addresses(page: &str) -> Vec<String> {
    let attributes = [" href=\"", " src=\"", " action=\""];
    let found = attributes.iter().flat_map(|name| between(page, name, "\""));
    found.map(unescape).collect()
}

/// Where its links lead.
pub(crate) fn links(page: &str) -> Vec<String> {
    between(page, "<a ", ">")
        .iter()
        .flat_map(|element| between(element, "href=\"", "\""))
        .map(unescape)
        .collect()
}

/// The rows of the first table behind `heading`, as text.
pub(crate) fn rows(page: &str, heading: &str) -> Vec<String> {
    let (_, rest) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no {heading} in {page}"));
    let body = between(rest, "<tbody>", "</tbody>");
    let body = body.first().expect("a table");
    between(body, "<tr>", "</tr>")
        .iter()
        .map(|row| text(row))
        .collect()
}

/// The description of this term.
pub(crate) fn fact(page: &str, term: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("<dt>{term}</dt>"))
        .unwrap_or_else(|| panic!("no {term} in {page}"));
    let (_, rest) = rest.split_once("<dd").unwrap();
    text(&format!("<dd{}", rest.split("</dd>").next().unwrap()))
}

/// Nothing of it acts: no script but ours, nothing from outside, nothing
/// unseen.
pub(crate) fn assert_inert(path: &str, page: &str) {
    let lower = page.to_ascii_lowercase();
    let ours = "<script type=\"module\" src=\"/assets/";
    assert_eq!(
        lower.matches("<script").count(),
        page.matches(ours).count(),
        "{path}: a script"
    );
    for tag in ["<iframe", "<object", "<style", "<base", "javascript:"] {
        assert!(!lower.contains(tag), "{path}: {tag}");
    }
    for element in between(page, "<", ">") {
        // What stands between quotes is a value.
        let names: String = element.split('"').step_by(2).collect();
        assert!(!names.contains(" on"), "{path}: {element}");
        assert!(!names.contains(" style"), "{path}: {element}");
    }
    for address in addresses(page) {
        let is_ours =
            address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//"));
        assert!(is_ours, "{path} leads to {address}");
    }
    let unseen = page.chars().find(|c| *c != '\n' && is_control(*c));
    assert_eq!(unseen, None, "{path}");
}
