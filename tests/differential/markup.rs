//! The scanner against html5lib and lxml: every URL that one of them sees in
//! an attribute that loads, or in a link, is seen by us.

use crate::{
    generate::{Random, soup},
    python, samples,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};
use untrackd::{
    html,
    limits::Limits,
    message::{Part, charset, field::read_header_block, splitter::Splitter, transfer},
    sighting::{Sighting, Trigger},
    skip::Skip,
};

/// A URL that another reader sees and we do not.
struct Unseen<'a> {
    /// The document.
    text: &'a str,
    place: &'a str,
    /// As the other reader has it.
    url: &'a str,
    /// The same with character references undone once more.
    spelled: &'a str,
    /// What both readers see.
    answer: &'a Value,
    ours: &'a Seen,
}

/// A difference to lxml that is no way to hide something: its kind, and
/// whether it is the reason why we do not see a URL. Why it is none is in
/// docs/differences.md.
type Explained = (&'static str, fn(&Unseen<'_>) -> bool);

const EXPLAINED: &[Explained] = &[
    ("text of an element that holds none", |u| {
        u.stands_in("texts")
    }),
    ("bogus comment", |u| u.stands_in("bogus")),
    ("element of SVG or MathML", |u| {
        let mut idle = list(&u.answer["foreign"]);
        idle.any(|(_, url)| comparable(url) == comparable(u.url))
    }),
    ("control character ends the value", |u| {
        // U+FFFD stands for NUL.
        let is_control =
            |c| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{e}'..='\u{1f}' | '\u{fffd}');
        let mut ours = u.ours.of(u.place).values();
        ours.any(|url| {
            let mut ends = url.match_indices(is_control);
            ends.any(|(at, _)| u.is(&url[..at]))
        })
    }),
    ("reference that HTML 4 does not know", |u| {
        u.url != u.spelled && u.ours.has(u.place, u.spelled)
    }),
    ("form feed in a value", |u| {
        let mut ends = u.url.match_indices('\u{c}');
        ends.any(|(at, _)| u.ours.has(u.place, &u.url[..at]))
    }),
    ("comment that ends at once", |u| {
        // What follows is out of step; we have it in another value.
        let has_comment = u.text.contains("<!-->") || u.text.contains("<!--->");
        let mut ours = u.ours.loads.keys().chain(u.ours.links.keys());
        has_comment && ours.any(|url| url.contains(&comparable(u.url)))
    }),
];

impl Unseen<'_> {
    fn is(&self, url: &str) -> bool {
        let url = comparable(url);
        url == comparable(self.url) || url == comparable(self.spelled)
    }

    /// Whether html5lib has the URL in a text of this list.
    fn stands_in(&self, texts: &str) -> bool {
        let urls = [comparable(self.url), comparable(self.spelled)];
        let texts = self.answer[texts].as_array().into_iter().flatten();
        let mut texts = texts.map(|text| comparable(text.as_str().unwrap()));
        texts.any(|text| urls.iter().any(|url| text.contains(url)))
    }
}

/// The pairs of place and URL in an answer.
fn list(answer: &Value) -> impl Iterator<Item = (&str, &str)> {
    let list = answer.as_array().into_iter().flatten();
    list.map(|found| (found[0].as_str().unwrap(), found[1].as_str().unwrap()))
}

/// Limits that a sane document cannot reach.
fn limits() -> Limits {
    Limits {
        html_bytes: usize::MAX,
        html_memory: usize::MAX,
        sightings: usize::MAX,
        url_bytes: usize::MAX,
        ..Limits::default()
    }
}

/// The URLs that we see, by their comparable form.
struct Seen {
    links: BTreeMap<String, String>,
    loads: BTreeMap<String, String>,
}

impl Seen {
    /// Those that are what a URL in such a place is: a link, or something that
    /// is loaded.
    fn of(&self, place: &str) -> &BTreeMap<String, String> {
        match place {
            "a href" | "area href" => &self.links,
            _ => &self.loads,
        }
    }

    fn has(&self, place: &str, url: &str) -> bool {
        self.of(place).contains_key(&comparable(url))
    }
}

