//! One WebSocket: a page says hello, is let in or not, and from then on talks to its conference's task.
//!
//! ```text
//!  page ──text──▶ reader ──▶ ConferenceHandle
//!  page ◀─text── writer ◀── outbox ◀── conference task
//! ```
//!
//! Reader and writer run side by side, so that a page whose downlink is slow can still send "back to hall". Whatever is
//! wrong with a message costs the page that message, and after [`MAX_BAD_MESSAGES`] its connection; never more.

mod deflate;
mod hello;
pub mod outbox;
pub(crate) mod rate;
mod reader;
mod writer;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use wire::{ConferenceId, ServerMessage};

use crate::access::Access;
use crate::conference_task::{ConferenceHandle, Departure};
use outbox::Closing;

/// A page says hello within this time; a socket that says nothing costs a file descriptor.
pub const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// The server pings this often, for pages whose timers sleep.
pub const PING_EVERY: Duration = Duration::from_secs(5);
/// A connection from which nothing was heard for so long is dead: two pings and their answers are missing.
pub const SILENCE_ENDS: Duration = Duration::from_secs(12);
/// Bad messages of one connection before it is closed: a page of another version shows itself, a fuzzer is sent away.
pub const MAX_BAD_MESSAGES: u32 = 10;
/// What is read of a message at most. Somewhat more than is accepted, so that a page that sends too much is told so; whoever
/// sends more than this is cut in the middle of it, and usually does not get to read why.
const MAX_READ_BYTES: usize = 4 * wire::MAX_MESSAGE_BYTES;
/// How long a farewell may take to be sent to a page that may not read.
const FAREWELL_WITHIN: Duration = Duration::from_secs(1);
/// What a page still sends is thrown away for so long after the farewell: closing a connection with unread bytes resets it,
/// and the page would lose the reason.
const LINGER: Duration = Duration::from_millis(500);

/// Where pages come in: who they are, and which conferences there are.
#[derive(Debug, Clone)]
pub struct Lobby {
    access: Access,
    first: ConferenceId,
    conferences: Arc<BTreeMap<ConferenceId, ConferenceHandle>>,
}

impl Lobby {
    /// A lobby; pages that name no conference come into `first`.
    pub fn new(access: Access, first: ConferenceHandle, others: impl IntoIterator<Item = ConferenceHandle>) -> Self {
        let first_id = first.id().clone();
        let conferences = std::iter::once(first).chain(others).map(|handle| (handle.id().clone(), handle)).collect();
        Self { access, first: first_id, conferences: Arc::new(conferences) }
    }

    /// The conference of this id, or the first.
    pub fn conference(&self, id: Option<&ConferenceId>) -> Option<&ConferenceHandle> {
        self.conferences.get(id.unwrap_or(&self.first))
    }

    /// All conferences.
    pub fn conferences(&self) -> impl Iterator<Item = &ConferenceHandle> {
        self.conferences.values()
    }
}

/// `GET` [`wire::SOCKET_PATH`]. Pages of foreign origins were sent away before (`http::origin`).
pub async fn handler(State(lobby): State<Lobby>, parts: Parts, upgrade: WebSocketUpgrade) -> Response {
    let address = crate::http::address(&parts.extensions);
    upgrade
        .max_message_size(MAX_READ_BYTES)
        .max_frame_size(MAX_READ_BYTES)
        .on_upgrade(move |socket| serve(lobby, parts.headers, address, socket))
}

async fn serve(lobby: Lobby, headers: HeaderMap, address: Option<IpAddr>, mut socket: WebSocket) {
    let hello::Admitted { conference, joined, deflate } =
        match hello::admit(&lobby, &headers, address, &mut socket).await {
            Ok(admitted) => admitted,
            Err(Some(closing)) => {
                farewell(&mut socket, &closing).await;
                return linger(&mut socket).await;
            }
            Err(None) => return,
        };
    let id = joined.socket;
    let (sink, mut stream) = socket.split();
    let mut writer = writer::Writer::new(sink, joined.outbox, deflate);
    let reader = reader::Reader::new(conference.clone(), id, joined.heard, joined.answers);
    let departure = tokio::select! {
        departure = reader.run(&mut stream) => departure,
        () = writer.run() => Departure::Cut,
    };
    // The reader may have asked for the farewell itself.
    if writer.say_farewell().await {
        linger(&mut stream).await;
    }
    conference.disconnect(id, departure).await;
}

/// Tells the page why, then closes; as far as it still reads.
async fn farewell(socket: &mut (impl Sink<Message, Error = axum::Error> + Unpin), closing: &Closing) {
    let error = ServerMessage::Error { code: closing.code, detail: closing.detail.clone(), fatal: true };
    let text = serde_json::to_string(&error).expect("messages of `wire` are plain JSON");
    let goodbye = async {
        socket.send(Message::Text(text.into())).await?;
        socket.send(Message::Close(None)).await
    };
    // A page that does not read its farewell has left, or was cut for not reading.
    let _ = tokio::time::timeout(FAREWELL_WITHIN, goodbye).await;
}

async fn linger(stream: &mut (impl Stream<Item = Result<Message, axum::Error>> + Unpin)) {
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    // Whoever goes on talking after that is reset.
    let _ = tokio::time::timeout(LINGER, rest).await;
}

/// axum hides the kind of a WebSocket error; the text of its source still says it.
fn exceeds_size(error: &axum::Error) -> bool {
    error.to_string().contains("Space limit exceeded")
}
