//! From a file as it is written to rules that can be run.

use super::{
    Action, Category, Mistake, Rule, RuleRef, Trust, Vendor, examples,
    hosts::HostPattern,
    path::PathPattern,
    schema::{self, File},
};
use crate::url::decode::Chain;
use std::{ops::Range, sync::Arc};
use toml::Spanned;

/// Compiles one file. Rules with a mistake are left out.
pub(super) struct Compiler<'a> {
    file: &'a str,
    content: &'a str,
    /// Whether to compile all patterns now and to run the examples.
    prove: bool,
    /// What has been found so far.
    pub(super) mistakes: Vec<Mistake>,
    /// Each rule and where its identifier stands.
    pub(super) rules: Vec<(Rule, Range<usize>)>,
}

impl<'a> Compiler<'a> {
    /// Compiles `content`, the file `file` (`…/<stem>.toml` in the folder of
    /// `category`).
    pub(super) fn compile(
        file: &'a str,
        stem: &str,
        category: Category,
        content: &'a str,
        prove: bool,
    ) -> Self {
        let mut compiler = Self {
            file,
            content,
            prove,
            mistakes: Vec::new(),
            rules: Vec::new(),
        };
        match toml::from_str::<File>(content) {
            Ok(parsed) => compiler.file(parsed, stem, category),
            Err(e) => {
                let problem = e.message().trim().replace('\n', "; ");
                compiler.complain(e.span().unwrap_or(0..0), problem);
            }
        }
        compiler
    }

    /// The place of a rule, for mistakes that show only when files are
    /// joined.
    pub(super) fn mistake(&self, span: Range<usize>, problem: String) -> Mistake {
        Mistake::at(self.file, self.content, span, problem)
    }

    fn complain(&mut self, span: Range<usize>, problem: String) {
        let mistake = self.mistake(span, problem);
        self.mistakes.push(mistake);
    }

    fn file(&mut self, file: File, stem: &str, category: Category) {
        let schema::VendorTable { id, name, company } = file.vendor;
        if id.get_ref() != stem {
            let problem = format!(
                "the vendor's id must be the file's name: write id = {stem:?} or rename the file to {}.toml",
                id.get_ref()
            );
            self.complain(id.span(), problem);
        }
        for text in [&name, &company] {
            if text.get_ref().trim().is_empty() {
                self.complain(text.span(), "this must not be empty".to_owned());
            }
        }
        if file.pixel.is_empty() && file.redirect.is_empty() && file.parameter.is_empty() {
            let problem = "a file needs at least one [[pixel]], [[redirect]] or [[parameter]]";
            self.complain(id.span(), problem.to_owned());
        }
        let vendor = Arc::new(Vendor {
            id: id.into_inner(),
            name: name.into_inner(),
            company: company.into_inner(),
            category,
        });
        for pixel in &file.pixel {
            self.pixel(pixel, &vendor);
        }
        for redirect in &file.redirect {
            self.redirect(redirect, &vendor);
        }
        for parameter in &file.parameter {
            self.parameter(parameter, &vendor);
        }
    }

    fn pixel(&mut self, pixel: &schema::Pixel, vendor: &Arc<Vendor>) {
        let before = self.mistakes.len();
        let rule = Rule {
            reference: self.reference(&pixel.id, &pixel.tells, vendor),
            hosts: self.hosts(pixel.hosts.as_deref()),
            path: self.path(pixel.path.as_ref(), &pixel.id, pixel.hosts.is_some()),
            trust: pixel.trust,
            action: Action::Pixel(pixel.needs),
        };
        if self.mistakes.len() == before {
            self.examples(|found| {
                examples::of_pixel(&rule, &pixel.matches, found);
                examples::ignored(&rule, &pixel.ignore, found);
            });
        }
        self.rules.push((rule, pixel.id.span()));
    }

    fn redirect(&mut self, redirect: &schema::Redirect, vendor: &Arc<Vendor>) {
        let before = self.mistakes.len();
        let rule = Rule {
            reference: self.reference(&redirect.id, &redirect.tells, vendor),
            hosts: self.hosts(redirect.hosts.as_deref()),
            path: self.path(
                redirect.path.as_ref(),
                &redirect.id,
                redirect.hosts.is_some(),
            ),
            trust: redirect.trust,
            action: self.redirect_action(redirect),
        };
        if self.mistakes.len() == before {
            self.examples(|found| {
                examples::of_redirect(&rule, &redirect.matches, found);
                examples::ignored(&rule, &redirect.ignore, found);
            });
        }
        self.rules.push((rule, redirect.id.span()));
    }

