//! One listening port: plain HTTP or HTTPS, with the time limits that keep idle and slow connections from piling up.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::{Accept, DefaultAcceptor};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

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

/// Waits for the first byte of a connection before anything else: the server below tells HTTP/1 from HTTP/2 by it and would
/// wait for ever; its own time for a head begins only then.
#[derive(Clone)]
struct FirstByte<A>(A);

impl<A, S> Accept<TcpStream, S> for FirstByte<A>
where
    A: Accept<TcpStream, S> + Clone + Send + 'static,
    A::Future: Send,
    S: Send + 'static,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, Self::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let acceptor = self.0.clone();
        Box::pin(async move {
            let first = tokio::time::timeout(HEAD_WITHIN, stream.peek(&mut [0])).await;
            first.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
            acceptor.accept(stream, service).await
        })
    }
}
