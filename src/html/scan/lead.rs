//! Where a reference leads.

use super::comment::may_hold_url;
use super::setting::Setting;
use super::{Scan, read};
use crate::html::css::{escape, urls};
use crate::html::data_url::{self, Document};
use crate::html::reach::{is_remote, scheme};
use crate::html::{Vector, refresh, words};
use crate::sighting::Trigger;
use crate::skip::Skip;
use encoding_rs::UTF_8;
use std::ops::ControlFlow;

/// Stands for what is in documents in documents too deep to be read, so that
/// it can be blocked. The domain is reserved for names that lead nowhere (RFC
/// 2606 section 2).
pub(super) const TOO_DEEP: &str = "https://too-deep.invalid/";

/// Schemes in front of another URL, for some clients.
const HOLDERS: &[&str] = &[
    "feed",
    "filesystem",
    "its",
    "jar",
    "mhtml",
    "mk",
    "ms-its",
    // A filter of Internet Explorer in a string of CSS.
    "progid",
    "view-source",
    "wyciwyg",
];

/// Schemes of files on other hosts.
const FILES: &[&str] = &["file", "ftp", "ftps", "gopher", "smb"];

/// Where a reference leads.
#[derive(Debug, PartialEq)]
pub(super) enum Lead {
    /// To the URL that it is.
    Absolute,
    /// To URLs that it holds.
    Holder(Vec<String>),
    /// To no host.
    Nowhere,
    /// To a URL, from the base of the document.
    Relative(String),
}

impl Lead {
    fn holder(urls: Vec<String>) -> Self {
        if urls.is_empty() {
            Self::Nowhere
        } else {
            Self::Holder(urls)
        }
    }
}

/// Where `text` leads, a URL or reference that `vector` uses.
pub(super) fn of(text: &str, vector: Vector, setting: &Setting<'_>) -> Result<Lead, Skip> {
    let followed = matches!(vector.trigger(), Trigger::Click | Trigger::Submit);
    if is_remote(text) {
        return Ok(if text.len() <= setting.limits.url_bytes {
            Lead::Absolute
        } else if followed {
            setting.note_long_url();
            Lead::Nowhere
        } else {
            // Judged by its beginning.
            let end = text.floor_char_boundary(setting.limits.url_bytes);
            Lead::holder(text.get(..end).map(str::to_owned).into_iter().collect())
        });
    }
    if let Some((scheme, rest)) = scheme(text) {
        let urls = match scheme.as_str() {
            _ if followed => Vec::new(),
            "data" => match data_url::document(rest) {
                Some(document) => urls_of(&document, setting)?,
                None => Vec::new(),
            },
            "javascript" | "vbscript" | "livescript" => words::urls_of_script(rest),
            _ if HOLDERS.contains(&scheme.as_str()) => words::urls(rest),
            // A share of the network tells as much as a web server.
            _ if FILES.contains(&scheme.as_str()) && names_host(rest) => vec![rest.to_owned()],
            // Other parts of the message, and what leads to no host.
            _ => Vec::new(),
        };
        return Ok(Lead::holder(within_limit(urls, setting)));
    }
    Ok(relative(text, vector, setting).map_or(Lead::Nowhere, Lead::Relative))
}

/// Where the words of `text` lead.
pub(super) fn of_words(text: &str, setting: &Setting<'_>) -> Lead {
    Lead::holder(within_limit(words::urls(text), setting))
}

/// Where `<meta http-equiv=refresh content=…>` leads.
pub(super) fn of_refresh(
    content: &str,
    vector: Vector,
    setting: &Setting<'_>,
) -> Result<Lead, Skip> {
    let Some(url) = refresh::url(content) else {
        return Ok(Lead::Nowhere);
    };
    Ok(match of(url, vector, setting)? {
        Lead::Absolute => Lead::holder(vec![url.to_owned()]),
        Lead::Relative(url) => Lead::holder(vec![url]),
        lead => lead,
    })
}

