//! Tells the block log, the counters and the system log what became of a
//! message.

use super::{decision::Reply, finish::discard, message::Ended, session::Service, stats::Failure};
use crate::{
    clean::Outcome,
    judge::Action,
    message::from_domain,
    skip::Skip,
    telemetry::{Disposition, Event},
};
use std::{
    borrow::Cow,
    panic::{AssertUnwindSafe, catch_unwind},
};
use tracing::{debug, info, warn};

/// Reports a message whose reply was written, or could not be.
pub(super) fn report(service: &Service, ended: Ended) {
    count(service, &ended);
    log(&ended);
    record(service, ended);
}

fn count(service: &Service, ended: &Ended) {
    let stats = &service.stats;
    let decision = &ended.decision;
    stats.count_message(decision.disposition);
    for note in &decision.outcome.skips {
        stats.count_skip(note.skip);
    }
    for finding in &decision.outcome.findings {
        stats.count_finding(finding.vector, &finding.verdict);
    }
    if let Some(failure) = decision.failure {
        stats.count_failure(failure);
        if !matches!(decision.reply, Reply::Refuse) {
            stats.count_fail_open(failure);
        }
    }
    if decision.powerless {
        stats.powerless.add(1);
    }
    stats.end_time.observe_time(ended.duration);
    stats.work_time.observe_time(ended.work);
    stats.sizes.observe(ended.size);
    stats.bytes_in.add(ended.size);
    stats.bytes_out.add(decision.new_size.unwrap_or(ended.size));
}

/// One line a message, with its queue id first, as the MTA writes it: counts
/// only, no address and no URL.
fn log(ended: &Ended) {
    let decision = &ended.decision;
    let outcome = &decision.outcome;
    let tally = Tally::of(outcome);
    let queue_id = ended.transaction.queue_id.as_deref().unwrap_or("-");
    if let Some(failure) = decision.failure {
        let cause = failure.name();
        warn!(queue_id, cause = %cause, "{queue_id}: {}", advice(failure));
    }
    if decision.powerless {
        warn!(
            queue_id,
            "{queue_id}: not changed, since the MTA did not agree to changes when the \
             connection was opened"
        );
    }
    let disposition = decision.disposition.name();
    info!(
        queue_id,
        disposition,
        reason = %reasons(outcome, decision.failure),
        findings = outcome.findings.len(),
        neutralized = tally.neutralized,
        removed = tally.removed,
        unwrapped = tally.unwrapped,
        trimmed = tally.trimmed,
        kept = tally.kept,
        opaque = tally.opaque,
        allowed = tally.allowed,
        parts = outcome.parts,
        html = outcome.html_parts,
        recipients = ended.recipients,
        bytes_in = ended.size,
        bytes_out = decision.new_size.unwrap_or(ended.size),
        us = u64::try_from(ended.duration.as_micros()).unwrap_or(u64::MAX),
        rules = %ended.runtime.cleaner.rules_version(),
        "{queue_id}: {disposition}"
    );
    debug!(
        queue_id,
        sender = ended.transaction.sender,
        message_id = ended.transaction.message_id.as_deref().unwrap_or("-"),
        client = ?ended.transaction.client,
        "{queue_id}: envelope"
    );
}

fn record(service: &Service, ended: Ended) {
    let decision = ended.decision;
    let recorder = &service.recorder;
    let mut transaction = ended.transaction;
    if recorder.keeps(decision.disposition, &decision.outcome) {
        transaction.from_domain = author(ended.from.as_deref());
    }
    let event = Event {
        at: service.clock.now(),
        transaction,
        disposition: decision.disposition,
        outcome: decision.outcome,
        size_before: ended.size,
        size_after: decision.new_size.unwrap_or(ended.size),
        duration: ended.duration,
        rules_version: ended.runtime.cleaner.rules_version().to_owned(),
    };
    // A log that panics must not cost the message its reply.
    let recorded = catch_unwind(AssertUnwindSafe(|| recorder.record(event)));
    if let Err(payload) = recorded {
        discard(payload);
        warn!("the block log panicked; an event is lost");
    }
}

/// The domain of a From field's value; none if reading it panics.
fn author(from: Option<&[u8]>) -> Option<String> {
    catch_unwind(|| from.and_then(from_domain)).unwrap_or_else(|payload| {
        discard(payload);
        None
    })
}

/// How many of each verdict.
#[derive(Default)]
struct Tally {
    allowed: usize,
    kept: usize,
    neutralized: usize,
    opaque: usize,
    removed: usize,
    trimmed: usize,
    unwrapped: usize,
}

impl Tally {
    fn of(outcome: &Outcome) -> Self {
        let mut tally = Self::default();
        for finding in &outcome.findings {
            let verdict = &finding.verdict;
            let count = match verdict.action {
                _ if verdict.spared.is_some() => &mut tally.allowed,
                Action::Keep if verdict.opaque => &mut tally.opaque,
                Action::Keep => &mut tally.kept,
                Action::Neutralize => &mut tally.neutralized,
                Action::Remove => &mut tally.removed,
                Action::Trim(_) => &mut tally.trimmed,
                Action::Unwrap(_) => &mut tally.unwrapped,
            };
            *count += 1;
        }
        tally
    }
}

/// Why a message, or parts of it, were not cleaned; each reason once.
fn reasons(outcome: &Outcome, failure: Option<Failure>) -> Cow<'static, str> {
    if let Some(failure) = failure {
        return failure.name().into();
    }
    let mut skips: Vec<Skip> = outcome.skips.iter().map(|note| note.skip).collect();
    skips.sort_unstable();
    skips.dedup();
    match skips.as_slice() {
        [] => "-".into(),
        skips => {
            let names: Vec<_> = skips.iter().map(|s| s.name()).collect();
            names.join(",").into()
        }
    }
}

fn advice(failure: Failure) -> &'static str {
    match failure {
        Failure::Error => "the message could not be cleaned",
        Failure::Panic => "the cleaner panicked on this message; please report it",
        Failure::Reply => "the connection to the MTA broke while the reply was written",
        Failure::Timeout => "the time allowed for the message ran out",
    }
}

/// For the log line of a stop.
pub(super) fn summary_line(service: &Service) -> String {
    Disposition::ALL
        .iter()
        .map(|d| format!("{}={}", d.name(), service.stats.messages(*d)))
        .collect::<Vec<_>>()
        .join(" ")
}
