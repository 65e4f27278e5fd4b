//! Runs the milter: from the first connection to a stop that loses no mail.

use super::{
    Policy, Service as Settings,
    allowlist::LiveAllowlist,
    bind::BoundListener,
    callbacks::callbacks,
    clock::{Clock, SystemClock},
    in_flight::InFlight,
    keep::keep_in_place,
    listener::{Door, Listening},
    report::summary_line,
    session::Service,
    stats::Stats,
    work::Clean,
};
use crate::telemetry::Record;
use std::{
    fmt, io,
    num::NonZero,
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::Duration,
};
use tokio::{
    select,
    sync::{Semaphore, oneshot, watch},
    time::{sleep, timeout},
};
use tracing::{info, warn};

/// After how long without a message the open connections count as idle.
const QUIET: Duration = Duration::from_millis(500);

/// How often it is looked whether a connection is open during a stop.
const GLANCE: Duration = Duration::from_millis(10);

/// How long sessions are waited for, at least, after they were told to end.
/// They end at once, unless a callback is at work or the MTA is slow to read
/// its reply.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// What a reload replaces, as a whole. A message is handled by the one that
/// was in force at its MAIL command.
pub struct Runtime {
    /// What cleans the messages.
    pub cleaner: Arc<dyn Clean>,
    /// Whose messages, and what if it fails.
    pub policy: Policy,
}

/// What a milter has done by its end.
#[derive(Debug)]
pub struct Summary {
    /// Whether all messages in flight came to their end.
    pub drained: bool,
    /// Messages that were cut off.
    pub unfinished: usize,
    /// All counters.
    pub stats: Arc<Stats>,
    line: String,
}

impl Summary {
    fn of(service: &Service, unfinished: usize, ended: bool) -> Self {
        Self {
            drained: unfinished == 0 && ended,
            unfinished,
            stats: Arc::clone(&service.stats),
            line: summary_line(service),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "connections={} {} unfinished={}",
            self.stats.connections(),
            self.line,
            self.unfinished
        )
    }
}

/// A milter that is about to run.
pub struct Milter {
    listener: BoundListener,
    settings: Settings,
    runtime: watch::Receiver<Arc<Runtime>>,
    allowlist: Arc<LiveAllowlist>,
    recorder: Arc<dyn Record>,
    clock: Arc<dyn Clock>,
    stats: Arc<Stats>,
}

impl Milter {
    /// A milter with the computer's clock and counters at nought.
    pub fn new(
        listener: BoundListener,
        settings: Settings,
        runtime: watch::Receiver<Arc<Runtime>>,
        recorder: Arc<dyn Record>,
    ) -> Self {
        Self {
            listener,
            settings,
            runtime,
            allowlist: Arc::default(),
            recorder,
            clock: Arc::new(SystemClock::new()),
            stats: Arc::new(Stats::new()),
        }
    }

    /// With an allowlist; without one nothing is spared.
    #[must_use]
    pub fn with_allowlist(mut self, allowlist: Arc<LiveAllowlist>) -> Self {
        self.allowlist = allowlist;
        self
    }

    /// With another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The counters, to be read while it runs.
    pub fn stats(&self) -> Arc<Stats> {
        Arc::clone(&self.stats)
    }

    /// Runs until `shutdown` is ready. Then no more connections are accepted
    /// (a socket file is removed), and messages in flight have
    /// [`drain_time`](Settings::drain_time) to come to their end; all replies
    /// have been written when this returns.
    ///
    /// # Errors
    ///
    /// If the listener cannot be handed to the runtime, indymilter gives up,
    /// or the socket file is gone and cannot be made anew; then messages in
    /// flight come to their end as with a stop.
    pub async fn run(self, shutdown: impl Future) -> io::Result<Summary> {
        if self.listener.is_exposed() {
            warn!(
                address = %self.listener.address(),
                "other machines can connect, and the milter protocol has no authentication"
            );
        }
        let listening = Listening::new(self.listener)?;
        let max_connections = self
            .settings
            .max_connections
            .clamp(1, Semaphore::MAX_PERMITS);
        self.stats.max_connections.set(max_connections as u64);
        let limits = (max_connections, self.settings.stall_time);
        let (door, latch) = Door::new(listening, limits, Arc::clone(&self.stats));
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let service = Arc::new(Service {
            runtime: self.runtime,
            allowlist: self.allowlist,
            recorder: self.recorder,
            clock: self.clock,
            in_flight: InFlight::new(Arc::clone(&self.stats)),
            stats: self.stats,
            places: Arc::new(Semaphore::new(processors)),
            was_refused: AtomicBool::new(false),
        });
        let config = indymilter::Config {
            max_connections,
            ..indymilter::Config::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let callbacks = callbacks(Arc::clone(&service));
        let mut milter = pin!(indymilter::run(door, callbacks, config, stopped));

        let lost = select! {
            // Only an error ends it before it is stopped.
            result = &mut milter => {
                result?;
                return Ok(Summary::of(&service, 0, true));
            }
            error = keep_in_place(&latch, &service.stats) => Some(error),
            _ = shutdown => None,
        };
        latch.close();
        drain(&service, self.settings.drain_time).await;
        let unfinished = service.in_flight.count();
        drop(stop);
        // A session that is at work writes its reply before it ends.
        let patience = self.settings.drain_time.max(LAST_WAIT);
        let ended = timeout(patience, &mut milter).await;
        if ended.is_err() {
            warn!("some connections did not end in time");
        }
        match lost {
            Some(error) => Err(error),
            None => Ok(Summary::of(&service, unfinished, ended.is_ok())),
        }
    }
}

/// Waits for the messages in flight, and for those that follow at once over
/// connections that are open: if these were closed, the MTA would do with the
/// rest of the session's mail what its default action for milters says.
async fn drain(service: &Service, time: Duration) {
    let messages = service.in_flight.count();
    info!(messages, connections = service.stats.open(), "stopping");
    let quiet = async {
        select! {
            () = service.in_flight.none_for(QUIET) => {}
            () = no_connection(&service.stats) => {}
        }
    };
    if timeout(time, quiet).await.is_err() {
        warn!(
            messages = service.in_flight.count(),
            "the time to wait for messages is over; the MTA does with them \
             what its default action for milters says"
        );
    }
}

async fn no_connection(stats: &Stats) {
    while stats.open() > 0 {
        sleep(GLANCE).await;
    }
}

/// Runs a milter until `shutdown` is ready; see [`Milter::run`].
///
/// # Errors
///
/// As [`Milter::run`].
pub async fn run(
    listener: BoundListener,
    settings: Settings,
    runtime: watch::Receiver<Arc<Runtime>>,
    recorder: Arc<dyn Record>,
    shutdown: impl Future,
) -> io::Result<Summary> {
    Milter::new(listener, settings, runtime, recorder)
        .run(shutdown)
        .await
}
