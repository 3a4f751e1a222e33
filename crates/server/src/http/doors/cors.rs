//! Encoders and players may be pages of other sites (RFC 9725 §4.1, §4.6): what they send must carry a token, which no foreign
//! page gets by accident.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::sdp;

/// RFC 9725 §4.2.
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
/// RFC 5789 §3.1.
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
/// What browsers may remember of these answers, seconds: a day.
const MAX_AGE: &str = "86400";

/// Lets any page read the answers. Cookies count for nothing then: `*` forbids them.
pub(super) async fn allow(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("location, etag, link, retry-after"));
    response
}

/// What may be sent to a door.
pub(super) fn door_options() -> Response {
    options(ACCEPT_POST, sdp::OFFER, "POST, OPTIONS")
}

/// What may be sent to a session.
pub(super) fn session_options() -> Response {
    options(ACCEPT_PATCH, sdp::FRAGMENT, "PATCH, DELETE, OPTIONS")
}

fn options(accept: HeaderName, media_type: &'static str, methods: &'static str) -> Response {
    let headers = [
        (accept, media_type),
        (ACCESS_CONTROL_ALLOW_METHODS, methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, if-match"),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
