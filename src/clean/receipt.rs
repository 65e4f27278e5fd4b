//! Requests for a receipt in the message's own header block.
//!
//! That of a message within the message is content, and is not looked at; so
//! are requests within S/MIME (RFC 2634 section 2), which are signed.

use super::{Finding, HeaderEdit};
use crate::{
    allow::InForce,
    judge::{Action, Judge, RECEIPT_FIELDS},
    message::is_disposition_notification,
    sighting::Vector,
};
use std::collections::BTreeSet;

/// What the header block asks for.
#[derive(Default)]
pub(super) struct Requests {
    /// Each by its place in [`RECEIPT_FIELDS`], in order.
    fields: Vec<usize>,
    /// The message is itself a receipt, or a report of an MTA.
    is_report: bool,
}

impl Requests {
    /// The next field of the header block. `knows_sender` says that the
    /// envelope is known, so that a Return-Path, which anybody can write into
    /// a message, need not be believed.
    pub(super) fn see(&mut self, name: &[u8], value: &[u8], knows_sender: bool) {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        if let Some(field) = RECEIPT_FIELDS.iter().position(|f| is(f.name)) {
            self.fields.push(field);
        } else if is("Content-Type") {
            self.is_report |= is_disposition_notification(value);
        } else if is("Return-Path") && !knows_sender {
            self.is_report |= value.trim_ascii() == b"<>";
        }
    }

    /// The findings, and the deletions of those fields that go, in an order
    /// in which none moves another: the last copy of a field first.
    ///
    /// Nothing is found in a receipt (RFC 8098 section 3: none may be asked
    /// for) or in a report from an MTA, which `from_nobody` tells.
    pub(super) fn judge(
        &self,
        judge: &Judge,
        from_nobody: bool,
        allowed: &InForce<'_>,
    ) -> (Vec<Finding>, Vec<HeaderEdit>) {
        let (mut findings, mut deletions) = (Vec::new(), Vec::new());
        if self.is_report || from_nobody {
            return (findings, deletions);
        }
        let names: BTreeSet<&str> = self
            .fields
            .iter()
            .filter_map(|f| Some(RECEIPT_FIELDS.get(*f)?.name))
            .collect();
        let mut copies = [0_usize; RECEIPT_FIELDS.len()];
        for &field in &self.fields {
            let (Some(asked), Some(index)) = (RECEIPT_FIELDS.get(field), copies.get_mut(field))
            else {
                continue;
            };
            *index += 1;
            if asked.needs.is_some_and(|needed| !names.contains(needed)) {
                continue;
            }
            let mut verdict = judge.receipt(asked);
            verdict.spare(allowed, None);
            if verdict.action == Action::Remove {
                deletions.push(HeaderEdit::Delete {
                    name: asked.name.to_owned(),
                    index: *index,
                });
            }
            findings.push(Finding {
                part: String::new(),
                vector: Vector::ReceiptHeader,
                facts: None,
                url: None,
                verdict,
            });
        }
        deletions.reverse();
        (findings, deletions)
    }
}
