//! What is done at each tag, text and comment of a pass.

use super::Scan;
use super::comment;
use super::element::Element;
use super::instruction;
use super::kind::Kind;
use super::link::{self, Link};
use super::marks::{HiddenElement, Holds, ImpliedEnd, Marks, RawText};
use super::name::Name;
use super::open::Around;
use super::report::{Place, StyleSheet};
use super::setting::Setting;
use super::signs::{CDATA, Signs};
use super::source::{Excerpt, Piece, Source, Surroundings};
use super::styles::Styles;
use super::tag::{self, AttributeValue, Tag};
use crate::html::shown::shown;
use crate::html::{Facts, Hidden, Vector};
use crate::sighting::ReadEvent;
use crate::skip::Skip;
use crate::url::Target;
use encoding_rs::Encoding;
use lol_html::html_content::{Comment, EndTag};
use memchr::memmem;
use std::fmt;
use std::ops::Range;
use std::rc::Rc;

/// A limit was reached; which one is kept in the walk.
#[derive(Debug)]
pub(super) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a limit was reached")
    }
}

impl std::error::Error for Stopped {}

/// The state of a pass.
pub(super) struct Walk<'w> {
    pub(super) source: &'w Source<'w>,
    pub(super) encoding: &'static Encoding,
    pub(super) setting: &'w Setting<'w>,
    pub(super) scan: &'w mut Scan,
    marks: Rc<Marks>,
    /// The conditional comments to be read again.
    comments: Vec<Excerpt>,
    /// The link whose content is being read.
    link: Option<Link>,
    /// What is open around it.
    around: Around,
    styles: Styles<'w>,
    /// Where the piece that is being read starts in the part.
    piece: Option<usize>,
    /// An element that ends SVG and MathML stood where lol_html, which leaves
    /// only the innermost of them, takes what follows for a part of the others.
    has_broken_out: bool,
    stopped: Option<Skip>,
}

/// What remains to be done once the attributes are read.
struct Follow {
    /// The element hides its content.
    hides: bool,
    /// The sighting of the link that it is.
    link: Option<usize>,
    raw_text: Option<RawText>,
}

/// Which of [`Marks::awaits`].
const BODY: usize = 0;
const HTML: usize = 1;

impl<'w> Walk<'w> {
    pub(super) fn new(
        source: &'w Source<'w>,
        encoding: &'static Encoding,
        setting: &'w Setting<'w>,
        scan: &'w mut Scan,
    ) -> Self {
        Self {
            source,
            encoding,
            setting,
            scan,
            marks: Rc::default(),
            comments: Vec::new(),
            link: None,
            around: Around::default(),
            styles: Styles::default(),
            piece: None,
            has_broken_out: false,
            stopped: None,
        }
    }

    /// The limit that stopped the pass.
    pub(super) fn stopped(&self) -> Option<Skip> {
        self.stopped
    }

    /// Reads the start tag of an element.
    pub(super) fn element(
        &mut self,
        element: &mut lol_html::html_content::Element<'_, '_>,
    ) -> Result<(), Stopped> {
        let source = self.source;
        let span = element.source_location().bytes();
        let Some(piece) = source.piece_at(span.start) else {
            return Ok(());
        };
        self.enter(piece);
        self.read_link(span.start);
        let is_cut_off = span.end > piece.span.end;
        if is_cut_off && source.is_whole() {
            self.close_link(None);
            self.read_again(span.start..piece.span.end, piece);
            return Ok(());
        }
        let mut tag = Tag::new(
            &source.bytes,
            span,
            element.attributes(),
            element.namespace_uri(),
            self.encoding,
        );
        self.has_broken_out |= tag.breaks_out();
        if self.has_broken_out {
            tag.set_html();
        }
        if let Some(hidden) = self.marks.hidden.get() {
            let remains = hidden.ends_with.after(tag.name());
            self.marks
                .hidden
                .set(remains.map(|ends_with| HiddenElement {
                    ends_with,
                    ..hidden
                }));
        }
        let kind = Kind::of(tag.local_name());
        if let Err(skip) = self.setting.element(tag.attributes().len()) {
            return Err(self.stop(skip));
        }
        let found = Element::new(&tag, &mut self.styles, &source.bytes);
        let (name, span) = (tag.name(), tag.span());
        let follow = if kind == Kind::Other && found.is_plain() {
            None
        } else {
            Some(self.attributes(&found, kind, piece)?)
        };
        if let Some(link) = &mut self.link {
            let is_html = element.namespace_uri() == tag::HTML;
            link.open(
                source.for_parser(),
                span.clone(),
                element.can_have_content(),
                is_html,
                &mut self.around,
            );
        }
        if let Some(follow) = follow
            && element.can_have_content()
        {
            let start = span.start;
            if kind == Kind::A {
                self.open_link(span, follow.link, piece);
            }
            self.follow(element, kind, (name, start), follow);
        }
        Ok(())
    }

