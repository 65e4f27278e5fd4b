//! Many connections that hand a milter one mail after the other.

use super::common::{
    mail::random::Random,
    milter::{Connection, Packets},
};
use std::{
    io,
    sync::{Barrier, OnceLock},
    thread,
    time::{Duration, Instant},
};

/// Stack of a connection's thread: a thousand of them must fit.
const STACK: usize = 256 << 10;

/// A load on one milter.
pub(crate) struct Load<'a> {
    /// The socket as Postfix writes it.
    pub(crate) socket: &'a str,
    pub(crate) mail: &'a Packets,
    pub(crate) connections: usize,
    pub(crate) time: Duration,
    /// Messages a second over all connections, at random moments; without it
    /// every connection sends the next mail when it has the answer.
    pub(crate) rate: Option<f64>,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// How long it took from the first message to the last answer.
    pub(crate) wall: Duration,
    /// From the end of the message being sent to the reply that ends it, of
    /// each message; in ascending order.
    pub(crate) waits: Vec<Duration>,
}

impl Run {
    pub(crate) fn messages(&self) -> usize {
        self.waits.len()
    }

    /// Messages a second.
    pub(crate) fn rate(&self) -> f64 {
        self.messages() as f64 / self.wall.as_secs_f64()
    }

    /// The wait that this share of all messages stays within.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.waits.len().saturating_sub(1) as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let index = (last * share).round() as usize;
        self.waits.get(index).copied().unwrap_or_default()
    }
}

/// The shape of an answer, which is the same every time.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Shape {
    verdict: u8,
    edits: usize,
    bytes: usize,
}

impl Load<'_> {
    /// Opens all connections, calls `ready`, and sends.
    ///
    /// # Errors
    ///
    /// If a connection breaks, or the milter does not accept a message or
    /// answers otherwise than the first time.
    pub(crate) fn run(&self, ready: impl FnOnce()) -> io::Result<Run> {
        let first = OnceLock::new();
        // Two times: when all are open, and when the measurement begins.
        let barrier = Barrier::new(self.connections + 1);
        thread::scope(|scope| {
            let clients: Vec<_> = (0..self.connections)
                .map(|number| {
                    let (first, barrier) = (&first, &barrier);
                    thread::Builder::new()
                        .stack_size(STACK)
                        .spawn_scoped(scope, move || {
                            let connection = Connection::open(self.socket);
                            barrier.wait();
                            barrier.wait();
                            self.client(number, connection?, first)
                        })
                })
                .collect::<io::Result<_>>()?;
            barrier.wait();
            ready();
            let start = Instant::now();
            barrier.wait();
            let mut waits = Vec::new();
            for client in clients {
                let part = client
                    .join()
                    .map_err(|_| io::Error::other("a connection's thread panicked"))??;
                waits.extend(part);
            }
            let wall = start.elapsed();
            waits.sort_unstable();
            Ok(Run { wall, waits })
        })
    }

    fn client(
        &self,
        number: usize,
        mut connection: Connection,
        first: &OnceLock<Shape>,
    ) -> io::Result<Vec<Duration>> {
        let mut random = Random::new(number as u64);
        let mut waits = Vec::new();
        let start = Instant::now();
        let mut due = start;
        for message in 0.. {
            if let Some(rate) = self.rate {
                due += pause(&mut random, rate / self.connections as f64);
                if due >= start + self.time {
                    break;
                }
                thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            if start.elapsed() >= self.time {
                break;
            }
            connection.send(self.mail, &format!("L{number:05}{message:07}"))?;
            let sent = Instant::now();
            let mut shape = Shape::default();
            shape.verdict = connection.edits(|_, data| {
                shape.edits += 1;
                shape.bytes += data.len();
                Ok(())
            })?;
            waits.push(sent.elapsed());
            let first = first.get_or_init(|| shape);
            if *first != shape || !matches!(shape.verdict, b'a' | b'c') {
                return Err(io::Error::other(format!(
                    "{}: {first:?} the first time, now {shape:?}",
                    self.mail.name
                )));
            }
        }
        connection.quit()?;
        Ok(waits)
    }
}

/// Time to the next message if they come at random, `rate` a second.
fn pause(random: &mut Random, rate: f64) -> Duration {
    let share = (random.bits() >> 11) as f64 / (1_u64 << 53) as f64;
    Duration::from_secs_f64(-(1.0 - share).ln() / rate)
}
