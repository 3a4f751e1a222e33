//! From the page to the conference's task.

use std::sync::Arc;

use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use tokio::time::Instant;
use wire::{ClientMessage, ErrorCode, ServerMessage};

use super::outbox::Outbox;
use super::rate::{Allowance, MESSAGES};
use super::{MAX_BAD_MESSAGES, SILENCE_ENDS, exceeds_size};
use crate::conference_task::{ConferenceHandle, Departure};
use crate::live::{Heard, SocketId};

pub(super) struct Reader {
    conference: ConferenceHandle,
    socket: SocketId,
    heard: Arc<Heard>,
    answers: Outbox,
    allowance: Allowance,
    bad: u32,
}

/// A message counts as one more for so many bytes: reading a large one costs time, too. The largest, of which a page sends one in a
/// while, counts as 17.
const BYTES_OF_A_MESSAGE: f64 = 32.0 * 1024.0;

/// What to do after a message.
enum Next {
    Read,
    Stop(Departure),
}

impl Reader {
    pub(super) fn new(conference: ConferenceHandle, socket: SocketId, heard: Arc<Heard>, answers: Outbox) -> Self {
        Self {
            conference,
            socket,
            heard,
            answers,
            allowance: Allowance::new(MESSAGES, Instant::now().into_std()),
            bad: 0,
        }
    }

    /// Reads until the page leaves, is silent too long, or is sent away.
    pub(super) async fn run(mut self, stream: &mut SplitStream<WebSocket>) -> Departure {
        loop {
            let Ok(message) = tokio::time::timeout(SILENCE_ENDS, stream.next()).await else {
                tracing::debug!(socket = self.socket.0, "silent connection closed");
                return Departure::Cut;
            };
            let next = match message {
                Some(Ok(message)) => self.take(message).await,
                Some(Err(error)) => self.unreadable(&error),
                None => Next::Stop(Departure::Cut),
            };
            if let Next::Stop(departure) = next {
                return departure;
            }
        }
    }

    async fn take(&mut self, message: Message) -> Next {
        self.heard.note(Instant::now().into_std());
        if matches!(message, Message::Close(_)) {
            return Next::Stop(Departure::Left);
        }
        let cost = 1.0 + length(&message) as f64 / BYTES_OF_A_MESSAGE;
        if !self.allowance.take(cost, Instant::now().into_std()) {
            return self.bad(ErrorCode::TooMany, "too many messages; this one was dropped");
        }
        match message {
            Message::Text(text) if text.len() > wire::MAX_MESSAGE_BYTES => self.too_large(),
            Message::Text(text) => match serde_json::from_str::<ClientMessage>(&text) {
                Ok(message) => self.dispatch(message).await,
                Err(error) => self.bad(ErrorCode::BadMessage, &error.to_string()),
            },
            Message::Binary(_) => self.bad(ErrorCode::BadMessage, "messages are text"),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Next::Read,
        }
    }

    async fn dispatch(&mut self, message: ClientMessage) -> Next {
        match message {
            ClientMessage::Ping { nonce } => {
                self.answer(&ServerMessage::Pong { nonce, now: self.conference.now().0 });
                Next::Read
            }
            ClientMessage::Hello(_) => self.bad(ErrorCode::BadMessage, "hello was said already"),
            message => match self.conference.page_says(self.socket, message).await {
                Ok(()) => Next::Read,
                Err(_stopped) => Next::Stop(Departure::Cut),
            },
        }
    }

    /// A message cost the page nothing but itself; too many cost the connection.
    fn bad(&mut self, code: ErrorCode, detail: &str) -> Next {
        self.bad += 1;
        if self.bad >= MAX_BAD_MESSAGES {
            self.answers.close(code, detail);
            return Next::Stop(Departure::Cut);
        }
        self.answer(&ServerMessage::Error { code, detail: detail.to_owned(), fatal: false });
        Next::Read
    }

    fn unreadable(&mut self, error: &axum::Error) -> Next {
        if exceeds_size(error) {
            return self.too_large();
        }
        tracing::debug!(socket = self.socket.0, %error, "connection broke");
        Next::Stop(Departure::Cut)
    }

    fn too_large(&self) -> Next {
        self.answers.close(ErrorCode::TooLarge, format!("a message is at most {} bytes", wire::MAX_MESSAGE_BYTES));
        Next::Stop(Departure::Cut)
    }

    fn answer(&self, message: &ServerMessage) {
        let text = serde_json::to_string(message).expect("messages of `wire` are plain JSON");
        self.answers.push(text.into());
    }
}

fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(bytes) | Message::Ping(bytes) | Message::Pong(bytes) => bytes.len(),
        Message::Close(_) => 0,
    }
}