    /// Notes what stands in a conditional comment.
    pub(super) fn comment(&mut self, comment: &Comment<'_>) -> Result<(), Stopped> {
        let span = comment.source_location().bytes();
        let source = self.source;
        let Some(piece) = source.piece_at(span.start) else {
            return Ok(());
        };
        let end = span.end.min(piece.span.end);
        if source.bytes.get(span.start + 1) == Some(&b'?') {
            return self.instruction(span.start..end, piece);
        }
        let content = source
            .bytes
            .get(span.start..end)
            .and_then(|comment| comment::conditional(comment, self.setting.base.is_some()));
        if let Some(content) = content {
            self.enter(piece);
            if self.comments.len() >= self.setting.limits.sightings {
                return Err(self.stop(Skip::Sightings));
            }
            self.comments.push(Excerpt {
                span: span.start + content.span.start..span.start + content.span.end,
                editable_end: span.start + content.editable_end,
                surroundings: self.surroundings(piece),
            });
        }
        Ok(())
    }

    /// Has a tag read again that the end of the part cuts off, so that its end
    /// can be told from what was put there to end it.
    fn read_again(&mut self, span: Range<usize>, piece: &Piece) {
        let text = self.source.bytes.get(span.clone()).unwrap_or_default();
        if self.setting.base.is_some() || comment::may_hold_url(text) {
            self.comments.push(Excerpt {
                editable_end: span.end,
                span,
                surroundings: self.surroundings(piece),
            });
        }
    }

    /// Reports the URL of a processing instruction.
    fn instruction(&mut self, span: Range<usize>, piece: &Piece) -> Result<(), Stopped> {
        let source = self.source;
        let text = source.bytes.get(span.clone()).unwrap_or_default();
        let Some(found) = instruction::instruction(text) else {
            return Ok(());
        };
        let value = AttributeValue::in_double_or_single_quotes(
            &source.bytes,
            span.start + found.value.start..span.start + found.value.end,
            self.encoding,
        );
        let Some(value) = value.filter(|_| span.end <= piece.editable_end) else {
            return Ok(());
        };
        let facts = Facts {
            after_body: self.surroundings(piece).after_body,
            offset: piece.to_part(span).start,
            ..Facts::default()
        };
        let place = Place {
            piece,
            tag: None,
            facts: &|_| facts.clone(),
        };
        self.url(found.vector, value, &place)
    }

    /// Reads the style sheets and returns what is to be read again.
    pub(super) fn finish(mut self, signs: Signs) -> Result<Vec<Excerpt>, Skip> {
        self.finish_link();
        let raw_texts = self.marks.raw_texts.take();
        let mut again = std::mem::take(&mut self.comments);
        for raw_text in &raw_texts {
            let Some(piece) = self.source.piece_at(raw_text.span.start) else {
                continue;
            };
            let end = raw_text.span.end.min(piece.editable_end);
            let span = raw_text.span.start.min(end)..end;
            if raw_text.holds != Holds::Html
                && self
                    .style_sheet(span.clone(), piece, raw_text.sheet)
                    .is_err()
            {
                return Err(self.stopped.unwrap_or(Skip::Error));
            }
            let text = self.source.bytes.get(span.clone()).unwrap_or_default();
            if raw_text.holds != Holds::Css
                && (self.setting.base.is_some() || comment::may_hold_url(text))
            {
                again.push(Excerpt {
                    editable_end: span.end,
                    span,
                    surroundings: raw_text.surroundings,
                });
            }
        }
        if self.source.is_whole() && signs.cdata {
            self.push_cdata(&mut again);
        }
        if again.len() > self.setting.limits.sightings {
            return Err(Skip::Sightings);
        }
        again.sort_by_key(|excerpt| excerpt.span.start);
        Ok(again)
    }

