//! A WebSocket client that speaks the pages' protocol.

use std::{collections::VecDeque, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};
use wire::{
    ClientKind, ClientMessage, Command, CommandId, Hello, InstanceId, Layout, PROTOCOL_VERSION, Refusal, Revision,
    ServerMessage, SiteSlug, SourceKind, SourceRef, StageView, StateChange, Welcome,
};

use crate::{Operator, Server};

/// Longest wait for one message.
const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub struct Client {
    /// The WebSocket, for whoever wants to read its closing.
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The server's answer to `hello`.
    pub welcome: Welcome,
    /// Messages that arrived while something else was awaited.
    pub unread: VecDeque<ServerMessage>,
}

impl Client {
    /// Joins as a site or screen.
    pub async fn join(server: &Server, kind: ClientKind, token: &str) -> Result<Self> {
        Self::hello(server, None, hello(kind, Some(token.to_owned()))).await
    }

    /// Opens a console.
    pub async fn console(server: &Server, operator: &Operator) -> Result<Self> {
        Self::hello(server, Some(operator), hello(ClientKind::Console, None)).await
    }

    /// Opens a console that has seen `since` of `instance`.
    pub async fn resume(server: &Server, operator: &Operator, instance: InstanceId, since: Revision) -> Result<Self> {
        let hello = Hello { instance: Some(instance), since: Some(since), ..hello(ClientKind::Console, None) };
        Self::hello(server, Some(operator), hello).await
    }

    /// Connects and says hello.
    pub async fn hello(server: &Server, operator: Option<&Operator>, hello: Hello) -> Result<Self> {
        let mut socket = Self::socket(server, operator).await?;
        let text = serde_json::to_string(&ClientMessage::Hello(hello))?;
        socket.send(Message::text(text)).await?;
        let first = read(&mut socket).await?;
        let ServerMessage::Welcome(welcome) = first else { bail!("not welcome: {first:?}") };
        Ok(Self { socket, welcome: *welcome, unread: VecDeque::new() })
    }

    /// A bare WebSocket, before any `hello`.
    pub async fn socket(
        server: &Server,
        operator: Option<&Operator>,
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>> {
        let mut request = format!("ws://{}/api/v1/ws", server.http()).into_client_request()?;
        if let Some(operator) = operator {
            request.headers_mut().insert("cookie", HeaderValue::from_str(&operator.cookie)?);
        }
        let origin = format!("http://{}", server.http());
        request.headers_mut().insert("origin", HeaderValue::from_str(&origin)?);
        Ok(connect_async(request).await?.0)
    }

    /// Sends any message.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<()> {
        self.send_text(&serde_json::to_string(message)?).await
    }

    /// Sends any text.
    pub async fn send_text(&mut self, text: &str) -> Result<()> {
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// Sends a command with a new id and waits for its answer.
    pub async fn command(&mut self, command: Command) -> Result<Result<Revision, Refusal>> {
        self.command_as(CommandId(uuid::Uuid::now_v7().to_string()), command).await
    }

    /// Sends a command with this id and waits for its answer.
    pub async fn command_as(&mut self, id: CommandId, command: Command) -> Result<Result<Revision, Refusal>> {
        self.send(&ClientMessage::Command { id: id.clone(), seen: None, command, age_ms: 0, speaker: None }).await?;
        loop {
            match self.next().await? {
                ServerMessage::Accepted { id: of, revision } if of == id => return Ok(Ok(revision)),
                ServerMessage::Refused { id: of, reason } if of == id => return Ok(Err(reason)),
                other => self.unread.push_back(other),
            }
        }
    }

    /// Puts a site on air alone, and waits until it is.
    pub async fn put_on_air(&mut self, site: &str) -> Result<()> {
        let slug = SiteSlug(site.to_owned());
        let sources = vec![SourceRef { site: slug.clone(), kind: SourceKind::Camera }];
        self.accepted(Command::SetPreview { layout: Layout::Single, sources }).await?;
        let preview = self.until(|message| {
            let preview = stage_of(message)?.preview.as_ref()?;
            preview.sources.iter().any(|source| source.site == slug).then_some(preview.id)
        });
        let preview = preview.await?;
        self.accepted(Command::Take { preview }).await?;
        let on_air = self.until(|message| {
            let stage = stage_of(message)?;
            let shows = stage.program.sources.iter().any(|part| part.source.site == slug);
            (stage.pending.is_none() && stage.preview.is_none()).then_some(shows)
        });
        ensure!(on_air.await?, "the take of {site} failed");
        Ok(())
    }

    /// Sends a command that must be accepted.
    pub async fn accepted(&mut self, command: Command) -> Result<Revision> {
        match self.command(command.clone()).await? {
            Ok(revision) => Ok(revision),
            Err(reason) => bail!("{command:?}: {reason:?}"),
        }
    }

    /// Next message from the wire (not from `unread`).
    pub async fn next(&mut self) -> Result<ServerMessage> {
        read(&mut self.socket).await
    }

    /// Reads until `wanted` gives a value, looking at what was left unread first.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&ServerMessage) -> Option<T>) -> Result<T> {
        while let Some(message) = self.unread.pop_front() {
            if let Some(found) = wanted(&message) {
                return Ok(found);
            }
        }
        loop {
            if let Some(found) = wanted(&self.next().await?) {
                return Ok(found);
            }
        }
    }

    /// Cuts the connection without a closing handshake.
    pub fn cut(self) {
        drop(self.socket);
    }
}

fn stage_of(message: &ServerMessage) -> Option<&StageView> {
    let ServerMessage::Event { changes, .. } = message else { return None };
    changes.iter().rev().find_map(|change| match change {
        StateChange::Stage(stage) => Some(stage),
        _ => None,
    })
}

fn hello(client: ClientKind, token: Option<String>) -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        client,
        token,
        conference: None,
        deflate: false,
        device: uuid::Uuid::new_v4().to_string(),
        instance: None,
        since: None,
    }
}

async fn read(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Result<ServerMessage> {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next())
            .await
            .context("no message from the server in ten seconds")?
            .context("the server closed the connection")??;
        match message {
            Message::Text(text) => return serde_json::from_str(&text).with_context(|| text.to_string()),
            Message::Close(frame) => bail!("the server closed the connection: {frame:?}"),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
}
