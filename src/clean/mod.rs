//! Bytes in, an [`Outcome`] out: pure, synchronous, without I/O and without a
//! clock.
//!
//! The splitter and the scanner work while the body arrives; at the end of
//! the message only the judgement and the edits remain. A sound judgement
//! needs the whole message (does this host also serve visible images? is this
//! image a spacer used nine times?), so scan and edit are two steps.

mod header;
mod outcome;
mod pace;
mod parties;
pub mod raw;
mod receipt;
mod splice;
mod tree;

pub use header::{HeaderPolicy, NAME as HEADER_NAME};
pub use outcome::{Counts, Finding, HeaderEdit, Outcome, SkipNote};

use crate::{
    allow::{Allowlist, InForce},
    edit,
    judge::{
        Action, Choices, Evidence, Heuristics, HeuristicsError, Judge, Recipients, Refusal,
        RefusalError,
    },
    limits::Limits,
    message::{PartPath, from_domain, splitter::Splitter},
    rules::{RuleSet, RulesError},
    skip::Skip,
};
use header::Own;
use pace::Pace;
use parties::Parties;
use receipt::Requests;
use splice::Wanted;
use std::sync::Arc;
use tree::{Budget, Leaf};

/// What is known about a message before its header comes.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Recipients' addresses without angle brackets. Used to recognise them
    /// inside URLs, and their domains in the allowlist.
    pub recipients: Vec<String>,
    /// The sender's address without angle brackets, empty in reports (RFC 5321
    /// section 4.5.5); `None` if there is no envelope, as for a file.
    pub sender: Option<String>,
    /// What is spared in this message. By default nothing is.
    pub allowlist: Arc<Allowlist>,
}

