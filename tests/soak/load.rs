//! Many connections that hand the milter one mail after the other.

use super::common::{
    mail::random::Random,
    milter::{AGREED, Answer, Connection, Packets},
};
use std::{
    io,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// How many troubles are kept with their story; all are counted.
const TOLD: usize = 20;

/// What became of the messages.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The first answer to each mail.
    first: Vec<OnceLock<Answer>>,
    pub(crate) sent: AtomicU64,
    pub(crate) answered: AtomicU64,
    pub(crate) changed: AtomicU64,
    pub(crate) refused: AtomicU64,
    /// Sent, and no answer came.
    pub(crate) lost: AtomicU64,
    /// Answered unlike the first time.
    pub(crate) different: AtomicU64,
    /// Connections that broke or said too much.
    pub(crate) broken: AtomicU64,
    /// Begun and given up by us; neither sent nor answered.
    pub(crate) given_up: AtomicU64,
    pub(crate) connections: AtomicU64,
    troubles: Mutex<Vec<String>>,
}

impl Ledger {
    pub(crate) fn new(mails: usize) -> Self {
        Self {
            first: (0..mails).map(|_| OnceLock::new()).collect(),
            ..Self::default()
        }
    }

    /// The stories of the first troubles.
    pub(crate) fn troubles(&self) -> Vec<String> {
        self.troubles.lock().expect("troubles").clone()
    }

    /// Messages that were lost, refused, answered otherwise or on a
    /// connection that broke.
    pub(crate) fn count_troubles(&self) -> u64 {
        [&self.refused, &self.lost, &self.different, &self.broken]
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .sum()
    }

    fn tell(&self, count: &AtomicU64, story: String) {
        count.fetch_add(1, Ordering::Relaxed);
        let mut troubles = self.troubles.lock().expect("troubles");
        if troubles.len() < TOLD {
            troubles.push(story);
        }
    }

    fn note(&self, number: usize, mail: &Packets, answer: Answer) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        let name = &mail.name;
        if answer.is_change {
            self.changed.fetch_add(1, Ordering::Relaxed);
        }
        if !answer.is_acceptance() {
            let verdict = char::from(answer.verdict);
            self.tell(&self.refused, format!("{name}: refused ({verdict})"));
        }
        let first = *self.first[number].get_or_init(|| answer);
        if first != answer {
            self.tell(
                &self.different,
                format!("{name}: {first:?} the first time, now {answer:?}"),
            );
        }
    }
}

/// A load of `messages` messages, the mails in turn.
pub(crate) struct Load<'a> {
    pub(crate) socket: String,
    pub(crate) mails: &'a [Packets],
    pub(crate) messages: u64,
    /// Number of the next message.
    pub(crate) next: AtomicU64,
    pub(crate) ledger: &'a Ledger,
}

impl Load<'_> {
    /// Sends all that are left over this many connections at a time.
    pub(crate) fn run(&self, connections: usize) {
        thread::scope(|scope| {
            for seed in 0..connections {
                scope.spawn(move || self.client(seed as u64));
            }
        });
    }

    /// Opens a connection; another agreement than untrackd's is an error.
    pub(crate) fn connect(&self) -> io::Result<Connection> {
        let connection = Connection::open(&self.socket)?;
        let agreement = connection.agreement();
        if agreement == AGREED {
            Ok(connection)
        } else {
            Err(io::Error::other(format!(
                "another agreement: {agreement:?}"
            )))
        }
    }

    /// Sends messages on one connection after the other.
    fn client(&self, seed: u64) {
        let mut random = Random::new(seed);
        let mut is_over = false;
        while !is_over {
            self.ledger.connections.fetch_add(1, Ordering::Relaxed);
            let connection = match self.connect() {
                Ok(connection) => connection,
                Err(error) => {
                    let story = format!("cannot connect: {error}");
                    self.ledger.tell(&self.ledger.broken, story);
                    // A milter that is gone will not come back.
                    return;
                }
            };
            let messages = random.between(1, 60);
            match self.use_up(connection, messages, &mut random) {
                Ok(over) => is_over = over,
                Err(error) => {
                    let story = format!("a connection broke: {error}");
                    self.ledger.tell(&self.ledger.broken, story);
                }
            }
        }
    }

    /// Sends some messages on a connection and ends it; says whether none are
    /// left.
    fn use_up(
        &self,
        mut connection: Connection,
        messages: usize,
        random: &mut Random,
    ) -> io::Result<bool> {
        for _ in 0..messages {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.messages {
                connection.quit()?;
                return Ok(true);
            }
            // What SMTP clients do besides sending mail.
            match random.below(50) {
                0 => {
                    let other = random.pick(self.mails);
                    connection.give_up(other)?;
                    self.ledger.given_up.fetch_add(1, Ordering::Relaxed);
                }
                1 => connection.next_client()?,
                _ => {}
            }
            self.send(&mut connection, number)?;
        }
        // Some clients just go.
        if random.below(10) > 0 {
            connection.quit()?;
        }
        Ok(false)
    }

    /// Sends one message.
    pub(crate) fn send(&self, connection: &mut Connection, number: u64) -> io::Result<Answer> {
        let which = usize::try_from(number % self.mails.len() as u64).expect("below a length");
        let mail = &self.mails[which];
        self.ledger.sent.fetch_add(1, Ordering::Relaxed);
        match connection.pass(mail, &queue_id(number)) {
            Ok(answer) => {
                self.ledger.note(which, mail, answer);
                Ok(answer)
            }
            Err(error) => {
                let story = format!("{}: no answer: {error}", mail.name);
                self.ledger.tell(&self.ledger.lost, story);
                Err(error)
            }
        }
    }
}

/// The queue id of a message, by which the block log knows it.
pub(crate) fn queue_id(number: u64) -> String {
    format!("S{number:011}")
}
