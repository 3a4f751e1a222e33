//! Pages of other sites may not act here, neither by requests nor by WebSocket.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::ApiError;
use crate::access::AuditEntry;
use crate::app::App;

/// Refuses what a foreign page asks. Programs that are no browsers send no `Origin` and are known by token.
pub(super) async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = request.headers().contains_key(UPGRADE);
    // Encoders and players may be foreign pages: with a token in the header, cookies are not looked at.
    let by_token = super::doors::is_door(request.uri().path()) && request.headers().contains_key(AUTHORIZATION);
    if (reads && !upgrades) || by_token || is_own(request.headers(), &app.origins) {
        return next.run(request).await;
    }
    let origin = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or("?");
    app.access.audit(AuditEntry {
        who: "-".to_owned(),
        what: format!("{} {}", request.method(), super::logging::shown_path(request.uri().path())),
        reason: format!("foreign origin {origin}"),
        address: super::identity::address(request.extensions()),
    });
    ApiError::ForeignOrigin.into_response()
}

/// True without an origin, and for the host that was asked or one of the configured origins.
fn is_own(headers: &HeaderMap, configured: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if origins.next().is_some() {
        return false;
    }
    if configured.iter().any(|known| known.eq_ignore_ascii_case(origin)) {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let origin_host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    matches!((host, origin_host), (Some(host), Some(origin)) if host.eq_ignore_ascii_case(origin))
}