    fn redirect_action(&mut self, redirect: &schema::Redirect) -> Action {
        match (&redirect.decode, &redirect.opaque) {
            (None, Some(opaque)) if *opaque.get_ref() => Action::Opaque,
            (Some(steps), None) => {
                let texts: Vec<&str> = steps
                    .get_ref()
                    .iter()
                    .map(|s| s.get_ref().as_str())
                    .collect();
                match Chain::parse(&texts) {
                    Ok(chain) => Action::Unwrap(chain),
                    Err(e) => {
                        let step = steps.get_ref().get(e.index);
                        let span = step.map_or_else(|| steps.span(), Spanned::span);
                        self.complain(span, e.problem);
                        Action::Opaque
                    }
                }
            }
            _ => {
                let problem = "a redirect needs either decode = [\"…\"], or opaque = true if its \
                               destination cannot be read from the URL";
                self.complain(redirect.id.span(), problem.to_owned());
                Action::Opaque
            }
        }
    }

    fn parameter(&mut self, parameter: &schema::Parameter, vendor: &Arc<Vendor>) {
        let before = self.mistakes.len();
        let names = parameter.names.get_ref();
        if names.is_empty() {
            self.complain(
                parameter.names.span(),
                "name at least one parameter".to_owned(),
            );
        }
        for name in names {
            let text = name.get_ref();
            let stem = text.strip_suffix('*').unwrap_or(text);
            if stem.is_empty() || stem.contains(['*', '&', '=', '#', '?', '%']) {
                let problem = format!(
                    "{text:?} is not a parameter's name; write it without `=`; a `*` may stand at the end"
                );
                self.complain(name.span(), problem);
            }
        }
        let rule = Rule {
            reference: self.reference(&parameter.id, &parameter.tells, vendor),
            hosts: self.hosts(parameter.hosts.as_deref()),
            path: None,
            trust: Trust::High,
            action: Action::Trim(names.iter().map(|n| n.get_ref().clone()).collect()),
        };
        if self.mistakes.len() == before {
            self.examples(|found| {
                if let Some(matches) = &parameter.matches {
                    examples::of_parameter(&rule, matches, found);
                }
                if let Some(ignore) = &parameter.ignore {
                    examples::ignored(&rule, ignore, found);
                }
            });
        }
        self.rules.push((rule, parameter.id.span()));
    }

    fn reference(
        &mut self,
        id: &Spanned<String>,
        tells: &Spanned<Vec<super::Tells>>,
        vendor: &Arc<Vendor>,
    ) -> RuleRef {
        let text = id.get_ref().as_str();
        let is_prefixed = text
            .strip_prefix(vendor.id.as_str())
            .is_some_and(|rest| rest.starts_with('-'));
        let is_plain = text.split('-').all(|w| {
            !w.is_empty()
                && w.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if !is_prefixed || !is_plain {
            let problem = format!(
                "the id {text:?} must be words of a-z and 0-9 joined by \"-\" and begin with the vendor's: \"{}-…\"",
                vendor.id
            );
            self.complain(id.span(), problem);
        }
        if tells.get_ref().is_empty() {
            let problem = "say what the URL tells its owner: \"campaign\", \"link\", \"recipient\", \"variables\"";
            self.complain(tells.span(), problem.to_owned());
        }
        RuleRef {
            id: text.into(),
            vendor: Arc::clone(vendor),
            tells: tells.get_ref().as_slice().into(),
        }
    }

    fn hosts(&mut self, hosts: Option<&[Spanned<String>]>) -> Vec<HostPattern> {
        let mut patterns = Vec::new();
        for host in hosts.unwrap_or_default() {
            match HostPattern::parse(host.get_ref()) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem) => self.complain(host.span(), problem),
            }
        }
        patterns
    }

    fn path(
        &mut self,
        path: Option<&Spanned<String>>,
        id: &Spanned<String>,
        has_hosts: bool,
    ) -> Option<PathPattern> {
        let Some(path) = path else {
            if !has_hosts {
                let problem = "a rule needs hosts, or a path that begins with \"^\", or both";
                self.complain(id.span(), problem.to_owned());
            }
            return None;
        };
        let pattern = PathPattern::new(path.get_ref());
        if !has_hosts && !pattern.is_anchored() {
            let problem = "a rule without hosts matches any host: its path must begin with \"^\", \
                           and alternatives must stand in a group, as in \"^/(a|b)\"";
            self.complain(path.span(), problem.to_owned());
        }
        if self.prove
            && let Err(e) = pattern.compile()
        {
            self.complain(
                path.span(),
                format!("the path is no regular expression: {e}"),
            );
        }
        Some(pattern)
    }

    fn examples(&mut self, run: impl FnOnce(&mut Vec<(Range<usize>, String)>)) {
        if !self.prove {
            return;
        }
        let mut found = Vec::new();
        run(&mut found);
        for (span, problem) in found {
            self.complain(span, problem);
        }
    }
}
