//! What was done with findings, in words, and the query that asks for it.

use crate::review::{Sum, dashboard::view::number};
use std::collections::BTreeMap;

/// What precedes the action in sums of messages that were not changed.
const WOULD: &str = "would-";

/// An action as the daily sums name it.
#[derive(Debug)]
struct Action {
    name: &'static str,
    done: &'static str,
    /// Of messages that passed as they came.
    undone: &'static str,
}

/// Every action, in the order in which they are shown.
const ACTIONS: &[Action] = &[
    Action {
        name: "neutralize",
        done: "made harmless",
        undone: "would be made harmless",
    },
    Action {
        name: "remove",
        done: "removed",
        undone: "would be removed",
    },
    Action {
        name: "unwrap",
        done: "unwrapped",
        undone: "would be unwrapped",
    },
    Action {
        name: "trim",
        done: "trimmed",
        undone: "would be trimmed",
    },
    Action {
        name: "opaque",
        done: "opaque",
        undone: "opaque",
    },
    Action {
        name: "keep",
        done: "kept",
        undone: "kept",
    },
    Action {
        name: "allow",
        done: "allowed",
        undone: "allowed",
    },
];

/// How often something was done.
#[derive(Debug)]
pub(super) struct Done {
    /// In words.
    pub(super) label: String,
    /// How many findings.
    pub(super) count: String,
    /// The filtered log.
    pub(super) href: String,
}

/// The action in words.
pub(super) fn label(name: &str) -> String {
    match find(name) {
        Some((action, true)) => action.done.to_owned(),
        Some((action, false)) => action.undone.to_owned(),
        None => crate::visible::printable(name).into_owned(),
    }
}

/// The conditions of the query language that ask for an action of the daily
/// sums.
pub(super) fn terms(name: &str) -> String {
    let base = name.strip_prefix(WOULD).unwrap_or(name);
    match find(name) {
        // What was not done is told by what became of the message.
        Some((_, false)) => format!("action:{base} -is:changed,clean"),
        Some((action, true)) if action.undone != action.done => {
            format!("action:{base} is:changed,clean")
        }
        Some(_) => format!("action:{base}"),
        None => String::new(),
    }
}

/// Every action that occurs, the usual ones first; `href` makes the link to
/// the log out of the action's conditions.
pub(super) fn done(sums: &BTreeMap<String, Sum>, href: impl Fn(&str) -> String) -> Vec<Done> {
    let place = |name: &str| {
        let known = |action: &Action| Some(action.name) == name.strip_prefix(WOULD).or(Some(name));
        let place = ACTIONS.iter().position(known);
        (place.unwrap_or(ACTIONS.len()), name.starts_with(WOULD))
    };
    let mut names: Vec<(&String, &Sum)> = sums.iter().filter(|(_, sum)| sum.findings > 0).collect();
    names.sort_by_key(|(name, _)| place(name));
    let one = |(name, sum): (&String, &Sum)| Done {
        label: label(name),
        count: number::count(sum.findings),
        href: href(&terms(name)),
    };
    names.into_iter().map(one).collect()
}

/// The action, and whether it was really done.
fn find(name: &str) -> Option<(&'static Action, bool)> {
    let base = name.strip_prefix(WOULD);
    let action = ACTIONS.iter().find(|a| a.name == base.unwrap_or(name))?;
    Some((action, base.is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_done_is_asked_for_by_the_outcome() {
        for (name, words, query) in [
            (
                "neutralize",
                "made harmless",
                "action:neutralize is:changed,clean",
            ),
            (
                "would-unwrap",
                "would be unwrapped",
                "action:unwrap -is:changed,clean",
            ),
            ("opaque", "opaque", "action:opaque"),
            ("allow", "allowed", "action:allow"),
            ("a\u{7}b", "a\\u{7}b", ""),
        ] {
            assert_eq!(label(name), words);
            assert_eq!(terms(name), query);
        }
    }

    #[test]
    fn actions_stand_in_their_order_and_none_without_findings() {
        let sum = |findings| Sum {
            findings,
            messages: 1,
        };
        let sums = [
            ("", 0),
            ("allow", 1),
            ("unwrap", 1_200),
            ("would-neutralize", 2),
            ("neutralize", 3),
        ];
        let sums = sums.map(|(name, n)| (name.to_owned(), sum(n))).into();
        let done = done(&sums, str::to_owned);
        let told: Vec<(&str, &str)> = done.iter().map(|d| (&*d.label, &*d.count)).collect();
        assert_eq!(
            told,
            [
                ("made harmless", "3"),
                ("would be made harmless", "2"),
                ("unwrapped", "1,200"),
                ("allowed", "1"),
            ]
        );
    }
}
