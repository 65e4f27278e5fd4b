//! A rule's file in words.

use crate::{
    config::Config,
    review::dashboard::view::{Shown, path},
    rules::{Category, Needs, RuleDetails, RuleKind, Tells, Trust},
    url::decode::STEPS,
};

/// A rule as the pages show it.
#[derive(Debug)]
pub(super) struct Told {
    /// Its permanent identifier.
    pub(super) id: Shown,
    /// Its page.
    pub(super) page: String,
    /// What it is for.
    pub(super) kind: &'static str,
    /// The service.
    pub(super) vendor: Shown,
    /// Who runs it.
    pub(super) company: Shown,
    /// The company's page.
    pub(super) company_page: String,
    /// The kind of service.
    pub(super) category: &'static str,
    /// Why it does nothing at present; none if it is in force.
    pub(super) why_off: Option<String>,
    /// How much it is believed.
    pub(super) trust: &'static str,
    /// What a hit needs beside the URL.
    pub(super) needs: &'static str,
    /// What a matching URL tells its owner.
    pub(super) tells: Vec<&'static str>,
    /// The hosts; none: any.
    pub(super) hosts: Vec<Shown>,
    /// The pattern on path and query; none: any.
    pub(super) path: Option<Shown>,
    /// The parameters that it knows.
    pub(super) parameters: Vec<Shown>,
    /// The steps that read a destination.
    pub(super) decode: Vec<Step>,
    /// URLs that it must match, and that it must not.
    pub(super) examples: Vec<ToldExample>,
    /// The file and line.
    pub(super) place: Shown,
}

/// A decode step and what it does.
#[derive(Debug)]
pub(super) struct Step {
    /// As the file states it.
    pub(super) text: Shown,
    /// In words.
    pub(super) meaning: String,
}

/// An example of a rule.
#[derive(Debug)]
pub(super) struct ToldExample {
    /// Whether the rule must match it.
    pub(super) is_match: bool,
    /// The URL.
    pub(super) url: Shown,
    /// What must come out.
    pub(super) to: Option<Shown>,
}

impl Told {
    /// `rule` in words, as it works under `config`.
    pub(super) fn new(rule: &RuleDetails, config: &Config) -> Self {
        let vendor = &rule.vendor;
        let all = |texts: &[String]| texts.iter().map(|text| Shown::new(text)).collect();
        Self {
            id: Shown::new(&rule.id),
            page: path::named("/rule", &rule.id),
            kind: kind(rule.kind),
            vendor: Shown::new(&vendor.name),
            company: Shown::new(&vendor.company),
            company_page: path::named("/company", &vendor.company),
            category: category(vendor.category),
            why_off: config.why_off(rule),
            trust: trust(rule.trust),
            needs: needs(rule),
            tells: rule.tells.iter().map(|tells| told(*tells)).collect(),
            hosts: all(&rule.hosts),
            path: rule.path.as_deref().map(Shown::new),
            parameters: all(&rule.parameters),
            decode: rule.decode.iter().map(|step| Step::new(step)).collect(),
            examples: rule.examples.iter().map(ToldExample::new).collect(),
            place: Shown::new(&format!("{}:{}", rule.file, rule.place.0)),
        }
    }
}

impl Step {
    fn new(step: &str) -> Self {
        let name = step.split_once(':').map_or(step, |(name, _)| name);
        let known = STEPS.iter().find(|known| known.name == name);
        Self {
            text: Shown::new(step),
            // Written for the documentation, where code stands between accents.
            meaning: known.map_or_else(String::new, |known| known.doc.replace('`', "")),
        }
    }
}

impl ToldExample {
    fn new(example: &crate::rules::Example) -> Self {
        Self {
            is_match: example.is_match,
            url: Shown::new(&example.url),
            to: example.to.as_deref().map(Shown::new),
        }
    }
}

fn kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Opaque => "A click redirect whose destination cannot be read",
        RuleKind::Parameter => "Parameters that can be dropped",
        RuleKind::Pixel => "An open pixel",
        RuleKind::Redirect => "A click redirect whose destination can be read",
    }
}

fn category(category: Category) -> &'static str {
    match category {
        Category::Advertising => "advertising network",
        Category::Affiliate => "affiliate network, which pays for clicks",
        Category::Gateway => "security gateway, which scans a link when it is followed",
        Category::Mail => "mail service or newsletter tool",
        Category::Sales => "sales or outreach tool",
        Category::Shim => "webmail or chat shim",
        Category::Web => "redirector of a web site",
    }
}

fn trust(trust: Trust) -> &'static str {
    match trust {
        Trust::High => "seen in real mail, or documented",
        Trust::Low => "from hearsay",
    }
}

fn needs(rule: &RuleDetails) -> &'static str {
    match (rule.kind, rule.needs) {
        (RuleKind::Pixel, Needs::Nothing) => {
            "Decisive: the endpoint serves open pixels only, so a URL that matches is a tracker."
        }
        (RuleKind::Pixel, Needs::Hidden) => {
            "Counts if the image is tiny or hidden: the endpoint serves visible images, too."
        }
        (RuleKind::Redirect, _) => {
            "Decisive: a link that matches leads to its destination directly."
        }
        (RuleKind::Opaque, _) => "A link that matches is left as it is, and counted.",
        (RuleKind::Parameter, _) => "Decisive: the parameter is taken out of links.",
    }
}

fn told(tells: Tells) -> &'static str {
    match tells {
        Tells::Campaign => "the mailing",
        Tells::Link => "which link of the mailing",
        Tells::Recipient => "the recipient, by address or by a number that stands for them",
        Tells::Variables => "what else is stored about the recipient",
    }
}