    /// Has what stands in CDATA sections read again: in HTML they are none, and
    /// where HTML begins again after SVG is not beyond doubt.
    fn push_cdata(&self, again: &mut Vec<Excerpt>) {
        let bytes = &self.source.bytes;
        let mut end = 0;
        for start in memmem::find_iter(bytes, CDATA) {
            let start = start + CDATA.len();
            let Some(rest) = bytes.get(start..).filter(|_| start >= end) else {
                continue;
            };
            let length = memmem::find(rest, b"]]>").unwrap_or(rest.len());
            end = start + length;
            let is_empty = !comment::may_hold_url(rest.get(..length).unwrap_or_default());
            let Some(piece) = self.source.piece_at(start).filter(|_| !is_empty) else {
                continue;
            };
            again.push(Excerpt {
                span: start..end,
                editable_end: end,
                surroundings: Surroundings {
                    after_body: self.surroundings(piece).after_body,
                    hidden: false,
                },
            });
        }
    }

    /// Notes that `piece` is being read: what was open in another one has no
    /// bearing on it.
    fn enter(&mut self, piece: &Piece) {
        if self.piece != Some(piece.origin) {
            self.finish_link();
            self.piece = Some(piece.origin);
            self.marks.hidden.set(None);
            self.marks.after_body.set(false);
        }
    }

    fn surroundings(&self, piece: &Piece) -> Surroundings {
        Surroundings {
            after_body: piece.surroundings.after_body || self.marks.after_body.get(),
            hidden: piece.surroundings.hidden || self.marks.hidden.get().is_some(),
        }
    }

    /// Reads the attributes of an element.
    fn attributes(
        &mut self,
        element: &Element<'_>,
        kind: Kind,
        piece: &Piece,
    ) -> Result<Follow, Stopped> {
        let first = self.scan.sightings.len();
        let surroundings = self.surroundings(piece);
        if !element.holders().is_empty() {
            self.urls(element, piece, surroundings)?;
        }
        let (tag, sightings) = (element.tag, &self.scan.sightings);
        if kind == Kind::Image
            && let Some(link) = &mut self.link
        {
            link.push_alt(&tag.value("alt").unwrap_or_default());
        }
        if let Some(text) = sightings
            .get(first..)
            .filter(|new| new.iter().any(|s| s.vector == Vector::VmlHref))
            .map(|_| self.text_of_shape(tag, piece))
        {
            for sighting in self.scan.sightings.iter_mut().skip(first) {
                sighting.facts.text.clone_from(&text);
            }
        }
        let sightings = &self.scan.sightings;
        let link = sightings
            .get(first..)
            .and_then(|new| new.iter().position(|s| s.vector == Vector::AHref))
            .map(|at| first + at);
        let holds = self.holds(kind, tag.is_html());
        if holds.is_some() && self.marks.raw_texts.borrow().len() >= self.setting.limits.sightings {
            return Err(self.stop(Skip::Sightings));
        }
        let raw_text = holds.map(|holds| RawText {
            span: tag.span().end..self.source.bytes.len(),
            holds,
            surroundings,
            sheet: StyleSheet {
                origin: piece.to_part(tag.span()).start,
                has_references: !tag.is_html(),
                event: is_for_print(tag).then_some(ReadEvent::Print),
            },
        });
        if kind == Kind::Base {
            self.note_base(tag);
        }
        let hides = !surroundings.hidden
            && kind != Kind::Image
            && element.hidden().is_some_and(|why| why != Hidden::MsoHide);
        Ok(Follow {
            hides,
            link,
            raw_text,
        })
    }

    /// The visible text of a shape that is a link, of which the end tag alone is
    /// looked for.
    fn text_of_shape(&self, tag: &Tag<'_>, piece: &Piece) -> String {
        let rest = self.source.bytes.get(tag.span().end..piece.editable_end);
        link::text_before_end_tag(
            rest.unwrap_or_default(),
            tag.name_as_written(),
            self.encoding,
        )
    }

    /// Notes the first base that leads to a host. One that does not may be one
    /// that this client passes over.
    fn note_base(&mut self, tag: &Tag<'_>) {
        if self.setting.base.is_none() && self.scan.base.is_none() {
            self.scan.base = tag.value("href").and_then(|href| Target::parse(&href));
        }
    }

    pub(super) fn stop(&mut self, skip: Skip) -> Stopped {
        self.stopped = Some(skip);
        Stopped
    }