/// Why the built-in cleaner could not be made: the binary was built from
/// broken data, which tests rule out.
#[derive(Debug, thiserror::Error)]
pub enum BuiltinError {
    /// The weights.
    #[error(transparent)]
    Heuristics(#[from] HeuristicsError),
    /// The words of links that are never touched.
    #[error(transparent)]
    Refusal(#[from] RefusalError),
    /// The rules.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// How messages are cleaned; shared by all messages until the next reload.
pub struct Cleaner {
    judge: Judge,
    header: HeaderPolicy,
    limits: Limits,
}

impl Cleaner {
    /// A cleaner by these rules, weights, choices and limits.
    pub fn new(
        rules: Arc<RuleSet>,
        heuristics: Heuristics,
        refusal: Refusal,
        choices: Choices,
        header: HeaderPolicy,
        limits: Limits,
    ) -> Self {
        Self {
            judge: Judge::new(rules, heuristics, refusal, choices),
            header,
            limits,
        }
    }

    /// A cleaner by the built-in rules and weights, with all defaults.
    ///
    /// # Errors
    ///
    /// See [`BuiltinError`].
    pub fn builtin() -> Result<Self, BuiltinError> {
        Ok(Self::new(
            Arc::new(RuleSet::builtin()?),
            Heuristics::builtin()?,
            Refusal::builtin()?,
            Choices::default(),
            HeaderPolicy::default(),
            Limits::default(),
        ))
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        self.judge.rules()
    }

    /// The judge.
    pub fn judge(&self) -> &Judge {
        &self.judge
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Begins a message. `expired` is asked now and then; once it says yes,
    /// the message passes untouched as [`Skip::Timeout`].
    pub fn begin(
        self: &Arc<Self>,
        envelope: Envelope,
        expired: Box<dyn Fn() -> bool + Send>,
    ) -> Cleaning {
        Cleaning {
            cleaner: Arc::clone(self),
            envelope,
            expired,
            fields: Vec::new(),
            own: Own::default(),
            requests: Requests::default(),
            list_unsubscribe: Vec::new(),
            from_domain: None,
            splitter: None,
            body: Vec::new(),
            header_bytes: 0,
            excess: None,
            leaves: Vec::new(),
            decoded: 0,
            sightings: 0,
            is_explained: false,
            outcome: Outcome::default(),
        }
    }
}

/// A message on its way through the cleaner.
pub struct Cleaning {
    cleaner: Arc<Cleaner>,
    envelope: Envelope,
    expired: Box<dyn Fn() -> bool + Send>,
    /// The fields that the splitter needs, name and value.
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// Copies of our own field that came with the message.
    own: Own,
    /// What its header block asks for.
    requests: Requests,
    list_unsubscribe: Vec<String>,
    /// The domain of the From field, if the allowlist may ask for it.
    from_domain: Option<String>,
    splitter: Option<Splitter>,
    body: Vec<u8>,
    /// Bytes of the header block so far.
    header_bytes: usize,
    /// The limit that the message as a whole is beyond.
    excess: Option<Skip>,
    leaves: Vec<Leaf>,
    decoded: usize,
    sightings: usize,
    is_explained: bool,
    outcome: Outcome,
}

/// What a sighting holds in memory, with its verdict, in bytes; rounded up
/// from a measurement.
const SIGHTING_BYTES: usize = 2048;

impl Cleaning {
    /// Makes every sighting a finding, also ordinary images and links, with
    /// the facts of its element. What is done to the message stays the same.
    pub fn explain(&mut self) {
        self.is_explained = true;
    }

    /// One field of the message's header block; all come before the body.
    /// The value is as the milter protocol gives it with LEADING_SPACE: with
    /// the space after the colon, folded with LF or CRLF.
    pub fn header(&mut self, name: &[u8], value: &[u8]) {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        // With the colon and the line end (RFC 5322 section 2.2).
        self.header_bytes = self
            .header_bytes
            .saturating_add(name.len())
            .saturating_add(value.len())
            .saturating_add(3);
        if self.header_bytes > self.cleaner.limits.header_bytes {
            self.give_up(Skip::Headers);
        }
        if is(header::NAME) {
            self.own.count += 1;
        }
        if self.excess.is_some() {
            return;
        }
        let knows_sender = self.envelope.sender.is_some();
        self.requests.see(name, value, knows_sender);
        if is("From") && self.from_domain.is_none() {
            if !self.envelope.allowlist.is_empty() {
                self.from_domain = from_domain(value);
            }
        } else if is("List-Unsubscribe") {
            self.list_unsubscribe
                .push(String::from_utf8_lossy(value).into_owned());
        } else if name
            .get(..8)
            .is_some_and(|n| n.eq_ignore_ascii_case(b"Content-"))
            || is("MIME-Version")
        {
            self.fields.push((name.to_vec(), value.to_vec()));
        }
    }

    /// The next bytes of the body.
    pub fn body(&mut self, chunk: &[u8]) {
        if self.excess.is_some() {
            return;
        }
        if self.body.len() + chunk.len() > self.cleaner.limits.message_bytes {
            self.give_up(Skip::Oversize);
            return;
        }
        self.make_room(chunk.len());
        self.body.extend_from_slice(chunk);
        self.split(false);
    }

    /// Makes room for so many bytes. Hundreds of messages may be on their way
    /// at once, so that room that is never used costs more than to move a body
    /// now and then: it grows by a quarter, not to its double.
    fn make_room(&mut self, bytes: usize) {
        if self.body.capacity() - self.body.len() < bytes {
            self.body.reserve_exact(bytes.max(self.body.len() / 4));
        }
    }

    /// The message is beyond a limit: what is held of it is let go.
    fn give_up(&mut self, skip: Skip) {
        self.excess.get_or_insert(skip);
        self.fields = Vec::new();
        self.list_unsubscribe = Vec::new();
        self.requests = Requests::default();
        self.body = Vec::new();
        self.leaves = Vec::new();
    }

    /// How many bytes of memory the message holds now, and its end will take
    /// on top at the most, by estimate: the body as it came, the largest part
    /// of it decoded, the new body, and what was seen.
    pub fn memory(&self) -> usize {
        let sightings = self.sightings.saturating_mul(SIGHTING_BYTES);
        self.header_bytes
            .saturating_add(self.body.capacity())
            .saturating_add(self.body.len().saturating_mul(2))
            .saturating_add(tree::held(&self.leaves))
            .saturating_add(sightings)
    }

    /// The end of the message: judges, edits and reports.
    pub fn finish(mut self) -> Outcome {
        if let Some(skip) = self.excess {
            return self.pass(skip);
        }
        self.split(true);
        if self.timed_out() {
            return self.pass(Skip::Timeout);
        }
        let allowlist = Arc::clone(&self.envelope.allowlist);
        let parties = Parties::of(&self.envelope, self.from_domain.as_deref());
        let allowed = allowlist.for_message(&parties.senders, &parties.recipient_domains);
        self.decide(&allowed);
        if self.timed_out() {
            return self.pass(Skip::Timeout);
        }
        let from_nobody = self.envelope.sender.as_deref() == Some("");
        let (findings, deletions) = self
            .requests
            .judge(&self.cleaner.judge, from_nobody, &allowed);
        self.outcome.findings.splice(0..0, findings);
        self.edit_header(deletions)
    }

    /// The message passes as it came, but for copies of our own field.
    fn pass(mut self, skip: Skip) -> Outcome {
        self.outcome = Outcome::untouched(skip);
        self.edit_header(Vec::new())
    }

    /// The outcome, with the edits of the header block: these deletions, and
    /// our own field.
    fn edit_header(mut self, deletions: Vec<HeaderEdit>) -> Outcome {
        let version = self.cleaner.rules().version();
        let own = self
            .own
            .edits(self.cleaner.header, &deletions, &self.outcome, version);
        self.outcome.headers = deletions;
        self.outcome.headers.extend(own);
        self.outcome
    }

    /// The message is a file, which may have been cleaned before: copies of
    /// our own field are no forgery, and stay in a message that does not
    /// change.
    fn is_file(&mut self) {
        self.own.is_trusted = true;
    }

    fn timed_out(&self) -> bool {
        (self.expired)() || self.outcome.skips.iter().any(|s| s.skip == Skip::Timeout)
    }

    /// Lets the splitter go on, and reads the parts that it finished.
    fn split(&mut self, at_end: bool) {
        let limits = &self.cleaner.limits;
        let splitter = self
            .splitter
            .get_or_insert_with(|| Splitter::new(limits, &self.fields));
        let mut parts = Vec::new();
        splitter.advance(&self.body, &mut parts);
        if at_end {
            splitter.finish(&self.body, &mut parts);
            self.outcome.ambiguities.extend(
                splitter
                    .ambiguities()
                    .iter()
                    .map(|(path, a)| (path.to_string(), *a)),
            );
        }
        let mut budget = Budget {
            limits,
            plain_text: self.cleaner.judge.choices().plain_text,
            decoded: self.decoded,
            sightings: self.sightings,
            expired: &*self.expired,
        };
        for part in parts {
            self.leaves.extend(tree::read(
                part,
                &self.body,
                0,
                &mut budget,
                &mut self.outcome,
            ));
        }
        (self.decoded, self.sightings) = (budget.decoded, budget.sightings);
    }

    /// Judges every sighting and makes the new body.
    fn decide(&mut self, allowed: &InForce<'_>) {
        let cleaner = Arc::clone(&self.cleaner);
        let (limits, judge) = (&cleaner.limits, &cleaner.judge);
        let recipients = Recipients::new(&self.envelope.recipients);
        let mut seen = Vec::new();
        let mut places: Vec<(usize, &PartPath)> = Vec::new();
        let mut editable = 0;
        let pace = Pace::new(&*self.expired);
        tree::for_each_editable(&self.leaves, &mut |leaf, sightings| {
            for sighting in sightings.iter().take_while(|_| !pace.is_late()) {
                if let Some(s) = judge.look(sighting, &recipients) {
                    seen.push(s);
                    places.push((editable, &leaf.part.path));
                }
            }
            editable += 1;
        });
        if seen.is_empty() {
            return;
        }
        let context = judge.context(&seen, &self.list_unsubscribe);
        let mut wanted: Vec<Vec<Wanted<'_>>> = vec![Vec::new(); editable];
        let mut findings = Vec::new();
        let mut changes = 0;
        for (s, (leaf, path)) in seen.iter().zip(&places) {
            if pace.is_late() {
                return;
            }
            let mut verdict = judge.verdict(&context, s, limits);
            if !verdict.notable {
                if !self.is_explained {
                    continue;
                }
                verdict.discloses = judge.discloses(s, &verdict, limits);
            }
            verdict.spare(allowed, Some(&s.target));
            let action = verdict.action.clone();
            let mut finding = Finding {
                part: path.to_string(),
                vector: s.sighting.vector,
                url: Some(s.target.clone()),
                verdict,
                facts: self
                    .is_explained
                    .then(|| Box::new(s.sighting.facts.clone())),
            };
            if action.changes() {
                changes += 1;
                if changes > limits.edits {
                    keep(&mut finding, Skip::Edits);
                    self.outcome.skip_once(path, Skip::Edits);
                } else if let Some(list) = wanted.get_mut(*leaf) {
                    list.push(Wanted {
                        finding: findings.len(),
                        sighting: s.sighting,
                        action,
                    });
                }
            }
            findings.push(finding);
        }
        if wanted.iter().any(|list| !list.is_empty()) {
            let spliced = splice::splice(&self.leaves, &self.body, limits, &mut wanted.into_iter());
            for (finding, skip) in spliced.failed {
                if let Some(f) = findings.get_mut(finding) {
                    keep(f, skip);
                    self.outcome.skips.push(SkipNote {
                        part: f.part.clone(),
                        skip,
                    });
                }
            }
            if !spliced.edits.is_empty() {
                self.outcome.body = Some(edit::apply(&self.body, &spliced.edits));
            }
        }
        self.outcome.findings = findings;
    }
}

/// The verdict could not be carried out exactly, so nothing was done.
fn keep(finding: &mut Finding, skip: Skip) {
    finding.verdict.action = Action::Keep;
    finding.verdict.evidence.push(Evidence {
        kind: "not-done",
        weight: 0,
        detail: skip.name().into(),
    });
}
