//! One listening port: plain HTTP or HTTPS, with the time limits that keep idle and slow connections from piling up.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
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
        // Not `http1_only`: with it axum-server serves without upgrades, and every WebSocket ends after its handshake.
        let mut server = axum_server::from_tcp(socket)?.handle(handle.clone());
        let timer = TokioTimer::new();
        server.http_builder().http1().timer(timer).header_read_timeout(HEAD_WITHIN).max_buf_size(MAX_HEAD_BYTES);
        let task = match tls {
            None => tokio::spawn(server.serve(service)),
            Some(config) => {
                let acceptor =
                    RustlsAcceptor::new(RustlsConfig::from_config(config)).handshake_timeout(HANDSHAKE_WITHIN);
                tokio::spawn(server.acceptor(acceptor).serve(service))
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
