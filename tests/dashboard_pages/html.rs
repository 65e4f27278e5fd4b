//! What stands in a page.

use untrackd::visible::is_control;

/// What follows `before` up to `end`, each time.
pub(crate) fn between<'a>(text: &'a str, before: &str, end: &str) -> Vec<&'a str> {
    let pieces = text.split(before).skip(1);
    pieces.map(|rest| rest.split(end).next().unwrap()).collect()
}

/// The value of an attribute, as the browser reads it.
pub(crate) fn unescape(text: &str) -> String {
    text.replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

/// Where the page leads and what it loads.
pub(crate) fn addresses(page: &str) -> Vec<String> {
    let attributes = ["href=\"", "src=\"", "action=\"", "data-live=\""];
    let found = attributes.iter().flat_map(|name| between(page, name, "\""));
    found.map(unescape).collect()
}

/// The rows of the log's table.
pub(crate) fn rows(page: &str) -> Vec<&str> {
    let tables = between(
        page,
        "<caption class=\"visually-hidden\">Messages",
        "</table>",
    );
    let Some(table) = tables.first() else {
        return Vec::new();
    };
    let body = table.split("<tbody>").nth(1).unwrap();
    between(body, "<tr>", "</tr>")
}

/// Nothing of it acts: no script but ours, nothing from outside, nothing
/// unseen.
pub(crate) fn assert_inert(path: &str, page: &str) {
    let ours = "<script type=\"module\" src=\"/assets/";
    assert_eq!(
        page.to_ascii_lowercase().matches("<script").count(),
        page.matches(ours).count(),
        "{path}: a script"
    );
    for tag in ["<iframe", "<object", "<style", "<base", "javascript:"] {
        assert!(!page.to_ascii_lowercase().contains(tag), "{path}: {tag}");
    }
    for element in between(page, "<", ">") {
        // What stands in quotes is a value and no attribute.
        let names: String = element.split('"').step_by(2).collect();
        let mut words = names.split_whitespace();
        assert!(
            !words.any(|word| word.starts_with("on")),
            "{path}: {element}"
        );
    }
    for address in addresses(page) {
        let is_local =
            address.starts_with('#') || (address.starts_with('/') && !address.starts_with("//"));
        assert!(is_local, "{path} leads to {address}");
    }
    let unseen = page.chars().find(|c| *c != '\n' && is_control(*c));
    assert_eq!(unseen, None, "{path}");
}
