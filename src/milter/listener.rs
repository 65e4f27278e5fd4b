//! Accepts the connections of the MTA.
//!
//! indymilter ends when its listener returns an error. But a client that
//! hangs up too early (ECONNABORTED) or a shortage of file descriptors
//! (EMFILE) passes; so errors end here, with a pause that grows.

use super::{
    SocketAddr,
    bind::{Bound, BoundListener, SocketFile},
    stats::Stats,
    stream::{MtaStream, Stream},
};
use indymilter::Listener;
use std::{
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};
use tokio::{
    net::{TcpListener, UnixListener},
    time::{Sleep, sleep},
};
use tracing::{info, warn};

/// The first pause after an error.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// The longest pause after an error.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Where connections come from.
pub(super) trait Accept: Send {
    /// The next connection.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Stream>>;
}

/// A listening socket.
pub(super) struct Listening {
    // Removed first, see `BoundListener`.
    file: Option<SocketFile>,
    socket: Socket,
    address: SocketAddr,
    /// The socket before this one, whose file is gone: nobody can connect to
    /// it any more, but some may have done so before.
    former: Option<Socket>,
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listening {
    /// Hands the socket over to the runtime.
    pub(super) fn new(bound: BoundListener) -> io::Result<Self> {
        let (socket, file, address) = bound.into_parts();
        Ok(Self {
            file,
            socket: Socket::new(socket)?,
            address,
            former: None,
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &SocketAddr {
        &self.address
    }

    /// Whether the socket file, if there is one, is where it was made.
    pub(super) fn is_in_place(&self) -> bool {
        self.file.as_ref().is_none_or(SocketFile::is_in_place)
    }

    /// Goes on with another socket. Connections that wait at this one are not
    /// lost.
    pub(super) fn replace(&mut self, bound: BoundListener) -> io::Result<()> {
        let (socket, file, address) = bound.into_parts();
        let socket = Socket::new(socket)?;
        // Dropped while its socket is open, see `BoundListener`.
        self.file = file;
        self.former = Some(mem::replace(&mut self.socket, socket));
        self.address = address;
        Ok(())
    }
}

impl Socket {
    fn new(bound: Bound) -> io::Result<Self> {
        Ok(match bound {
            Bound::Tcp(socket) => Self::Tcp(TcpListener::from_std(socket)?),
            Bound::Unix(socket) => Self::Unix(UnixListener::from_std(socket)?),
        })
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        match self {
            Self::Tcp(socket) => socket
                .poll_accept(cx)
                .map_ok(|(stream, _)| Stream::tcp(stream)),
            Self::Unix(socket) => socket
                .poll_accept(cx)
                .map_ok(|(stream, _)| Stream::Unix(stream)),
        }
    }
}

impl Accept for Listening {
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Stream>> {
        if let Some(former) = &self.former {
            if let Poll::Ready(accepted) = former.poll_accept(cx) {
                return Poll::Ready(accepted);
            }
            self.former = None;
        }
        self.socket.poll_accept(cx)
    }
}

/// What a [`Door`] and its [`Latch`] share.
struct Shared<A> {
    /// `None` once it is closed for good.
    accept: Option<A>,
    /// Who waits for a connection.
    waiting: Option<Waker>,
}

/// Works a [`Door`] from the outside: indymilter keeps the listener to
/// itself, and does not look at it while all its places are taken.
pub(super) struct Latch<A>(Arc<Mutex<Shared<A>>>);

impl<A> Latch<A> {
    /// Stops listening: from now on connections are refused.
    pub(super) fn close(&self) {
        lock(&self.0).accept.take();
    }

    /// Looks at where connections come from; `None` if that is closed.
    pub(super) fn look<R>(&self, look: impl FnOnce(&A) -> R) -> Option<R> {
        lock(&self.0).accept.as_ref().map(look)
    }

    /// Changes where connections come from; `None` if that is closed.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut A) -> R) -> Option<R> {
        let mut shared = lock(&self.0);
        let result = shared.accept.as_mut().map(change);
        // Whoever waits does so at what was there before.
        let waiting = shared.waiting.take();
        drop(shared);
        if let Some(waker) = waiting {
            waker.wake();
        }
        result
    }
}

/// The listener that indymilter gets.
pub(super) struct Door<A> {
    shared: Arc<Mutex<Shared<A>>>,
    stats: Arc<Stats>,
    /// See [`Service::stall_time`](super::Service::stall_time).
    stall_time: Duration,
    max_connections: u64,
    is_full: bool,
    failures: u32,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<A> Door<A> {
    pub(super) fn new(
        accept: A,
        (max_connections, stall_time): (usize, Duration),
        stats: Arc<Stats>,
    ) -> (Self, Latch<A>) {
        let shared = Arc::new(Mutex::new(Shared {
            accept: Some(accept),
            waiting: None,
        }));
        let latch = Latch(Arc::clone(&shared));
        let door = Self {
            shared,
            stats,
            stall_time,
            max_connections: max_connections as u64,
            is_full: false,
            failures: 0,
            pause: None,
        };
        (door, latch)
    }

    fn accepted(&mut self, stream: Stream) -> MtaStream {
        if self.failures > 0 {
            info!(failures = self.failures, "connections are accepted again");
            self.failures = 0;
        }
        let stream = MtaStream::new(stream, self.stall_time, Arc::clone(&self.stats));
        let is_full = self.stats.open() >= self.max_connections;
        if is_full && !self.is_full {
            warn!(
                max_connections = self.max_connections,
                "all connections are in use, further ones have to wait; \
                 raise max-connections above the number of smtpd processes"
            );
        }
        self.is_full = is_full;
        stream
    }

    fn failed(&mut self, error: &io::Error) {
        // One line for a row of errors, which may be a thousand.
        if self.failures == 0 {
            warn!(%error, "cannot accept a connection, trying again");
        }
        self.stats.accept_errors.add(1);
        self.pause = Some(Box::pin(sleep(pause(self.failures))));
        self.failures = self.failures.saturating_add(1);
    }
}

/// How long to wait after an error that so many have gone before.
fn pause(failures: u32) -> Duration {
    let doublings = failures.min(16);
    FIRST_PAUSE
        .saturating_mul(1 << doublings)
        .min(LONGEST_PAUSE)
}

impl<A: Accept> Listener for Door<A> {
    type Io = MtaStream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<MtaStream>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let mut shared = lock(&self.shared);
            shared.waiting = Some(cx.waker().clone());
            let polled = match shared.accept.as_mut() {
                Some(accept) => accept.poll_accept(cx),
                None => Poll::Pending,
            };
            drop(shared);
            match ready!(polled) {
                Ok(stream) => return Poll::Ready(Ok(self.accepted(stream))),
                Err(error) => self.failed(&error),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::UnixStream;

    const STALL: Duration = Duration::from_secs(60);

    /// EMFILE and ECONNABORTED (errno(3)).
    const ERRORS: [i32; 5] = [24, 103, 24, 24, 103];

    /// Fails a few times, then has one connection, then none.
    struct Scripted(Vec<io::Result<Stream>>);

    impl Accept for Scripted {
        fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Stream>> {
            match self.0.pop() {
                Some(result) => Poll::Ready(result),
                None => Poll::Pending,
            }
        }
    }

    #[tokio::test]
    async fn errors_do_not_end_the_listener() {
        let (stream, _mta) = UnixStream::pair().unwrap();
        let mut script = vec![Ok(Stream::Unix(stream))];
        script.extend(ERRORS.map(|e| Err(io::Error::from_raw_os_error(e))));
        let stats = Arc::new(Stats::new());
        let (mut door, _latch) = Door::new(Scripted(script), (10, STALL), Arc::clone(&stats));
        assert!(door.accept().await.is_ok());
        assert_eq!(stats.accept_errors(), 5);
        assert_eq!(door.failures, 0);
    }

    #[test]
    fn a_pause_grows_up_to_a_second() {
        let pauses: Vec<_> = (0..10).map(|n| pause(n).as_millis()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }

    #[tokio::test]
    async fn a_closed_door_lets_nobody_in() {
        let (stream, _mta) = UnixStream::pair().unwrap();
        let script = Scripted(vec![Ok(Stream::Unix(stream))]);
        let (mut door, latch) = Door::new(script, (10, STALL), Arc::new(Stats::new()));
        latch.close();
        let accepted = tokio::time::timeout(Duration::from_millis(20), door.accept()).await;
        assert!(accepted.is_err());
    }
}