    /// How the content of an element is read again, if it is raw text.
    fn holds(&self, kind: Kind, is_html: bool) -> Option<Holds> {
        match kind {
            Kind::Style if self.scan.lenient && is_html => Some(Holds::CssAndHtml),
            Kind::Style => Some(Holds::Css),
            Kind::Fallback if is_html => Some(Holds::Html),
            Kind::RawText if self.scan.lenient && is_html => Some(Holds::Html),
            _ => None,
        }
    }

    /// Waits for the end tags that matter.
    fn follow(
        &mut self,
        element: &mut lol_html::html_content::Element<'_, '_>,
        kind: Kind,
        (name, start): (Name, usize),
        follow: Follow,
    ) {
        match kind {
            Kind::Body => self.await_end(element, BODY),
            Kind::Html => self.await_end(element, HTML),
            _ => (),
        }
        if let Some(raw_text) = follow.raw_text {
            let index = self.marks.raw_texts.borrow().len();
            self.marks.raw_texts.borrow_mut().push(raw_text);
            self.on_end(element, move |marks, at| {
                if let Some(text) = marks.raw_texts.borrow_mut().get_mut(index) {
                    text.span.end = at.max(text.span.start);
                }
            });
        }
        if follow.hides && self.marks.hidden.get().is_none() {
            let ends_with = ImpliedEnd::of(name);
            self.marks
                .hidden
                .set(Some(HiddenElement { start, ends_with }));
            self.on_end(element, move |marks, _| {
                if marks.hidden.get().is_some_and(|h| h.start == start) {
                    marks.hidden.set(None);
                }
            });
        }
    }

    /// Reads the content of the link up to the start tag at offset `to`.
    fn read_link(&mut self, to: usize) {
        if let Some(link) = &mut self.link
            && let Some(end) = link.read(
                self.source.for_parser(),
                to,
                self.encoding,
                &mut self.around,
            )
        {
            self.close_link(Some(end));
        }
    }

    /// A second `<a>` ends the first (HTML standard, section 13.2.6.4.7).
    fn open_link(&mut self, tag: Range<usize>, sighting: Option<usize>, piece: &Piece) {
        self.close_link(None);
        self.link = sighting.map(|sighting| Link::new(sighting, tag, piece.span.end));
    }

    /// Reads what is left of the link in its piece.
    fn finish_link(&mut self) {
        self.read_link(usize::MAX);
        self.close_link(None);
    }

    /// Takes down the text of the link, which ends with an end tag at `end` or
    /// with anything else.
    fn close_link(&mut self, end: Option<usize>) {
        if let Some(link) = self.link.take()
            && let Some(sighting) = self.scan.sightings.get_mut(link.sighting)
        {
            sighting.facts.text = link.text();
            sighting.facts.shown =
                end.and_then(|end| shown_in(self.source, link.content..end, &sighting.url));
        }
    }

    /// What follows the end of the body is no longer after it once another
    /// one starts: mail programs append whole documents.
    fn await_end(&mut self, element: &mut lol_html::html_content::Element<'_, '_>, which: usize) {
        self.marks.after_body.set(false);
        let Some(awaits) = self.marks.awaits.get(which) else {
            return;
        };
        if !awaits.replace(true) {
            self.on_end(element, move |marks, _| {
                marks.after_body.set(true);
                if let Some(awaits) = marks.awaits.get(which) {
                    awaits.set(false);
                }
            });
        }
    }

    /// Calls `action` at the end tag of `element`, or of whatever element
    /// around it is closed first, with the offset of that tag.
    fn on_end(
        &self,
        element: &mut lol_html::html_content::Element<'_, '_>,
        action: impl FnOnce(&Marks, usize) + 'static,
    ) {
        let marks = Rc::clone(&self.marks);
        if let Some(handlers) = element.end_tag_handlers() {
            handlers.push(Box::new(move |end: &mut EndTag<'_>| {
                action(&marks, end.source_location().bytes().start);
                Ok(())
            }));
        }
    }
}

/// Where in the part the content of a link shows `url`.
fn shown_in(source: &Source<'_>, content: Range<usize>, url: &str) -> Option<Range<usize>> {
    let piece = source.piece_at(content.start)?;
    let within = content.end <= piece.editable_end;
    let span = shown(&source.bytes, content, url).filter(|_| within)?;
    Some(piece.to_part(span))
}

/// Whether a style sheet is for paper only.
fn is_for_print(tag: &Tag<'_>) -> bool {
    tag.value("media")
        .is_some_and(|media| media.trim_ascii().eq_ignore_ascii_case("print"))
}
