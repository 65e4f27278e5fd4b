//! The splitter: from a body that arrives in pieces to its leaf parts.
//!
//! Iterative, anchored at line starts, and incremental: it remembers how far
//! it has read, so that a line of 50 MB in pieces of 64 KB is read once. Only
//! complete lines are interpreted before the end, and nothing depends on
//! where a piece ends, so the same parts come out for every chunking.
//!
//! In a body only lines that begin with `--` are looked at; the rest is
//! passed by a substring search, which is what makes large attachments cheap.

use super::{
    Ambiguity, Part, PartPath, Transfer,
    boundary::{Boundaries, Delimiter, Lookalike},
    entity::{Entity, note},
    field::{
        Line, classify, continues_as_header, decides_reading, read_header_block, without_line_end,
    },
    leaf::Leaf,
};
use crate::{limits::Limits, skip::Skip};
use memchr::{memchr, memmem};
use std::{mem, ops::Range};

const PLAIN: &str = "text/plain";
const MESSAGE: &str = "message/rfc822";

/// What a part is called that was not read.
const UNREAD: &str = "application/octet-stream";

/// Finds the leaf parts of a message body.
#[derive(Debug)]
pub struct Splitter {
    limits: Limits,
    /// The containers around the current position, outermost first.
    frames: Vec<Frame>,
    open: Boundaries,
    state: State,
    /// Where the line begins that is to be interpreted next.
    line: usize,
    /// What is sought from `line` on is not before this offset.
    searched: usize,
    /// How many entities have begun, the message itself not counted.
    entities: usize,
    noted: Vec<(PartPath, Ambiguity)>,
    dashes: memmem::Finder<'static>,
}

/// A multipart or a message/rfc822 that is open.
#[derive(Debug)]
struct Frame {
    /// What its children's paths begin with.
    path: PartPath,
    /// Why everything in it is left alone.
    skip: Option<Skip>,
    /// `None` for a message.
    multipart: Option<Multipart>,
}

#[derive(Debug)]
struct Multipart {
    media_type: String,
    children: u32,
    start: usize,
    /// The header block ended at a line that is no field.
    after_malformed: bool,
    is_digest: bool,
    /// No close delimiter has been seen.
    is_open: bool,
}

/// Where an entity stands in the tree.
#[derive(Clone, Debug, Default)]
struct Place {
    path: PartPath,
    /// It is the content of a message, whose path it shares if it is a
    /// multipart (RFC 3501 section 6.4.5).
    in_message: bool,
}

#[derive(Debug)]
enum State {
    /// In a multipart, before its first delimiter.
    Preamble,
    /// After a close delimiter of this boundary.
    Epilogue {
        start: usize,
        path: PartPath,
        closed: Vec<u8>,
        is_noted: bool,
    },
    /// In the header block of an entity.
    Header {
        start: usize,
        place: Place,
        default: &'static str,
    },
    Leaf(Leaf),
}

impl Splitter {
    /// A splitter for a message with these header fields, `top`, as name and
    /// value.
    pub fn new(limits: &Limits, top: &[(Vec<u8>, Vec<u8>)]) -> Self {
        let fields = top.iter().map(|(n, v)| (n.trim_ascii_end(), v.as_slice()));
        let entity = Entity::read(fields, PLAIN);
        let mut out = Self {
            limits: limits.clone(),
            frames: Vec::new(),
            open: Boundaries::default(),
            state: State::Preamble,
            line: 0,
            searched: 0,
            entities: 0,
            noted: Vec::new(),
            dashes: memmem::Finder::new(b"\n--"),
        };
        let place = Place {
            path: PartPath::default(),
            in_message: true,
        };
        out.begin_body(entity, place, 0, false);
        out
    }

    /// Reads on. `body` is everything of the body so far, a prefix that
    /// grows; finished leaf parts are appended to `out`.
    pub fn advance(&mut self, body: &[u8], out: &mut Vec<Part>) {
        self.read_lines(body, false, out);
    }

