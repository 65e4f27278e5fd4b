//! Permanent names of outcomes, actions and vectors in words.

use crate::{
    sighting::{Trigger, Vector},
    telemetry::Disposition,
};

/// What became of a message, as a badge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    /// One or two words.
    pub(crate) label: &'static str,
    /// The badge's class.
    pub(crate) class: &'static str,
    /// A sentence.
    pub(crate) meaning: &'static str,
}

/// What a permanent name of [`Disposition`] means.
pub(crate) fn outcome(name: &str) -> Outcome {
    let known = Disposition::ALL.iter().find(|d| d.name() == name);
    let (label, class, meaning) = match known {
        Some(Disposition::Changed) => (
            "changed",
            "badge badge-good",
            "Tracking was taken out, and the message was passed on.",
        ),
        Some(Disposition::Clean) => (
            "clean",
            "badge badge-quiet",
            "All of it was read, and there was nothing to change.",
        ),
        Some(Disposition::Failed) => (
            "failed",
            "badge badge-bad",
            "An error: the message was passed on as it came, or was temporarily refused.",
        ),
        Some(Disposition::Skipped) => (
            "skipped",
            "badge",
            "Passed on as it came, because policy or a limit said so, or because a part could \
             not be read and nothing was found in the others.",
        ),
        Some(Disposition::WouldChange) => (
            "would change",
            "badge badge-good",
            "Observe mode: passed on as it came; it would have been changed.",
        ),
        None => (
            "unknown",
            "badge",
            "Written by another version of untrackd.",
        ),
    };
    Outcome {
        label,
        class,
        meaning,
    }
}

/// What was done with a URL, in words.
pub(crate) fn action(name: &str, is_opaque: bool) -> &'static str {
    match name {
        "allow" => "kept: the allowlist spares it",
        "keep" if is_opaque => "kept: its destination cannot be read",
        "keep" => "kept",
        "neutralize" => "made harmless",
        "remove" => "removed",
        "trim" => "parameters taken out",
        "unwrap" => "leads to its destination directly",
        _ => "unknown",
    }
}

/// When the request is sent that a vector stands for.
pub(crate) fn vector(name: &str) -> &'static str {
    match trigger(name) {
        Some(Trigger::Click) => "a link that is followed",
        Some(Trigger::Ping) => "a request beside an image or link",
        Some(Trigger::Receipt) => "a request for a receipt",
        Some(Trigger::Show) => "loaded when the mail is shown",
        Some(Trigger::Submit) => "a form that is sent",
        None => "unknown",
    }
}

/// When a request is sent, by the vector's permanent name.
pub(crate) fn trigger(name: &str) -> Option<Trigger> {
    let vector = Vector::ALL.iter().find(|vector| vector.name() == name)?;
    Some(vector.trigger())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_words() {
        for disposition in Disposition::ALL {
            assert_ne!(outcome(disposition.name()).label, "unknown");
        }
        assert_eq!(outcome("no-such").label, "unknown");
    }

    #[test]
    fn every_vector_has_words() {
        for known in Vector::ALL {
            assert_ne!(vector(known.name()), "unknown", "{}", known.name());
        }
        assert_eq!(vector("no-such"), "unknown");
    }
}
