//! From what the cleaner found to what the MTA is told, as a whole and
//! before the first byte is written.

use super::{Mode, OnError, Policy, negotiate::Agreement, stats::Failure};
use crate::{
    clean::{HEADER_NAME, HeaderEdit, Outcome},
    skip::Skip,
    telemetry::Disposition,
};
use indymilter::Actions;
use std::cmp::Reverse;

/// What the MTA is told about a message.
#[derive(Debug, Default)]
pub(super) enum Reply {
    /// It is delivered as it came.
    #[default]
    Pass,
    /// It is delivered changed.
    Change(Change),
    /// It is refused for now.
    Refuse,
}

/// The changes of a message.
#[derive(Debug)]
pub(super) struct Change {
    /// In the order in which they are written.
    pub(super) headers: Vec<HeaderEdit>,
    /// The new body, if it changes.
    pub(super) body: Option<Vec<u8>>,
}

/// What becomes of a message, and why.
#[derive(Debug)]
pub(super) struct Decision {
    pub(super) disposition: Disposition,
    pub(super) failure: Option<Failure>,
    pub(super) reply: Reply,
    /// What was found; the body and the header edits have moved to `reply`.
    pub(super) outcome: Outcome,
    /// Size of the new body, if there is one.
    pub(super) new_size: Option<u64>,
    /// Whether the MTA had not agreed to what should have been done.
    pub(super) powerless: bool,
}

impl Decision {
    /// Decides.
    pub(super) fn reach(
        result: Result<Outcome, Failure>,
        policy: &Policy,
        agreement: Agreement,
    ) -> Self {
        let mut outcome = match result.and_then(checked) {
            Ok(outcome) => outcome,
            Err(failure) => return Self::failed(failure, policy),
        };
        let body = outcome.body.take();
        let headers = std::mem::take(&mut outcome.headers);
        let unchanged = unchanged(&outcome);
        let mut decision = Self {
            disposition: unchanged,
            failure: None,
            reply: Reply::Pass,
            outcome,
            new_size: None,
            powerless: false,
        };
        // A field that is added to every message does not make it a changed
        // one; a deleted field or a new body does.
        let is_changed = body.is_some()
            || headers
                .iter()
                .any(|h| matches!(h, HeaderEdit::Delete { .. }));
        if !is_changed && headers.is_empty() {
            return decision;
        }
        if policy.mode == Mode::Observe {
            if is_changed {
                decision.disposition = Disposition::WouldChange;
            }
            return decision;
        }
        let (change, left_out) = Change::permitted(headers, body, agreement.actions);
        decision.powerless = left_out;
        if is_changed {
            decision.disposition = match change {
                Some(_) => Disposition::Changed,
                None => Disposition::WouldChange,
            };
        }
        if let Some(change) = change {
            decision.new_size = change.body.as_ref().map(|b| b.len() as u64);
            decision.reply = Reply::Change(change);
        }
        decision
    }

    /// The message could not be cleaned.
    fn failed(failure: Failure, policy: &Policy) -> Self {
        // Observing must not hold up mail, whatever happens.
        let refuse = policy.on_error == OnError::Tempfail && policy.mode == Mode::Enforce;
        Self {
            disposition: Disposition::Failed,
            failure: Some(failure),
            reply: if refuse { Reply::Refuse } else { Reply::Pass },
            outcome: Outcome::untouched(failure.skip()),
            new_size: None,
            powerless: false,
        }
    }

    /// What was decided could not be carried out.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.disposition = Disposition::Failed;
        self.failure = Some(failure);
        self.new_size = None;
    }
}

impl Change {
    /// The part of a change that the MTA agreed to, and whether anything had
    /// to be left out. Without the new body the fields stay as well, and so
    /// they do if those that should go are all that changes: the one that
    /// tells of changes would be wrong.
    fn permitted(
        mut headers: Vec<HeaderEdit>,
        body: Option<Vec<u8>>,
        actions: Actions,
    ) -> (Option<Self>, bool) {
        if body.is_some() && !actions.contains(Actions::REPLACE_BODY) {
            return (None, true);
        }
        let changes_fields = headers.iter().any(|edit| {
            matches!(edit, HeaderEdit::Delete { name, .. } if !name.eq_ignore_ascii_case(HEADER_NAME))
        });
        if body.is_none() && changes_fields && !actions.contains(Actions::CHANGE_HEADER) {
            return (None, true);
        }
        let wanted = headers.len();
        headers.retain(|edit| {
            actions.contains(match edit {
                HeaderEdit::Add { .. } => Actions::ADD_HEADER,
                HeaderEdit::Delete { .. } => Actions::CHANGE_HEADER,
            })
        });
        let left_out = headers.len() < wanted;
        if headers.is_empty() && body.is_none() {
            return (None, left_out);
        }
        headers.sort_by_key(order);
        // Deleting a field twice would delete the one after it.
        headers.dedup_by(|a, b| is_same_deletion(a, b));
        (Some(Self { headers, body }), left_out)
    }
}

