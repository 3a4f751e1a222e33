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
/// How a connection of HTTP/2 begins; no HTTP/1 has this method (RFC 9113, section 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";
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

/// Sends what is written at once, and gives a connection a time to say that it speaks HTTP/1: the server tells it from HTTP/2
/// by the first bytes and would wait for ever; its own time for a head begins only then. HTTP/2, which can only come here
/// unasked (ALPN does not offer it), is ended: it has no time for a head, and WebSockets need HTTP/1.1.
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

/// A connection that ends if it does not begin in time, or begins as HTTP/2. After that it is a stream like any other.
struct Awaited<S> {
    stream: S,
    beginning: Option<Beginning>,
}

/// What is known of the first bytes.
struct Beginning {
    patience: Pin<Box<Sleep>>,
    /// Bytes of [`HTTP_2`] that have come.
    matched: usize,
}

impl<S> Awaited<S> {
    fn new(stream: S) -> Self {
        Self { stream, beginning: Some(Beginning { patience: Box::pin(tokio::time::sleep(HEAD_WITHIN)), matched: 0 }) }
    }
}

impl Beginning {
    /// Takes what was read; none: it is HTTP/1, or has ended.
    fn go_on(mut self, read: &[u8]) -> io::Result<Option<Self>> {
        let same = read.iter().zip(&HTTP_2[self.matched..]).take_while(|(byte, wanted)| byte == wanted).count();
        self.matched += same;
        match self.matched == HTTP_2.len() {
            true => Err(io::Error::new(io::ErrorKind::InvalidData, "HTTP/2 is not spoken here")),
            false => Ok((same == read.len() && same > 0).then_some(self)),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Awaited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(mut beginning) = self.beginning.take() else { return polled };
        match polled {
            Poll::Ready(Ok(())) => {
                self.beginning = beginning.go_on(&buffer.filled()[before..])?;
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending if beginning.patience.as_mut().poll(context).is_ready() => {
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => {
                self.beginning = Some(beginning);
                Poll::Pending
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

    #[tokio::test(start_paused = true)]
    async fn a_beginning_that_could_be_either_ends_in_time() {
        let (mut theirs, ours) = duplex(64);
        let mut ours = Awaited::new(ours);
        theirs.write_all(b"P").await.unwrap();
        assert_eq!(ours.read_u8().await.unwrap(), b'P');

        assert_eq!(ours.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn http_2_is_ended_however_it_is_cut_and_http_1_is_not() {
        for pieces in [vec!["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], vec!["P", "RI * HTT", "P/2.0\r\n"]] {
            let (mut theirs, ours) = duplex(64);
            let mut ours = Awaited::new(ours);
            let mut ended = None;
            for piece in pieces {
                theirs.write_all(piece.as_bytes()).await.unwrap();
                let mut read = [0; 64];
                ended = ours.read(&mut read).await.err();
            }
            assert_eq!(ended.map(|error| error.kind()), Some(io::ErrorKind::InvalidData));
        }
        for head in ["POST / HTTP/1.1\r\n", "PRINT / HTTP/1.1\r\n"] {
            let (mut theirs, ours) = duplex(64);
            let mut ours = Awaited::new(ours);
            theirs.write_all(head.as_bytes()).await.unwrap();
            ours.read_exact(&mut vec![0; head.len()]).await.unwrap();
            assert!(timeout(2 * HEAD_WITHIN, ours.read_u8()).await.is_err(), "it still waits");
        }
    }
}
