//! One rule as its file states it.
//!
//! Read leniently and apart from the compiled rules, which keep only what
//! matching needs: a file with a mistake can be shown too, and says itself
//! what is wrong with it.

use super::{
    Mistake, Needs, RuleKind, Tells, Trust, Vendor,
    load::{Source, category_and_stem},
};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One rule as its file states it.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDetails {
    /// Permanent identifier.
    pub id: String,
    /// Whose rule it is.
    pub vendor: Vendor,
    /// What kind of rule it is.
    pub kind: RuleKind,
    /// The file, as it was given.
    pub file: String,
    /// Where its identifier stands in the file: line and column from 1.
    pub place: (usize, usize),
    /// The hosts; none: any.
    pub hosts: Vec<String>,
    /// The pattern on path and query; none: any.
    pub path: Option<String>,
    /// The steps that read the destination of a redirect.
    pub decode: Vec<String>,
    /// The parameters that it knows, perhaps with `*` at the end.
    pub parameters: Vec<String>,
    /// What a pixel needs beside its URL.
    pub needs: Needs,
    /// How much the rule is believed.
    pub trust: Trust,
    /// What a matching URL tells its owner.
    pub tells: Vec<Tells>,
    /// What it must match and must ignore.
    pub examples: Vec<Example>,
    /// Where mistakes of the rule itself would stand, which keep its examples
    /// from being run.
    own_places: Vec<(usize, usize)>,
    /// Whether its file has the form of a rule file; otherwise none of its
    /// rules is compiled.
    is_valid: bool,
}

/// An example of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Example {
    /// Whether the rule must match; otherwise it must not, or refuse.
    pub is_match: bool,
    /// The URL.
    pub url: String,
    /// What must come out.
    pub to: Option<String>,
    /// Where it stands in the file: line and column from 1.
    pub place: (usize, usize),
}

/// What became of an example.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExampleOutcome<'a> {
    /// It does not hold.
    Failed(&'a Mistake),
    /// Its rule has a mistake, so that it was not run.
    NotRun,
    /// It holds.
    Passed,
}

impl RuleDetails {
    /// What became of one of its examples, by the mistakes that proving the
    /// files gave.
    pub fn outcome<'a>(&self, example: &Example, mistakes: &'a [Mistake]) -> ExampleOutcome<'a> {
        let in_file = || mistakes.iter().filter(|m| m.file == self.file);
        if let Some(failed) = in_file().find(|m| m.place == Some(example.place)) {
            return ExampleOutcome::Failed(failed);
        }
        let is_own = |m: &Mistake| match m.place {
            // The file as a whole.
            None => true,
            Some(place) => self.own_places.contains(&place),
        };
        if !self.is_valid || in_file().any(is_own) {
            ExampleOutcome::NotRun
        } else {
            ExampleOutcome::Passed
        }
    }
}

#[derive(Deserialize)]
struct File {
    vendor: VendorTable,
    #[serde(default)]
    pixel: Vec<Written>,
    #[serde(default)]
    redirect: Vec<Written>,
    #[serde(default)]
    parameter: Vec<Written>,
}

#[derive(Deserialize)]
struct VendorTable {
    id: String,
    name: String,
    company: String,
}

/// A rule of any kind.
#[derive(Deserialize)]
struct Written {
    id: Spanned<String>,
    #[serde(default)]
    hosts: Vec<Spanned<String>>,
    path: Option<Spanned<String>>,
    #[serde(default)]
    decode: Vec<Spanned<String>>,
    #[serde(default)]
    names: Vec<Spanned<String>>,
    #[serde(default)]
    needs: Needs,
    #[serde(default)]
    trust: Trust,
    tells: Spanned<Vec<Tells>>,
    #[serde(default, rename = "match")]
    matches: Vec<Spanned<WrittenExample>>,
    #[serde(default)]
    ignore: Vec<Spanned<WrittenExample>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenExample {
    Pair { url: String, to: String },
    Url(String),
}

/// The rules of a file; none if it does not read as one.
pub(super) fn read(source: &Source) -> Vec<RuleDetails> {
    let Ok(file) = toml::from_str::<File>(&source.content) else {
        return Vec::new();
    };
    let Ok((category, _)) = category_and_stem(&source.relative) else {
        return Vec::new();
    };
    let VendorTable { id, name, company } = file.vendor;
    let reader = Reader {
        source,
        vendor: Vendor {
            id,
            name,
            company,
            category,
        },
        is_valid: toml::from_str::<super::schema::File>(&source.content).is_ok(),
    };
    let pixels = file.pixel.into_iter().map(|w| (w, RuleKind::Pixel));
    let redirects = file.redirect.into_iter().map(|w| {
        let kind = if w.decode.is_empty() {
            RuleKind::Opaque
        } else {
            RuleKind::Redirect
        };
        (w, kind)
    });
    let parameters = file.parameter.into_iter().map(|w| (w, RuleKind::Parameter));
    let all = pixels.chain(redirects).chain(parameters);
    all.map(|(written, kind)| reader.rule(written, kind))
        .collect()
}

struct Reader<'a> {
    source: &'a Source,
    vendor: Vendor,
    is_valid: bool,
}

impl Reader<'_> {
    fn place(&self, span: &Range<usize>) -> (usize, usize) {
        let Source { shown, content, .. } = self.source;
        let mistake = Mistake::at(shown, content, span.clone(), String::new());
        mistake.place.unwrap_or_default()
    }

    fn rule(&self, written: Written, kind: RuleKind) -> RuleDetails {
        let mut own = vec![written.id.span(), written.tells.span()];
        own.extend(written.hosts.iter().map(Spanned::span));
        own.extend(written.path.iter().map(Spanned::span));
        own.extend(written.decode.iter().map(Spanned::span));
        own.extend(written.names.iter().map(Spanned::span));
        let matches = written.matches.into_iter().map(|e| (e, true));
        let examples = matches.chain(written.ignore.into_iter().map(|e| (e, false)));
        let examples = examples.map(|(example, is_match)| {
            let place = self.place(&example.span());
            let (url, to) = match example.into_inner() {
                WrittenExample::Pair { url, to } => (url, Some(to)),
                WrittenExample::Url(url) => (url, None),
            };
            Example {
                is_match,
                url,
                to,
                place,
            }
        });
        RuleDetails {
            place: self.place(&written.id.span()),
            vendor: self.vendor.clone(),
            kind,
            file: self.source.shown.clone(),
            hosts: texts(written.hosts),
            path: written.path.map(Spanned::into_inner),
            decode: texts(written.decode),
            parameters: texts(written.names),
            needs: written.needs,
            trust: written.trust,
            tells: written.tells.into_inner(),
            examples: examples.collect(),
            own_places: own.iter().map(|span| self.place(span)).collect(),
            is_valid: self.is_valid,
            id: written.id.into_inner(),
        }
    }
}

fn texts(spanned: Vec<Spanned<String>>) -> Vec<String> {
    spanned.into_iter().map(Spanned::into_inner).collect()
}