/// Deletions first, and the highest index first: each deletion moves the
/// fields of the same name that follow. A field that is added comes after
/// them, so that it is never counted.
fn order(edit: &HeaderEdit) -> (Reverse<usize>, String) {
    match edit {
        HeaderEdit::Add { .. } => (Reverse(0), String::new()),
        HeaderEdit::Delete { name, index } => (Reverse(*index), name.to_ascii_lowercase()),
    }
}

fn is_same_deletion(a: &HeaderEdit, b: &HeaderEdit) -> bool {
    matches!(a, HeaderEdit::Delete { .. }) && order(a) == order(b)
}

/// An outcome that can be carried out as a whole, or a failure.
fn checked(outcome: Outcome) -> Result<Outcome, Failure> {
    for note in outcome.skips.iter().filter(|note| note.part.is_empty()) {
        match note.skip {
            Skip::Timeout => return Err(Failure::Timeout),
            Skip::Error => return Err(Failure::Error),
            _ => {}
        }
    }
    if outcome.headers.iter().all(is_sound) {
        Ok(outcome)
    } else {
        Err(Failure::Error)
    }
}

/// Whether the MTA would understand a header edit as it is meant. Index 0
/// would be taken for 1.
fn is_sound(edit: &HeaderEdit) -> bool {
    match edit {
        HeaderEdit::Add { name, value } => {
            is_field_name(name) && !value.contains('\0') && !value.trim().is_empty()
        }
        HeaderEdit::Delete { name, index } => {
            is_field_name(name) && *index > 0 && i32::try_from(*index).is_ok()
        }
    }
}

/// RFC 5322 section 3.6.8.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

