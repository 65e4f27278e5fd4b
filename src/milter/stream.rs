//! A connection of the MTA.
//!
//! Over TCP the MTA's last small packet of a message waits for the
//! acknowledgement of the one before it (Nagle), which we would delay for 40
//! ms: every message would stand still for that long. The kernel forgets
//! TCP_QUICKACK again and again, so it is set anew after every read. Our own
//! replies go out at once (TCP_NODELAY).

use super::{
    outbox::Outbox,
    pace::{Frames, Patience},
    stats::Stats,
};
use socket2::{SockRef, TcpKeepalive};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tracing::{debug, warn};

/// A machine that is gone without a word is noticed after these many seconds
/// of silence, and so many questions at such an interval.
const KEEPALIVE: (u64, u32, u64) = (120, 4, 30);

/// How many times longer than for a command is waited for a peer to read the
/// next piece of a reply. It writes what it reads to a disk, and losing it in
/// the middle of a new body is worse than waiting (see the outbox).
const READER_PATIENCE: u32 = 5;

/// The piece of a reply that it is to read in that time, in bytes.
const PIECE: usize = 64 << 10;

/// The two kinds of connections.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(super) fn tcp(stream: TcpStream) -> Self {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "cannot set TCP_NODELAY");
        }
        let (silence, questions, interval) = KEEPALIVE;
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(silence))
            .with_interval(Duration::from_secs(interval))
            .with_retries(questions);
        if let Err(error) = SockRef::from(&stream).set_tcp_keepalive(&keepalive) {
            debug!(%error, "cannot set SO_KEEPALIVE");
        }
        Self::Tcp(stream)
    }

    fn acknowledge_quickly(&self) {
        #[cfg(target_os = "linux")]
        if let Self::Tcp(stream) = self {
            // If it fails, the connection is slow or gone; the next read
            // tells.
            let _ = SockRef::from(stream).set_tcp_quickack(true);
        }
    }
}

/// A connection that is counted while it is open.
pub(super) struct MtaStream {
    stream: Stream,
    frames: Frames,
    /// For a command that has begun.
    sender: Patience,
    outbox: Outbox,
    /// For a piece of a reply.
    reader: Patience,
    piece: usize,
    stats: Arc<Stats>,
    is_broken: bool,
}

impl MtaStream {
    /// `stall_time` is that of [`Service`](super::Service).
    pub(super) fn new(stream: Stream, stall_time: Duration, stats: Arc<Stats>) -> Self {
        stats.connections.add(1);
        stats.open.add(1);
        let mut sender = Patience::new(stall_time);
        // The first command comes without being asked for.
        sender.start();
        Self {
            stream,
            frames: Frames::default(),
            sender,
            outbox: Outbox::default(),
            reader: Patience::new(stall_time.saturating_mul(READER_PATIENCE)),
            piece: 0,
            stats,
            is_broken: false,
        }
    }

    /// Writes what is due.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbox.due().is_empty() {
            let due = self.outbox.due();
            let polled = match &mut self.stream {
                Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, due),
                Stream::Unix(stream) => Pin::new(stream).poll_write(cx, due),
            };
            if polled.is_pending() {
                self.reader.start();
                ready!(self.reader.poll_end(cx));
                self.stats.stalled.add(1);
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let written = ready!(polled)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.advance(written);
            self.piece = self.piece.saturating_add(written);
            if self.piece >= PIECE {
                self.piece = 0;
                self.reader.lift();
            }
        }
        self.piece = 0;
        self.reader.lift();
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// Takes note of what the MTA has sent.
    fn received(&mut self, bytes: &[u8]) {
        let has_ended = self.frames.pass(bytes);
        if has_ended {
            self.sender.lift();
        }
        if self.frames.is_within() {
            self.sender.start();
        }
    }

    /// Notes that the MTA is gone, once.
    fn note<T>(&mut self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &result
            && !self.is_broken
        {
            self.is_broken = true;
            self.stats.broken.add(1);
            warn!(%error, "the connection to the MTA broke while a reply was written");
        }
        result
    }
}

impl Drop for MtaStream {
    fn drop(&mut self) {
        self.stats.open.sub(1);
    }
}

