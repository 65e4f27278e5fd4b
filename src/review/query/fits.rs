//! What a query means, in plain words: whether a message as it is shown fits.

use super::super::{
    FindingRow, MessageRow, Tally,
    language::{Condition, Field, Pattern, Query, Range, Term, Value, network},
};

/// Shortest word that may be a queue id.
pub(in crate::review) const MIN_QUEUE_ID: usize = 4;

/// Whether the message fits; the bounds of its time aside.
pub(in crate::review) fn fits(query: &Query, message: &MessageRow) -> bool {
    let mut wanted: Vec<&Term> = Vec::new();
    for term in query.terms() {
        let holds_anyway = of_message(&term.condition, message);
        match (term.negated, holds_anyway) {
            (false, Some(true)) | (true, Some(false)) => {}
            (false, Some(false)) | (true, Some(true)) => return false,
            (false, None) => wanted.push(term),
            (true, None) => {
                let findings = &mut message.findings.iter();
                if findings.any(|finding| of_finding(&term.condition, finding)) {
                    return false;
                }
            }
        }
    }
    wanted.is_empty()
        || message.findings.iter().any(|finding| {
            wanted
                .iter()
                .all(|term| of_finding(&term.condition, finding))
        })
}

/// What the message itself says to a condition; nothing if its findings
/// decide.
fn of_message(condition: &Condition, message: &MessageRow) -> Option<bool> {
    let (field, values) = match condition {
        Condition::Word(word) => {
            let lower = word.to_lowercase();
            let has = |name: &Option<String>| {
                name.as_ref()
                    .is_some_and(|name| name.to_lowercase().contains(&lower))
            };
            let is_queue_id = word.len() >= MIN_QUEUE_ID && message.queue_id.as_ref() == Some(word);
            let fits = is_queue_id || has(&message.sender_domain) || has(&message.from_domain);
            return fits.then_some(true);
        }
        Condition::Field(field, values) => (*field, values),
    };
    let text = |names: &[Option<&str>]| {
        let mut names = names.iter().flatten();
        names.any(|name| any_text(values, name))
    };
    Some(match field {
        Field::Is => text(&[Some(&message.disposition)]),
        Field::Sender => text(&[
            message.sender_domain.as_deref(),
            message.from_domain.as_deref(),
        ]),
        Field::Recipient => message
            .recipients
            .iter()
            .any(|r| any_form(values, r.who.as_deref())),
        Field::RecipientDomain => message
            .recipients
            .iter()
            .any(|r| text(&[r.domain.as_deref()])),
        Field::Queue => message.queue_id.as_ref().is_some_and(|id| {
            values
                .iter()
                .any(|v| matches!(v, Value::Text(p) if p.text == *id))
        }),
        Field::MessageId => any_form(values, message.message_id.as_deref()),
        Field::Client => message
            .client
            .as_deref()
            .is_some_and(|client| any_network(values, client)),
        Field::Skip => tallied(values, &message.skips),
        Field::Ambiguity => tallied(values, &message.ambiguities),
        Field::Privacy => text(&[Some(&message.privacy)]),
        Field::RulesVersion => text(&[Some(&message.rules_version)]),
        Field::Recipients => any_number(values, message.recipient_count),
        Field::Size => any_number(values, message.size_before),
        Field::Duration => any_number(values, message.duration_us),
        Field::Since | Field::Until => true,
        _ => return None,
    })
}

fn of_finding(condition: &Condition, finding: &FindingRow) -> bool {
    let (field, values) = match condition {
        Condition::Word(word) => {
            let part = Pattern {
                text: word.to_lowercase(),
                open_start: true,
                open_end: true,
            };
            let names = [
                Some(&finding.tracker),
                Some(&finding.tracker_domain),
                finding.vendor.as_ref(),
                finding.vendor_name.as_ref(),
                finding.company.as_ref(),
            ];
            let mut names = names.into_iter().flatten().chain(&finding.rules);
            return names.any(|name| part.fits(&name.to_lowercase()));
        }
        Condition::Field(field, values) => (*field, values),
    };
    let text = |name: Option<&String>| name.is_some_and(|name| any_text(values, name));
    match field {
        Field::Allowed => text(finding.allowed.as_ref()),
        Field::Tracker => text(Some(&finding.tracker)) || text(Some(&finding.tracker_domain)),
        Field::Host => text(Some(&finding.tracker)),
        Field::Domain => text(Some(&finding.tracker_domain)),
        Field::Destination => text(finding.destination.as_ref()),
        Field::Company => text(finding.company.as_ref()),
        Field::Vendor => text(finding.vendor.as_ref()) || text(finding.vendor_name.as_ref()),
        Field::Category => text(finding.category.as_ref()),
        Field::Rule => finding.rules.iter().any(|rule| text(Some(rule))),
        Field::Vector => text(Some(&finding.vector)),
        Field::Action if finding.opaque && finding.action == "keep" => any_text(values, "opaque"),
        Field::Action => text(Some(&finding.action)),
        Field::Tells => finding.tells.iter().any(|kind| text(Some(kind))),
        Field::Evidence => finding.evidence.iter().any(|e| text(Some(&e.kind))),
        Field::Score => any_number(values, finding.score),
        Field::Count => any_number(values, finding.count),
        _ => false,
    }
}

fn any_text(values: &[Value], name: &str) -> bool {
    // An empty name is no name, also for a star.
    if name.is_empty() {
        return false;
    }
    let name = name.to_lowercase();
    values
        .iter()
        .any(|value| matches!(value, Value::Text(pattern) if pattern.fits(&name)))
}

fn any_form(values: &[Value], stored: Option<&str>) -> bool {
    let Some(stored) = stored else { return false };
    values.iter().any(
        |value| matches!(value, Value::Person { forms, .. } if forms.iter().any(|f| f == stored)),
    )
}

fn any_number(values: &[Value], number: i64) -> bool {
    values
        .iter()
        .any(|value| matches!(value, Value::Number(range) if Range::contains(*range, number)))
}

fn any_network(values: &[Value], stored: &str) -> bool {
    let Some(stored) = network(stored) else {
        return false;
    };
    values.iter().any(|value| {
        matches!(value, Value::Network(net) if net.contains(&stored) || stored.contains(net))
    })
}

fn tallied(values: &[Value], tallies: &[Tally]) -> bool {
    tallies.iter().any(|tally| any_text(values, &tally.name))
}
