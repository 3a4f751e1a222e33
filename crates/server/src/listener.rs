//! One listening port: plain HTTP or HTTPS, with the time limits that keep idle and slow connections from piling up.

use std::io::{self, IoSlice};
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Sleep;

/// A request's head arrives within this time, also the first one of a connection: a slow-loris ends here.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A TLS handshake is done within this time.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// Largest head of a request, in bytes: a cookie, a token and a long path.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A port that is served.
pub(crate) struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

/// Takes a port; a busy one is one clear line.
pub(crate) fn bind(address: SocketAddr, what: &str) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow::anyhow!("{what}: {address} is in use by another program"),
        _ => anyhow::anyhow!("{what}: cannot listen on {address}: {error}"),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

impl Listener {
    /// Serves on a port that was taken.
    pub(crate) fn serve(
        socket: TcpListener,
        tls: Option<Arc<rustls::ServerConfig>>,
        router: Router,
    ) -> anyhow::Result<Self> {
        let address = socket.local_addr()?;
        let handle = Handle::new();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let mut server = axum_server::from_tcp(socket)?.handle(handle.clone());
        // Not `http1_only`: with it axum-server serves without upgrades, and every WebSocket ends after its handshake.
        let timer = TokioTimer::new();
        server.http_builder().http1().timer(timer).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD_BYTES);
        let task = match tls {
            None => tokio::spawn(server.acceptor(FirstByte(DefaultAcceptor::new())).serve(service)),
            Some(config) => {
                let acceptor =
                    RustlsAcceptor::new(RustlsConfig::from_config(config)).handshake_timeout(HANDSHAKE_WITHIN);
                tokio::spawn(server.acceptor(FirstByte(acceptor)).serve(service))
            }
        };
        Ok(Self { address, handle, task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no new connections, and lets running requests end until the deadline.
    pub(crate) fn begin_stop(&self, deadline: Duration) {
        self.handle.graceful_shutdown(Some(deadline));
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(self) {
        match self.task.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, address = %self.address, "a listener ended badly"),
            Err(error) => tracing::error!(%error, address = %self.address, "a listener's task ended badly"),
        }
    }
}

/// Sends what is written at once, and gives a connection a time for its first byte: the server tells HTTP/1 from HTTP/2 by it and would wait for ever; its own time
/// for a head begins only then.
#[derive(Clone)]
struct FirstByte<A>(A);

impl<A, S> Accept<TcpStream, S> for FirstByte<A>
where
    A: Accept<TcpStream, S>,
    A::Future: Send + 'static,
    A::Stream: Send,
    A::Service: Send,
{
    type Stream = Awaited<A::Stream>;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        // Messages are small and each is awaited: gathered into full segments, the second waits 40 ms for the first's receipt.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection that gathers small messages");
        }
        let accepted = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = accepted.await?;
            Ok((Awaited::new(stream), service))
        })
    }
}

/// A connection that ends if nothing is read from it in time. After its first byte it is a stream like any other.
struct Awaited<S> {
    stream: S,
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> Awaited<S> {
    fn new(stream: S) -> Self {
        Self { stream, patience: Some(Box::pin(tokio::time::sleep(HEAD_WITHIN))) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Awaited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => {
                self.patience = None;
                Poll::Ready(read)
            }
            Poll::Pending => {
                let impatient =
                    self.patience.as_mut().is_some_and(|patience| patience.as_mut().poll(context).is_ready());
                if impatient { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Awaited<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::time::{Instant, timeout};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_says_nothing_ends_in_time() {
        let (_silent, ours) = duplex(64);
        let opened = Instant::now();

        let read = Awaited::new(ours).read_u8().await;

        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(opened.elapsed().as_secs(), HEAD_WITHIN.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_has_spoken_may_be_silent() {
        let (mut theirs, ours) = duplex(64);
        let mut ours = Awaited::new(ours);
        theirs.write_u8(7).await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap(), 7);

        assert!(timeout(2 * HEAD_WITHIN, ours.read_u8()).await.is_err(), "it still waits");
    }
}