impl AsyncRead for MtaStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        match result {
            Poll::Ready(Ok(())) => {
                self.stream.acknowledge_quickly();
                self.received(buffer.filled().get(before..).unwrap_or_default());
                result
            }
            Poll::Ready(Err(_)) => result,
            Poll::Pending => {
                ready!(self.sender.poll_end(cx));
                self.stats.stalled.add(1);
                warn!("the MTA stopped in the middle of a command; its connection is ended");
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncWrite for MtaStream {
    /// Takes all; what is due goes out when it is flushed, which indymilter
    /// does after every reply.
    fn poll_write(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.outbox.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = self.poll_send(cx);
        self.note(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The MTA has usually closed its end before us; that is no news.
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    const STALL: Duration = Duration::from_millis(60);

    fn pair() -> (MtaStream, UnixStream, Arc<Stats>) {
        pair_with(STALL)
    }

    fn pair_with(stall: Duration) -> (MtaStream, UnixStream, Arc<Stats>) {
        let (ours, mta) = UnixStream::pair().unwrap();
        let stats = Arc::new(Stats::new());
        let ours = MtaStream::new(Stream::Unix(ours), stall, Arc::clone(&stats));
        (ours, mta, stats)
    }

    #[tokio::test]
    async fn an_mta_may_be_silent_between_two_commands() {
        // Longer than the machine keeps us waiting for the command itself.
        let stall = Duration::from_secs(1);
        let (mut ours, mut mta, stats) = pair_with(stall);
        for _ in 0..2 {
            mta.write_all(b"\0\0\0\x01Q").await.unwrap();
            let mut frame = [0; 5];
            ours.read_exact(&mut frame).await.unwrap();
            let long = tokio::time::timeout(stall * 3 / 2, ours.read_u8());
            assert!(long.await.is_err(), "it is still waited for");
        }
        assert_eq!(stats.stalled(), 0);
    }

    #[tokio::test]
    async fn a_command_that_begins_ends_in_time_or_the_connection_does() {
        // Nothing at all, half a length, half a command, one byte at a time.
        for (start, is_dripping) in [
            (&b""[..], false),
            (b"\0\0", false),
            (b"\0\0\0\x01Q\0\0\0\x09Lhalf", false),
            (b"\0\x01\0\0B", true),
        ] {
            let begun = tokio::time::Instant::now();
            let (mut ours, mut mta, stats) = pair();
            mta.write_all(start).await.unwrap();
            let dripping = async {
                if is_dripping {
                    loop {
                        let _ = mta.write_all(b"x").await;
                        tokio::time::sleep(STALL / 20).await;
                    }
                }
                std::future::pending::<()>().await;
            };
            let reading = async {
                loop {
                    if let Err(error) = ours.read_u8().await {
                        break error;
                    }
                }
            };
            let error = tokio::select! {
                error = reading => error,
                () = dripping => unreachable!("it never ends"),
            };
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            assert!(begun.elapsed() >= STALL, "{start:?}");
            assert_eq!(stats.stalled(), 1);
        }
    }

    #[tokio::test]
    async fn a_reply_that_nobody_reads_is_given_up_late() {
        let (mut ours, _mta, stats) = pair();
        // An acceptance with more than any socket buffer takes behind it.
        let mut reply = vec![0x01, 0, 0, 0, b'a'];
        reply.resize(4 + (1 << 24), b'x');
        ours.write_all(&reply).await.unwrap();
        let begun = tokio::time::Instant::now();
        let error = ours.flush().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() >= 5 * STALL);
        assert_eq!((stats.stalled(), stats.broken()), (1, 1));
    }

    #[tokio::test]
    async fn a_tcp_connection_delays_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut mta = TcpStream::connect(address).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let stats = Arc::new(Stats::new());
        // What is sent below begins a command and never ends it.
        let patience = Duration::from_secs(60);
        let mut ours = MtaStream::new(Stream::tcp(accepted), patience, Arc::clone(&stats));
        assert_eq!((stats.connections(), stats.open()), (1, 1));

        for _ in 0..3 {
            if let Stream::Tcp(stream) = &ours.stream {
                let socket = SockRef::from(stream);
                assert!(socket.tcp_nodelay().unwrap());
                assert!(socket.keepalive().unwrap());
                #[cfg(target_os = "linux")]
                socket.set_tcp_quickack(false).unwrap();
            }
            mta.write_all(b"x").await.unwrap();
            assert_eq!(ours.read_u8().await.unwrap(), b'x');
            #[cfg(target_os = "linux")]
            if let Stream::Tcp(stream) = &ours.stream {
                assert!(SockRef::from(stream).tcp_quickack().unwrap());
            }
        }

        drop(ours);
        assert_eq!((stats.connections(), stats.open()), (1, 0));
    }

    #[tokio::test]
    async fn a_connection_that_breaks_is_counted_once() {
        let (ours, mta) = UnixStream::pair().unwrap();
        let stats = Arc::new(Stats::new());
        let mut ours = MtaStream::new(Stream::Unix(ours), STALL, Arc::clone(&stats));
        drop(mta);
        for _ in 0..3 {
            // A whole reply: the length, and "continue".
            ours.write_all(b"\0\0\0\x01c").await.unwrap();
            assert!(ours.flush().await.is_err());
        }
        assert_eq!(stats.broken(), 1);
    }
}