    /// Reads to the end of the body and ends every part.
    pub fn finish(&mut self, body: &[u8], out: &mut Vec<Part>) {
        self.read_lines(body, true, out);
        self.end_current(body, body.len(), body.len(), true, out);
        self.pop_frames(0);
    }

    /// What receivers read differently about multiparts and messages, with
    /// their place; what concerns a leaf stands in its [`Part`].
    pub fn ambiguities(&self) -> &[(PartPath, Ambiguity)] {
        &self.noted
    }

    fn read_lines(&mut self, body: &[u8], is_end: bool, out: &mut Vec<Part>) {
        while let Some(line) = self.next_line(body, is_end) {
            let content = content(body, &line);
            if let Some(delimiter) = self.open.delimiter(content) {
                self.delimiter(body, delimiter, &line, out);
            } else if let State::Header { .. } = self.state {
                self.header_line(body, &line);
            } else {
                self.body_line(content, line.end);
                self.move_to(line.end);
            }
        }
    }

    fn move_to(&mut self, line: usize) {
        self.line = line;
        self.searched = line;
    }

    /// The next line to interpret: in a header block every line, in a body
    /// each that begins with `--`.
    fn next_line(&mut self, body: &[u8], is_end: bool) -> Option<Range<usize>> {
        if !matches!(self.state, State::Header { .. }) && !self.find_dashes(body) {
            return None;
        }
        let from = self.line.max(self.searched);
        match memchr(b'\n', body.get(from..).unwrap_or_default()) {
            Some(i) => Some(self.line..from + i + 1),
            None if is_end && self.line < body.len() => Some(self.line..body.len()),
            None => {
                self.searched = body.len().max(from);
                None
            }
        }
    }

    /// Moves to the next line that begins with `--`.
    fn find_dashes(&mut self, body: &[u8]) -> bool {
        let is_relevant = match self.state {
            State::Epilogue { is_noted, .. } => !is_noted || !self.open.is_empty(),
            _ => !self.open.is_empty(),
        };
        if !is_relevant {
            return false;
        }
        match body.get(self.line..self.line.saturating_add(2)) {
            None => return false,
            Some(b"--") => return true,
            Some(_) => {}
        }
        let from = self.line.max(self.searched);
        let rest = body.get(from..).unwrap_or_default();
        if let Some(i) = self.dashes.find(rest) {
            self.move_to(from + i + 1);
            return true;
        }
        // The last two bytes may be the beginning of what is sought.
        self.searched = from.max(body.len().saturating_sub(2));
        false
    }

    /// A line in a header block that is no delimiter.
    fn header_line(&mut self, body: &[u8], line: &Range<usize>) {
        let State::Header { start, .. } = self.state else {
            return;
        };
        if line.end - start > self.limits.header_bytes {
            let skip = Skip::Headers;
            self.unread_entity(skip);
            self.move_to(line.end);
            return;
        }
        match classify(content(body, line)) {
            Line::Blank => {
                self.move_to(line.end);
                self.end_header(body, line.end, line.end);
            }
            // The line is read again, as the first of the body.
            Line::Malformed => self.end_header(body, line.end, line.start),
            Line::Continuation | Line::Field(_) | Line::Other => self.move_to(line.end),
        }
    }

    /// A line in a body that begins with `--` and is no delimiter.
    fn body_line(&mut self, content: &[u8], end: usize) {
        match &mut self.state {
            State::Leaf(leaf) => {
                if let Some(kind) = self.open.lookalike(content) {
                    leaf.saw_lookalike(kind, end);
                }
            }
            State::Epilogue {
                path,
                closed,
                is_noted,
                ..
            } => {
                let text = content.get(2..).unwrap_or_default().trim_ascii_end();
                if !*is_noted && text == closed.as_slice() {
                    *is_noted = true;
                    self.noted.push((path.clone(), Ambiguity::BoundaryReuse));
                }
            }
            State::Preamble => self.preamble_line(content),
            State::Header { .. } => {}
        }
    }

