//! What must stand in a text for a regular expression to match it.

use regex_syntax::hir::{Hir, HirKind, Look, literal::Extractor};
use std::cmp::Reverse;

/// A shorter text stands nearly everywhere.
const SHORTEST: usize = 3;
/// What stands behind so many bytes tells no more.
const LONGEST: usize = 12;
/// Of a larger class of characters, such as the digits, not each is a text of
/// its own.
const LARGEST_CLASS: usize = 4;
/// More texts than this are not worth looking for.
const MOST: usize = 32;

/// What must stand in a text for an expression to match it.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Landmarks {
    /// Nothing that is worth looking for.
    None,
    /// It begins with one of these.
    Start(Vec<Vec<u8>>),
    /// One of these stands in it.
    Within(Vec<Vec<u8>>),
}

impl Landmarks {
    /// The landmarks of `expression`, which is for bytes, in its case as it is
    /// written.
    pub(super) fn of(expression: &str) -> Self {
        let mut parser = regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build();
        let Ok(hir) = parser.parse(expression) else {
            return Self::None;
        };
        let is_anchored = hir.properties().look_set_prefix().contains(Look::Start);
        if let Some(texts) = starts(&hir).filter(|_| is_anchored) {
            return Self::Start(texts);
        }
        required(&hir).map_or(Self::None, Self::Within)
    }
}

/// Texts with one of which every match of `hir` begins.
fn starts(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut extractor = Extractor::new();
    extractor.limit_class(LARGEST_CLASS).limit_total(MOST);
    let mut found = extractor.extract(hir);
    found.keep_first_bytes(LONGEST);
    let literals = found.literals()?;
    let mut texts: Vec<Vec<u8>> = literals.iter().map(|l| l.as_bytes().to_vec()).collect();
    texts.sort_unstable();
    // Behind a text stand those that begin with it.
    texts.dedup_by(|longer, text| longer.starts_with(text));
    let are_long = !texts.is_empty() && texts.iter().all(|text| text.len() >= SHORTEST);
    are_long.then_some(texts)
}

/// Texts of which every match of `hir` holds one: the longest, and of equally
/// long ones the fewest.
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let mut choices = Vec::from_iter(starts(hir));
    match hir.kind() {
        HirKind::Alternation(branches) => {
            let texts: Option<Vec<_>> = branches.iter().map(required).collect();
            choices.extend(texts.map(|texts| texts.concat()));
        }
        HirKind::Capture(capture) => choices.extend(required(&capture.sub)),
        HirKind::Concat(pieces) => {
            choices.extend(pieces.iter().filter_map(required));
            let ends = (1..pieces.len()).filter_map(|from| pieces.get(from..));
            choices.extend(ends.filter_map(|end| starts(&Hir::concat(end.to_vec()))));
        }
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            choices.extend(required(&repetition.sub));
        }
        HirKind::Class(_)
        | HirKind::Empty
        | HirKind::Literal(_)
        | HirKind::Look(_)
        | HirKind::Repetition(_) => {}
    }
    choices.into_iter().max_by_key(|texts| {
        let shortest = texts.iter().map(Vec::len).min();
        (shortest, Reverse(texts.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(landmarks: Landmarks) -> (&'static str, Vec<String>) {
        let (place, texts) = match landmarks {
            Landmarks::None => ("none", Vec::new()),
            Landmarks::Start(texts) => ("start", texts),
            Landmarks::Within(texts) => ("within", texts),
        };
        let texts = texts.into_iter().map(|t| String::from_utf8(t).unwrap());
        (place, texts.collect())
    }

    #[test]
    fn what_every_match_holds_is_found() {
        for (expression, place, expected) in [
            (r"^/open\?id=[0-9]+", "start", &["/open?id="][..]),
            (r"^/(tr|mk)/op/[a-z]", "start", &["/mk/op/", "/tr/op/"]),
            (r"a.example.com/o", "within", &["example"]),
            (r"(?:abc|def)gh", "within", &["abcgh", "defgh"]),
            (r"(abc)*def", "within", &["def"]),
            (r"^/(a|)b/", "start", &["/ab/", "/b/"]),
            // What begins with another landmark is found with it.
            (r"^/open(s|ed)?", "start", &["/open"]),
            (r"^/abcdefghijklmnop", "start", &["/abcdefghijk"]),
            (r"^(?i)/a\.b", "start", &["/A.B", "/A.b", "/a.B", "/a.b"]),
            // Its beginning is too short, or can be anything.
            (r"^/[^?]*\.gif\?mpe=", "within", &[".gif?mpe="]),
            (
                r"^(/[^?]*)?/(open|opens)\.gif\?",
                "within",
                &["/open.gif?", "/opens.gif?"],
            ),
            (r"^/[a-z]+(-track|_trk)+/", "within", &["-track", "_trk"]),
            // A branch without a landmark is a match without one.
            (r"^/[^?]*(-track|[a-z])\?uid=", "within", &["?uid="]),
            (r"^/[a-z]+(-track)*/[0-9]", "none", &[]),
            // What is not tied to the start may stand anywhere.
            (r"^?/open", "within", &["/open"]),
            (r"(?m)^/open", "within", &["/open"]),
            (r"^/[A-Z0-9]{60,}$", "none", &[]),
            ("^", "none", &[]),
            ("^/(", "none", &[]),
        ] {
            let found = texts(Landmarks::of(expression));
            let expected: Vec<String> = expected.iter().map(|t| (*t).to_owned()).collect();
            assert_eq!(found, (place, expected), "{expression}");
        }
    }
}
