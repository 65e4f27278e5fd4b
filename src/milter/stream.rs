//! A connection of the MTA.
//!
//! Over TCP the MTA's last small packet of a message waits for the
//! acknowledgement of the one before it (Nagle), which we would delay for 40
//! ms: every message would stand still for that long. The kernel forgets
//! TCP_QUICKACK again and again, so it is set anew after every read. Our own
//! replies go out at once (TCP_NODELAY).

use super::{outbox::Outbox, stats::Stats};
use socket2::SockRef;
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
};
use tracing::{debug, warn};

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
    outbox: Outbox,
    stats: Arc<Stats>,
    is_broken: bool,
}

impl MtaStream {
    pub(super) fn new(stream: Stream, stats: Arc<Stats>) -> Self {
        stats.connections.add(1);
        stats.open.add(1);
        Self {
            stream,
            outbox: Outbox::default(),
            stats,
            is_broken: false,
        }
    }

    /// Writes what is due.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbox.due().is_empty() {
            let due = self.outbox.due();
            let written = ready!(match &mut self.stream {
                Stream::Tcp(stream) => Pin::new(stream).poll_write(cx, due),
                Stream::Unix(stream) => Pin::new(stream).poll_write(cx, due),
            })?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.advance(written);
        }
        match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Unix(stream) => Pin::new(stream).poll_flush(cx),
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
        let result = match &mut self.stream {
            Stream::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        if let Poll::Ready(Ok(())) = result {
            self.stream.acknowledge_quickly();
        }
        result
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

    #[tokio::test]
    async fn a_tcp_connection_delays_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut mta = TcpStream::connect(address).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let stats = Arc::new(Stats::new());
        let mut ours = MtaStream::new(Stream::tcp(accepted), Arc::clone(&stats));
        assert_eq!((stats.connections(), stats.open()), (1, 1));

        for _ in 0..3 {
            if let Stream::Tcp(stream) = &ours.stream {
                let socket = SockRef::from(stream);
                assert!(socket.tcp_nodelay().unwrap());
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
        let mut ours = MtaStream::new(Stream::Unix(ours), Arc::clone(&stats));
        drop(mta);
        for _ in 0..3 {
            // A whole reply: the length, and "continue".
            ours.write_all(b"\0\0\0\x01c").await.unwrap();
            assert!(ours.flush().await.is_err());
        }
        assert_eq!(stats.broken(), 1);
    }
}