    /// A preamble line that some readers take for the first delimiter: they
    /// see a part that we do not.
    fn preamble_line(&mut self, content: &[u8]) {
        let Some(kind) = self.open.lookalike(content) else {
            return;
        };
        let ambiguity = match kind {
            Lookalike::BareCr => Ambiguity::BareCr,
            Lookalike::Nul => Ambiguity::Nul,
            Lookalike::Prefix => Ambiguity::BoundaryReuse,
        };
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        if kind != Lookalike::Prefix {
            frame.skip.get_or_insert(Skip::Ambiguous);
        }
        let noted = (frame.path.clone(), ambiguity);
        // There are three kinds, so this finds an equal one.
        if !self.noted.iter().rev().take(3).any(|n| *n == noted) {
            self.noted.push(noted);
        }
    }

    /// The header block of the current entity ends: it is read in
    /// `body[..read_to]`, and the entity's body begins at `start`.
    fn end_header(&mut self, body: &[u8], read_to: usize, start: usize) {
        let state = mem::replace(&mut self.state, State::Preamble);
        let State::Header {
            start: header,
            place,
            default,
        } = state
        else {
            return;
        };
        let (entity, malformed) = self.read_entity(body, header..read_to, default);
        self.begin_body(entity, place, start, malformed);
    }

    fn read_entity(&self, body: &[u8], header: Range<usize>, default: &str) -> (Entity, bool) {
        let raw = body.get(..header.end).unwrap_or_default();
        let block = read_header_block(raw, header.start, &self.limits);
        let fields = block.fields.iter().map(|f| (f.name, f.value));
        let mut entity = Entity::read(fields, default);
        if block.has_bare_cr {
            entity.refuse(Ambiguity::BareCr);
        }
        if block.has_nul {
            entity.refuse(Ambiguity::Nul);
        }
        if block.is_strictly_shorter && !block.malformed {
            let later = block.fields.get(block.strict_fields..).unwrap_or_default();
            let decides = later.iter().any(|f| decides_reading(f.name));
            if decides || entity.transfer != Transfer::Identity {
                entity.refuse(Ambiguity::HeaderSyntax);
            } else {
                entity.note(Ambiguity::HeaderSyntax);
            }
        }
        (entity, block.malformed)
    }

    /// The body of an entity begins at `start`.
    fn begin_body(&mut self, entity: Entity, place: Place, start: usize, after_malformed: bool) {
        let inherited = self.frames.last().and_then(|f| f.skip);
        let is_multipart = entity.boundary.is_some();
        let is_container = is_multipart || entity.is_plain_message();
        if !is_container || self.frames.len() >= self.limits.depth {
            let skip = inherited.or(is_container.then_some(Skip::Depth));
            let leaf = Leaf::new(place.leaf(), entity, start, after_malformed, skip);
            self.state = State::Leaf(leaf);
            return;
        }
        let skip = inherited.or(entity.skip);
        if is_multipart {
            self.begin_multipart(entity, place.path, skip, start, after_malformed);
        } else {
            self.begin_message(&entity, &place, skip, start);
        }
    }

    fn begin_multipart(
        &mut self,
        mut entity: Entity,
        path: PartPath,
        skip: Option<Skip>,
        start: usize,
        after_malformed: bool,
    ) {
        let boundary = entity.boundary.take().unwrap_or_default();
        if self.open.push(self.frames.len(), &boundary) {
            // Whichever multipart a reader takes a delimiter for, its parts
            // begin and end at the same bytes.
            entity.note(Ambiguity::BoundaryReuse);
        }
        if after_malformed {
            entity.note(Ambiguity::HeaderSyntax);
        }
        self.note_all(&path, &entity.ambiguities);
        self.frames.push(Frame {
            path,
            skip: skip.or(entity.skip),
            multipart: Some(Multipart {
                is_digest: entity.media_type == "multipart/digest",
                media_type: entity.media_type,
                children: 0,
                start,
                after_malformed,
                is_open: true,
            }),
        });
        self.state = State::Preamble;
    }

