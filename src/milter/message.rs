//! One message on its way, from MAIL to its end.

use super::{
    budget::Budget,
    decision::Decision,
    exempt::Sender,
    finish::{self, attempt},
    identify,
    in_flight::Flight,
    memory::Share,
    negotiate::Agreement,
    report,
    run::Runtime,
    session::Service,
    stats::Failure,
    work::Work,
};
use crate::{
    allow::Allowlist,
    clean::{Envelope, Outcome},
    skip::Skip,
    telemetry::Transaction,
};
use std::{mem, sync::Arc, time::Duration};

/// How many recipients' addresses are kept. RFC 5321 section 4.5.3.1.8 asks
/// for at least 100; Postfix takes 1,000. Those beyond are still asked
/// whether they are exempt, but not looked for in URLs.
const MAX_RECIPIENTS: usize = 10_000;

/// How far a message has come.
enum Stage {
    /// The recipients are still coming.
    Envelope,
    /// The cleaner is at work.
    Work(Box<dyn Work>),
    /// It passes untouched; what comes is not stored.
    Exempt(Skip),
    /// The cleaner failed; what comes is not stored.
    Failed(Failure),
}

/// One message on its way.
pub(super) struct Message {
    /// The settings that were in force when it began: a reload does not
    /// change horses in midstream.
    runtime: Arc<Runtime>,
    /// What is spared; as it was when the message began.
    allowlist: Arc<Allowlist>,
    transaction: Transaction,
    recipients: usize,
    stage: Stage,
    budget: Arc<Budget>,
    size: u64,
    /// The From field's value: it is read only if somebody wants to know.
    from: Option<Vec<u8>>,
    /// Bytes of the addresses that are held.
    addresses: usize,
    share: Share,
    flight: Flight,
}

impl Message {
    /// A message whose sender has been named.
    pub(super) fn begin(service: &Service, sender: Sender, reverse_path: String) -> Self {
        let runtime = service.runtime();
        let stage = match runtime.policy.exempt.sender(sender) {
            Some(skip) => Stage::Exempt(skip),
            None => Stage::Envelope,
        };
        let budget = Budget::new(Arc::clone(&service.clock), runtime.policy.message_time);
        let allowlist = match stage {
            Stage::Envelope => service.allowlist.at(service.clock.now()),
            _ => Arc::default(),
        };
        Self {
            runtime,
            allowlist,
            transaction: Transaction {
                sender: reverse_path,
                client: sender.client,
                ..Transaction::default()
            },
            recipients: 0,
            stage,
            budget: Arc::new(budget),
            size: 0,
            from: None,
            addresses: 0,
            share: Share::new(&service.stats),
            flight: service.in_flight.enter(),
        }
    }

    /// One more recipient.
    pub(super) fn recipient(&mut self, address: String) {
        self.recipients = self.recipients.saturating_add(1);
        if matches!(self.stage, Stage::Envelope)
            && let Some(skip) = self.runtime.policy.exempt.recipient(&address)
        {
            self.stage = Stage::Exempt(skip);
        }
        if self.transaction.recipients.len() < MAX_RECIPIENTS {
            self.addresses = self
                .addresses
                .saturating_add(address.len())
                .saturating_add(size_of::<String>());
            self.transaction.recipients.push(address);
            self.weigh();
        }
    }

