//! Which leaf of ours is which leaf of theirs, if they do not see the same
//! ones.

use crate::parts::Leaf;

/// How a leaf that one of the readers sees, or both, compares.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Agree,
    /// They differ, and we said so by this name.
    Declared(&'static str),
    /// They differ in this way, which docs/differences.md explains.
    Explained(&'static str),
    Unexplained,
}

/// A leaf of ours, of theirs, or one of each that are the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) ours: Option<&'a Leaf>,
    pub(crate) theirs: Option<&'a Leaf>,
    pub(crate) fate: Fate,
}

impl Fate {
    /// What it costs to match leaves so: as few unexplained ones as can be,
    /// and then as many that agree.
    fn cost(self) -> usize {
        match self {
            Self::Agree => 0,
            Self::Explained(_) => 2,
            Self::Declared(_) => 3,
            Self::Unexplained => 1000,
        }
    }
}

/// How leaves compare that are taken for the same one.
fn pair(ours: &Leaf, theirs: &Leaf) -> Fate {
    let fate = match difference(ours, theirs) {
        Ok("") => Fate::Agree,
        Ok(kind) => Fate::Explained(kind),
        Err(()) => Fate::Unexplained,
    };
    match (fate, ours.declared) {
        (Fate::Unexplained, Some(name)) => Fate::Declared(name),
        (fate, _) => fate,
    }
}

/// The way in which two leaves differ; an error if none is explained.
fn difference(ours: &Leaf, theirs: &Leaf) -> Result<&'static str, ()> {
    let of_type = difference_of_types(&ours.media_type, &theirs.media_type)?;
    let of_body = if ours.media_type.starts_with("message/") && theirs.bodies.is_empty() {
        match ours.transfer.as_str() {
            "Identity" => "reports",
            _ => "messages within a transfer encoding",
        }
    } else {
        let (_, body) = ours.bodies.first().ok_or(())?;
        let reading = theirs.bodies.iter().find(|(_, b)| b == body).ok_or(())?;
        let kind = READINGS.iter().find(|kind| **kind == reading.0);
        kind.copied().ok_or(())?
    };
    match (of_type, of_body) {
        ("", kind) | (kind, "") => Ok(kind),
        // Two at once have not been seen.
        _ => Err(()),
    }
}

/// The readings of a body in `email_parts.py`, the first of which is Python's.
const READINGS: &[&str] = &[
    "",
    "blanks around the encoding",
    "blanks at the end of a line",
];

fn difference_of_types(ours: &str, theirs: &str) -> Result<&'static str, ()> {
    if ours == theirs {
        return Ok("");
    }
    let mut words = theirs.split([' ', '\t', '\r', '\n', '(', '"']);
    match words.find(|w| !w.is_empty()) {
        Some(word) if word == ours => Ok("words after the type"),
        _ => Err(()),
    }
}

/// How a leaf compares that only one of the readers sees. `declared` is what
/// we declared there.
fn alone(leaf: &Leaf, declared: Option<&'static str>) -> Fate {
    match declared {
        _ if leaf.is_blank => Fate::Explained("parts without text"),
        Some(name) => Fate::Declared(name),
        None => Fate::Unexplained,
    }
}

/// The cheapest match of the leaves, each in its order.
pub(crate) fn align<'a>(ours: &'a [Leaf], theirs: &'a [Leaf]) -> Vec<Match<'a>> {
    let both = |(a, b): (&'a Leaf, &'a Leaf)| Match {
        ours: Some(a),
        theirs: Some(b),
        fate: pair(a, b),
    };
    let agree = |m: &Match<'_>| m.fate == Fate::Agree;
    let head: Vec<_> = ours
        .iter()
        .zip(theirs)
        .map(both)
        .take_while(agree)
        .collect();
    let (ours, theirs) = (&ours[head.len()..], &theirs[head.len()..]);
    let tail = ours.iter().rev().zip(theirs.iter().rev()).map(both);
    let mut tail: Vec<_> = tail.take_while(agree).collect();
    tail.reverse();
    let gap = Gap {
        ours: &ours[..ours.len() - tail.len()],
        theirs: &theirs[..theirs.len() - tail.len()],
        declared_before: head.last().and_then(Match::declared),
        declared_after: tail.first().and_then(Match::declared),
    };
    let mut out = head;
    out.extend(gap.fill());
    out.extend(tail);
    out
}