    fn begin_message(&mut self, entity: &Entity, place: &Place, skip: Option<Skip>, start: usize) {
        let path = place.leaf();
        self.note_all(&path, &entity.ambiguities);
        self.frames.push(Frame {
            path: path.clone(),
            skip,
            multipart: None,
        });
        self.state = State::Header {
            start,
            place: Place {
                path,
                in_message: true,
            },
            default: PLAIN,
        };
    }

    fn note_all(&mut self, path: &PartPath, ambiguities: &[Ambiguity]) {
        let all = ambiguities.iter().map(|a| (path.clone(), *a));
        self.noted.extend(all);
    }

    fn delimiter(
        &mut self,
        body: &[u8],
        delimiter: Delimiter,
        line: &Range<usize>,
        out: &mut Vec<Part>,
    ) {
        if delimiter.closes
            && let State::Header { start, .. } = self.state
            && start == line.start
            && let Some(frame) = self.frames.get(delimiter.frame)
        {
            // Some readers take lines of delimiters for one, and so see a part
            // where we see what follows the last.
            let noted = (frame.path.clone(), Ambiguity::BoundaryReuse);
            self.noted.push(noted);
        }
        let is_own = delimiter.frame + 1 == self.frames.len() && !delimiter.closes;
        let end = before_line_end(body, line.start);
        self.end_current(body, end, line.start, !is_own, out);
        self.pop_frames(delimiter.frame + 1);
        self.move_to(line.end);
        if delimiter.closes {
            self.close_multipart(delimiter.frame, body, line);
        } else {
            self.begin_entity(delimiter.frame, line.end);
        }
    }

    fn close_multipart(&mut self, index: usize, body: &[u8], line: &Range<usize>) {
        let Some(frame) = self.frames.get_mut(index) else {
            return;
        };
        if let Some(m) = &mut frame.multipart {
            m.is_open = false;
        }
        let text = content(body, line);
        let text = text.get(2..).unwrap_or_default().trim_ascii_end();
        self.state = State::Epilogue {
            start: line.end,
            path: frame.path.clone(),
            closed: text.strip_suffix(b"--").unwrap_or(text).to_vec(),
            is_noted: false,
        };
        self.pop_frames(index);
    }

    /// A child of the multipart at `index` begins after its delimiter line.
    fn begin_entity(&mut self, index: usize, start: usize) {
        let Some(frame) = self.frames.get_mut(index) else {
            return;
        };
        let Some(m) = &mut frame.multipart else {
            return;
        };
        m.children = m.children.saturating_add(1);
        let mut path = frame.path.clone();
        path.0.push(m.children);
        let default = if m.is_digest { MESSAGE } else { PLAIN };
        self.state = State::Header {
            start,
            place: Place {
                path,
                in_message: false,
            },
            default,
        };
        self.entities += 1;
        if self.entities > self.limits.parts {
            self.unread_entity(Skip::Parts);
            // With no boundary open, the rest of the message is this leaf.
            self.open.close_from(0);
            for m in self.frames.iter_mut().filter_map(|f| f.multipart.as_mut()) {
                m.is_open = false;
            }
        }
    }

    /// Makes the current entity, header block and all, a leaf that is not
    /// read.
    fn unread_entity(&mut self, skip: Skip) {
        let state = mem::replace(&mut self.state, State::Preamble);
        let State::Header { start, place, .. } = state else {
            return;
        };
        let mut entity = Entity::read([].into_iter(), UNREAD);
        entity.skip = Some(skip);
        let inherited = self.frames.last().and_then(|f| f.skip);
        self.state = State::Leaf(Leaf::new(place.leaf(), entity, start, false, inherited));
    }

