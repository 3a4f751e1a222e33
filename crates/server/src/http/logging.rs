//! A span for each request, with its id. Tokens never get into a log line, and names of people not into a span, which may leave the
//! machine.

use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderName;
use axum::response::Response;
use tower_http::trace::{DefaultOnResponse, OnResponse as _};
use tracing::Span;
use tracing::field::Empty;

/// Header of the request id; one that a proxy sent is not believed.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What follows these is a secret.
const SECRET: [&str; 3] = ["/join/", "/api/v1/whip/", "/api/v1/whep/"];
/// What follows this is a person's name.
const PERSONAL: &str = "/api/v1/operators/";
/// Longest path that is logged, in characters.
const MAX_PATH_CHARS: usize = 200;

/// A path as it may be logged.
pub(super) fn shown_path(path: &str) -> String {
    match SECRET.iter().find(|before| path.starts_with(**before)) {
        Some(before) => format!("{before}…"),
        None => path.chars().take(MAX_PATH_CHARS).collect(),
    }
}

pub(super) fn span(request: &Request) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or("-");
    let path = request.uri().path();
    let path = if path.starts_with(PERSONAL) { format!("{PERSONAL}…") } else { shown_path(path) };
    tracing::debug_span!("http", id, method = %request.method(), path, status = Empty)
}

pub(super) fn answered(response: &Response, latency: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    DefaultOnResponse::new().on_response(response, latency, span);
}
