//! A span for each request, with its id. Tokens never get into a log line.

use axum::extract::Request;
use axum::http::HeaderName;
use tracing::Span;

/// Header of the request id; one that a proxy sent is not believed.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What follows it is a secret.
const JOIN: &str = "/join/";
/// Longest path that is logged, in characters.
const MAX_PATH_CHARS: usize = 200;

/// A path as it may be logged.
pub(super) fn shown_path(path: &str) -> String {
    if path.starts_with(JOIN) { format!("{JOIN}…") } else { path.chars().take(MAX_PATH_CHARS).collect() }
}

pub(super) fn span(request: &Request) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or("-");
    let path = shown_path(request.uri().path());
    tracing::debug_span!("http", id, method = %request.method(), path)
}