    /// Whatever is being read ends at `end`, before the line end that belongs
    /// to the delimiter at `line`. `container_ends` says whether the
    /// innermost multipart ends too.
    fn end_current(
        &mut self,
        body: &[u8],
        end: usize,
        line: usize,
        container_ends: bool,
        out: &mut Vec<Part>,
    ) {
        match mem::replace(&mut self.state, State::Preamble) {
            State::Leaf(leaf) => out.push(leaf.finish(body, end, &self.open, &self.limits)),
            State::Header {
                start,
                place,
                default,
            } => {
                let (entity, malformed) = self.read_entity(body, start..line, default);
                let inherited = self.frames.last().and_then(|f| f.skip);
                let leaf = Leaf::new(place.leaf(), entity, line, malformed, inherited);
                out.push(leaf.finish(body, line, &self.open, &self.limits));
            }
            State::Preamble => self.end_preamble(body, end, container_ends, out),
            State::Epilogue { start, path, .. } => {
                let text = body.get(start..end).unwrap_or_default();
                if self.open.has_delimiter_after_bare_cr(text) {
                    self.noted.push((path, Ambiguity::BareCr));
                }
            }
        }
    }

    fn end_preamble(&mut self, body: &[u8], end: usize, container_ends: bool, out: &mut Vec<Part>) {
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let Some(m) = &frame.multipart else {
            return;
        };
        let span = m.start..end.max(m.start);
        let text = body.get(span.clone()).unwrap_or_default();
        let mut found = Vec::new();
        if self.open.has_delimiter_after_bare_cr(text) {
            note(&mut found, Ambiguity::BareCr);
            frame.skip.get_or_insert(Skip::Ambiguous);
        }
        if m.after_malformed && continues_as_header(text, self.limits.header_bytes) != Some(false) {
            frame.skip.get_or_insert(Skip::Ambiguous);
        }
        let holds_nothing_known = container_ends && !text.trim_ascii().is_empty();
        if holds_nothing_known {
            // Not one part was found in it, and a reader that finds some, or
            // shows it as text, sees what we have not.
            note(&mut found, Ambiguity::Unterminated);
            let mut entity = Entity::read([].into_iter(), &m.media_type);
            entity.refuse(Ambiguity::Unterminated);
            let place = Place {
                path: frame.path.clone(),
                in_message: frame.path.0.is_empty(),
            };
            let leaf = Leaf::new(place.leaf(), entity, span.start, false, frame.skip);
            out.push(leaf.finish(body, span.end, &self.open, &self.limits));
        }
        if !found.is_empty() {
            let path = frame.path.clone();
            found.retain(|a| *a != Ambiguity::Unterminated);
            self.note_all(&path, &found);
        }
    }

    /// Ends every container at `index` or above it.
    fn pop_frames(&mut self, index: usize) {
        self.open.close_from(index);
        while self.frames.len() > index {
            let Some(frame) = self.frames.pop() else {
                return;
            };
            if frame.multipart.is_some_and(|m| m.is_open) {
                self.noted.push((frame.path, Ambiguity::Unterminated));
            }
        }
    }
}

impl Place {
    /// The path that the entity has as a leaf or as a message.
    fn leaf(&self) -> PartPath {
        let mut path = self.path.clone();
        if self.in_message {
            path.0.push(1);
        }
        path
    }
}

/// A line without its line end. A carriage return at the very end of the body
/// is one: nothing can follow that would make it a bare one.
fn content<'a>(body: &'a [u8], line: &Range<usize>) -> &'a [u8] {
    let text = body.get(line.clone()).unwrap_or_default();
    match text {
        [rest @ .., b'\r'] => rest,
        _ => without_line_end(text),
    }
}

/// Where the text before a delimiter line ends: the line end before it
/// belongs to the delimiter.
fn before_line_end(body: &[u8], line: usize) -> usize {
    let before = body.get(..line).unwrap_or_default();
    without_line_end(before).len()
}
