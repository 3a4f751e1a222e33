//! A span for each request, with its id. Tokens never get into a log line.

use axum::extract::Request;
use axum::http::HeaderName;
use tracing::Span;

/// Header of the request id; one that a proxy sent is not believed.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What follows these is a secret.
const SECRET: [&str; 3] = ["/join/", "/api/v1/whip/", "/api/v1/whep/"];
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
    let path = shown_path(request.uri().path());
    tracing::debug_span!("http", id, method = %request.method(), path)
}
