//! A thin line: a connection whose reader takes only so many bytes a second.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// Bytes a second that may be read; [`Rate::open`] lifts the limit.
#[derive(Debug, Clone)]
pub struct Rate(Arc<AtomicUsize>);

impl Rate {
    /// So many.
    #[must_use]
    pub fn of(bytes_per_second: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes_per_second)))
    }

    /// No limit any more; in force within a second.
    pub fn open(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }

    fn now(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A connection that is read at a [`Rate`].
#[derive(Debug)]
pub struct Throttled {
    inner: TcpStream,
    rate: Rate,
    left: usize,
    refill: Pin<Box<Sleep>>,
}

impl Throttled {
    /// Reads `inner` no faster than `rate`.
    #[must_use]
    pub fn new(inner: TcpStream, rate: Rate) -> Self {
        Self { inner, left: rate.now(), rate, refill: Box::pin(sleep(Duration::from_secs(1))) }
    }
}

impl AsyncRead for Throttled {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.rate.now() == usize::MAX {
            return Pin::new(&mut this.inner).poll_read(cx, buf);
        }
        if this.left == 0 {
            ready!(this.refill.as_mut().poll(cx));
            this.refill.as_mut().reset(Instant::now() + Duration::from_secs(1));
            this.left = this.rate.now();
            cx.waker().wake_by_ref();
        }
        let mut piece = vec![0; this.left.min(buf.remaining()).min(64 * 1024)];
        let mut piece = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut this.inner).poll_read(cx, &mut piece))?;
        this.left = this.left.saturating_sub(piece.filled().len());
        buf.put_slice(piece.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Throttled {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, data)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
