//! A connection that counts what it wrote and how long it had to wait, so that slow can be told from dead.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Bytes written so far; shared with whoever watches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(Arc<AtomicU64>);

impl Written {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Progress<T> {
    inner: T,
    written: Written,
    /// Time that writes have waited for the other side to take something.
    waited: Duration,
    /// Since when one waits.
    waits: Option<Instant>,
}

impl<T> Progress<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, written: Written::default(), waited: Duration::ZERO, waits: None }
    }
    pub(crate) fn written(&self) -> Written {
        self.written.clone()
    }
    /// How long writes have waited in all; one that waits still counts when it ends.
    pub(crate) const fn waited(&self) -> Duration {
        self.waited
    }
    fn count(&mut self, result: &Poll<Result<usize>>) {
        match result {
            Poll::Ready(result) => {
                if let Ok(bytes) = result {
                    self.written.0.fetch_add(u64::try_from(*bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
                }
                if let Some(since) = self.waits.take() {
                    self.waited += since.elapsed();
                }
            }
            Poll::Pending => drop(self.waits.get_or_insert_with(Instant::now)),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Progress<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Progress<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.count(&result);
        result
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.count(&result);
        result
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
