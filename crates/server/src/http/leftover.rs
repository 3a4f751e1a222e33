//! What a refused request still sends is read to its end before the answer goes out.
//!
//! A server that answers 413 and closes while the other side still writes resets the connection (RFC 9112 §9.6): the caller sees
//! "broken pipe" or "connection reset" in place of the reason. So whoever gave a body up gives it back here, and what is left of
//! it is read and thrown away, as far as the bounds allow.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use http_body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// Most bytes that are read of a body that nobody wants.
const MAX_LEFTOVER_BYTES: u64 = 4 * 1024 * 1024;
/// Longest time for that: whoever drips is cut.
const LEFTOVER_WITHIN: Duration = Duration::from_secs(2);

pub(super) async fn read(request: Request, next: Next) -> Response {
    // Whoever waits for "100 Continue" has not begun to send, and reading would ask for it.
    if request.body().is_end_stream() || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let (give_back, mut given_back) = oneshot::channel();
    let response = next.run(request.map(|body| Body::new(Lent { body, give_back: Some(give_back) }))).await;
    if let Ok(body) = given_back.try_recv() {
        // A line that breaks meanwhile, or a body beyond the bounds, changes nothing in the answer.
        let _ = tokio::time::timeout(LEFTOVER_WITHIN, throw_away(body)).await;
    }
    response
}

async fn throw_away(body: Body) {
    let mut body = body.into_data_stream();
    let mut read = 0;
    while read < MAX_LEFTOVER_BYTES
        && let Some(Ok(bytes)) = body.next().await
    {
        read += bytes.len() as u64;
    }
}

/// A body that comes back when its reader drops it.
struct Lent {
    body: Body,
    give_back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take().filter(|_| !self.body.is_end_stream()) {
            let _ = give_back.send(std::mem::take(&mut self.body));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::http::StatusCode;
    use axum::routing::post;
    use axum::{Router, middleware};
    use futures_util::stream;
    use tower::ServiceExt;

    use super::*;

    const CHUNK: u64 = 16 * 1024;

    /// A body of so many chunks that counts what was read of it.
    fn counted(chunks: u64) -> (Body, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&count);
        let chunks = stream::iter(0..chunks).map(move |_| {
            counter.fetch_add(CHUNK, Ordering::Relaxed);
            Ok::<_, std::io::Error>(vec![b'a'; usize::try_from(CHUNK).unwrap()])
        });
        (Body::from_stream(chunks), count)
    }

    async fn answer(body: Body) -> StatusCode {
        let router = Router::new()
            .route("/refused", post(|| async { StatusCode::PAYLOAD_TOO_LARGE }))
            .layer(middleware::from_fn(read));
        router.oneshot(Request::post("/refused").body(body).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_body_that_nobody_reads_is_read_to_its_end() {
        let (body, count) = counted(64);
        assert_eq!(answer(body).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(count.load(Ordering::Relaxed), 64 * CHUNK);
    }

    #[tokio::test]
    async fn an_endless_body_is_read_to_the_bound() {
        let (body, count) = counted(u64::MAX);
        assert_eq!(answer(body).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(count.load(Ordering::Relaxed), MAX_LEFTOVER_BYTES);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_holds_the_answer_for_a_bounded_time() {
        let began = tokio::time::Instant::now();
        let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
        assert_eq!(answer(body).await, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(began.elapsed(), LEFTOVER_WITHIN);
    }
}
