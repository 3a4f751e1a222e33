//! From the outbox to the page.

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use tokio::time::{Interval, MissedTickBehavior};
use wire::ErrorCode;

use super::outbox::OutboxReader;
use super::{FAREWELL_WITHIN, PING_EVERY, deflate, farewell};

pub(super) struct Writer {
    sink: SplitSink<WebSocket, Message>,
    outbox: OutboxReader,
    /// The page can inflate.
    deflate: bool,
}

impl Writer {
    pub(super) fn new(sink: SplitSink<WebSocket, Message>, outbox: OutboxReader, deflate: bool) -> Self {
        Self { sink, outbox, deflate }
    }

    /// Sends until the page is gone or the server wishes to close.
    pub(super) async fn run(&mut self) {
        let mut closing = self.outbox.closing();
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tokio::select! {
            // A send that hangs on a page that does not read must not outlive the wish to close.
            _ = closing.wait_for(Option::is_some) => {}
            () = self.send_all(&mut ping) => {}
        }
    }

    async fn send_all(&mut self, ping: &mut Interval) {
        loop {
            let message = tokio::select! {
                message = self.outbox.next() => match message {
                    Some(text) if self.deflate => deflate::message(text),
                    Some(text) => Message::Text(text),
                    None => return,
                },
                _ = ping.tick() => Message::Ping(Bytes::new()),
            };
            if self.sink.send(message).await.is_err() {
                return;
            }
        }
    }

    /// Sends what was queued before the wish to close, then the reason. A page that was cut for not reading gets only
    /// the reason. False: the server had no wish to close.
    pub(super) async fn say_farewell(&mut self) -> bool {
        let Some(closing) = self.outbox.closing().borrow().clone() else {
            return false;
        };
        if closing.code != ErrorCode::TooSlow {
            // A page that stopped reading just now must not hold its socket for ever.
            let _ = tokio::time::timeout(FAREWELL_WITHIN, self.send_rest()).await;
        }
        farewell(&mut self.sink, &closing).await;
        true
    }

    async fn send_rest(&mut self) {
        while let Some(text) = self.outbox.try_next() {
            if self.sink.feed(Message::Text(text)).await.is_err() {
                return;
            }
        }
    }
}