/// Where the first URL of a list leads that leads anywhere.
pub(super) fn of_list(list: &str, vector: Vector, setting: &Setting<'_>) -> Result<Lead, Skip> {
    for item in list.split(|c: char| c.is_ascii_whitespace() || c == ',') {
        if item.is_empty() {
            continue;
        }
        match of(item, vector, setting)? {
            Lead::Absolute => return Ok(Lead::holder(vec![item.to_owned()])),
            Lead::Relative(url) => return Ok(Lead::holder(vec![url])),
            Lead::Nowhere => (),
            lead @ Lead::Holder(_) => return Ok(lead),
        }
    }
    Ok(Lead::Nowhere)
}

/// A document in an attribute, read like a part. `None` if it stands too
/// deep.
pub(super) fn of_document(html: &str, setting: &Setting<'_>) -> Result<Option<Scan>, Skip> {
    if setting.base.is_none() && !may_hold_url(html.as_bytes()) {
        return Ok(Some(Scan::default()));
    }
    match setting.within(true)? {
        Some(setting) => read(html.as_bytes(), UTF_8, &setting).map(Some),
        None => Ok(None),
    }
}

/// Whether a host follows two slashes; behind three there is a local path.
fn names_host(rest: &str) -> bool {
    let mut bytes = rest.bytes().map(|b| matches!(b, b'/' | b'\\'));
    bytes.next() == Some(true) && bytes.next() == Some(true) && bytes.next() == Some(false)
}

fn within_limit(mut urls: Vec<String>, setting: &Setting<'_>) -> Vec<String> {
    for url in &mut urls {
        url.truncate(url.floor_char_boundary(setting.limits.url_bytes));
    }
    urls
}

/// The URL that a relative reference leads to.
fn relative(text: &str, vector: Vector, setting: &Setting<'_>) -> Option<String> {
    let base = setting.base?;
    let text = text.trim_matches(|c: char| c <= ' ');
    let is_local = text.is_empty() || text.starts_with('#') && refers_to_elements(vector);
    if is_local || text.len() > setting.limits.url_bytes {
        return None;
    }
    let url = base.join(text)?;
    (url.as_str().len() <= setting.limits.url_bytes).then(|| url.as_str().to_owned())
}

/// Whether a fragment alone names an element of the same document, whatever
/// its base (CSS Values section 4.5.1, SVG 2 section 16.1.3).
///
/// Not so what is animated: it may be the `href` of an `image`, which
/// Chromium loads from the base.
fn refers_to_elements(vector: Vector) -> bool {
    matches!(vector, Vector::CssUrl | Vector::SvgHref | Vector::SvgUrl)
}

/// The URLs that a document in a `data:` URL loads.
fn urls_of(document: &Document, setting: &Setting<'_>) -> Result<Vec<String>, Skip> {
    let text = document.text.as_str();
    let may_hold = if document.is_css {
        urls::may_hold(text.as_bytes())
    } else {
        may_hold_url(text.as_bytes())
    };
    if !may_hold {
        return Ok(Vec::new());
    }
    let Some(setting) = setting.within(false)? else {
        return Ok(vec![TOO_DEEP.to_owned()]);
    };
    if document.is_css {
        return urls_of_css(text, &setting);
    }
    let found = read(text.as_bytes(), UTF_8, &setting)?;
    let loads = found
        .sightings
        .into_iter()
        .filter(|sighting| matches!(sighting.vector.trigger(), Trigger::Show | Trigger::Ping));
    Ok(loads.map(|sighting| sighting.url).collect())
}

fn urls_of_css(css: &str, setting: &Setting<'_>) -> Result<Vec<String>, Skip> {
    let mut found = Vec::new();
    let mut outcome = Ok(());
    urls::urls(css, |url| {
        let text = escape::undo(css.get(url.span).unwrap_or_default());
        match of(&text, Vector::CssUrl, setting) {
            Ok(Lead::Absolute) => found.push(text.into_owned()),
            Ok(Lead::Holder(urls)) => found.extend(urls),
            Ok(Lead::Relative(url)) => found.push(url),
            Ok(Lead::Nowhere) => (),
            Err(skip) => outcome = Err(skip),
        }
        if outcome.is_ok() && found.len() <= setting.limits.sightings {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    outcome.map(|()| found)
}