fn ours(text: &str) -> Seen {
    let scan =
        html::scan(text.as_bytes(), encoding_rs::UTF_8, &limits()).expect("no limit applies");
    let is_link = |s: &Sighting| s.vector.trigger() == Trigger::Click;
    let (links, loads): (Vec<_>, Vec<_>) = scan.sightings.into_iter().partition(is_link);
    let urls = |of: Vec<Sighting>| {
        of.into_iter()
            .map(|s| (comparable(&s.url), s.url))
            .collect()
    };
    Seen {
        links: urls(links),
        loads: urls(loads),
    }
}

/// Without what the URL standard drops, and without NUL, which the readers
/// keep, drop or replace.
fn comparable(url: &str) -> String {
    let url = url.trim_matches(|c: char| c <= ' ');
    url.chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r' | '\0' | '\u{fffd}'))
        .collect()
}

fn compare(what: &str, documents: &[(String, String)]) {
    let answers = python::ask(
        "html_urls.py",
        documents.iter().map(|(_, text)| json!({ "html": text })),
    );
    let mut urls = 0;
    let mut gave_up = 0;
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for ((name, text), answer) in documents.iter().zip(&answers) {
        let seen = ours(text);
        for reader in ["html5lib", "lxml"] {
            gave_up += usize::from(answer[reader].is_null());
            for (n, (place, url)) in list(&answer[reader]).enumerate() {
                urls += 1;
                if seen.has(place, url) {
                    continue;
                }
                let spelled = answer["spelled"][n].as_str().unwrap_or_default();
                let unseen = Unseen {
                    text,
                    place,
                    url,
                    spelled,
                    answer,
                    ours: &seen,
                };
                let mut kinds = EXPLAINED.iter().filter(|_| reader == "lxml");
                if let Some((kind, _)) = kinds.find(|(_, applies)| applies(&unseen)) {
                    *explained.entry(kind).or_default() += 1;
                } else {
                    let shown: String = text.chars().take(600).collect();
                    wrong.push(format!(
                        "=== {name}: {reader} sees {place} {url:?}\n{shown:?}\nwe see {:?}",
                        seen.of(place)
                    ));
                }
            }
        }
    }
    println!(
        "{what}: {} documents, {urls} URLs, a reader gave up {gave_up} times, \
         explained {explained:?}, {} unexplained",
        documents.len(),
        wrong.len()
    );
    assert!(
        wrong.is_empty(),
        "{} unexplained differences, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(25)].join("\n")
    );
    assert!(urls * 10 >= documents.len(), "hardly anything was compared");
}

/// The HTML parts of messages as text. Says how many could not be opened,
/// which are skips that `untrackd` names.
fn pages(mails: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<(String, String)> {
    let limits = Limits::default();
    let mut out = Vec::new();
    let mut skips: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, raw) in mails {
        let block = read_header_block(&raw, 0, &limits);
        let fields = block.fields.iter();
        let top: Vec<_> = fields
            .map(|f| (f.name.to_vec(), f.value.to_vec()))
            .collect();
        let body = &raw[block.end..];
        let mut splitter = Splitter::new(&limits, &top);
        let mut parts = Vec::new();
        splitter.finish(body, &mut parts);
        for part in parts.iter().filter(|p| p.media_type == "text/html") {
            match page(part, body) {
                Ok(text) => out.push((format!("{name} part {}", part.path), text)),
                Err(skip) => *skips.entry(skip.name()).or_default() += 1,
            }
        }
    }
    println!("pages that could not be opened: {skips:?}");
    out
}

fn page(part: &Part, body: &[u8]) -> Result<String, Skip> {
    let decoded = transfer::decode(&body[part.body.clone()], &part.transfer, usize::MAX)?;
    let text = charset::open(decoded.bytes(), part.charset.as_deref())?;
    let (page, _) = text.encoding().decode_without_bom_handling(text.bytes());
    Ok(page.into_owned())
}

#[test]
fn what_others_see_in_the_fixtures_is_seen() {
    compare("fixtures", &pages(samples::fixtures().into_iter()));
}

