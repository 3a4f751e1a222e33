//! The control connection: one WebSocket with the server's messages.

use std::time::Duration;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use wire::{ClientMessage, ServerMessage};

/// Largest message that is read: a whole conference of 64 sites with its messages is far below it.
const MAX_SERVER_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// The server hears a goodbye within this time, also on a line with a round trip of half a second that loses a packet.
const GOODBYE_WITHIN: Duration = Duration::from_secs(3);

/// Where the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    authority: String,
    loopback: bool,
}

impl ServerAddress {
    /// Parses `http://host:port`, with or without a path.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let Some(rest) = url.strip_prefix("http://") else {
            bail!("`{url}`: a headless endpoint joins by http://HOST:PORT");
        };
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.is_empty() {
            bail!("`{url}` names no host");
        }
        let host = authority.rsplit_once(':').map_or(authority, |(host, _port)| host);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        Ok(Self { authority: authority.to_owned(), loopback })
    }

    /// Address to bind media sockets to: loopback stays on loopback.
    pub fn local_media_address(&self) -> &'static str {
        if self.loopback { "127.0.0.1:0" } else { "0.0.0.0:0" }
    }

    /// Address of an HTTP resource of the server, by its path.
    pub(crate) fn http_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.authority)
    }

    fn socket_url(&self) -> String {
        format!("ws://{}{}", self.authority, wire::SOCKET_PATH)
    }
}

/// An open control connection.
pub struct Control {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Control {
    /// Opens it.
    pub async fn connect(server: &ServerAddress) -> anyhow::Result<Self> {
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_SERVER_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_SERVER_MESSAGE_BYTES));
        let url = server.socket_url();
        let (socket, _response) = tokio_tungstenite::connect_async_with_config(&url, Some(config), true)
            .await
            .with_context(|| format!("connecting to {url}"))?;
        Ok(Self { socket })
    }

    /// Sends a message.
    pub async fn send(&mut self, message: &ClientMessage) -> anyhow::Result<()> {
        let text = serde_json::to_string(message).context("writing a message")?;
        self.socket.send(Message::text(text)).await.context("sending")
    }

    /// Says that the site leaves on purpose, and waits until the server has closed the connection in turn: it has read everything then.
    pub async fn goodbye(mut self) {
        let socket = &mut self.socket;
        let closing = async {
            if let Err(error) = socket.send(Message::Close(None)).await {
                tracing::debug!(%error, "nobody to say goodbye to");
                return;
            }
            while let Some(Ok(_)) = socket.next().await {}
        };
        if timeout(GOODBYE_WITHIN, closing).await.is_err() {
            tracing::debug!("the goodbye was not answered in time");
        }
    }

    /// The next message of the server. An error ends the connection.
    pub async fn receive(&mut self) -> anyhow::Result<ServerMessage> {
        loop {
            match self.socket.next().await.context("closed")?.context("receiving")? {
                Message::Text(text) => return serde_json::from_str(&text).context("an unknown message"),
                Message::Close(frame) => {
                    bail!("closed by the server: {}", frame.map_or_else(String::new, |frame| frame.to_string()))
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_goodbye_is_heard_before_the_connection_is_closed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = ServerAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            socket.next().await.unwrap().unwrap()
        });
        let control = Control::connect(&server).await.unwrap();
        timeout(GOODBYE_WITHIN, control.goodbye()).await.unwrap();
        assert!(matches!(heard.await.unwrap(), Message::Close(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_goodbye_to_a_server_that_hangs_comes_to_an_end() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = ServerAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let accept = async {
            let (stream, _) = listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.unwrap()
        };
        let (control, _silent) = tokio::join!(Control::connect(&server), accept);
        let began = tokio::time::Instant::now();
        control.unwrap().goodbye().await;
        assert!(began.elapsed() <= GOODBYE_WITHIN + Duration::from_millis(10), "{:?}", began.elapsed());
    }

    #[test]
    fn addresses_become_socket_urls() {
        let local = ServerAddress::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(local.socket_url(), "ws://127.0.0.1:8080/api/v1/ws");
        assert_eq!(local.local_media_address(), "127.0.0.1:0");
        assert_eq!(ServerAddress::parse("http://localhost:1").unwrap().local_media_address(), "127.0.0.1:0");
        assert_eq!(ServerAddress::parse("http://hoi-nghi.example:80/x").unwrap().local_media_address(), "0.0.0.0:0");
        assert!(ServerAddress::parse("https://x").is_err());
        assert!(ServerAddress::parse("http:///path").is_err());
    }
}
