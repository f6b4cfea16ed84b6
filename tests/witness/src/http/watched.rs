//! A connection that remembers how it broke: HTTP libraries take a reset of an idle one for its end.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::line::Failure;

/// The first failure of a connection.
#[derive(Clone, Default)]
pub(super) struct Fate(Arc<OnceLock<Failure>>);

/// A connection whose failures are noted.
pub(super) struct Watched {
    stream: TcpStream,
    fate: Fate,
}

impl Fate {
    /// How the connection ended; in an orderly way unless it failed.
    pub(super) fn told(&self) -> Failure {
        self.0.get().cloned().unwrap_or(Failure::Closed)
    }
}

impl Watched {
    pub(super) fn new(stream: TcpStream) -> (Self, Fate) {
        let fate = Fate::default();
        let watched = Self {
            stream,
            fate: fate.clone(),
        };
        (watched, fate)
    }

    fn note<T>(&self, outcome: io::Result<T>) -> Poll<io::Result<T>> {
        if let Err(error) = &outcome {
            self.fate.0.get_or_init(|| Failure::of(error));
        }
        Poll::Ready(outcome)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        self.note(read)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.note(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
