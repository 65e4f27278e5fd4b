//! Header fields that ask the reader's program to answer the mail.

use super::{Action, Evidence, Judge, Receipts, Verdict, disclosure};
use crate::sighting::Trigger;

/// A header field that asks for a receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReceiptField {
    /// Its name in the usual spelling.
    pub name: &'static str,
    /// The field without which it means nothing.
    pub needs: Option<&'static str>,
}

const fn field(name: &'static str) -> ReceiptField {
    ReceiptField { name, needs: None }
}

/// The fields that ask for a receipt when the mail is *read*.
///
/// Requests for a report of the *delivery* are another matter, and stay:
/// X-Confirm-Delivery-To, Generate-Delivery-Report (RFC 2156) and the
/// parameters of RFC 3461, which are no header fields at all.
pub const RECEIPT_FIELDS: &[ReceiptField] = &[
    // RFC 8098 sections 2.1 and 2.2.
    field("Disposition-Notification-To"),
    ReceiptField {
        name: "Disposition-Notification-Options",
        needs: Some("Disposition-Notification-To"),
    },
    // Once Sendmail's for the delivery; mail programs send it, and answer it,
    // for the reading.
    field("Return-Receipt-To"),
    field("Read-Receipt-To"),
    // Pegasus Mail's, which others answer too, and its flag beside it.
    field("X-Confirm-Reading-To"),
    field("X-PMRQC"),
];

impl Judge {
    /// What becomes of one of the [`RECEIPT_FIELDS`] in the header of a
    /// message that may ask for a receipt.
    pub fn receipt(&self, field: &ReceiptField) -> Verdict {
        Verdict {
            action: match self.choices.receipts {
                Receipts::Keep => Action::Keep,
                Receipts::Remove => Action::Remove,
            },
            evidence: vec![Evidence::note("receipt", field.name)],
            notable: true,
            discloses: disclosure::by_request(Trigger::Receipt).into(),
            ..Verdict::default()
        }
    }
}
