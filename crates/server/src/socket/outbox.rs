//! What waits to be sent to one page. Whoever fills it never waits: a page that does not read is cut at a byte bound and
//! resumes by revision later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{mpsc, watch};
use wire::ErrorCode;

/// Most bytes that wait for one page. A snapshot of 64 sites is about 60 KB, so that a page behind by more than this
/// reads faster by resuming.
pub const MAX_QUEUED_BYTES: usize = 1024 * 1024;
/// What a queued message costs beside its text: bounds the number of small messages, too.
const MESSAGE_OVERHEAD_BYTES: usize = 64;

/// Why the server closes a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Told to the page.
    pub code: ErrorCode,
    /// For the page's log, in English.
    pub detail: String,
}

/// The filling end.
#[derive(Debug, Clone)]
pub struct Outbox {
    messages: mpsc::UnboundedSender<Utf8Bytes>,
    queued: Arc<AtomicUsize>,
    closing: Arc<watch::Sender<Option<Closing>>>,
}

/// The end that the socket empties.
#[derive(Debug)]
pub struct OutboxReader {
    messages: mpsc::UnboundedReceiver<Utf8Bytes>,
    queued: Arc<AtomicUsize>,
    closing: watch::Receiver<Option<Closing>>,
}

/// An empty outbox.
pub fn outbox() -> (Outbox, OutboxReader) {
    let (messages, incoming) = mpsc::unbounded_channel();
    let queued = Arc::new(AtomicUsize::new(0));
    let (closing, closed) = watch::channel(None);
    let outbox = Outbox { messages, queued: Arc::clone(&queued), closing: Arc::new(closing) };
    (outbox, OutboxReader { messages: incoming, queued, closing: closed })
}

impl Outbox {
    /// Queues a message. Beyond [`MAX_QUEUED_BYTES`] the connection is closed as too slow instead; a page for which nothing
    /// waits is not slow, however long the message is.
    pub fn push(&self, message: Utf8Bytes) {
        if self.closing.borrow().is_some() {
            return;
        }
        let cost = message.len() + MESSAGE_OVERHEAD_BYTES;
        let before = self.queued.fetch_add(cost, Ordering::Relaxed);
        if before > 0 && before + cost > MAX_QUEUED_BYTES {
            self.close(ErrorCode::TooSlow, format!("more than {MAX_QUEUED_BYTES} bytes wait to be read"));
            return;
        }
        // The reader may be gone already: then the connection is over and nobody misses the message.
        let _ = self.messages.send(message);
    }

    /// Asks the socket to close; the first reason is the one that is told.
    pub fn close(&self, code: ErrorCode, detail: impl Into<String>) {
        self.closing.send_if_modified(|closing| {
            let first = closing.is_none();
            if first {
                *closing = Some(Closing { code, detail: detail.into() });
            }
            first
        });
    }
}

impl OutboxReader {
    /// The next message; none once every filling end is gone.
    pub async fn next(&mut self) -> Option<Utf8Bytes> {
        let message = self.messages.recv().await?;
        self.queued.fetch_sub(message.len() + MESSAGE_OVERHEAD_BYTES, Ordering::Relaxed);
        Some(message)
    }

    /// The next message, if one waits already.
    pub fn try_next(&mut self) -> Option<Utf8Bytes> {
        let message = self.messages.try_recv().ok()?;
        self.queued.fetch_sub(message.len() + MESSAGE_OVERHEAD_BYTES, Ordering::Relaxed);
        Some(message)
    }

    /// A watcher of the server's wish to close.
    pub fn closing(&self) -> watch::Receiver<Option<Closing>> {
        self.closing.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_come_out_in_order() {
        let (outbox, mut reader) = outbox();

        outbox.push("one".into());
        outbox.push("two".into());

        assert_eq!(reader.next().await.as_deref(), Some("one"));
        assert_eq!(reader.next().await.as_deref(), Some("two"));
    }

    #[tokio::test]
    async fn a_page_that_does_not_read_is_cut_at_the_bound() {
        let (outbox, reader) = outbox();
        let message = Utf8Bytes::from("x".repeat(64 * 1024));

        for _ in 0..15 {
            outbox.push(message.clone());
        }
        assert!(reader.closing().borrow().is_none(), "still within the bound");
        outbox.push(message);

        let closing = reader.closing().borrow().clone();
        assert_eq!(closing.map(|closing| closing.code), Some(ErrorCode::TooSlow));
    }

    #[tokio::test]
    async fn many_small_messages_are_bounded_too() {
        let (outbox, reader) = outbox();

        for _ in 0..MAX_QUEUED_BYTES / MESSAGE_OVERHEAD_BYTES {
            outbox.push("{}".into());
        }

        assert!(reader.closing().borrow().is_some());
    }

    #[tokio::test]
    async fn a_long_message_reaches_a_page_that_reads() {
        let (outbox, mut reader) = outbox();
        let long = "x".repeat(MAX_QUEUED_BYTES + 1);

        outbox.push(long.clone().into());

        assert!(reader.closing().borrow().is_none());
        assert_eq!(reader.next().await.as_deref(), Some(long.as_str()));
    }

    #[tokio::test]
    async fn reading_makes_room() {
        let (outbox, mut reader) = outbox();
        let message = Utf8Bytes::from("x".repeat(512 * 1024));

        for _ in 0..20 {
            outbox.push(message.clone());
            reader.next().await.expect("it was just queued");
        }

        assert!(reader.closing().borrow().is_none());
    }

    #[tokio::test]
    async fn the_first_reason_to_close_is_kept() {
        let (outbox, reader) = outbox();

        outbox.close(ErrorCode::Replaced, "another tab");
        outbox.close(ErrorCode::Stopping, "later");

        let closing = reader.closing().borrow().clone();
        assert_eq!(closing.map(|closing| closing.code), Some(ErrorCode::Replaced));
    }
}