    /// A header field; the value with the space after the colon.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8]) {
        if name.eq_ignore_ascii_case(b"Message-ID") && self.transaction.message_id.is_none() {
            self.transaction.message_id = identify::message_id(value);
        }
        if name.eq_ignore_ascii_case(b"From") && self.from.is_none() {
            self.addresses = self.addresses.saturating_add(value.len());
            self.from = Some(value.to_vec());
        }
        self.work(|work| work.header(name, value));
    }

    /// The next bytes of the body.
    pub(super) fn body(&mut self, chunk: &[u8]) {
        self.size = self.size.saturating_add(chunk.len() as u64);
        let limit = self.runtime.cleaner.message_bytes() as u64;
        if self.size > limit && matches!(self.stage, Stage::Envelope | Stage::Work(_)) {
            self.move_to(Stage::Exempt(Skip::Oversize));
        }
        self.work(|work| work.body(chunk));
    }

    /// The end of the message: everything is decided here, before the first
    /// byte of the reply.
    pub(super) async fn end(
        mut self,
        service: &Arc<Service>,
        agreement: Agreement,
        queue_id: Option<String>,
    ) -> Ended {
        let start = service.clock.elapsed();
        self.transaction.queue_id = queue_id;
        self.start_work();
        let result = match self.stage {
            Stage::Envelope => Err(Failure::Error),
            Stage::Work(work) => finish::finish(service, &self.budget, work, self.size).await,
            Stage::Exempt(skip) => Ok(Outcome::untouched(skip)),
            Stage::Failed(failure) => Err(failure),
        };
        let decision = Decision::reach(result, &self.runtime.policy, agreement);
        Ended {
            decision,
            duration: service.clock.elapsed().saturating_sub(start),
            work: self.budget.spent(),
            transaction: self.transaction,
            recipients: self.recipients,
            from: self.from,
            size: self.size,
            runtime: self.runtime,
            service: Arc::clone(service),
            _share: self.share,
            _flight: self.flight,
        }
    }

    /// Lets the cleaner do something, unless the message is past helping.
    fn work(&mut self, piece: impl FnOnce(&mut dyn Work)) {
        self.start_work();
        let Stage::Work(work) = &mut self.stage else {
            return;
        };
        if let Err(failure) = attempt(&self.budget, || piece(work.as_mut())) {
            self.move_to(Stage::Failed(failure));
        }
        self.weigh();
    }

    /// Asks for the memory that the message needs; without it, it passes
    /// untouched, and what is held of it is let go.
    fn weigh(&mut self) {
        let held = match &self.stage {
            Stage::Work(work) => work.memory(),
            _ => 0,
        };
        let limit = self.runtime.cleaner.memory_bytes();
        if !self
            .share
            .resize(held.saturating_add(self.addresses), limit)
            && matches!(self.stage, Stage::Envelope | Stage::Work(_))
        {
            self.move_to(Stage::Exempt(Skip::Memory));
        }
    }

    /// Begins the cleaner's work once the recipients are known.
    fn start_work(&mut self) {
        if !matches!(self.stage, Stage::Envelope) {
            return;
        }
        let envelope = Envelope {
            recipients: self.transaction.recipients.clone(),
            sender: Some(self.transaction.sender.clone()),
            allowlist: Arc::clone(&self.allowlist),
        };
        let cleaner = Arc::clone(&self.runtime.cleaner);
        let budget = Arc::clone(&self.budget);
        let begun = attempt(&self.budget, || {
            cleaner.begin(envelope, Box::new(move || budget.expired()))
        });
        self.stage = match begun {
            Ok(work) => Stage::Work(work),
            Err(failure) => Stage::Failed(failure),
        };
    }

    /// Leaves a stage for good; the cleaner and what it holds are dropped.
    fn move_to(&mut self, stage: Stage) {
        finish::discard(mem::replace(&mut self.stage, stage));
        // Less is always granted.
        let _ = self.share.resize(self.addresses, 0);
    }
}

/// A message that has come to its end and was decided on.
pub(super) struct Ended {
    pub(super) decision: Decision,
    pub(super) duration: Duration,
    /// Time spent on the message in all.
    pub(super) work: Duration,
    pub(super) transaction: Transaction,
    pub(super) recipients: usize,
    /// The From field's value.
    pub(super) from: Option<Vec<u8>>,
    pub(super) size: u64,
    pub(super) runtime: Arc<Runtime>,
    service: Arc<Service>,
    _share: Share,
    _flight: Flight,
}

impl Ended {
    /// The reply was written, or not: tells everyone who wants to know.
    pub(super) fn report(mut self, written: bool) {
        if !written {
            self.decision.fail(Failure::Reply);
        }
        let service = Arc::clone(&self.service);
        report::report(&service, self);
    }
}
