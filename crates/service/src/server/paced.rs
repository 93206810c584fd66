//! A connection that breaks off when its client sends the head of a request, or reads an answer, too slowly.
//!
//! Not responsible for connections on which nothing happens between requests; hyper closes those.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;

/// The requests of one connection: how many began, and how many of them are being answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Requests(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    begun: AtomicU64,
    ended: AtomicU64,
}

/// A request that is being answered, until it is dropped.
#[derive(Debug)]
pub(super) struct Running(Arc<Counters>);

impl Requests {
    /// The head of a request was read.
    pub(super) fn begin(&self) -> Running {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        Running(self.0.clone())
    }

    fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::Relaxed)
    }

    fn is_running(&self) -> bool {
        self.begun() > self.0.ended.load(Ordering::Relaxed)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// A stream with its clocks.
#[derive(Debug)]
pub(super) struct Paced<S> {
    stream: S,
    head_within: Duration,
    write_within: Duration,
    requests: Requests,
    /// Runs from the first byte of a head until its request begins; with the number of requests before it.
    head: Option<(u64, Pin<Box<Sleep>>)>,
    /// Runs as long as the client takes nothing.
    write: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(super) fn new(stream: S, limits: &Limits, requests: Requests) -> Self {
        Self {
            stream,
            head_within: limits.head_within,
            write_within: limits.write_within,
            requests,
            head: None,
            write: None,
        }
    }

    /// Bytes came: those of a head, unless a request is being answered, whose body they may be.
    fn received(&mut self) {
        if self.requests.is_running() {
            self.head = None;
            return;
        }
        let begun = self.requests.begun();
        if self.head.as_ref().is_none_or(|(before, _)| *before != begun) {
            let clock = Box::pin(sleep_until(Instant::now() + self.head_within));
            self.head = Some((begun, clock));
        }
    }

    /// Nothing came: the head that has begun may have taken too long.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let begun = self.requests.begun();
        self.head.take_if(|(before, _)| *before != begun);
        let Some((_, clock)) = &mut self.head else {
            return Poll::Pending;
        };
        ready!(clock.as_mut().poll(context));
        Poll::Ready(io::Error::new(ErrorKind::TimedOut, "the head took too long"))
    }

    /// Whether the client took something, or has not for too long.
    fn poll_written<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write = None;
            return written;
        }
        let within = self.write_within;
        let clock = self
            .write
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + within)));
        ready!(clock.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(
            ErrorKind::TimedOut,
            "the client does not read the response",
        )))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Pending => this.poll_head(context).map(Err),
            Poll::Ready(result) => {
                if result.is_ok() && buffer.filled().len() > before {
                    this.received();
                }
                Poll::Ready(result)
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, buffer);
        this.poll_written(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        this.poll_written(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.stream).poll_flush(context);
        this.poll_written(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let ended = Pin::new(&mut this.stream).poll_shutdown(context);
        this.poll_written(context, ended)
    }
}