#[test]
fn what_others_see_in_mail_from_outside_is_seen() {
    let files = samples::outside().into_iter();
    let mails = files.map(|f| (f.display().to_string(), fs::read(f).unwrap()));
    compare("UNTRACKD_MAIL", &pages(mails));
}

/// Pieces of which malformed documents are made.
const PIECES: &[&str] = &[
    "<img src=//h.example/1>",
    "<img src=\"//h.example/2\">",
    "<img src='//h.example/3' src=//h.example/4>",
    "<IMG SRC=HTTPS://H.EXAMPLE/5 >",
    "<img/src=//h.example/6/>",
    "<img\tsrc\n=\n//h.example/7>",
    "<img alt=\">\" src=//h.example/8>",
    "<img alt='\"' src=//h.example/9>",
    "<img =\" src=//h.example/10 \">",
    "<image src=//h.example/11>",
    "<input type=image src=//h.example/12>",
    "<img srcset='//h.example/13 1x, //h.example/14'>",
    "<td background=//h.example/15>",
    "<video poster=//h.example/16>",
    "<link href=//h.example/17>",
    "<iframe src=//h.example/18>",
    "<object data=//h.example/19>",
    "<embed src=//h.example/20>",
    "<source srcset=//h.example/21,>",
    "<a href=//h.example/22>",
    "<svg>",
    "<svg><image href=//h.example/23>",
    "<image xlink:href=//h.example/24>",
    "<math>",
    "<mi>",
    "<annotation-xml encoding=text/html>",
    "<foreignObject>",
    "<desc>",
    "<title>",
    "</svg>",
    "</math>",
    "</title>",
    "<style>",
    "</style>",
    "<script>",
    "</script>",
    "<noscript>",
    "</noscript>",
    "<template>",
    "</template>",
    "<select>",
    "<option>",
    "</select>",
    "<textarea>",
    "</textarea>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</table>",
    "<caption>",
    "<form>",
    "</form>",
    "<form><form>",
    "<button>",
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<i>",
    "</i>",
    "<a>",
    "</a>",
    "<nobr>",
    "<!--",
    "-->",
    "--!>",
    "<!-->",
    "<!--->",
    "<!doctype html>",
    "<!x>",
    "<?x>",
    "</>",
    "</ x>",
    "<![CDATA[",
    "]]>",
    "<xmp>",
    "</xmp>",
    "<noembed>",
    "</noembed>",
    "<noframes>",
    "</noframes>",
    "<frameset>",
    "<frame src=//h.example/25>",
    "<body>",
    "</body>",
    "<html>",
    "</html>",
    "<head>",
    "</head>",
    "<plaintext>",
    "<br/>",
    "<div",
    "<div ",
    "\"",
    "'",
    ">",
    "<",
    "=",
    "/",
    " ",
    "\n",
    "&amp;",
    "&#47;",
    "&sol;",
    "&quot;",
    "&gt",
    "\0",
    "\u{c}",
    "x",
    "<img src=&#x2f;&sol;h.example/26>",
    "<img src=\"//h.example/27?a&amp;b&lt\">",
    "<img src=//h.example/\0>",
    "<i\0mg src=//h.example/28>",
    "<script src=//h.example/29>",
    "<img src=\"//h.example/30",
    "<img src=//h.example/31",
    "<!--[if mso]>",
    "<![endif]-->",
    "<bgsound src=//h.example/32>",
    "<track src=//h.example/33>",
    "<listing>",
    "<pre>",
    "<hr>",
    "<mglyph>",
    "<malignmark>",
    "<font color=a>",
    "<keygen>",
    "<marquee>",
    "<ruby>",
    "<rt>",
    "<dialog>",
    "<details>",
];

#[test]
fn what_others_see_in_malformed_documents_is_seen() {
    let mut random = Random::new(0x6874_6d6c);
    let documents: Vec<_> = (0..6_000)
        .map(|n| (format!("generated {n}"), soup(&mut random, PIECES, 12)))
        .collect();
    compare("generated", &documents);
}