impl Match<'_> {
    fn declared(&self) -> Option<&'static str> {
        self.ours.and_then(|l| l.declared)
    }
}

/// What is left between leaves that agree.
struct Gap<'a> {
    ours: &'a [Leaf],
    theirs: &'a [Leaf],
    declared_before: Option<&'static str>,
    declared_after: Option<&'static str>,
}

impl<'a> Gap<'a> {
    fn fill(&self) -> Vec<Match<'a>> {
        let width = self.theirs.len() + 1;
        let cells = (self.ours.len() + 1) * width;
        assert!(cells < 50_000_000, "too many parts differ to match them");
        // The cheapest way from leaf `i` of ours and `j` of theirs to the end.
        let mut costs = vec![0; cells];
        for i in (0..=self.ours.len()).rev() {
            for j in (0..width).rev() {
                let steps = self.steps(i, j).into_iter().flatten();
                let all = steps.map(|(m, to)| m.fate.cost() + costs[to.0 * width + to.1]);
                costs[i * width + j] = all.min().unwrap_or(0);
            }
        }
        let mut out = Vec::new();
        let mut at = (0, 0);
        while let Some((step, to)) = self
            .steps(at.0, at.1)
            .into_iter()
            .flatten()
            .min_by_key(|(m, to)| m.fate.cost() + costs[to.0 * width + to.1])
        {
            out.push(step);
            at = to;
        }
        out
    }

    /// What can be done with leaf `i` of ours and `j` of theirs, and where
    /// that leads.
    fn steps(&self, i: usize, j: usize) -> [Option<(Match<'a>, (usize, usize))>; 3] {
        let (a, b) = (self.ours.get(i), self.theirs.get(j));
        let step = |ours, theirs, fate, to| Some((Match { ours, theirs, fate }, to));
        [
            a.zip(b)
                .and_then(|(x, y)| step(a, b, pair(x, y), (i + 1, j + 1))),
            a.and_then(|x| step(a, None, alone(x, x.declared), (i + 1, j))),
            b.and_then(|y| step(None, b, alone(y, self.declared_beside(i)), (i, j + 1))),
        ]
    }

    /// What we declared of the leaf of ours before or after this place.
    fn declared_beside(&self, i: usize) -> Option<&'static str> {
        let before = match i.checked_sub(1) {
            Some(last) => self.ours[last].declared,
            None => self.declared_before,
        };
        before.or(match self.ours.get(i) {
            Some(next) => next.declared,
            None => self.declared_after,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves with these bodies; one with a `?` is declared.
    fn leaves(bodies: &[&str]) -> Vec<Leaf> {
        let leaf = |body: &&str| Leaf {
            media_type: "text/plain".into(),
            bodies: vec![(String::new(), body.trim_matches('?').into())],
            is_blank: body.is_empty(),
            declared: body.contains('?').then_some("nul"),
            ..Leaf::default()
        };
        bodies.iter().map(leaf).collect()
    }

    fn fates(ours: &[&str], theirs: &[&str]) -> Vec<Fate> {
        let (ours, theirs) = (leaves(ours), leaves(theirs));
        align(&ours, &theirs).iter().map(|m| m.fate).collect()
    }

    #[test]
    fn a_declared_part_excuses_itself_only() {
        use Fate::{Agree, Unexplained};
        let said = Fate::Declared("nul");
        assert_eq!(
            fates(&["a", "b?", "c"], &["a", "x", "c"]),
            [Agree, said, Agree]
        );
        assert_eq!(fates(&["a", "b?"], &["a", "b"]), [Agree, Agree]);
        assert_eq!(
            fates(&["a", "b?", "c"], &["a", "b", "x"]),
            [Agree, Agree, Unexplained]
        );
        let more = fates(&["a", "b?", "c"], &["a", "b", "x", "y", "c"]);
        assert_eq!(more, [Agree, Agree, said, said, Agree]);
        assert!(fates(&["a?", "b", "c"], &["a", "b", "x", "c"]).contains(&Unexplained));
        assert!(fates(&["a?", "b", "c"], &["a", "b"]).contains(&Unexplained));
    }

    #[test]
    fn parts_without_text_are_no_parts_to_some() {
        let found = fates(&["a", "", "c"], &["a", "c"]);
        let none = Fate::Explained("parts without text");
        assert_eq!(found, [Fate::Agree, none, Fate::Agree]);
    }
}
