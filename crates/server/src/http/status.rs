//! Is it alive, would it work, and figures for Prometheus.

use axum::extract::{FromRequestParts as _, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use super::identity::{SignedInOperator, address};
use super::problem::ApiError;
use crate::app::App;
use crate::metrics::classic;

/// Proxies name the real sender in it.
const FORWARDED: [&str; 2] = ["forwarded", "x-forwarded-for"];
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The older format, for tools that ask for it and do not know the newer one.
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process answers. Pages probe with it before they open a WebSocket.
pub(super) async fn healthz() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], "ok\n")
}

/// Commands would be done: the journal can be written and the relay runs.
pub(super) async fn readyz(State(app): State<App>) -> impl IntoResponse {
    let (status, text) =
        if app.ready() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
    (status, [(CACHE_CONTROL, "no-store")], text)
}

/// Metrics, for this machine and for operators: they tell how a conference goes.
pub(super) async fn metrics(State(app): State<App>, mut parts: Parts) -> Result<Response, ApiError> {
    let near = address(&parts.extensions).is_some_and(|address| address.is_loopback());
    let forwarded = FORWARDED.iter().any(|name| parts.headers.contains_key(*name));
    if !near || forwarded {
        SignedInOperator::from_request_parts(&mut parts, &app).await?;
    }
    let text = app.metrics.text(&app.conferences(), &app.relays);
    let accepted = parts.headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let older = accepted.contains("text/plain") && !accepted.contains("application/openmetrics-text");
    let (kind, text) = if older { (CLASSIC, classic(&text)) } else { (OPENMETRICS, text) };
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response())
}