/// A message that could not be read as a whole is not called clean.
fn unchanged(outcome: &Outcome) -> Disposition {
    if outcome.skips.is_empty() {
        Disposition::Clean
    } else {
        Disposition::Skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clean::SkipNote, milter::Exempt};
    use std::time::Duration;

    fn policy(mode: Mode, on_error: OnError) -> Policy {
        Policy {
            mode,
            on_error,
            exempt: Exempt {
                authenticated: true,
                networks: Vec::new(),
                recipients: Vec::new(),
            },
            message_time: Duration::from_secs(1),
        }
    }

    fn agreement(actions: Actions) -> Agreement {
        Agreement {
            actions,
            ..Agreement::default()
        }
    }

    fn delete(name: &str, index: usize) -> HeaderEdit {
        HeaderEdit::Delete {
            name: name.into(),
            index,
        }
    }

    fn add(name: &str, value: &str) -> HeaderEdit {
        HeaderEdit::Add {
            name: name.into(),
            value: value.into(),
        }
    }

    fn enforced(outcome: Outcome, actions: Actions) -> Decision {
        let policy = policy(Mode::Enforce, OnError::Tempfail);
        Decision::reach(Ok(outcome), &policy, agreement(actions))
    }

    fn changed() -> Outcome {
        Outcome {
            body: Some(b"new".to_vec()),
            headers: vec![
                add("X-Untrackd", "pixels=1"),
                delete("X-Untrackd", 1),
                delete("x-untrackd", 3),
                delete("Receipt", 2),
                delete("X-Untrackd", 3),
            ],
            ..Outcome::default()
        }
    }

    #[test]
    fn deletions_come_first_from_the_last_field_to_the_first_and_once() {
        let decision = enforced(changed(), Actions::all());
        assert_eq!(decision.disposition, Disposition::Changed);
        assert_eq!(decision.new_size, Some(3));
        let Reply::Change(change) = decision.reply else {
            panic!("{:?}", decision.reply)
        };
        assert_eq!(
            change.headers,
            [
                delete("x-untrackd", 3),
                delete("Receipt", 2),
                delete("X-Untrackd", 1),
                add("X-Untrackd", "pixels=1"),
            ]
        );
        assert_eq!(change.body.as_deref(), Some(&b"new"[..]));
        assert!(!decision.powerless);
    }

    #[test]
    fn without_a_new_body_nothing_is_said_of_it() {
        let decision = enforced(changed(), Actions::ADD_HEADER | Actions::CHANGE_HEADER);
        assert!(matches!(decision.reply, Reply::Pass));
        assert_eq!(decision.disposition, Disposition::WouldChange);
        assert!(decision.powerless);
    }

    #[test]
    fn a_field_that_cannot_be_deleted_does_not_keep_the_body_from_being_changed() {
        let decision = enforced(changed(), Actions::ADD_HEADER | Actions::REPLACE_BODY);
        let Reply::Change(change) = decision.reply else {
            panic!("{:?}", decision.reply)
        };
        assert_eq!(change.headers, [add("X-Untrackd", "pixels=1")]);
        assert!(change.body.is_some());
        assert!(decision.powerless, "and that is told");
    }

    #[test]
    fn fields_that_cannot_be_deleted_are_not_said_to_be_gone() {
        let outcome = Outcome {
            headers: vec![delete("Receipt", 1), add("X-Untrackd", "receipts=1")],
            ..Outcome::default()
        };
        let decision = enforced(outcome.clone(), Actions::ADD_HEADER | Actions::REPLACE_BODY);
        assert!(matches!(decision.reply, Reply::Pass));
        assert_eq!(decision.disposition, Disposition::WouldChange);
        assert!(decision.powerless);
        let decision = enforced(outcome, Actions::ADD_HEADER | Actions::CHANGE_HEADER);
        assert!(matches!(decision.reply, Reply::Change(_)));
        assert_eq!(decision.disposition, Disposition::Changed);
    }

    #[test]
    fn a_field_for_every_message_does_not_make_it_a_changed_one() {
        let outcome = Outcome {
            headers: vec![add("X-Untrackd", "pixels=0")],
            ..Outcome::default()
        };
        let decision = enforced(outcome, Actions::all());
        assert_eq!(decision.disposition, Disposition::Clean);
        assert!(matches!(decision.reply, Reply::Change(_)));
    }

    #[test]
    fn an_edit_that_would_be_misread_is_not_begun() {
        for edit in [
            delete("X-Untrackd", 0),
            delete("X-Untrackd", 1 << 31),
            delete("", 1),
            delete("X Untrackd", 1),
            add("X-Untrackd:", "a"),
            add("X-Untrackd\nBcc", "a"),
            add("X-Untrackd", "a\0b"),
            add("X-Untrackd", ""),
        ] {
            let outcome = Outcome {
                body: Some(Vec::new()),
                headers: vec![edit.clone()],
                ..Outcome::default()
            };
            let decision = enforced(outcome, Actions::all());
            assert_eq!(decision.failure, Some(Failure::Error), "{edit:?}");
            assert!(matches!(decision.reply, Reply::Refuse), "{edit:?}");
        }
    }

    #[test]
    fn a_failure_is_refused_only_where_that_is_wanted_and_mail_is_changed() {
        for (mode, on_error, refused) in [
            (Mode::Enforce, OnError::Tempfail, true),
            (Mode::Enforce, OnError::Accept, false),
            (Mode::Observe, OnError::Tempfail, false),
        ] {
            let decision = Decision::reach(
                Err(Failure::Panic),
                &policy(mode, on_error),
                agreement(Actions::all()),
            );
            assert_eq!(decision.disposition, Disposition::Failed);
            assert_eq!(matches!(decision.reply, Reply::Refuse), refused, "{mode:?}");
        }
    }

    #[test]
    fn a_message_that_was_not_read_as_a_whole_is_not_called_clean() {
        for (part, skip, disposition) in [
            ("", Skip::Signed, Disposition::Skipped),
            ("", Skip::Timeout, Disposition::Failed),
            ("", Skip::Error, Disposition::Failed),
            ("1.2", Skip::Signed, Disposition::Skipped),
        ] {
            let outcome = Outcome {
                skips: vec![SkipNote {
                    part: part.into(),
                    skip,
                }],
                ..Outcome::default()
            };
            let decision = enforced(outcome, Actions::all());
            assert_eq!(decision.disposition, disposition, "{part:?} {skip}");
        }
    }
}
